//! Files, samples and indices through the whole crate.

mod files;
mod index;
mod package;
mod rig;
