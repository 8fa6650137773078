//! Pages for people: complete when they come from the server, with what changes put in by a small script.

pub(crate) mod error;
mod frame;
pub(crate) mod home;
pub(crate) mod login;
pub(crate) mod setup;
pub(crate) mod shown;
pub(crate) mod test;
pub(crate) mod watch;

pub(crate) use frame::{Frame, page};
