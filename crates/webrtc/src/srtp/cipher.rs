//! Encryption and authentication of one packet with the session keys of one direction and protocol.
//!
//! AES-GCM by RFC 7714 sections 8 and 9, AES-CM with HMAC-SHA1 by RFC 3711 sections 4.1.1 and 4.2.1. Knows nothing of
//! counters: the index comes in.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use subtle::ConstantTimeEq;

use super::{ENCRYPTED, Error, Profile, RTCP_CLEAR, RTCP_INDEX, Refused};

/// Bytes of an HMAC-SHA1 that are sent: 80 bits.
const MAC_BYTES: usize = 10;
const GCM_TAG_BYTES: usize = 16;

pub(super) enum Cipher {
    Gcm(Gcm),
    /// Boxed: 1.7 KB, most of it the state of HMAC, where AES-GCM needs 40 bytes.
    Cm(Box<Cm>),
}

pub(super) struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

pub(super) struct Cm {
    key: EncryptingKey,
    salt: [u8; 14],
    mac: hmac::Key,
}

impl Cipher {
    /// `mac` is the key of HMAC-SHA1, empty for AES-GCM.
    pub(super) fn new(
        profile: Profile,
        key: &[u8],
        salt: &[u8],
        mac: &[u8],
    ) -> Result<Self, Error> {
        let algorithm = match profile {
            Profile::AeadAes128Gcm => &AES_128_GCM,
            Profile::AeadAes256Gcm => &AES_256_GCM,
            Profile::Aes128CmHmacSha1_80 => {
                return Ok(Self::Cm(Box::new(Cm {
                    key: UnboundCipherKey::new(&AES_128, key)
                        .and_then(EncryptingKey::ctr)
                        .map_err(|_| Error::Cipher)?,
                    salt: salt.try_into().map_err(|_| Error::Cipher)?,
                    mac: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, mac),
                })));
            }
        };
        let key = UnboundKey::new(algorithm, key).map_err(|_| Error::Cipher)?;
        Ok(Self::Gcm(Gcm {
            key: LessSafeKey::new(key),
            salt: salt.try_into().map_err(|_| Error::Cipher)?,
        }))
    }

    /// Turns the RTP packet from `start` to the end of `out`, whose header has `clear` bytes, into SRTP.
    pub(super) fn seal_rtp(
        &self,
        out: &mut Vec<u8>,
        (start, clear): (usize, usize),
        ssrc: u32,
        index: u64,
    ) -> Result<(), Error> {
        let packet = out.get_mut(start..).unwrap_or_default();
        match self {
            Self::Gcm(gcm) => {
                let (header, body) = packet.split_at_mut_checked(clear).ok_or(Error::Cipher)?;
                let tag = gcm
                    .key
                    .seal_in_place_separate_tag(
                        gcm.rtp_nonce(ssrc, index),
                        Aad::from(&*header),
                        body,
                    )
                    .map_err(|_| Error::Cipher)?;
                out.extend_from_slice(tag.as_ref());
            }
            Self::Cm(cm) => {
                let body = packet.get_mut(clear..).ok_or(Error::Cipher)?;
                cm.crypt(body, ssrc, index)?;
                let tag = cm.tag(packet, &rollovers(index));
                out.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// Turns the RTCP packet from `start` to the end of `out` into SRTCP.
    pub(super) fn seal_rtcp(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), Error> {
        let word = (ENCRYPTED | index).to_be_bytes();
        let packet = out.get_mut(start..).unwrap_or_default();
        let (header, body) = packet
            .split_first_chunk_mut::<RTCP_CLEAR>()
            .ok_or(Error::Cipher)?;
        match self {
            Self::Gcm(gcm) => {
                let tag = gcm
                    .key
                    .seal_in_place_separate_tag(
                        gcm.rtcp_nonce(ssrc, index),
                        Aad::from(rtcp_aad(header, word)),
                        body,
                    )
                    .map_err(|_| Error::Cipher)?;
                out.extend_from_slice(tag.as_ref());
                out.extend_from_slice(&word);
            }
            Self::Cm(cm) => {
                cm.crypt(body, ssrc, u64::from(index))?;
                let tag = cm.tag(packet, &word);
                out.extend_from_slice(&word);
                out.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// The RTP packet in an SRTP packet whose header has `clear` bytes; decrypts in place once the tag is found right.
    pub(super) fn open_rtp<'a>(
        &self,
        packet: &'a mut [u8],
        clear: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<&'a [u8], Refused> {
        let end = match self {
            Self::Gcm(gcm) => {
                let (header, body) = packet
                    .split_at_mut_checked(clear)
                    .ok_or(Refused::Malformed)?;
                let plain = gcm
                    .key
                    .open_in_place(gcm.rtp_nonce(ssrc, index), Aad::from(&*header), body)
                    .map_err(|_| Refused::NotAuthentic)?;
                clear + plain.len()
            }
            Self::Cm(cm) => {
                let (packet, tag) = packet
                    .split_last_chunk_mut::<MAC_BYTES>()
                    .ok_or(Refused::Malformed)?;
                let body_missing = packet.len() < clear;
                if body_missing || !same(&cm.tag(packet, &rollovers(index)), tag) {
                    return Err(Refused::NotAuthentic);
                }
                let body = packet.get_mut(clear..).ok_or(Refused::Malformed)?;
                cm.crypt(body, ssrc, index)
                    .map_err(|_| Refused::NotAuthentic)?;
                packet.len()
            }
        };
        packet.get(..end).ok_or(Refused::Malformed)
    }

    /// The RTCP packet in an SRTCP packet with this index; decrypts in place once the tag is found right.
    pub(super) fn open_rtcp<'a>(
        &self,
        packet: &'a mut [u8],
        ssrc: u32,
        index: u32,
    ) -> Result<&'a [u8], Refused> {
        let word = (ENCRYPTED | index).to_be_bytes();
        let end = match self {
            Self::Gcm(gcm) => {
                let (packet, _) = packet
                    .split_last_chunk_mut::<RTCP_INDEX>()
                    .ok_or(Refused::Malformed)?;
                let (header, body) = packet
                    .split_first_chunk_mut::<RTCP_CLEAR>()
                    .ok_or(Refused::Malformed)?;
                let plain = gcm
                    .key
                    .open_in_place(
                        gcm.rtcp_nonce(ssrc, index),
                        Aad::from(rtcp_aad(header, word)),
                        body,
                    )
                    .map_err(|_| Refused::NotAuthentic)?;
                RTCP_CLEAR + plain.len()
            }
            Self::Cm(cm) => {
                let (packet, tag) = packet
                    .split_last_chunk_mut::<MAC_BYTES>()
                    .ok_or(Refused::Malformed)?;
                let (packet, _) = packet
                    .split_last_chunk_mut::<RTCP_INDEX>()
                    .ok_or(Refused::Malformed)?;
                if !same(&cm.tag(packet, &word), tag) {
                    return Err(Refused::NotAuthentic);
                }
                let body = packet.get_mut(RTCP_CLEAR..).ok_or(Refused::Malformed)?;
                cm.crypt(body, ssrc, u64::from(index))
                    .map_err(|_| Refused::NotAuthentic)?;
                packet.len()
            }
        };
        packet.get(..end).ok_or(Refused::Malformed)
    }

    /// The word with flag and index of an SRTCP packet, which lies before the tag or behind it (RFC 3711 3.4, RFC 7714 9.2).
    /// Nothing of it is authenticated yet.
    pub(super) fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        let (behind, tag) = match self {
            Self::Gcm(_) => (0, GCM_TAG_BYTES),
            Self::Cm(_) => (MAC_BYTES, MAC_BYTES),
        };
        if packet.len() < RTCP_CLEAR + tag + RTCP_INDEX {
            return None;
        }
        let word = packet
            .get(..packet.len().checked_sub(behind)?)?
            .last_chunk()?;
        Some(u32::from_be_bytes(*word))
    }
}

impl Gcm {
    /// RFC 7714, 8.1: two bytes of zeros, the SSRC and the 48 bits of the index, mixed with the salt.
    fn rtp_nonce(&self, ssrc: u32, index: u64) -> Nonce {
        self.nonce(u128::from(ssrc) << 48 | u128::from(index))
    }

    /// RFC 7714, 9.1: two bytes of zeros, the SSRC, two bytes of zeros and the index, mixed with the salt.
    fn rtcp_nonce(&self, ssrc: u32, index: u32) -> Nonce {
        self.nonce(u128::from(ssrc) << 48 | u128::from(index))
    }

    fn nonce(&self, number: u128) -> Nonce {
        let mut nonce = self.salt;
        let number = number.to_be_bytes();
        for (to, from) in nonce.iter_mut().zip(number.iter().skip(4)) {
            *to ^= from;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

impl Cm {
    /// Adds the key stream, for encryption as for decryption (RFC 3711, 4.1.1).
    fn crypt(&self, body: &mut [u8], ssrc: u32, index: u64) -> Result<(), Error> {
        let mut iv = (u128::from(ssrc) << 64 | u128::from(index) << 16).to_be_bytes();
        for (to, from) in iv.iter_mut().zip(&self.salt) {
            *to ^= from;
        }
        self.key
            .less_safe_encrypt(body, EncryptionContext::Iv128(FixedLength::from(iv)))
            .map(|_| ())
            .map_err(|_| Error::Cipher)
    }

    /// Over the packet and what RFC 3711 section 4.2 has behind it: the rollover counter, or the SRTCP word.
    fn tag(&self, packet: &[u8], behind: &[u8; 4]) -> [u8; MAC_BYTES] {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(packet);
        context.update(behind);
        let tag = context.sign();
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

fn rollovers(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// RFC 7714, 9.2: the readable part of the packet and the word behind it.
fn rtcp_aad(header: &[u8; RTCP_CLEAR], word: [u8; 4]) -> [u8; 12] {
    let [a, b, c, d, e, f, g, h] = *header;
    let [i, j, k, l] = word;
    [a, b, c, d, e, f, g, h, i, j, k, l]
}

fn same(a: &[u8; MAC_BYTES], b: &[u8; MAC_BYTES]) -> bool {
    bool::from(a.ct_eq(b))
}
