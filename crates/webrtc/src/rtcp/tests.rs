//! What is written is read by the letter of the RFCs; what is read is believed no further than it goes.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    BYE_SOURCES_MAX, Cname, Compound, Error, Event, LOST_MAX, Ntp, ReportBlock, SenderReport,
    round_trip, write_bye, write_sender_report,
};

fn events(bytes: &[u8]) -> Vec<Event<'_>> {
    Compound::read(bytes)
        .expect("the frame is right")
        .events()
        .collect()
}

/// A packet with its length filled in.
fn packet(count: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let words = u16::try_from(body.len() / 4).unwrap().to_be_bytes();
    [&[0x80 | count, kind, words[0], words[1]], body].concat()
}

fn lost(bytes: &[u8]) -> Vec<u16> {
    events(bytes)
        .into_iter()
        .flat_map(|event| match event {
            Event::Nack { lost, .. } => lost.collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        })
        .collect()
}

const BLOCK: [u8; 24] = [
    0, 0, 0, 9, 64, 0xff, 0xff, 0xfe, 0, 1, 0x23, 0x45, 0, 0, 0, 77, 1, 2, 3, 4, 0, 1, 0, 0,
];
const READ: ReportBlock = ReportBlock {
    ssrc: 9,
    fraction_lost: 64,
    cumulative_lost: -2,
    highest_sequence: 0x1_2345,
    jitter: 77,
    last_sender_report: 0x0102_0304,
    delay: 65_536,
};

#[test]
fn sender_report_comes_with_its_name() {
    let report = SenderReport {
        ssrc: 0x0a0b_0c0d,
        ntp: Ntp(0x1122_3344_5566_7788),
        rtp: 1,
        packets: 2,
        octets: 3,
    };
    let mut out = Vec::new();
    write_sender_report(&report, &Cname::new("abc").unwrap(), &mut out);
    let expected = [
        &[0x80, 200, 0, 6, 0x0a, 0x0b, 0x0c, 0x0d][..],
        &[0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88],
        &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
        &[0x81, 202, 0, 3, 0x0a, 0x0b, 0x0c, 0x0d, 1, 3],
        b"abc\0\0\0",
    ];
    assert_eq!(out, expected.concat());
    assert_eq!(events(&out), []);
}

#[test]
fn every_length_of_name_ends_in_a_zero_and_a_whole_word() {
    for length in 1..=255 {
        let name = Cname::new(&"n".repeat(length)).unwrap();
        let report = SenderReport {
            ssrc: 1,
            ntp: Ntp(0),
            rtp: 0,
            packets: 0,
            octets: 0,
        };
        let mut out = Vec::new();
        write_sender_report(&report, &name, &mut out);
        assert!(Compound::read(&out).is_ok(), "{length}");
        assert_eq!(out.len() % 4, 0);
        assert_eq!(out.last(), Some(&0));
        assert!(out.ends_with(&[b'n', 0, 0, 0, 0]) || !out.ends_with(&[0; 5]));
    }
    assert_eq!(Cname::new(""), None);
    assert_eq!(Cname::new(&"n".repeat(256)), None);
}

#[test]
fn bye_names_up_to_31_sources() {
    let sources: Vec<u32> = (0..40).collect();
    let mut out = Vec::new();
    write_bye(&sources, &mut out);
    let expected: Vec<_> = (0..BYE_SOURCES_MAX as u32)
        .map(|ssrc| Event::Bye { ssrc })
        .collect();
    assert_eq!(events(&out), expected);
}

#[test]
fn report_blocks_come_from_receiver_and_sender_reports() {
    let receiver = [&[0, 0, 0, 1], &BLOCK[..], &BLOCK[..]].concat();
    let sender = [&[0; 24], &BLOCK[..]].concat();
    let bytes = [packet(2, 201, &receiver), packet(1, 200, &sender)].concat();
    assert_eq!(events(&bytes), vec![Event::Report(READ); 3]);
    // A count beyond what is there, and bytes beyond the count.
    assert_eq!(events(&packet(31, 201, &receiver)).len(), 2);
    assert_eq!(events(&packet(1, 201, &receiver)).len(), 1);
    assert_eq!(events(&packet(1, 200, &[0; 20])), []);
}

#[test]
fn positive_loss_keeps_its_24_bits() {
    let mut block = BLOCK;
    block[5..8].copy_from_slice(&[0x7f, 0xff, 0xff]);
    let bytes = packet(1, 201, &[&[0; 4], &block[..]].concat());
    let Event::Report(block) = events(&bytes).remove(0) else {
        panic!("a report");
    };
    assert_eq!(block.cumulative_lost, 0x7f_ffff);
}

#[test]
fn nack_names_numbers_and_those_its_mask_adds() {
    let items = [0xff, 0xfe, 0b1000_0000, 0b0000_0101, 0, 7, 0, 0];
    let bytes = packet(1, 205, &[&[0, 0, 0, 1, 0, 0, 0, 9], &items[..]].concat());
    assert_eq!(lost(&bytes), [0xfffe, 0xffff, 1, 14, 7]);
    assert!(matches!(events(&bytes)[..], [Event::Nack { ssrc: 9, .. }]));
}

#[test]
fn nacks_of_a_compound_are_capped_together() {
    let body = [vec![0; 8], vec![0xff; 4 * 20]].concat();
    let one = packet(1, 205, &body);
    assert_eq!(lost(&one).len(), 17 * 20);
    assert_eq!(lost(&one.repeat(10)).len(), LOST_MAX);
}

#[test]
fn pictures_are_asked_for_by_pli_and_fir() {
    let bytes = [
        packet(1, 206, &[0, 0, 0, 1, 0, 0, 0, 9]),
        packet(
            4,
            206,
            &[
                0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 5, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 0,
            ],
        ),
    ]
    .concat();
    let expected = [
        Event::Pli { ssrc: 9 },
        Event::Fir {
            ssrc: 9,
            sequence: 5,
        },
        Event::Fir {
            ssrc: 8,
            sequence: 6,
        },
    ];
    assert_eq!(events(&bytes), expected);
}

#[test]
fn what_is_not_for_us_is_passed_over() {
    let bytes = [
        packet(15, 205, &[0; 20]),
        packet(15, 206, b"\0\0\0\x01\0\0\0\0REMB\x01\0\0\0\0\0\0\x09"),
        packet(0, 207, &[0; 8]),
        packet(1, 202, &[0; 8]),
        packet(1, 206, &[0; 4]),
        packet(1, 205, &[0; 4]),
        packet(0, 201, &[]),
        packet(1, 203, &[0, 0, 0, 4]),
    ]
    .concat();
    assert_eq!(events(&bytes), [Event::Bye { ssrc: 4 }]);
}

#[test]
fn damaged_frames_are_refused_as_wholes() {
    let good = packet(1, 206, &[0; 8]);
    assert_eq!(Compound::read(&[]), Err(Error::Short { offset: 0 }));
    for length in 1..good.len() {
        let bytes = [&good[..], &good[..length]].concat();
        assert_eq!(Compound::read(&bytes), Err(Error::Short { offset: 12 }));
    }
    let mut other = good.clone();
    other[0] = 0x41;
    assert_eq!(Compound::read(&other), Err(Error::Version { offset: 0 }));
    let mut padded = packet(1, 203, &[0, 0, 0, 4, 0, 0, 0, 4]);
    padded[0] |= 0x20;
    assert_eq!(events(&padded), [Event::Bye { ssrc: 4 }]);
    let twice = padded.repeat(2);
    assert_eq!(Compound::read(&twice), Err(Error::Padding { offset: 0 }));
    for wrong in [0, 3, 12] {
        padded[11] = wrong;
        assert_eq!(Compound::read(&padded), Err(Error::Padding { offset: 0 }));
    }
}

#[test]
fn round_trip_is_that_of_the_example_in_rfc_3550_6_4_1() {
    // Figure 2 of the RFC: A 0xb710:8000, DLSR 5.25 s, LSR 0xb705:2000, delay 6.125 s.
    let block = ReportBlock {
        last_sender_report: 0xb705_2000,
        delay: 0x0005_4000,
        ..ReportBlock::default()
    };
    let now = Ntp(0xb44d_b710_8000_0000);
    assert_eq!(round_trip(now, &block), Some(Duration::from_millis(6_125)));
}

#[test]
fn round_trip_that_cannot_be_is_none() {
    let now = Ntp(0x0000_0010_0000_0000);
    for (last_sender_report, delay) in
        [(0, 5), (0x0f_0000, 0x1_0001), (0x10_0001, 0), (1, u32::MAX)]
    {
        let block = ReportBlock {
            last_sender_report,
            delay,
            ..ReportBlock::default()
        };
        assert_eq!(round_trip(now, &block), None, "{last_sender_report:x}");
    }
}

#[test]
fn ntp_counts_from_1900() {
    // 1970, and half a second after 1 January 2000 (3,155,673,600 s after 1900).
    assert_eq!(Ntp::from_unix(Duration::ZERO).0, 2_208_988_800 << 32);
    let moment = Duration::from_millis(946_684_800_500);
    let ntp = Ntp::from_unix(moment);
    assert_eq!(ntp.0, 3_155_673_600 << 32 | 1 << 31);
    assert_eq!(
        ntp.middle(),
        (3_155_673_600_u64 as u16 as u32) << 16 | 0x8000
    );
}

/// Packets whose frame is right, with any content.
fn packets() -> impl Strategy<Value = Vec<u8>> {
    let one = (
        0..32_u8,
        198..208_u8,
        proptest::collection::vec(any::<u32>(), 0..40),
    )
        .prop_map(|(count, kind, words)| {
            let body: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            packet(count, kind, &body)
        });
    proptest::collection::vec(one, 1..20).prop_map(|packets| packets.concat())
}

proptest! {
    #[test]
    fn any_content_is_read_quietly_and_says_a_bounded_lot(bytes in packets()) {
        let (mut count, mut named) = (0, 0);
        for event in events(&bytes) {
            count += 1;
            if let Event::Nack { lost, .. } = event {
                named += lost.count();
            }
        }
        prop_assert!(count <= bytes.len() / 4);
        prop_assert!(named <= LOST_MAX);
    }

    #[test]
    fn any_bytes_are_read_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(compound) = Compound::read(&bytes) {
            compound.events().count();
        }
    }
}
