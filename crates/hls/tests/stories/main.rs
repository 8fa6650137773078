//! Stories of a publisher and its viewers on a virtual clock: synthetic frames in, playlists and pieces out.

mod changes;
mod conformance;
mod matrix;
mod random;
mod rig;
mod serving;
