//! Settings that an administrator changed while the server ran: names and values as text, kept beside everything else that lasts.
//!
//! Which settings there are, what fits them and which of them can change is known to whoever reads the rest of the settings; here it
//! is decided who may change them and how much is kept.

use crate::store::StoreError;

/// Bytes that a setting's name may have; the longest there is has 30.
pub const NAME_BYTES_MAX: usize = 100;
/// Bytes that a value may have: some hundred addresses of sites.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;
/// Settings that are kept at once; more than there are that can change.
pub const COUNT_MAX: usize = 100;

/// One setting as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted name, as `publish.grace_s`.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// One setting as it shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its dotted name.
    pub name: String,
    /// Its value as text; `None`: what it is without an administrator's word.
    pub value: Option<String>,
}

/// Why settings were not changed; none of them was.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Only administrators may.
    #[error("only an administrator can do this")]
    NotAllowed,
    /// Say less.
    #[error("a setting can have {VALUE_BYTES_MAX} bytes at most")]
    TooLarge,
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}
