//! The vectors of RFC 3711, RFC 6188 and RFC 7714, and what holds for any packet.

use proptest::prelude::*;

use super::{
    Error, Master, Profile, RTCP_PACKETS_MAX, RTP_PACKETS_MAX, Receiver, Refused, Role,
    SOURCES_MAX, Sender, cipher::Cipher, contexts, estimate, keys::Generator, split,
    window::WINDOW,
};
use crate::rtp::{Extensions, Header};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

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
fn key_stream_is_that_of_rfc_3711_b_2() {
    // The derivation function is the same key stream; the vector's counter is its salt.
    let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
    let salt: [u8; 14] = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap();
    let generator = Generator::new(&key, salt).unwrap();
    let mut stream = vec![0; 0xff02 * 16];
    generator.derive(0, &mut stream).unwrap();
    for (counter, block) in [
        (0x0000, "E03EAD0935C95E80E166B16DD92B4EB4"),
        (0x0001, "D23513162B02D0F72A43A2FE4A5F97AB"),
        (0x0002, "41E95B3BB0A2E8DD477901E4FCA894C0"),
        (0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
        (0xff00, "362B7C3C6773516318A077D7FC5073AE"),
        (0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"),
    ] {
        assert_eq!(stream[counter * 16..][..16], hex(block), "{counter:x}");
    }
}

#[test]
fn keys_are_derived_as_in_rfc_3711_b_3_and_rfc_6188_7() {
    for (key, salt, expected) in [
        (
            "E1F97A0D3E018BE0D64FA32C06DE4139",
            "0EC675AD498AFEEBB6960B3AABE6",
            [
                "C61E7A93744F39EE10734AFE3FF7A087",
                "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4",
                "30CBBC08863D8C85D49DB34A9AE1",
            ],
        ),
        (
            "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
            "3b04803de51ee7c96423ab5b78d2",
            [
                "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
                "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05",
                "fa31791685ca444a9e07c6c64e93",
            ],
        ),
    ] {
        let generator = Generator::new(&hex(key), hex(salt).try_into().unwrap()).unwrap();
        for (label, expected) in (0..).zip(expected) {
            let mut out = vec![0; hex(expected).len()];
            generator.derive(label, &mut out).unwrap();
            assert_eq!(out, hex(expected), "label {label}");
        }
    }
}

/// Session keys of RFC 7714 sections 16 and 17, which start from those.
fn rfc_7714(profile: Profile) -> (Sender, Receiver) {
    let key: Vec<u8> = (0..profile.key_bytes()).map(|at| at as u8).collect();
    let salt = hex("517569642070726f2071756f");
    let cipher = || Cipher::new(profile, &key, &salt, &[]).unwrap();
    (
        Sender::with_ciphers(cipher(), cipher()),
        Receiver::with_ciphers(cipher(), cipher()),
    )
}

#[test]
fn rtp_is_protected_as_in_rfc_7714_16() {
    let plain = hex(
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
         61727465 73207472 6573",
    );
    for (profile, expected) in [
        (
            Profile::AeadAes128Gcm,
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
             51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        ),
        (
            Profile::AeadAes256Gcm,
            "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02
             76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
        ),
    ] {
        let (mut sender, mut receiver) = rfc_7714(profile);
        let mut out = Vec::new();
        let (header, payload) = plain.split_at(12);
        sender.protect(header, &[payload], &mut out).unwrap();
        assert_eq!(out, hex(expected));
        assert_eq!(receiver.unprotect_rtp(&mut out), Ok(&plain[..]));
    }
}

#[test]
fn rtcp_is_protected_as_in_rfc_7714_17() {
    let plain = hex(
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
         deadbeef deadbeef deadbeef",
    );
    for (profile, expected) in [
        (
            Profile::AeadAes128Gcm,
            "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
             4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
        ),
        (
            Profile::AeadAes256Gcm,
            "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
             8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4",
        ),
    ] {
        let (mut sender, mut receiver) = rfc_7714(profile);
        sender.advance(None, 0x5d4);
        let mut out = Vec::new();
        sender.protect_rtcp(&plain, &mut out).unwrap();
        assert_eq!(out, hex(expected));
        assert_eq!(receiver.unprotect_rtcp(&mut out), Ok(&plain[..]));
    }
}

#[test]
fn rtcp_that_is_only_tagged_is_refused_though_authentic() {
    // RFC 7714, 17.3.
    let mut packet = hex(
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
         deadbeef deadbeef deadbeef 841dd968 3dd78ec9 2ae58790 125f62b3 000005d4",
    );
    let (_, mut receiver) = rfc_7714(Profile::AeadAes128Gcm);
    assert_eq!(
        receiver.unprotect_rtcp(&mut packet),
        Err(Refused::Unencrypted)
    );
}

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
