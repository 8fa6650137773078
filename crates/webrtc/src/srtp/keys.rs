//! From the bytes that DTLS exports to the keys of both directions.
//!
//! RFC 5764 4.2 (order of the exported bytes), RFC 3711 4.3 (derivation), RFC 7714 11 (the same for AES-GCM, whose salt of 12
//! bytes is filled up with zeros behind). The function is AES in counter mode with the length of the master key (RFC 6188).

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::{Error, Profile, Receiver, Sender, cipher::Cipher};

const KEY_MAX: usize = 32;
const SALT_MAX: usize = 14;

/// Which side of the DTLS handshake we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// We sent the ClientHello (`a=setup:active`).
    Client,
    /// We received it (`a=setup:passive`), as a media server does.
    Server,
}

/// Master key and salt of one direction. Shows nothing of itself in `Debug`.
#[derive(Clone)]
pub struct Master {
    profile: Profile,
    key: [u8; KEY_MAX],
    salt: [u8; SALT_MAX],
}

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Master")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl Master {
    /// Takes a key of [`Profile::key_bytes`] and a salt of [`Profile::salt_bytes`]; [`Error::Keying`] otherwise.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, Error> {
        let (key_bytes, salt_bytes) = (profile.key_bytes(), profile.salt_bytes());
        if key.len() != key_bytes || salt.len() != salt_bytes {
            return Err(Error::Keying {
                expected: key_bytes + salt_bytes,
                found: key.len().saturating_add(salt.len()),
            });
        }
        let mut master = Self {
            profile,
            key: [0; KEY_MAX],
            salt: [0; SALT_MAX],
        };
        fill(&mut master.key, key);
        fill(&mut master.salt, salt);
        Ok(master)
    }

    /// The session keys for RTP.
    pub(super) fn rtp(&self) -> Result<Cipher, Error> {
        self.session(0)
    }

    /// The session keys for RTCP.
    pub(super) fn rtcp(&self) -> Result<Cipher, Error> {
        self.session(3)
    }

    /// Labels `first` (encryption), `first + 1` (authentication) and `first + 2` (salt) of RFC 3711 section 4.3.2.
    fn session(&self, first: u8) -> Result<Cipher, Error> {
        let key = self.key.get(..self.profile.key_bytes());
        let generator = Generator::new(key.unwrap_or_default(), self.salt)?;
        let (mut key, mut mac, mut salt) = ([0; KEY_MAX], [0; 20], [0; SALT_MAX]);
        let key = generator.derive(first, part(&mut key, self.profile.key_bytes()))?;
        let mac = generator.derive(first + 1, part(&mut mac, self.profile.mac_key_bytes()))?;
        let salt = generator.derive(first + 2, part(&mut salt, self.profile.salt_bytes()))?;
        Cipher::new(self.profile, key, salt, mac)
    }
}

/// The key derivation function of RFC 3711 section 4.3.1 with a derivation rate of 0.
pub(super) struct Generator {
    key: EncryptingKey,
    salt: [u8; SALT_MAX],
}

impl Generator {
    pub(super) fn new(master_key: &[u8], salt: [u8; SALT_MAX]) -> Result<Self, Error> {
        let algorithm = if master_key.len() == 32 {
            &AES_256
        } else {
            &AES_128
        };
        let key = UnboundCipherKey::new(algorithm, master_key)
            .and_then(EncryptingKey::ctr)
            .map_err(|_| Error::Cipher)?;
        Ok(Self { key, salt })
    }

    /// Fills `out`, which must hold zeros, with the key of this label.
    pub(super) fn derive<'a>(&self, label: u8, out: &'a mut [u8]) -> Result<&'a [u8], Error> {
        if out.is_empty() {
            return Ok(out);
        }
        let mut iv = [0; 16];
        fill(&mut iv, &self.salt);
        // The label stands above 48 bits of index, which are 0, at the right end of 112 bits.
        iv[7] ^= label;
        self.key
            .less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(iv)))
            .map_err(|_| Error::Cipher)?;
        Ok(out)
    }
}

/// The master keys (client's, server's) in the bytes that the DTLS exporter gave (RFC 5764, 4.2).
///
/// [`Error::Keying`] unless there are exactly [`Profile::keying_bytes`].
pub fn split(profile: Profile, material: &[u8]) -> Result<(Master, Master), Error> {
    let wrong = Error::Keying {
        expected: profile.keying_bytes(),
        found: material.len(),
    };
    if material.len() != profile.keying_bytes() {
        return Err(wrong);
    }
    let (keys, salts) = material
        .split_at_checked(2 * profile.key_bytes())
        .ok_or(wrong)?;
    let (client_key, server_key) = keys.split_at_checked(profile.key_bytes()).ok_or(wrong)?;
    let (client_salt, server_salt) = salts.split_at_checked(profile.salt_bytes()).ok_or(wrong)?;
    Ok((
        Master::new(profile, client_key, client_salt)?,
        Master::new(profile, server_key, server_salt)?,
    ))
}

/// Both contexts of a peer from the bytes that the DTLS exporter gave. Errors as [`split`].
pub fn contexts(
    profile: Profile,
    role: Role,
    material: &[u8],
) -> Result<(Sender, Receiver), Error> {
    let (client, server) = split(profile, material)?;
    let (ours, theirs) = match role {
        Role::Client => (client, server),
        Role::Server => (server, client),
    };
    Ok((Sender::new(&ours)?, Receiver::new(&theirs)?))
}

fn fill(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

fn part(buffer: &mut [u8], length: usize) -> &mut [u8] {
    buffer.get_mut(..length).unwrap_or_default()
}
