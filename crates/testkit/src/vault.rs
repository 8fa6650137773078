//! A vault without a key: what it seals can be read.

use domain::access_code::Vault;
use domain::secret::{Hash, Secret};

/// Finds codes by a plain hash and seals them backwards.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeVault;

impl Vault for FakeVault {
    fn tag(&self, code: &str) -> [u8; 32] {
        *Hash::of(&format!("vault {code}")).bytes()
    }

    fn seal(&self, code: &str) -> Vec<u8> {
        code.bytes().rev().collect()
    }

    fn open(&self, sealed: &[u8]) -> Option<Secret> {
        let text: Vec<u8> = sealed.iter().rev().copied().collect();
        String::from_utf8(text).ok().map(Secret::new)
    }
}
