//! The port Intake: what becomes of a file that was brought.
//!
//! Receiving bytes is `library::upload`'s; who may bring what, and what a whole file is made into, stands behind this port. A wish is judged
//! before a byte comes, and again when all are there: in between, an address may have been taken and a right may have ended.

use std::sync::Arc;

use domain::{
    BoxFuture,
    caller::Caller,
    slug::Slug,
    stored::{self, State, Stored},
    stream::Visibility,
    user::UserId,
};
use library::{
    Works,
    upload::{Kind, Uploads, Wanted, Whole},
    works::{self, Brought},
};

/// Makes items of files.
pub trait Intake: Send + Sync {
    /// Whether this caller may bring a file that is to become this. Asked before gigabytes are sent; nothing is set aside.
    ///
    /// # Errors
    /// [`Refused`], above all [`Refused::Taken`].
    fn check(&self, caller: &Caller, wanted: &Wanted) -> Result<(), Refused>;

    /// Makes an item of a whole file: looks what it is, moves it away, and answers as soon as the item exists; what takes long goes on
    /// after that. Called once for each upload, unless it answers [`Refused::Full`] or [`Refused::Failed`]: then again when its owner
    /// tries again. `caller` is whose last byte it was, or the operator where the server goes on with what an earlier run had received;
    /// the item is `whole.owner`'s either way.
    fn finished(&self, caller: Caller, whole: Whole) -> BoxFuture<'static, Result<Item, Refused>>;

    /// The item as it stands; `None` where there is none any more.
    fn find(&self, caller: &Caller, kind: Kind, slug: &Slug) -> Option<Item>;
}

/// Receiving and what becomes of it.
#[derive(Clone)]
pub struct Uploading {
    /// Receives.
    pub uploads: Uploads,
    /// Makes items.
    pub intake: Arc<dyn Intake>,
}

/// What a file has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// A video or an image.
    pub kind: Kind,
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// The path of its page, or of the image.
    pub url: String,
    /// How far it is.
    pub standing: Standing,
}

/// How far an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is being made ready.
    Processing,
    /// It can be seen.
    Ready,
    /// Nothing could be made of the file; the reason says why, and what to do.
    Failed(String),
}

impl Standing {
    /// Its word in the API.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it failed.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(reason) => Some(reason),
            Self::Processing | Self::Ready => None,
        }
    }
}

/// Why no item is made.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The caller may not bring this.
    #[error("This login or key may not bring files.")]
    NotAllowed,
    /// Another item has the address.
    #[error("That address is taken; choose another.")]
    Taken,
    /// The owner has as many as one may.
    #[error("You have {max} of these already, which is as many as one may have.")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// Nothing can be made of what is in it; the words say what it holds, and what to do.
    #[error("{0}")]
    Unusable(String),
    /// The disk is full; the file stays, and another try may do.
    #[error("the disk is full: {missing} bytes more are needed")]
    Full {
        /// Bytes to make free.
        missing: u64,
    },
    /// Something broke; the file stays, and another try may do.
    #[error("the file could not be taken in")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Intake for Works {
    fn check(&self, caller: &Caller, wanted: &Wanted) -> Result<(), Refused> {
        let catalogue = self.catalogue();
        Ok(catalogue.may_bring(caller, wanted.kind, wanted.slug.as_ref())?)
    }

    fn finished(&self, caller: Caller, whole: Whole) -> BoxFuture<'static, Result<Item, Refused>> {
        let works = self.clone();
        Box::pin(async move {
            let Whole {
                path,
                owner,
                wanted,
                ..
            } = whole;
            let title = wanted.title_or_name();
            let brought = Brought {
                path,
                kind: wanted.kind,
                slug: wanted.slug,
                title,
                visibility: wanted.visibility,
                owner: Some(owner),
                file_name: wanted.filename,
            };
            Ok(Item::of(&*works.take_in(&caller, brought).await?))
        })
    }

    fn find(&self, caller: &Caller, kind: Kind, slug: &Slug) -> Option<Item> {
        let found = self.catalogue().find_stored(caller, kind, slug);
        found.map(|stored| Item::of(&stored))
    }
}

impl Item {
    fn of(stored: &Stored) -> Self {
        Self {
            kind: stored.kind,
            slug: stored.slug.clone(),
            title: stored.title.clone(),
            visibility: stored.visibility,
            owner: stored.owner,
            url: path_of(stored),
            standing: match &stored.state {
                State::Processing => Standing::Processing,
                State::Ready => Standing::Ready,
                State::Failed(reason) => Standing::Failed(reason.clone()),
            },
        }
    }
}

/// The path under which a stored item is seen.
pub(crate) fn path_of(stored: &Stored) -> String {
    match stored.kind {
        Kind::Video => format!("/watch/{}", stored.slug),
        Kind::Image => format!("/images/{}", stored.slug),
    }
}

impl From<stored::Refused> for Refused {
    fn from(refused: stored::Refused) -> Self {
        use stored::Refused as R;
        match refused {
            R::NotAllowed | R::NotFound => Self::NotAllowed,
            R::Taken => Self::Taken,
            R::TooMany { max, .. } => Self::TooMany { max },
            other @ (R::Slug(_) | R::Name(_) | R::Site(_) | R::Description | R::Changed) => {
                Self::Unusable(other.to_string())
            }
            R::Store(error) => Self::Failed(Box::new(error)),
        }
    }
}

impl From<works::Refused> for Refused {
    fn from(refused: works::Refused) -> Self {
        match refused {
            works::Refused::Item(refused) => refused.into(),
            works::Refused::Unusable(words) => Self::Unusable(words),
            works::Refused::Full { missing } => Self::Full { missing },
            works::Refused::Failed(error) => Self::Failed(Box::new(error)),
        }
    }
}
