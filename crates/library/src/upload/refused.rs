//! Why an upload was not made, or did not go on.

use std::io;

/// Why an upload was not made, or did not go on. What is on disk stays there unless it is said otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is none with this id, or it is somebody else's.
    #[error("there is no such upload")]
    NotFound,
    /// Bytes were sent for another place than where it goes on: ask, and go on from there.
    #[error("it goes on at byte {offset}")]
    WrongOffset {
        /// Where.
        offset: u64,
    },
    /// Somebody sends to it right now.
    #[error("another request sends to this upload right now")]
    Busy,
    /// Too many uploads write at once: try again soon.
    #[error("too many uploads write at the same time")]
    NoPlace,
    /// It is whole already.
    #[error("this upload is whole already")]
    Ended,
    /// It would be longer than a file may be.
    #[error("a file can have {max} bytes at most")]
    TooLong {
        /// The bound.
        max: u64,
    },
    /// More bytes came than were announced.
    #[error("more bytes came than were announced")]
    Overrun,
    /// A file without a byte is no file.
    #[error("the file is empty")]
    Empty,
    /// This user has as many that are not whole as one may.
    #[error("{max} uploads wait to be finished already")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// This user's would have more bytes together than one's may.
    #[error("uploads that wait to be finished can have {max} bytes together")]
    TooManyBytes {
        /// The bound.
        max: u64,
    },
    /// The disk is full; it goes on once there is room.
    #[error("the disk is full: {missing} bytes more are needed")]
    Full {
        /// Bytes to make free.
        missing: u64,
    },
    /// The disk failed.
    #[error("the file could not be written")]
    Io(#[from] io::Error),
}
