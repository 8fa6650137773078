//! Stored videos: files packaged or refused, folders adopted or refused, and what is served of both.

mod adoption;
mod killed;
mod packaging;
mod rig;
mod rules;
mod serving;
