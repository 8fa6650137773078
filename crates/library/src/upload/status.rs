//! How far an upload is, as it is told.

use std::path::PathBuf;

use domain::{clock::Time, slug::Slug, user::UserId};

use super::{Id, Kind, Wanted};

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Bytes are awaited.
    Receiving,
    /// It is whole, and is being looked at.
    HandingOver,
    /// It is over.
    Ended(Ended),
}

/// How an upload ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It has become an item.
    Item {
        /// What.
        kind: Kind,
        /// Its address.
        slug: Slug,
    },
    /// It cannot be used; a person reads why and what to do.
    Refused(String),
}

/// An upload as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Which.
    pub id: Id,
    /// Whose.
    pub owner: UserId,
    /// Bytes that are on disk.
    pub offset: u64,
    /// Bytes that it will have.
    pub length: u64,
    /// What it is to become.
    pub wanted: Wanted,
    /// `Upload-Metadata` as it came.
    pub metadata: String,
    /// When it was made.
    pub created: Time,
    /// When it is cleared away, unless another byte comes.
    pub expires: Time,
    /// How far it is.
    pub state: State,
    /// Why nothing could be made of it when it was whole, where another try may do.
    pub setback: Option<String>,
}

/// An upload that is whole, for whoever makes something of it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Which.
    pub id: Id,
    /// Whose.
    pub owner: UserId,
    /// The file; may be moved away.
    pub path: PathBuf,
    /// Its bytes.
    pub length: u64,
    /// What it is to become.
    pub wanted: Wanted,
}
