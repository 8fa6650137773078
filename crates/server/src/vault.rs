//! Keeps access codes: finds them by HMAC-SHA-256 and seals them by AES-256-GCM, under keys derived from a file that only its owner can read.
//!
//! The file lies apart from the database, so that a copy of that alone opens nothing. Without it codes are found and read no more; a backup
//! needs both.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use domain::{access_code, secret::Secret};

use crate::assemble;

/// Bytes of the key in the file.
const KEY_BYTES: usize = 32;

/// The vault of this data directory.
pub struct Vault {
    find: hmac::Key,
    seal: RandomizedNonceKey,
}

impl Vault {
    /// Opens the vault whose key lies in this folder, and makes both where they are missing.
    pub fn open(folder: &Path, random: &dyn domain::random::Random) -> Result<Self> {
        assemble::make_folder(folder)?;
        let path = folder.join("access-codes.key");
        let key = match read(&path) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = [0; KEY_BYTES];
                random.fill(&mut key);
                write(folder, &path, &key)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                key
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let Ok(seal) = RandomizedNonceKey::new(&AES_256_GCM, derived(&key, b"seal").as_ref())
        else {
            bail!("the key of access codes cannot be used");
        };
        Ok(Self {
            find: hmac::Key::new(hmac::HMAC_SHA256, derived(&key, b"find").as_ref()),
            seal,
        })
    }
}

/// A key of its own for each use.
fn derived(key: &[u8; KEY_BYTES], purpose: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), purpose)
}

impl access_code::Vault for Vault {
    fn tag(&self, code: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.find, code.as_bytes());
        let mut bytes = [0; 32];
        for (byte, from) in bytes.iter_mut().zip(tag.as_ref()) {
            *byte = *from;
        }
        bytes
    }

    fn seal(&self, code: &str) -> Vec<u8> {
        let mut text = code.as_bytes().to_vec();
        let nonce = self
            .seal
            .seal_in_place_append_tag(Aad::empty(), &mut text)
            .expect("a text of 64 bytes can be sealed");
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend_from_slice(&text);
        sealed
    }

    fn open(&self, sealed: &[u8]) -> Option<Secret> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self
            .seal
            .open_in_place(nonce, Aad::empty(), &mut text)
            .ok()?;
        std::str::from_utf8(text).ok().map(Secret::new)
    }
}

fn read(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    File::open(path)?.read_exact(&mut key)?;
    Ok(key)
}

/// Durable before it is used, or a power cut could leave codes that nothing opens.
fn write(folder: &Path, path: &Path, key: &[u8]) -> io::Result<()> {
    let half = folder.join("access-codes.key.new");
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&half)?;
    file.write_all(key)?;
    file.sync_all()?;
    fs::rename(&half, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use access_code::Vault as _;

    use super::*;
    use crate::ports::SystemRandom;

    #[test]
    fn codes_are_found_and_read_by_the_key_in_the_folder_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (here, elsewhere) = (folder.path().join("a"), folder.path().join("b"));
        let vault = Vault::open(&here, &SystemRandom).unwrap();
        let again = Vault::open(&here, &SystemRandom).unwrap();
        let other = Vault::open(&elsewhere, &SystemRandom).unwrap();
        let sealed = vault.seal("website2024");
        assert!(!sealed.windows(7).any(|bytes| bytes == b"website"));
        assert_ne!(sealed, vault.seal("website2024"), "sealed anew each time");
        assert_eq!(again.open(&sealed).unwrap().expose(), "website2024");
        assert_eq!(again.tag("website2024"), vault.tag("website2024"));
        assert_ne!(other.tag("website2024"), vault.tag("website2024"));
        assert!(other.open(&sealed).is_none());
        let mut changed = sealed;
        *changed.last_mut().unwrap() ^= 1;
        assert!(vault.open(&changed).is_none());
        assert!(vault.open(b"short").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        Vault::open(&secrets, &SystemRandom).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&secrets), 0o700);
        assert_eq!(mode(&secrets.join("access-codes.key")), 0o600);
    }
}
