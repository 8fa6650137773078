use proptest::prelude::*;

use super::super::*;
use super::rig::{ASC, IDR, Rig};
use crate::{
    Spoken,
    message::{Message, control, kind},
};

/// Abuse case C2.
#[test]
fn other_protocols_are_closed_at_their_first_byte_without_an_answer() {
    for (bytes, spoken) in [
        (&b"GET / HTTP/1.1"[..], Spoken::Http),
        (b"\x16\x03\x01", Spoken::Tls),
        (b"\0", Spoken::Unknown(0)),
    ] {
        let mut rig = Rig::new(Limits::default());
        rig.bytes(bytes);
        assert_eq!(
            (rig.closed, rig.transmitted),
            (Some(Closed::NotRtmp(spoken)), 0)
        );
        assert_eq!(rig.timeout, None);
    }
}

#[test]
fn a_broken_chunk_or_command_closes_with_its_reason_and_place() {
    let table: [(&[u8], &str); 3] = [
        (
            &[0xc9],
            "chunk stream 9 begins with a header that says no length",
        ),
        (
            &[2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            "chunk size 0 was announced",
        ),
        (
            &[3, 0, 0, 0, 0, 0, 4, 20, 0, 0, 0, 0, 2, 0, 99, b'x'],
            "a value ends early (byte 3)",
        ),
    ];
    for (bytes, reason) in table {
        let mut rig = Rig::greeted(Limits::default());
        rig.bytes(bytes);
        let Some(Closed::Protocol(text)) = rig.closed else {
            panic!("{:?}", rig.closed)
        };
        assert!(
            text.contains(reason) && text.contains(&format!("byte {}", 3073 + bytes.len())),
            "{text}"
        );
    }
}

/// Abuse cases C9, C11.
#[test]
fn floods_of_bytes_and_frames_end_and_what_a_camera_sends_does_not() {
    let limits = Limits {
        bytes_per_second_max: 10_000,
        rate_window_ms: 1_000,
        ..Limits::default()
    };
    let mut rig = Rig::publishing_with(limits);
    rig.bytes(&[0xff; 20_000]);
    assert_eq!(rig.closed, Some(Closed::TooFast { what: "bytes" }));

    for (fps, closed) in [
        (120, None),
        (10_000, Some(Closed::TooFast { what: "frames" })),
    ] {
        let mut rig = Rig::publishing();
        rig.configs();
        for frame in 0..fps * 15 {
            rig.at(frame * 1000 / fps);
            rig.video((frame * 1000 / fps) as u32, b"\x17\x01\0\0\0", IDR);
        }
        assert_eq!(rig.closed, closed);
    }
}

#[test]
fn a_peer_that_asks_without_end_is_closed_and_output_stays_bounded() {
    let limits = Limits {
        out_bytes_max: 4096,
        ..Limits::default()
    };
    let mut rig = Rig::greeted(limits.clone());
    let pings = [
        &[2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0],
        &[0, 6, 0, 0, 0, 1][..],
    ]
    .concat()
    .repeat(1000);
    let before = rig.transmitted;
    rig.bytes(&pings);
    assert_eq!(rig.closed, Some(Closed::OutputFull));
    assert!(rig.transmitted - before < 2 * limits.out_bytes_max);
}

#[test]
fn tiny_acknowledgement_windows_do_not_multiply_answers() {
    let mut rig = Rig::publishing().in_pieces_of(1);
    rig.message(&control::window_ack_size(1));
    let before = rig.transmitted;
    rig.video(0, b"\x17\x01\0\0\0", &[0; 10_000]);
    assert!(
        rig.transmitted - before < 1000,
        "{}",
        rig.transmitted - before
    );
}

#[test]
fn more_than_may_be_held_before_the_answer_closes() {
    let mut rig = Rig::connected_with(Limits {
        held_bytes_max: 1000,
        ..Limits::default()
    });
    rig.publish("cam");
    rig.bytes(&[0; 1000]);
    assert_eq!(rig.closed, None);
    rig.bytes(&[0]);
    assert_eq!(rig.closed, Some(Closed::HeldFull));
}

#[test]
fn streams_without_end_are_not_made() {
    let mut rig = Rig::connected();
    for transaction in 0..200 {
        rig.call(0, "createStream", f64::from(transaction) + 10.0, &[]);
    }
    assert_eq!(rig.commands().last().unwrap(), "_error");
    assert_eq!(rig.closed, None);
}

fn any_message() -> impl Strategy<Value = Message> {
    let kinds = prop_oneof![
        0..24u8,
        Just(kind::VIDEO),
        Just(kind::AUDIO),
        Just(kind::COMMAND_AMF0)
    ];
    let first = prop_oneof![
        Just(vec![]),
        Just(b"\x17\x01\0\0\0".to_vec()),
        Just(b"\x90avc1".to_vec()),
        Just(vec![0xaf])
    ];
    (
        kinds,
        0..3u32,
        any::<u32>(),
        first,
        prop::collection::vec(prop_oneof![0..20u8, any::<u8>()], 0..60),
    )
        .prop_map(|(kind, stream_id, timestamp, first, rest)| {
            Message::new(kind, stream_id, timestamp, [first, rest].concat())
        })
}

proptest! {
    #[test]
    fn any_bytes_from_the_first_on_end_quietly(bytes in prop::collection::vec(any::<u8>(), 0..6000), piece in 1..500usize) {
        let mut rig = Rig::new(Limits::default()).in_pieces_of(piece);
        rig.bytes(&[3]);
        rig.bytes(&bytes);
    }

    #[test]
    fn any_messages_leave_the_session_sound(messages in prop::collection::vec(any_message(), 0..30), piece in 1..100usize) {
        let mut rig = Rig::publishing().in_pieces_of(piece);
        rig.audio(0, b"\xaf\0", ASC);
        for message in &messages {
            rig.message(message);
        }
        rig.at(1_000_000);
        prop_assert!(rig.closed.is_some(), "a deadline is always set");
    }

    #[test]
    fn damaged_publishes_end_quietly(at in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = include_bytes!("../../../tests/captures/ffmpeg-5.1.rtmp").to_vec();
        for (index, value) in flips {
            let place = index.index(bytes.len());
            bytes[place] = value;
        }
        let mut rig = Rig::new(Limits::default());
        let cut = at.index(bytes.len());
        for part in [&bytes[..cut], &bytes[cut..]] {
            rig.bytes(part);
            rig.accept();
        }
    }
}
