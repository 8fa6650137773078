//! Streams: named places to be live, with an owner, a visibility and keys; they exist whether or not anyone publishes.

use crate::clock::Time;
use crate::edit::{DESCRIPTION_CHARS_MAX, Editable, Fields, Wrong};
use crate::id::UserId;
use crate::item::{Guarded, Item, SITES_MAX, Site};
use crate::name::NameError;
use crate::secret::{Hash, Secret};
use crate::slug::{Slug, SlugError};
use crate::store::StoreError;

pub use crate::id::{KeyId, StreamId};
pub use crate::item::Visibility;

/// A stream as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Which.
    pub id: StreamId,
    /// Its name in addresses; never changes.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// Whose it is; `None`: nobody's, administrators look after it.
    pub owner: Option<UserId>,
    /// Who may watch.
    pub visibility: Visibility,
    /// When it was made.
    pub created: Time,
    /// When it was last changed; an `ETag` can be made of it.
    pub changed: Time,
    /// Grows whenever viewers must be judged anew; grants of another generation are void.
    pub generation: u32,
    /// Sites that may show it in a frame; empty: any.
    pub sites: Vec<Site>,
}

impl Guarded for Stream {
    fn item(&self) -> Item {
        Item::Stream(self.id)
    }

    fn slug(&self) -> &Slug {
        &self.slug
    }

    fn owner(&self) -> Option<UserId> {
        self.owner
    }

    fn visibility(&self) -> Visibility {
        self.visibility
    }

    fn generation(&self) -> u32 {
        self.generation
    }
}

impl Editable for Stream {
    fn changed(&self) -> Time {
        self.changed
    }

    fn fields(&mut self) -> Fields<'_> {
        Fields {
            title: &mut self.title,
            description: &mut self.description,
            visibility: &mut self.visibility,
            generation: &mut self.generation,
            sites: &mut self.sites,
        }
    }
}

/// A stream key as it is stored and listed; the key itself is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub id: KeyId,
    /// To which stream it publishes.
    pub stream: StreamId,
    /// What its owner calls it.
    pub name: String,
    /// SHA-256 of the key.
    pub hash: Hash,
    /// When it was made.
    pub created: Time,
    /// When it was revoked; its name and this are told to whoever still sends it.
    pub revoked: Option<Time>,
    /// When it was last used, to about five minutes.
    pub last_used: Option<Time>,
}

/// What a new stream is made from.
#[derive(Debug, Clone)]
pub struct New {
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name for people, 1 to 200 characters; the slug when absent.
    pub title: Option<String>,
    /// Who may watch.
    pub visibility: Visibility,
    /// Whose it will be; only administrators name somebody else. The caller's when absent, and for the operator the
    /// first administrator's, if there is one.
    pub owner: Option<UserId>,
}

/// A key that has just been made, with its secret, which is shown this once.
#[derive(Debug, Clone)]
pub struct MadeKey {
    /// The key.
    pub key: Key,
    /// What the publisher sends.
    pub secret: Secret,
}

/// Some of the streams, and where the next ones begin.
#[derive(Debug, Clone)]
pub struct Page {
    /// In the order of their slugs.
    pub streams: Vec<Stream>,
    /// Hand this in for more; `None` at the end.
    pub next_cursor: Option<String>,
}

/// Why an operation on streams or their keys was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Log in, or use a key with the scope that this needs.
    #[error("this needs a login, or an API key with the scope for it")]
    NotAllowed,
    /// There is no such stream or key, or the caller may not know of it.
    #[error("there is no such stream or key")]
    NotFound,
    /// Choose another slug.
    #[error("this name is taken")]
    Taken,
    /// Choose another slug.
    #[error(transparent)]
    Slug(#[from] SlugError),
    /// Choose another title or name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Write less.
    #[error("the description can have {DESCRIPTION_CHARS_MAX} characters at most")]
    Description,
    /// Choose another key.
    #[error(transparent)]
    OwnKey(#[from] OwnKeyError),
    /// Load it again: somebody changed it meanwhile.
    #[error("it was changed by somebody else meanwhile; load it again")]
    Changed,
    /// Delete or revoke some first.
    #[error("there can be {max} at most; remove one first")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Title(error) => Self::Name(error),
            Wrong::Description => Self::Description,
            Wrong::Sites => Self::TooMany { max: SITES_MAX },
            Wrong::Seen => Self::Changed,
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Taken) {
            Self::Taken
        } else {
            Self::Store(error)
        }
    }
}

/// Fewest characters of a key that an owner chooses.
pub const OWN_KEY_CHARS_MIN: usize = 20;
/// Most characters of a key that an owner chooses.
pub const OWN_KEY_CHARS_MAX: usize = 128;

/// The key that the owner chose cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OwnKeyError {
    /// Choose a longer one.
    #[error("a key of your own needs at least {OWN_KEY_CHARS_MIN} characters")]
    TooShort,
    /// Choose a shorter one.
    #[error("a key can have {OWN_KEY_CHARS_MAX} characters at most")]
    TooLong,
    /// It would not survive the addresses that publishers put it into.
    #[error("a key has letters from a to z, capitals, digits, “-” and “_” only")]
    Character,
    /// It is known to everybody, or easy to guess.
    #[error("this key is easy to guess; choose another")]
    WellKnown,
}
