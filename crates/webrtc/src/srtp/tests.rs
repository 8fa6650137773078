//! What holds for any packet and for the ends of the counters.

use proptest::prelude::*;

use super::{
    Error, Master, Profile, RTCP_PACKETS_MAX, RTP_PACKETS_MAX, Receiver, Refused, Role,
    SOURCES_MAX, Sender, contexts, estimate, split, window::WINDOW,
};
use crate::rtp::{Extensions, Header};

fn pair(profile: Profile) -> (Sender, Receiver) {
    let material: Vec<u8> = (0..profile.keying_bytes()).map(|at| at as u8).collect();
    let (sender, _) = contexts(profile, Role::Server, &material).expect("the length is right");
    let (_, receiver) = contexts(profile, Role::Client, &material).expect("the length is right");
    (sender, receiver)
}

fn header(ssrc: u32, sequence: u16) -> Vec<u8> {
    Header {
        ssrc,
        sequence,
        payload_type: 96,
        ..Header::default()
    }
    .write(&Extensions::NONE)
    .to_vec()
}

fn protect(sender: &mut Sender, ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut out = Vec::new();
    sender
        .protect(&header(ssrc, sequence), &[b"pay", b"load"], &mut out)
        .expect("the header is whole");
    out
}

const COMPOUND: &[u8] = &[0x80, 201, 0, 1, 0, 0, 0, 7];

#[test]
fn keying_material_is_keys_then_salts_client_first() {
    for profile in Profile::ALL {
        let (key, salt) = (profile.key_bytes(), profile.salt_bytes());
        let material = [vec![1; key], vec![2; key], vec![3; salt], vec![4; salt]].concat();
        let (client, server) = split(profile, &material).unwrap();
        let sealed = |master: &Master| protect(&mut Sender::new(master).unwrap(), 1, 1);
        let direct = |a, b| Master::new(profile, &vec![a; key], &vec![b; salt]).unwrap();
        assert_eq!(sealed(&client), sealed(&direct(1, 3)));
        assert_eq!(sealed(&server), sealed(&direct(2, 4)));
        let (mut ours, _) = contexts(profile, Role::Server, &material).unwrap();
        assert_eq!(protect(&mut ours, 1, 1), sealed(&server));
        for wrong in [material.len() - 1, material.len() + 1, 0] {
            let mut other = material.clone();
            other.resize(wrong, 0);
            assert!(matches!(
                split(profile, &other),
                Err(Error::Keying { found, .. }) if found == wrong
            ));
        }
    }
}

#[test]
fn sizes_are_what_the_profile_says() {
    for profile in Profile::ALL {
        let (mut sender, _) = pair(profile);
        let mut out = vec![9];
        let rtp = sender
            .protect(&header(1, 1), &[&[0; 100]], &mut out)
            .unwrap();
        assert_eq!(rtp, 112 + profile.rtp_overhead());
        let rtcp = sender.protect_rtcp(COMPOUND, &mut out).unwrap();
        assert_eq!(rtcp, COMPOUND.len() + profile.rtcp_overhead());
        assert_eq!(out.len(), 1 + rtp + rtcp);
        assert_eq!(out[0], 9);
    }
}

#[test]
fn index_follows_rfc_3711_3_3_1() {
    for (highest, sequence, expected) in [
        (0, 1, Some(1)),
        (0, 0x8000, Some(0x8000)),
        (0, 0x8001, None),
        (0xffff, 0, Some(0x1_0000)),
        (0x1_0000, 0xffff, Some(0xffff)),
        (0x1_7fff, 0xffff, Some(0x1_ffff)),
        (0x1_8000, 0, Some(0x1_0000)),
        (0x1_8001, 0, Some(0x2_0000)),
        (0x3_0005, 0x0004, Some(0x3_0004)),
    ] {
        assert_eq!(
            estimate(highest, sequence),
            expected,
            "{highest:x} {sequence:x}"
        );
    }
}

#[test]
fn retransmissions_across_a_rollover_are_the_same_bytes() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile);
        let first: Vec<_> = (0xffc0..=0xffff)
            .map(|s| protect(&mut sender, 5, s))
            .collect();
        for sequence in 0..64 {
            // Another source in between has a count of its own.
            protect(&mut sender, 6, 100 + sequence);
            let mut packet = protect(&mut sender, 5, sequence);
            if sequence == 0 {
                receiver.unprotect_rtp(&mut first[63].clone()).unwrap();
            }
            receiver.unprotect_rtp(&mut packet).unwrap();
        }
        for (sequence, first) in (0xffc0..=0xffff).zip(&first) {
            let mut again = protect(&mut sender, 5, sequence);
            assert_eq!(again, *first);
            let expected = if sequence == 0xffff {
                Err(Refused::Replayed)
            } else {
                Ok(())
            };
            assert_eq!(receiver.unprotect_rtp(&mut again).map(|_| ()), expected);
        }
        let mut newest = protect(&mut sender, 5, 64);
        receiver.unprotect_rtp(&mut newest).unwrap();
    }
}

#[test]
fn retransmission_does_not_set_the_count_back() {
    let (mut sender, _) = pair(Profile::AeadAes128Gcm);
    // Counted from 30,000, the last one would lie before the first rollover.
    for sequence in [0, 30_000, 60_000, 30_000, 63_000] {
        protect(&mut sender, 5, sequence);
    }
}

#[test]
fn replays_and_late_packets_are_refused() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile);
        let packets: Vec<_> = (0..200).map(|s| protect(&mut sender, 5, s)).collect();
        let mut take = |at: usize| receiver.unprotect_rtp(&mut packets[at].clone()).map(|_| ());
        assert_eq!(take(50), Ok(()));
        assert_eq!(take(50), Err(Refused::Replayed));
        assert_eq!(take(199), Ok(()));
        assert_eq!(take(200 - WINDOW as usize), Ok(()));
        assert_eq!(take(200 - WINDOW as usize), Err(Refused::Replayed));
        assert_eq!(take(199 - WINDOW as usize), Err(Refused::Late));

        let (mut sender, mut receiver) = pair(profile);
        let compounds: Vec<_> = (0..200)
            .map(|_| {
                let mut out = Vec::new();
                sender.protect_rtcp(COMPOUND, &mut out).unwrap();
                out
            })
            .collect();
        let mut take = |at: usize| {
            receiver
                .unprotect_rtcp(&mut compounds[at].clone())
                .map(|_| ())
        };
        assert_eq!(take(0), Ok(()));
        assert_eq!(take(0), Err(Refused::Replayed));
        assert_eq!(take(150), Ok(()));
        assert_eq!(take(149), Ok(()));
        assert_eq!(take(10), Err(Refused::Late));
    }
}

#[test]
fn counters_end_in_errors() {
    for profile in Profile::ALL {
        let (mut sender, mut receiver) = pair(profile);
        let end = RTP_PACKETS_MAX - 1;
        sender.advance(Some((5, end - 1)), RTCP_PACKETS_MAX - 1);
        receiver.advance(5, end - 1);
        let mut last = protect(&mut sender, 5, 0xffff);
        receiver.unprotect_rtp(&mut last).unwrap();
        let mut out = vec![1];
        let refused = sender.protect(&header(5, 0), &[], &mut out);
        assert_eq!(refused, Err(Error::Exhausted));
        assert_eq!(out, [1]);
        let mut beyond = [header(5, 0), vec![0; 16]].concat();
        assert_eq!(receiver.unprotect_rtp(&mut beyond), Err(Refused::Exhausted));
        sender.protect_rtcp(COMPOUND, &mut out).unwrap();
        let refused = sender.protect_rtcp(COMPOUND, &mut out);
        assert_eq!(refused, Err(Error::Exhausted));
    }
}

#[test]
fn mistakes_of_the_caller_are_told_and_leave_no_trace() {
    let (mut sender, _) = pair(Profile::AeadAes128Gcm);
    let mut out = Vec::new();
    let mut extended = header(1, 1);
    extended[0] |= 0x10;
    for wrong in [
        &header(1, 1)[..11],
        &extended,
        &[0; 12],
        &[header(1, 1), vec![0]].concat(),
    ] {
        let refused = sender.protect(wrong, &[b"x"], &mut out);
        assert_eq!(refused, Err(Error::Malformed { what: "RTP header" }));
    }
    assert!(sender.protect_rtcp(&COMPOUND[..7], &mut out).is_err());
    protect(&mut sender, 1, 10);
    let refused = sender.protect(&header(1, 0xfff0), &[b"x"], &mut out);
    assert_eq!(refused, Err(Error::BeforeFirst));
    for ssrc in 2..=SOURCES_MAX as u32 {
        protect(&mut sender, ssrc, 1);
    }
    let refused = sender.protect(&header(0, 1), &[b"x"], &mut out);
    assert_eq!(refused, Err(Error::TooManySources));
    assert!(out.is_empty());
}

#[test]
fn forged_sources_take_no_place() {
    let (mut sender, mut receiver) = pair(Profile::Aes128CmHmacSha1_80);
    for ssrc in 0..1_000 {
        let mut forged = [header(ssrc, 1), vec![7; 40]].concat();
        assert_eq!(
            receiver.unprotect_rtp(&mut forged),
            Err(Refused::NotAuthentic)
        );
        let mut forged = [COMPOUND, &[0x80; 40]].concat();
        forged[4..8].copy_from_slice(&ssrc.to_be_bytes());
        assert_eq!(
            receiver.unprotect_rtcp(&mut forged),
            Err(Refused::NotAuthentic)
        );
    }
    receiver
        .unprotect_rtp(&mut protect(&mut sender, 9, 1))
        .unwrap();
}

#[test]
fn peer_with_too_many_sources_is_refused_the_rest() {
    let (mut sender, mut receiver) = pair(Profile::AeadAes256Gcm);
    for ssrc in 0..SOURCES_MAX as u32 {
        receiver
            .unprotect_rtp(&mut protect(&mut sender, ssrc, 1))
            .unwrap();
    }
    let mut other = [header(99, 1), vec![0; 40]].concat();
    assert_eq!(
        receiver.unprotect_rtp(&mut other),
        Err(Refused::TooManySources)
    );
}

#[test]
fn keys_do_not_show() {
    let master = Master::new(Profile::AeadAes128Gcm, &[0x77; 16], &[0x66; 12]).unwrap();
    let (sender, receiver) = (
        Sender::new(&master).unwrap(),
        Receiver::new(&master).unwrap(),
    );
    let shown = format!("{master:?} {sender:?} {receiver:?}");
    assert!(!shown.contains("119") && !shown.contains("102"), "{shown}");
}

fn profiles() -> impl Strategy<Value = Profile> {
    proptest::sample::select(Profile::ALL.to_vec())
}

proptest! {
    #[test]
    fn what_is_protected_comes_back(
        profile in profiles(),
        ssrc: u32,
        sequence: u16,
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..500), 0..4),
        extended: bool,
    ) {
        let (mut sender, mut receiver) = pair(profile);
        let mut extensions = Extensions::NONE;
        if extended {
            extensions.push(3, &[1, 2, 3]).unwrap();
        }
        let header = Header { ssrc, sequence, ..Header::default() }.write(&extensions);
        let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let mut out = Vec::new();
        sender.protect(&header, &slices, &mut out).unwrap();
        let plain = [&header[..], &parts.concat()].concat();
        prop_assert_eq!(receiver.unprotect_rtp(&mut out), Ok(&plain[..]));

        let mut compound = COMPOUND.to_vec();
        compound.extend(parts.concat());
        out.clear();
        sender.protect_rtcp(&compound, &mut out).unwrap();
        prop_assert_eq!(receiver.unprotect_rtcp(&mut out), Ok(&compound[..]));
    }

    #[test]
    fn a_flipped_bit_is_refused_and_the_true_packet_still_taken(
        profile in profiles(),
        at: proptest::sample::Index,
        bit in 0..8_u8,
    ) {
        let (mut sender, mut receiver) = pair(profile);
        let mut rtcp = Vec::new();
        sender.protect_rtcp(COMPOUND, &mut rtcp).unwrap();
        let mut rtp = protect(&mut sender, 5, 1);

        let mut flipped = rtp.clone();
        flipped[at.index(rtp.len())] ^= 1 << bit;
        prop_assert!(receiver.unprotect_rtp(&mut flipped).is_err());
        prop_assert!(receiver.unprotect_rtp(&mut rtp).is_ok());

        let mut flipped = rtcp.clone();
        flipped[at.index(rtcp.len())] ^= 1 << bit;
        prop_assert!(receiver.unprotect_rtcp(&mut flipped).is_err());
        prop_assert!(receiver.unprotect_rtcp(&mut rtcp).is_ok());
    }

    #[test]
    fn any_order_within_the_window_is_taken_once(
        profile in profiles(),
        start: u16,
        order in Just((0..WINDOW as u16).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        // Rolls over where `start` is high. One packet ahead of all others sets the count of rollovers.
        let (mut sender, mut receiver) = pair(profile);
        let mut before = protect(&mut sender, 5, start);
        receiver.unprotect_rtp(&mut before).unwrap();
        let packets: Vec<_> = (1..=WINDOW as u16)
            .map(|ahead| protect(&mut sender, 5, start.wrapping_add(ahead)))
            .collect();
        for at in &order {
            prop_assert!(receiver.unprotect_rtp(&mut packets[usize::from(*at)].clone()).is_ok());
        }
        for at in order {
            prop_assert!(receiver.unprotect_rtp(&mut packets[usize::from(at)].clone()).is_err());
        }
    }

    #[test]
    fn any_bytes_are_refused_quietly(
        profile in profiles(),
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let (_, mut receiver) = pair(profile);
        prop_assert!(receiver.unprotect_rtp(&mut bytes.clone()).is_err());
        prop_assert!(receiver.unprotect_rtcp(&mut bytes.clone()).is_err());
    }
}
