//! Pictures that people bring, through the whole of `library::image`.
#![expect(clippy::unwrap_used, reason = "the rig may fail the test")]

mod forms;
mod hostile;
mod private;
mod rig;
mod studio;
