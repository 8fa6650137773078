//! Access codes: text that opens chosen items for anyone who has it, without an account, made by the owner of these items.
//!
//! A code is found by a keyed hash ([`Vault::tag`]) and kept sealed ([`Vault::seal`]), so that its owner can read it again and a copy of the
//! database opens nothing. What we make has 115 random bits; what people choose can be guessed, so that wrong tries are counted.

use std::time::Duration;

use crate::clock::{Date, Time};
use crate::id::UserId;
use crate::item::{self, Item, Site};
use crate::name::NameError;
use crate::random::Random;
use crate::secret::Secret;
use crate::store::StoreError;

pub use crate::id::CodeId;

/// Fewest characters of a code that an owner chooses.
pub const CHOSEN_CHARS_MIN: usize = 6;
/// Most characters of a code.
pub const CHARS_MAX: usize = 64;
/// Below so many characters a code that an owner chooses is easy to guess, and its owner is told so.
pub const CHOSEN_CHARS_ADVISED: usize = 16;
/// Items that a code can open.
pub const ITEMS_MAX: usize = 500;
/// Viewers at once that a limit can name.
pub const VIEWERS_MAX: u32 = 100_000;
/// Characters that a description may have.
pub const DESCRIPTION_CHARS_MAX: usize = 200;
/// Characters that a note may have.
pub const NOTE_CHARS_MAX: usize = 2_000;

/// Characters of a code that we make: 23 of 5 bits, in groups of four.
const MADE_CHARS: usize = 28;
/// The letters of Crockford's base 32: none looks like another.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Keeps codes: finds them by a hash that needs a key, and seals them. The key lies apart from the database.
pub trait Vault: Send + Sync {
    /// The keyed hash of a code, by which it is found; an HMAC of 256 bits.
    fn tag(&self, code: &str) -> [u8; 32];

    /// The code under authenticated encryption; another result each time.
    fn seal(&self, code: &str) -> Vec<u8>;

    /// The code that was sealed; `None` where it was sealed with another key or has been changed.
    fn open(&self, sealed: &[u8]) -> Option<Secret>;
}

/// An access code as it is stored and listed; its text lies sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Which; safe to show and to log.
    pub id: CodeId,
    /// Whose it is: who made it, and owns what it opens.
    pub owner: UserId,
    /// Its keyed hash.
    pub tag: Tag,
    /// Its text, sealed.
    pub sealed: Vec<u8>,
    /// Whether its owner chose the text: it can be guessed.
    pub is_chosen: bool,
    /// What its owner calls it; may be empty.
    pub description: String,
    /// What its owner noted; may be empty.
    pub note: String,
    /// What it opens.
    pub items: Vec<Item>,
    /// From when it works; `None`: from the beginning.
    pub starts: Option<Time>,
    /// Until when; `None`: until it is deleted.
    pub expires: Option<Time>,
    /// Since when it is paused.
    pub paused: Option<Time>,
    /// How many may watch with it at once; `None`: any number.
    pub viewers_max: Option<u32>,
    /// Sites that may show what it opens in a frame; empty: as the item says.
    pub sites: Vec<Site>,
    /// Whether its holders may have the files as they came, where the item allows it or not.
    pub may_download: bool,
    /// When it was made.
    pub created: Time,
    /// When it was last changed; an `ETag` can be made of it.
    pub changed: Time,
    /// How often something was opened with it.
    pub uses: u64,
    /// When something was last opened with it, to about a minute.
    pub last_used: Option<Time>,
}

/// Codes on one page of a list.
pub const PAGE_MAX: usize = 200;
/// Days of which is kept how a code was used.
pub const DAYS_KEPT: u32 = 30;

/// How a code was used on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Which day, UTC.
    pub day: Date,
    /// How often something was opened with it.
    pub opened: u64,
    /// How long was watched with it, by all who did: for each from the first request to the last, without what lies between two that are
    /// a minute apart.
    pub watched: Duration,
}

impl Code {
    /// How it stands.
    #[must_use]
    pub fn status(&self, now: Time) -> Status {
        if self.expires.is_some_and(|expires| expires <= now) {
            Status::Expired
        } else if self.paused.is_some() {
            Status::Paused
        } else if self.starts.is_some_and(|starts| starts > now) {
            Status::NotYet
        } else {
            Status::Active
        }
    }
}

/// The keyed hash of a code; compared by a look-up, since without the key nobody can choose it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(pub [u8; 32]);

impl std::fmt::Debug for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tag(…)")
    }
}

/// How a code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It opens what it is for.
    Active,
    /// It will, from its start on.
    NotYet,
    /// Its owner has paused it.
    Paused,
    /// It has ended.
    Expired,
}

impl Status {
    /// All.
    pub const ALL: [Self; 4] = [Self::Active, Self::NotYet, Self::Paused, Self::Expired];

    /// The one with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NotYet => "not_yet",
            Self::Paused => "paused",
            Self::Expired => "expired",
        }
    }
}

/// What a new code is made from.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Its text, where the owner chooses it; made when absent.
    pub code: Option<Secret>,
    /// What its owner calls it.
    pub description: String,
    /// What its owner noted.
    pub note: String,
    /// What it opens, at least one item.
    pub items: Vec<item::Name>,
    /// From when it works.
    pub starts: Option<Time>,
    /// Until when.
    pub expires: Option<Time>,
    /// How many may watch with it at once.
    pub viewers_max: Option<u32>,
    /// Sites that may show what it opens in a frame.
    pub sites: Vec<Site>,
    /// Whether its holders may have the files as they came.
    pub may_download: bool,
    /// For whom the operator makes it; the caller when absent.
    pub owner: Option<UserId>,
}

/// What to change of a code; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What its owner calls it.
    pub description: Option<String>,
    /// What its owner noted.
    pub note: Option<String>,
    /// What it opens, all of it.
    pub items: Option<Vec<item::Name>>,
    /// From when it works; `Some(None)`: from the beginning.
    pub starts: Option<Option<Time>>,
    /// Until when.
    pub expires: Option<Option<Time>>,
    /// Whether it is paused.
    pub paused: Option<bool>,
    /// How many may watch with it at once.
    pub viewers_max: Option<Option<u32>>,
    /// Sites that may show what it opens in a frame.
    pub sites: Option<Vec<Site>>,
    /// Whether its holders may have the files as they came.
    pub may_download: Option<bool>,
    /// The `changed` that the caller saw; another one is refused.
    pub seen: Option<Time>,
}

/// A code as its owner sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The code.
    pub code: Code,
    /// Its text; `None` where the key that sealed it is gone.
    pub text: Option<Secret>,
    /// What it opens by name, in order; items that were deleted are gone.
    pub items: Vec<item::Name>,
    /// How it stands.
    pub status: Status,
    /// How many watch with it now.
    pub watching: u32,
}

/// Which codes to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Those that stand like this only.
    pub status: Option<Status>,
    /// Where the last page ended, as [`Page::next_cursor`] said.
    pub cursor: Option<String>,
    /// At most so many, 1 to [`PAGE_MAX`].
    pub limit: usize,
}

/// Some of the caller's codes, and where the next ones begin.
#[derive(Debug)]
pub struct Page {
    /// The newest first.
    pub codes: Vec<Shown>,
    /// Hand this in for more; `None` at the end.
    pub next_cursor: Option<String>,
    /// How many the caller has, however they stand.
    pub of: usize,
}

/// Something that its owner can share by a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shareable {
    /// What it is called in addresses.
    pub name: item::Name,
    /// What it is called by people.
    pub title: String,
}

/// Why an operation on codes was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Log in, or use a key with the scope that this needs.
    #[error("this needs a login, or an API key with the scope for it")]
    NotAllowed,
    /// There is no such code of the caller's.
    #[error("there is no such access code")]
    NotFound,
    /// Name another item: this one does not exist or is not the caller's.
    #[error("there is no {0} of yours")]
    NotYours(item::Name),
    /// Choose another code.
    #[error("this code is taken; choose another")]
    Taken,
    /// Choose another code.
    #[error(transparent)]
    Code(#[from] TextError),
    /// Name something.
    #[error("name at least one item that the code opens")]
    NoItems,
    /// Choose another end.
    #[error("it would end before it starts")]
    EndsBeforeStart,
    /// Choose another number.
    #[error("between 1 and {VIEWERS_MAX} viewers can watch at once")]
    Viewers,
    /// Write less, or something that can be shown.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Load it again: somebody changed it meanwhile.
    #[error("it was changed by somebody else meanwhile; load it again")]
    Changed,
    /// Name or keep fewer.
    #[error("there can be {max} {what} at most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[source] StoreError),
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

/// The text that was chosen cannot be a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Choose a longer one.
    #[error("a code needs at least {CHOSEN_CHARS_MIN} characters")]
    TooShort,
    /// Choose a shorter one.
    #[error("a code can have {CHARS_MAX} characters at most")]
    TooLong,
    /// It would not survive the addresses that it is put into.
    #[error("a code has letters from a to z, capitals, digits, “-”, “_”, “.” and “~” only")]
    Character,
}

/// Looks at text that an owner chose as a code.
///
/// # Errors
/// [`TextError`] says what to change.
pub fn check_chosen(text: &str) -> Result<(), TextError> {
    if text.len() > CHARS_MAX {
        return Err(TextError::TooLong);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if !text.bytes().all(plain) {
        return Err(TextError::Character);
    }
    if text.len() < CHOSEN_CHARS_MIN {
        return Err(TextError::TooShort);
    }
    Ok(())
}

/// A code from randomness: 115 bits, as `k7q4-m2xw-…`.
#[must_use]
pub fn make(random: &dyn Random) -> Secret {
    let mut bytes = [0; MADE_CHARS];
    random.fill(&mut bytes);
    let letter = |(at, byte): (usize, u8)| {
        if at % 5 == 4 {
            '-'
        } else {
            char::from(LETTERS[usize::from(byte % 32)])
        }
    };
    Secret::new(
        bytes
            .into_iter()
            .enumerate()
            .map(letter)
            .collect::<String>(),
    )
}

/// Whether the text has the form of a code that we made: nobody guesses those.
pub(crate) fn is_made(text: &str) -> bool {
    text.len() == MADE_CHARS
        && text.bytes().enumerate().all(|(at, byte)| {
            if at % 5 == 4 {
                byte == b'-'
            } else {
                LETTERS.contains(&byte)
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_we_make_can_be_chosen_and_are_recognised() {
        struct Counting;
        impl Random for Counting {
            fn fill(&self, bytes: &mut [u8]) {
                for (byte, value) in bytes.iter_mut().zip(0..) {
                    *byte = value;
                }
            }
        }
        let made = make(&Counting);
        assert_eq!(made.expose(), "0123-5678-abcd-fghj-mnpq-stv");
        assert!(is_made(made.expose()));
        assert_eq!(check_chosen(made.expose()), Ok(()));
        assert!(!is_made("website2024"));
    }

    #[test]
    fn chosen_codes_survive_addresses() {
        let long = "a".repeat(CHARS_MAX + 1);
        for (text, expected) in [
            ("website2024", Ok(())),
            ("abcde", Err(TextError::TooShort)),
            ("", Err(TextError::TooShort)),
            (long.as_str(), Err(TextError::TooLong)),
            ("with space", Err(TextError::Character)),
            ("a&b=cdef", Err(TextError::Character)),
            ("gr\u{fc}n2024", Err(TextError::Character)),
        ] {
            assert_eq!(check_chosen(text), expected, "{text:?}");
        }
    }
}
