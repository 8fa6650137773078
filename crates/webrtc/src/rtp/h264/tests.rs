//! Access units into packets and back.

use bytes::Bytes;
use media::{Frame, Timestamp, TrackId, h264::Config};
use proptest::prelude::*;

use super::{MAX_PAYLOAD_LEAST, Packetiser, is_disposable};
use crate::rtp::{PAYLOAD_BYTES, Packet};

/// `avcC` of x264, Main profile, 320x180.
const RECORD: &[u8] = &[
    0x01, 0x4d, 0x40, 0x0d, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x4d, 0x40, 0x0d, 0xec, 0xa0, 0xa0, 0xcf,
    0xcf, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x01, 0xe0, 0x78, 0xa1, 0x4c,
    0xb0, 0x01, 0x00, 0x05, 0x68, 0xeb, 0xe3, 0xcb, 0x20,
];

fn config() -> Config {
    Config::parse(Bytes::from_static(RECORD)).expect("the record is whole")
}

fn packetiser() -> Packetiser {
    Packetiser::new(&config(), PAYLOAD_BYTES)
}

fn sets() -> Vec<Vec<u8>> {
    let config = config();
    let sets = config.parameter_sets();
    sets.sps
        .iter()
        .chain(&sets.pps)
        .map(|set| set.to_vec())
        .collect()
}

fn frame(key: bool, nals: &[&[u8]]) -> Frame {
    let data: Vec<u8> = nals
        .iter()
        .flat_map(|nal| [&(nal.len() as u32).to_be_bytes()[..], nal].concat())
        .collect();
    Frame {
        track: TrackId::VIDEO,
        dts: Timestamp::from_ms(0),
        pts: Timestamp::from_ms(0),
        key,
        data: data.into(),
    }
}

fn packets(packetiser: &Packetiser, frame: &Frame) -> Vec<Packet> {
    let mut out = Vec::new();
    packetiser.packetise(frame, &mut out);
    out
}

/// A unit with this first byte.
fn unit(header: u8, length: usize) -> Vec<u8> {
    let mut nal: Vec<u8> = (0..length).map(|at| at as u8 | 1).collect();
    nal[0] = header;
    nal
}

/// What a receiver makes of it (RFC 6184), written apart from the sender.
fn depacketise(packets: &[Packet]) -> Vec<Vec<u8>> {
    let mut nals: Vec<Vec<u8>> = Vec::new();
    let mut open = false;
    for packet in packets {
        let payload = packet.slices().concat();
        match payload[0] & 0x1f {
            24 => {
                let mut rest = &payload[1..];
                while !rest.is_empty() {
                    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
                    nals.push(rest[2..2 + length].to_vec());
                    rest = &rest[2 + length..];
                }
                let highest = nals.iter().map(|nal| nal[0] & 0x60).max();
                assert!(highest >= Some(payload[0] & 0x60));
            }
            28 => {
                let (first, last) = (payload[1] & 0x80 != 0, payload[1] & 0x40 != 0);
                assert_eq!(first, !open);
                assert!(!(first && last), "a unit in one fragment (RFC 6184, 5.8)");
                if first {
                    nals.push(vec![payload[0] & 0xe0 | payload[1] & 0x1f]);
                }
                nals.last_mut().unwrap().extend(&payload[2..]);
                open = !last;
            }
            1..=23 => nals.push(payload),
            other => panic!("type {other}"),
        }
    }
    assert!(!open);
    nals
}

#[test]
fn small_picture_is_one_packet_that_shares_the_frame() {
    let frame = frame(false, &[&unit(0x41, 100)]);
    let got = packets(&packetiser(), &frame);
    assert_eq!(got.len(), 1);
    assert!(got[0].marker && got[0].prefix.is_empty());
    assert_eq!(got[0].payload.as_ptr(), frame.data[4..].as_ptr());
}

#[test]
fn large_picture_becomes_equal_fragments_that_share_the_frame() {
    let nal = unit(0x65, 5_000);
    let frame = frame(false, &[&nal]);
    let got = packets(&packetiser(), &frame);
    let sizes: Vec<_> = got.iter().map(Packet::len).collect();
    assert_eq!(sizes, [1_002, 1_002, 1_002, 1_002, 1_001]);
    assert_eq!(got[0].prefix[..], [0x7c, 0x85]);
    assert_eq!(got[1].prefix[..], [0x7c, 0x05]);
    assert_eq!(got[4].prefix[..], [0x7c, 0x45]);
    assert_eq!(got[0].payload.as_ptr(), frame.data[5..].as_ptr());
    let markers: Vec<_> = got.iter().map(|packet| packet.marker).collect();
    assert_eq!(markers, [false, false, false, false, true]);
    assert_eq!(depacketise(&got), [nal]);
}

#[test]
fn unit_one_byte_too_long_becomes_two_fragments() {
    let fits = frame(false, &[&unit(0x41, PAYLOAD_BYTES)]);
    assert_eq!(packets(&packetiser(), &fits).len(), 1);
    let over = frame(false, &[&unit(0x41, PAYLOAD_BYTES + 1)]);
    let sizes: Vec<_> = packets(&packetiser(), &over)
        .iter()
        .map(Packet::len)
        .collect();
    assert_eq!(sizes, [588, 588]);
}

#[test]
fn parameter_sets_go_before_a_key_frame_in_one_packet() {
    let nal = unit(0x65, 3_000);
    let got = packets(&packetiser(), &frame(true, &[&nal]));
    assert_eq!(got[0].prefix[..], [0x78]);
    assert_eq!(got.len(), 4);
    assert_eq!(depacketise(&got), [sets(), vec![nal]].concat());
    assert_eq!(depacketise(&got[..1]), sets());
}

#[test]
fn parameter_sets_in_band_are_not_sent_twice_but_others_are_kept() {
    let own = sets();
    let other = [&own[1][..], &[1]].concat();
    let slice = unit(0x65, 10);
    let frame = frame(true, &[&own[0], &own[1], &other, &slice]);
    let got = depacketise(&packets(&packetiser(), &frame));
    assert_eq!(got, [own[0].clone(), own[1].clone(), other, slice]);
}

#[test]
fn small_units_share_a_packet_as_long_as_they_fit() {
    let slices: Vec<_> = (0..5).map(|_| unit(0x01, 390)).collect();
    let refs: Vec<&[u8]> = slices.iter().map(Vec::as_slice).collect();
    let got = packets(&packetiser(), &frame(false, &refs));
    let sizes: Vec<_> = got.iter().map(Packet::len).collect();
    // Two and two and one; three would have 1,177 bytes.
    assert_eq!(sizes, [785, 785, 390]);
    assert_eq!(depacketise(&got), slices);
}

#[test]
fn shared_packet_may_be_full_to_the_byte() {
    for (second, sizes) in [(667, vec![PAYLOAD_BYTES]), (668, vec![500, 668])] {
        let nals = [unit(0x01, 500), unit(0x01, second)];
        let got = packets(&packetiser(), &frame(false, &[&nals[0], &nals[1]]));
        assert_eq!(got.iter().map(Packet::len).collect::<Vec<_>>(), sizes);
    }
}

#[test]
fn what_players_do_not_need_is_left_out() {
    let slice = unit(0x41, 50);
    let user: &[u8] = &[6, 5, 3, 1, 2, 3, 0x80];
    let mixed: &[u8] = &[6, 1, 1, 9, 5, 1, 9, 0x80];
    let frame = frame(
        false,
        &[
            &[9, 0xf0],
            &[6, 0, 2, 0x80, 0x40, 0x80],
            // Timing whose message holds an emulation prevention byte.
            &[6, 1, 4, 0, 0, 3, 0, 1, 0x80],
            &[6, 0, 1, 7, 1, 1, 7, 0x80],
            user,
            mixed,
            &[6, 1, 9, 1],
            &[12, 0xff, 0x80],
            &[0, 1],
            &[24, 1],
            &[31, 1],
            &slice,
            &[10],
            &[11],
        ],
    );
    let got = depacketise(&packets(&packetiser(), &frame));
    assert_eq!(
        got,
        [user.to_vec(), mixed.to_vec(), vec![6, 1, 9, 1], slice]
    );
}

#[test]
fn frame_without_anything_to_send_makes_no_packet() {
    let mut out = vec![Packet::default()];
    packetiser().packetise(&frame(false, &[&[9, 0xf0]]), &mut out);
    packetiser().packetise(&frame(false, &[]), &mut out);
    assert_eq!(out, [Packet::default()]);
}

#[test]
fn damage_ends_the_frame_where_it_is() {
    let slice = unit(0x41, 50);
    let mut frame = frame(false, &[&slice, &slice]);
    frame.data.truncate(frame.data.len() - 1);
    let got = packets(&packetiser(), &frame);
    assert_eq!(depacketise(&got), [slice]);
    assert!(got[0].marker);
}

#[test]
fn picture_is_disposable_when_no_slice_is_a_reference() {
    for (nals, expected) in [
        (&[&[0x01, 1][..], &[0x01, 2]][..], true),
        (&[&[0x01, 1], &[0x21, 2]], false),
        (&[&[0x06, 1, 1, 0], &[0x01, 2]], true),
        (&[&[0x65, 1]], false),
        (&[&[0x06, 1, 1, 0]], false),
    ] {
        assert_eq!(is_disposable(&frame(false, nals), 4), expected, "{nals:?}");
    }
}

proptest! {
    #[test]
    fn units_come_back_whole_and_every_packet_fits(
        lengths in proptest::collection::vec(1..6_000_usize, 0..8),
        max_payload in 0..3_000_usize,
        key: bool,
    ) {
        let nals: Vec<_> = lengths.iter().map(|length| unit(0x41, *length)).collect();
        let refs: Vec<&[u8]> = nals.iter().map(Vec::as_slice).collect();
        let got = packets(&Packetiser::new(&config(), max_payload), &frame(key, &refs));
        let expected = if key { [sets(), nals].concat() } else { nals };
        prop_assert_eq!(depacketise(&got), expected);
        prop_assert!(got.iter().all(|p| p.len() <= max_payload.max(MAX_PAYLOAD_LEAST)));
        prop_assert!(got.iter().all(|p| !p.is_empty()));
        prop_assert_eq!(got.iter().filter(|p| p.marker).count(), usize::from(!got.is_empty()));
        prop_assert!(got.last().is_none_or(|p| p.marker));
        // Fragments of a unit: all as long as the first, the last not longer.
        for pair in got.windows(2) {
            let fragment = |p: &Packet| p.prefix.len() == 2;
            if fragment(&pair[0]) && fragment(&pair[1]) && pair[1].prefix[1] & 0x80 == 0 {
                let last = pair[1].prefix[1] & 0x40 != 0;
                prop_assert!(pair[1].len() == pair[0].len() || last && pair[1].len() < pair[0].len());
            }
        }
    }

    #[test]
    fn any_bytes_are_cut_quietly(
        data in proptest::collection::vec(any::<u8>(), 0..300),
        small in proptest::collection::vec(0..40_u8, 0..300),
        key: bool,
    ) {
        for data in [data, small] {
            let frame = Frame { data: data.into(), ..frame(key, &[]) };
            depacketise(&packets(&Packetiser::new(&config(), 64), &frame));
            is_disposable(&frame, 2);
        }
    }
}
