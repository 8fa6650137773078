//! Doors for publishers over HTTP.

pub(crate) mod whip;
