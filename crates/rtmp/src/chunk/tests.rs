use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::*;
use crate::{
    Limits,
    message::{Message, control, kind},
};

fn reader() -> Reader {
    Reader::new(&Limits::default())
}

/// All messages of some bytes, fed in pieces.
fn read(reader: &mut Reader, bytes: &[u8], piece: usize) -> Result<Vec<Message>, Error> {
    let mut messages = Vec::new();
    for mut input in bytes.chunks(piece) {
        while let Some(message) = reader.next(&mut input)? {
            messages.push(message);
        }
        assert!(input.is_empty());
    }
    Ok(messages)
}

/// Read as a whole and byte by byte: both must answer the same.
fn read_both_ways(bytes: &[u8]) -> Result<Vec<Message>, Error> {
    let whole = read(&mut reader(), bytes, bytes.len().max(1));
    assert_eq!(read(&mut reader(), bytes, 1), whole);
    whole
}

fn times(bytes: &[u8]) -> Vec<u32> {
    read_both_ways(bytes)
        .unwrap()
        .iter()
        .map(|message| message.timestamp)
        .collect()
}

/// A header of type 0 with a 24-bit time.
fn full(id: u8, time: u32, length: u32, kind: u8) -> Vec<u8> {
    let mut bytes = vec![id];
    bytes.extend(&time.to_be_bytes()[1..]);
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.extend([kind, 1, 0, 0, 0]);
    bytes
}

fn announce(size: u32) -> Vec<u8> {
    [
        full(2, 0, 4, kind::SET_CHUNK_SIZE),
        size.to_be_bytes().to_vec(),
    ]
    .concat()
}

#[test]
fn basic_headers_of_one_two_and_three_bytes_are_read() {
    for head in [&[5][..], &[0, 0], &[0, 255], &[1, 0, 0], &[1, 255, 255]] {
        let bytes = [head, &full(0, 7, 1, 8)[1..], &[9]].concat();
        let messages = read_both_ways(&bytes).unwrap();
        assert_eq!(messages, [Message::new(8, 1, 7, vec![9])]);
    }
}

#[test]
fn each_header_type_takes_the_rest_from_the_header_before() {
    let bytes = [
        full(4, 1000, 2, 9),
        vec![1, 1],
        vec![0x44, 0, 0, 40, 0, 0, 1, 8], // type 1: +40, length 1, audio
        vec![2],
        vec![0x84, 0, 0, 33], // type 2: +33
        vec![3],
        vec![0xc4], // type 3: +33 again
        vec![4],
        vec![0xc4],
        vec![5],
    ]
    .concat();
    assert_eq!(times(&bytes), [1000, 1040, 1073, 1106, 1139]);
}

#[test]
fn type_3_after_type_0_repeats_its_time_as_delta() {
    assert_eq!(
        times(&[full(4, 33, 1, 9), vec![1], vec![0xc4, 2], vec![0xc4, 3]].concat()),
        [33, 66, 99]
    );
}

#[test]
fn interleaved_messages_come_out_in_the_order_of_their_ends() {
    let bytes = [
        full(6, 10, 200, 9),
        vec![1; 128],
        full(4, 12, 3, 8),
        vec![2; 3],
        vec![0xc6],
        vec![1; 72],
    ]
    .concat();
    let messages = read_both_ways(&bytes).unwrap();
    assert_eq!(
        messages,
        [
            Message::new(8, 1, 12, vec![2; 3]),
            Message::new(9, 1, 10, vec![1; 200])
        ]
    );
}

/// Abuse case C3.
#[test]
fn chunk_sizes_from_one_byte_are_read_and_others_end_the_connection() {
    let bytes = [announce(1), full(4, 0, 3, 8), vec![1, 0xc4, 2, 0xc4, 3]].concat();
    assert_eq!(
        read_both_ways(&bytes).unwrap(),
        [Message::new(8, 1, 0, vec![1, 2, 3])]
    );
    let body = vec![7; 1 << 20];
    let bytes = [announce(1 << 20), full(4, 0, 1 << 20, 9), body.clone()].concat();
    assert_eq!(
        read(&mut reader(), &bytes, 999).unwrap(),
        [Message::new(9, 1, 0, body)]
    );
    for size in [0, (1 << 20) + 1, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        assert_eq!(
            read_both_ways(&announce(size)),
            Err(Error::ChunkSize(size, 1 << 20))
        );
    }
    assert_eq!(
        read_both_ways(&[full(2, 0, 1, 1), vec![0]].concat()),
        Err(Error::ShortControl(1))
    );
}

#[test]
fn chunk_size_may_change_within_a_message_of_another_stream() {
    let bytes = [
        full(6, 0, 300, 9),
        vec![1; 128],
        announce(4096),
        vec![0xc6],
        vec![1; 172],
    ]
    .concat();
    assert_eq!(
        read_both_ways(&bytes).unwrap(),
        [Message::new(9, 1, 0, vec![1; 300])]
    );
}

#[test]
fn abort_discards_the_unfinished_message() {
    let bytes = [
        full(6, 50, 200, 9),
        vec![1; 128],
        full(2, 0, 4, kind::ABORT),
        6u32.to_be_bytes().to_vec(),
        full(6, 60, 1, 9),
        vec![2],
        full(2, 0, 4, kind::ABORT),
        77u32.to_be_bytes().to_vec(), // a stream that does not exist
    ]
    .concat();
    let mut reader = reader();
    assert_eq!(
        read(&mut reader, &bytes, 5).unwrap(),
        [Message::new(9, 1, 60, vec![2])]
    );
    assert_eq!(reader.partial_bytes(), 0);
}

#[test]
fn extended_time_is_read_whether_type_3_repeats_it_or_not() {
    let time = 0x0102_0304u32;
    let head = [full(6, 0xff_ffff, 260, 9), time.to_be_bytes().to_vec()].concat();
    let repeats = [
        &head,
        &vec![1; 128],
        &vec![0xc6, 1, 2, 3, 4],
        &vec![1; 128],
        &vec![0xc6, 1, 2, 3, 4],
        &vec![1; 4],
    ]
    .map(|part| part.clone())
    .concat();
    // The payload begins like the time, to make the comparison work for its answer.
    let omits = [
        &head,
        &vec![1; 128],
        &vec![0xc6, 1, 2, 3, 5],
        &vec![1; 124],
        &vec![0xc6],
        &vec![1; 4],
    ]
    .map(|part| part.clone())
    .concat();
    for bytes in [repeats, omits] {
        let bytes = [bytes, full(4, 3, 1, 8), vec![9]].concat();
        let messages = read_both_ways(&bytes).unwrap();
        assert_eq!((messages[0].timestamp, messages[0].body.len()), (time, 260));
        assert_eq!(messages[1], Message::new(8, 1, 3, vec![9]));
    }
}

#[test]
fn extended_delta_wraps_the_32_bit_clock() {
    let bytes = [
        full(4, 0xff_ffff, 1, 8),
        0xffff_fff0u32.to_be_bytes().to_vec(),
        vec![1],
        vec![0x84, 0, 0, 0x20, 2],
        vec![0x84, 0xff, 0xff, 0xff, 0x01, 0, 0, 0, 3],
    ]
    .concat();
    assert_eq!(times(&bytes), [0xffff_fff0, 0x10, 0x0100_0010]);
}

#[test]
fn empty_messages_are_messages() {
    assert_eq!(
        read_both_ways(&full(4, 5, 0, 8)).unwrap(),
        [Message::new(8, 1, 5, Bytes::new())]
    );
}

#[test]
fn broken_headers_end_the_connection_by_name() {
    let table = [
        (vec![0xc4], Error::NoHeader(4)),
        (vec![0x84, 0, 0, 1], Error::NoHeader(4)),
        (
            full(4, 0, 0x80_0001, 9),
            Error::TooLong {
                stream: 4,
                length: 0x80_0001,
                max: 8 << 20,
            },
        ),
        (
            [full(6, 0, 200, 9), vec![1; 128], full(6, 0, 100, 9)].concat(),
            Error::Changed(6),
        ),
        (
            [full(6, 0, 200, 9), vec![1; 128], full(6, 0, 200, 8)].concat(),
            Error::Changed(6),
        ),
    ];
    for (bytes, error) in table {
        assert_eq!(read_both_ways(&bytes), Err(error));
    }
}

#[test]
fn type_1_may_begin_a_chunk_stream() {
    let bytes = [0x42, 0, 0, 0, 0, 0, 6, 4, 0, 3, 0, 0, 0, 0];
    assert_eq!(read_both_ways(&bytes).unwrap().len(), 1);
}

#[test]
fn a_full_header_within_a_message_that_repeats_its_shape_continues_it() {
    let bytes = [
        full(6, 10, 200, 9),
        vec![1; 128],
        full(6, 99, 200, 9),
        vec![1; 72],
    ]
    .concat();
    assert_eq!(
        read_both_ways(&bytes).unwrap(),
        [Message::new(9, 1, 10, vec![1; 200])]
    );
}

/// Abuse case C4.
#[test]
fn more_chunk_streams_than_allowed_end_the_connection() {
    let one = |id: u8| [vec![0, id], full(0, 0, 0, 8).split_off(1)].concat();
    let allowed: Vec<u8> = (0..64).flat_map(one).collect();
    assert_eq!(read_both_ways(&allowed).unwrap().len(), 64);
    assert_eq!(
        read_both_ways(&[allowed, one(64)].concat()),
        Err(Error::TooManyStreams(64))
    );
}

/// Abuse case C4.
#[test]
fn memory_follows_the_bytes_received_and_not_the_lengths_announced() {
    let mut reader = reader();
    for id in 3..=63 {
        read(
            &mut reader,
            &[full(id, 0, 8 << 20, 9), vec![1; 128]].concat(),
            999,
        )
        .unwrap();
    }
    assert!(
        reader.partial_bytes() <= 61 * 8192,
        "{}",
        reader.partial_bytes()
    );
    // One large message earns a larger start, but all together stay below the cap.
    let limits = Limits {
        partial_bytes_max: 1 << 20,
        ..Limits::default()
    };
    let mut reader = Reader::new(&limits);
    read(&mut reader, &announce(1 << 20), 999).unwrap();
    read(
        &mut reader,
        &[full(3, 0, 1 << 20, 9), vec![1; 1 << 20]].concat(),
        999,
    )
    .unwrap();
    assert_eq!(reader.partial_bytes(), 0);
    read(&mut reader, &full(4, 0, 1 << 20, 9), 999).unwrap();
    read(&mut reader, &vec![1; (1 << 20) - 1], 999).unwrap();
    read(&mut reader, &[1], 1).unwrap();
    read(
        &mut reader,
        &[full(4, 0, 2 << 20, 9), vec![1; 1 << 20]].concat(),
        999,
    )
    .unwrap();
    let error = read(
        &mut reader,
        &[full(5, 0, 2 << 20, 9), vec![1; 1]].concat(),
        999,
    );
    assert_eq!(error, Err(Error::TooMuchPartial(1 << 20)));
}

fn any_message() -> impl Strategy<Value = Message> {
    let time = prop_oneof![0..100u32, 0xff_fff0..0x100_0010u32, any::<u32>()];
    (
        prop_oneof![Just(8u8), Just(9), Just(18)],
        0..3u32,
        time,
        prop::collection::vec(any::<u8>(), 0..700),
    )
        .prop_map(|(kind, stream_id, timestamp, body)| {
            Message::new(kind, stream_id, timestamp, body)
        })
}

proptest! {
    #[test]
    fn what_the_writer_interleaves_the_reader_puts_together(
        lanes in prop::collection::vec((2..70_000u32, prop::collection::vec(any_message(), 1..5)), 1..5),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
        chunk_size in prop_oneof![1..10u32, 100..300u32],
        piece in 1..2000usize,
    ) {
        let mut lanes: Vec<(u32, Vec<Message>)> = lanes.into_iter()
            .map(|(id, messages)| (id.min(65_599), messages)).collect();
        lanes.sort_by_key(|lane| lane.0);
        lanes.dedup_by_key(|lane| lane.0);
        lanes.retain(|lane| lane.0 != control::CHUNK_STREAM);
        let mut out = BytesMut::new();
        let mut writer = Writer::new();
        writer.write(&mut out, control::CHUNK_STREAM, &control::set_chunk_size(chunk_size));
        writer.set_chunk_size(chunk_size);
        let mut expected = Vec::new();
        let mut at: Vec<(usize, Option<&[u8]>)> = vec![(0, None); lanes.len()];
        let turns = order.iter().map(|index| (!lanes.is_empty()).then(|| index.index(lanes.len())))
            .chain((0..lanes.len()).cycle().take(60_000).map(Some));
        for lane in turns.flatten() {
            let (id, messages) = &lanes[lane];
            let (next, rest) = &mut at[lane];
            let Some(message) = messages.get(*next) else { continue };
            match rest {
                None => {
                    let head = Head {
                        kind: message.kind,
                        stream_id: message.stream_id,
                        timestamp: message.timestamp,
                    };
                    writer.begin(&mut out, *id, head, rest.insert(&message.body));
                }
                Some(rest) => writer.continue_with(&mut out, *id, rest),
            }
            if rest.is_some_and(<[u8]>::is_empty) {
                expected.push(message.clone());
                *next += 1;
                *rest = None;
            }
        }
        let read = read(&mut reader(), &out, piece).unwrap();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_bytes_end_in_messages_or_an_error_within_the_memory_cap(
        bytes in prop::collection::vec(any::<u8>(), 0..4000), piece in 1..500usize
    ) {
        let limits = Limits { partial_bytes_max: 16 << 10, ..Limits::default() };
        let mut reader = Reader::new(&limits);
        let _ = read(&mut reader, &bytes, piece);
        prop_assert!(reader.partial_bytes() <= limits.partial_bytes_max);
    }
}
