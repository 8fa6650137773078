//! Uploads: bytes that arrive in one request or in many (tus 1.0), and are on disk before they are acknowledged.
//!
//! An upload is a folder below `<data>/uploads/`, named by its id: `data` holds what came so far, `info` what it is to become and whose
//! it is. How far it is, is the length of `data`, so that nothing can be acknowledged that is not there, and a process that was killed
//! goes on where its files end. What a finished file becomes, and who may bring one, is decided elsewhere.
//! Specification: tus 1.0.0 with creation, expiration and termination (<https://tus.io/protocols/resumable-upload>); RFC 7578 for forms.

mod append;
mod entry;
pub mod form;
mod id;
mod info;
mod make;
mod refused;
mod status;
mod store;
pub mod tus;
mod wanted;

pub use append::{Appending, Receiving};
pub use id::Id;
pub use make::New;
pub use refused::Refused;
pub use status::{Ended, State, Status, Whole};
pub use store::{FreeBytes, Limits, Ports, Uploads, free_bytes};
pub use wanted::{Kind, Unwanted, Wanted};
