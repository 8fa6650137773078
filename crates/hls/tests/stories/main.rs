//! Stories of a publisher and its viewers on a virtual clock: synthetic frames in, playlists and pieces out.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod changes;
mod conformance;
mod matrix;
mod random;
mod rig;
mod rules;
mod serving;
