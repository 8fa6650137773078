//! Why nothing came of what somebody brought.

use std::io;

use domain::stored;

use crate::{
    captions, image,
    video::{adopt, package},
};

/// Why nothing came of a file, a folder, captions or a poster. The words are for whoever brought it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The catalogue says no.
    #[error(transparent)]
    Item(#[from] stored::Refused),
    /// Nothing can be made of what is in it.
    #[error("{0}")]
    Unusable(String),
    /// The disk is full; the file stays, and another try may do.
    #[error("The disk is full.")]
    Full {
        /// Bytes to make free.
        missing: u64,
    },
    /// Something broke; the file stays, and another try may do.
    #[error("the file could not be taken in")]
    Failed(#[source] io::Error),
}

impl From<image::Refused> for Refused {
    fn from(refused: image::Refused) -> Self {
        match refused {
            image::Refused::Read(error) | image::Refused::Write(error) => failed(error),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<package::Refused> for Refused {
    fn from(refused: package::Refused) -> Self {
        match refused {
            package::Refused::DiskFull { needed } => Self::Full { missing: needed },
            package::Refused::Read(error) | package::Refused::Write(error) => failed(error),
            package::Refused::Stopped => Self::Failed(io::Error::other("the server stops")),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<adopt::Refused> for Refused {
    fn from(refused: adopt::Refused) -> Self {
        match refused {
            adopt::Refused::Write(why) => why.into(),
            adopt::Refused::Read(error) => failed(error),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<captions::Refused> for Refused {
    fn from(refused: captions::Refused) -> Self {
        Self::Unusable(refused.to_string())
    }
}

/// An error of the disk as it is told.
pub(super) fn failed(error: io::Error) -> Refused {
    if error.kind() == io::ErrorKind::StorageFull {
        // How much is missing, nobody knows; something has to go.
        Refused::Full { missing: 1 << 20 }
    } else {
        Refused::Failed(error)
    }
}
