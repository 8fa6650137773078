//! The protection profiles: which cipher, and how long its parts are.

/// A protection profile of DTLS-SRTP (RFC 5764 4.1.2, RFC 7714 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `SRTP_AEAD_AES_128_GCM`, {0x00, 0x07}.
    AeadAes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`, {0x00, 0x08}.
    AeadAes256Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`, {0x00, 0x01}: the one that every implementation has.
    Aes128CmHmacSha1_80,
}

impl Profile {
    /// All of them, for tests and tables.
    pub const ALL: [Self; 3] = [
        Self::AeadAes128Gcm,
        Self::AeadAes256Gcm,
        Self::Aes128CmHmacSha1_80,
    ];

    /// Bytes of the master key, and of the session keys for encryption.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::Aes128CmHmacSha1_80 => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of the master salt, and of the session salts.
    pub const fn salt_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::Aes128CmHmacSha1_80 => 14,
        }
    }

    /// Bytes of the authentication tag of a packet, the same for SRTP and SRTCP.
    pub const fn tag_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
            Self::Aes128CmHmacSha1_80 => 10,
        }
    }

    /// Bytes to ask of the DTLS exporter (label `EXTRACTOR-dtls_srtp`): a key and a salt for each side (RFC 5764, 4.2).
    pub const fn keying_bytes(self) -> usize {
        2 * (self.key_bytes() + self.salt_bytes())
    }

    /// Bytes that an RTP packet grows by.
    pub const fn rtp_overhead(self) -> usize {
        self.tag_bytes()
    }

    /// Bytes that an RTCP packet grows by: tag and index.
    pub const fn rtcp_overhead(self) -> usize {
        self.tag_bytes() + super::RTCP_INDEX
    }

    /// Bytes of the session key for HMAC-SHA1 (RFC 3711, 5.2); 0 where the cipher authenticates.
    pub(super) const fn mac_key_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 0,
            Self::Aes128CmHmacSha1_80 => 20,
        }
    }
}
