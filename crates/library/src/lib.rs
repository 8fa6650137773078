//! Files that people bring: uploads, videos packaged for HLS, images and captions.
//!
//! Knows bytes and files, never who may see them: callers have asked the catalogue before. All it writes lies below the data
//! directory, in folders that are named by ids; no name that came from outside becomes a path.

pub mod captions;
mod files;
pub mod image;
pub mod upload;
pub mod video;
pub mod works;

pub use works::Works;
