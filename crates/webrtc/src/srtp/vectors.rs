//! The vectors of RFC 3711, RFC 6188 and RFC 7714.

use super::{Profile, Receiver, Refused, Sender, cipher::Cipher, keys::Generator};

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
