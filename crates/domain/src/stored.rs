//! Stored items: videos and images that people brought, as they are kept and told of. Their bytes lie elsewhere, in a place named by their id.

use std::fmt;
use std::sync::Arc;

use crate::clock::Time;
use crate::edit::{DESCRIPTION_CHARS_MAX, Edit, Editable, Fields, Wrong};
use crate::id::UserId;
use crate::item::{self, Guarded, Item, SITES_MAX, Site, SiteError, Space, Visibility};
use crate::name::NameError;
use crate::slug::{Slug, SlugError};
use crate::store::StoreError;

pub use crate::id::StoredId;

/// Captions that a video can have.
pub const CAPTIONS_MAX: usize = 50;
/// Items on one page of a list.
pub const PAGE_MAX: usize = 200;

/// The kinds of stored items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A video, or sound alone.
    Video,
    /// A picture.
    Image,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 2] = [Self::Video, Self::Image];

    /// The same among all kinds of items.
    #[must_use]
    pub const fn of_items(self) -> item::Kind {
        match self {
            Self::Video => item::Kind::Video,
            Self::Image => item::Kind::Image,
        }
    }

    /// Its word in the API and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.of_items().word()
    }

    /// The kind with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// In which name space its slugs are.
    #[must_use]
    pub const fn space(self) -> Space {
        self.of_items().space()
    }
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is being looked at and packaged.
    Processing,
    /// It can be seen.
    Ready,
    /// It cannot be shown, and why, in words for its owner.
    Failed(String),
}

impl State {
    /// Its word in the API.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed(_) => "failed",
        }
    }
}

/// Where its bytes lie, below the folder of storage.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// In a folder of its own that this program made: `library/{id}`.
    Library,
    /// In a folder that somebody put there: `public/{name}`.
    Public(Slug),
    /// The same below `private`.
    Private(Slug),
    /// In a folder of prepared HLS that was copied into `library/{id}`.
    Copied,
}

impl Place {
    /// Whether what lies there is a folder of prepared HLS, and not what this program packaged.
    #[must_use]
    pub const fn is_prepared(&self) -> bool {
        !matches!(self, Self::Library)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library => f.write_str("library"),
            Self::Copied => f.write_str("copied"),
            Self::Public(name) => write!(f, "public/{name}"),
            Self::Private(name) => write!(f, "private/{name}"),
        }
    }
}

impl std::str::FromStr for Place {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        match text.split_once('/') {
            Some(("public", name)) => Slug::parse(name).map(Self::Public),
            Some(("private", name)) => Slug::parse(name).map(Self::Private),
            _ if text == "copied" => Ok(Self::Copied),
            _ if text == "library" => Ok(Self::Library),
            _ => Err(SlugError::Empty),
        }
    }
}

/// What is known of its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Bytes of the file as it came.
    pub bytes: u64,
    /// Length in milliseconds; 0 for pictures.
    pub duration_ms: u64,
    /// Width as shown, in pixels; 0 for sound alone and where it is not known.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    /// Names of the codecs by RFC 6381, with commas; empty for pictures and where they are not known.
    pub codecs: String,
    /// The form of the file, as in a media type: `mp4`, `jpeg`.
    pub form: String,
    /// What the file was called, for a download; never a path.
    pub file_name: String,
    /// Whether the file as it came is kept.
    pub has_original: bool,
}

/// Text that is shown over a video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// Its language (BCP 47); one of each for a video.
    pub language: String,
    /// What players call it.
    pub label: String,
    /// Whether players show it unless told otherwise; one at most.
    pub is_default: bool,
}

/// A stored item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Which.
    pub id: StoredId,
    /// Of which kind.
    pub kind: Kind,
    /// Its name in addresses; never changes.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// Whose it is; `None`: nobody's, administrators look after it.
    pub owner: Option<UserId>,
    /// Who may see it.
    pub visibility: Visibility,
    /// When it was brought.
    pub created: Time,
    /// When it was last changed; an `ETag` can be made of it.
    pub changed: Time,
    /// Grows whenever viewers must be judged anew; grants of another generation are void.
    pub generation: u32,
    /// How far it is.
    pub state: State,
    /// Where its bytes lie.
    pub place: Place,
    /// What is known of them.
    pub facts: Facts,
    /// When its poster was last set; `None`: it has none.
    pub poster: Option<Time>,
    /// Its captions, in the order of their languages.
    pub captions: Vec<Caption>,
    /// Whether whoever may see it may have the file as it came.
    pub downloadable: bool,
    /// Sites that may show it in a frame; empty: any.
    pub sites: Vec<Site>,
}

impl Stored {
    /// Whether it is still being looked at.
    #[must_use]
    pub fn is_in_work(&self) -> bool {
        self.state == State::Processing
    }
}

impl Guarded for Stored {
    fn item(&self) -> Item {
        match self.kind {
            Kind::Video => Item::Video(self.id),
            Kind::Image => Item::Image(self.id),
        }
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

impl Editable for Stored {
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

/// What a new item is made from.
#[derive(Debug, Clone)]
pub struct New {
    /// Of which kind.
    pub kind: Kind,
    /// Its name in addresses; made from the title when absent, and made free by a number.
    pub slug: Option<Slug>,
    /// Its name for people; the slug when absent.
    pub title: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whose it will be; only administrators name somebody else. The caller's when absent, and for the operator the first
    /// administrator's, if there is one.
    pub owner: Option<UserId>,
    /// Where its bytes lie.
    pub place: Place,
    /// What the file was called; never a path.
    pub file_name: String,
}

/// What packaging found out.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It can be shown.
    Ready {
        /// What is known of it.
        facts: Facts,
        /// Whether a poster lies beside it.
        has_poster: bool,
    },
    /// It cannot, and why, in words for its owner.
    Failed(String),
}

/// What to change of an item; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What can be changed of every item.
    pub edit: Edit,
    /// Whether the file as it came may be had.
    pub downloadable: Option<bool>,
    /// A poster was set, or taken away.
    pub poster: Option<bool>,
    /// All its captions from now on.
    pub captions: Option<Vec<Caption>>,
}

impl From<Edit> for Change {
    fn from(edit: Edit) -> Self {
        Self {
            edit,
            ..Self::default()
        }
    }
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Of this kind only.
    pub kind: Option<Kind>,
    /// Whose title or slug holds all of these words.
    pub words: String,
    /// The caller's own only.
    pub own: bool,
    /// Where the last page ended, as [`Page::next_cursor`] said.
    pub cursor: Option<String>,
    /// At most so many, 1 to [`PAGE_MAX`].
    pub limit: usize,
}

/// Some of the items, and where the next ones begin.
#[derive(Debug, Clone)]
pub struct Page {
    /// The newest first.
    pub items: Vec<Arc<Stored>>,
    /// Hand this in for more; `None` at the end.
    pub next_cursor: Option<String>,
}

/// Why an operation on stored items was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Log in, or use a key with the scope that this needs.
    #[error("this needs a login, or an API key with the scope for it")]
    NotAllowed,
    /// There is no such item, or the caller may not know of it.
    #[error("there is no such item")]
    NotFound,
    /// Choose another slug.
    #[error("this name is taken")]
    Taken,
    /// Choose another slug.
    #[error(transparent)]
    Slug(#[from] SlugError),
    /// Choose another title.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Choose another site.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// Load it again: somebody changed it meanwhile.
    #[error("it was changed by somebody else meanwhile; load it again")]
    Changed,
    /// Name fewer.
    #[error("there can be {max} {what} at most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// Write less.
    #[error("the description can have {DESCRIPTION_CHARS_MAX} characters at most")]
    Description,
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Title(error) => Self::Name(error),
            Wrong::Description => Self::Description,
            Wrong::Sites => Self::TooMany {
                what: "sites",
                max: SITES_MAX,
            },
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
