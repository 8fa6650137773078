//! Headers and small payload formats.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Error, Extensions, Header, Packet, Prefix, Received, opus, playout_delay, rtx};

const HEADER: Header = Header {
    marker: true,
    payload_type: 96,
    sequence: 0x1234,
    timestamp: 0x5678_9abc,
    ssrc: 0xdef0_1122,
};

fn packet(extensions: &Extensions, payload: &[u8]) -> Vec<u8> {
    [&HEADER.write(extensions)[..], payload].concat()
}

#[test]
fn header_has_the_bytes_of_rfc_3550_5_1() {
    let expected = [
        0x80, 0xe0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22,
    ];
    assert_eq!(HEADER.write(&Extensions::NONE)[..], expected);
}

#[test]
fn extensions_are_padded_to_whole_words() {
    let mut extensions = Extensions::NONE;
    extensions.push(5, &playout_delay(0, 400)).unwrap();
    let expected = [0xbe, 0xde, 0, 1, 0x52, 0, 0, 40];
    assert_eq!(HEADER.write(&extensions)[12..], expected);
    assert_eq!(HEADER.write(&extensions)[0], 0x90);
    extensions.push(6, &[9; 8]).unwrap();
    let written = HEADER.write(&extensions);
    assert_eq!(written.len(), 12 + 4 + 16);
    assert_eq!(written[12..16], [0xbe, 0xde, 0, 4]);
    let bytes = packet(&extensions, b"xy");
    let read = Received::read(&bytes).unwrap();
    assert_eq!(read.extension(5), Some(&[0, 0, 40][..]));
    assert_eq!(read.extension(6), Some(&[9; 8][..]));
    assert_eq!(read.extension(7), None);
    assert_eq!(read.payload, b"xy");
}

#[test]
fn extensions_that_do_not_fit_are_refused_and_the_others_stay() {
    let mut extensions = Extensions::NONE;
    for (id, length) in [(0, 1), (15, 1), (1, 0), (1, 17)] {
        let refused = extensions.push(id, &vec![0; length]);
        assert_eq!(refused, Err(Error::Extension { id }));
    }
    assert_eq!(extensions, Extensions::NONE);
    extensions.push(1, &[1; 16]).unwrap();
    extensions.push(2, &[2; 10]).unwrap();
    let full = extensions;
    assert!(extensions.push(3, &[3]).is_err());
    assert_eq!(extensions, full);
}

#[test]
fn playout_delay_is_bounded_to_twelve_bits() {
    assert_eq!(playout_delay(0, 0), [0, 0, 0]);
    assert_eq!(playout_delay(100, 1_000), [0, 0xa0, 0x64]);
    assert_eq!(playout_delay(u32::MAX, u32::MAX), [0xff, 0xff, 0xff]);
}

#[test]
fn two_byte_extensions_are_read_too() {
    let mut bytes = packet(&Extensions::NONE, &[]);
    bytes[0] |= 0x10;
    bytes.extend([0x10, 0x00, 0, 2, 0, 200, 3, 7, 8, 9, 0, 0, 42]);
    let read = Received::read(&bytes).unwrap();
    assert_eq!(read.extension(200), Some(&[7, 8, 9][..]));
    assert_eq!(read.payload, [42]);
}

#[test]
fn sources_and_padding_are_left_out_of_the_payload() {
    let mut bytes = packet(&Extensions::NONE, &[]);
    bytes[0] |= 0x20 | 2;
    bytes.extend([1; 8]);
    bytes.extend([5, 6, 0, 0, 3]);
    assert_eq!(Received::read(&bytes).unwrap().payload, [5, 6]);
    assert_eq!(Header::read(&bytes), Ok((HEADER, 20)));
    for wrong in [0, 6] {
        *bytes.last_mut().unwrap() = wrong;
        let refused = Received::read(&bytes);
        assert_eq!(refused, Err(Error::Padding { bytes: wrong }));
    }
}

#[test]
fn cut_off_and_foreign_packets_are_refused() {
    let mut extensions = Extensions::NONE;
    extensions.push(5, &[1]).unwrap();
    let mut bytes = packet(&extensions, &[]);
    for length in 0..bytes.len() {
        assert!(matches!(
            Received::read(&bytes[..length]),
            Err(Error::Short { .. })
        ));
    }
    bytes[0] = 0x40;
    assert_eq!(Received::read(&bytes), Err(Error::Version { version: 1 }));
}

#[test]
fn opus_frame_is_one_packet_without_marker() {
    let frame = Bytes::from_static(&[0xfc, 1, 2]);
    let packet = opus::packetise(frame.clone(), 1_172).unwrap();
    assert_eq!(packet.payload.as_ptr(), frame.as_ptr());
    assert_eq!(packet.slices(), [&[][..], &[0xfc, 1, 2]]);
    assert!(!packet.marker);
    assert_eq!(opus::packetise(Bytes::new(), 9), Err(opus::Error::Empty));
    let refused = opus::packetise(frame, 2);
    assert_eq!(refused, Err(opus::Error::TooLong { bytes: 3 }));
}

#[test]
fn retransmission_begins_with_the_original_number() {
    let payload = [&rtx::prefix(0xfffe)[..], b"body"].concat();
    assert_eq!(rtx::read(&payload), Some((0xfffe, &b"body"[..])));
    assert_eq!(rtx::read(&[1]), None);
}

#[test]
fn packet_is_prefix_then_payload() {
    let packet = Packet {
        prefix: Prefix::two([1, 2]),
        payload: Bytes::from_static(&[3]),
        marker: false,
    };
    assert_eq!(packet.slices().concat(), [1, 2, 3]);
    assert_eq!(packet.len(), 3);
    assert!(!packet.is_empty() && Packet::default().is_empty());
    assert_eq!(Prefix::one(7)[..], [7]);
}

proptest! {
    #[test]
    fn header_comes_back(marker: bool, payload_type in 0..128_u8, sequence: u16, timestamp: u32, ssrc: u32) {
        let header = Header { marker, payload_type, sequence, timestamp, ssrc };
        let written = header.write(&Extensions::NONE);
        prop_assert_eq!(Header::read(&written), Ok((header, 12)));
    }

    #[test]
    fn any_bytes_are_read_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..80), id: u8) {
        if let Ok(read) = Received::read(&bytes) {
            prop_assert!(read.payload.len() + 12 <= bytes.len());
            read.extension(id);
        }
    }
}
