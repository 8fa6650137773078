//! Clicks go in at known moments and must come out there.

mod damage;
mod line;
mod rig;
mod sync;
mod time;
