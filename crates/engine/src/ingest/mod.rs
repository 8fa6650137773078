//! Doors for publishers. A door moves bytes between a socket and a protocol's session, and asks the Gatekeeper; nothing else.

pub(crate) mod rtmp;
pub(crate) mod whip;
