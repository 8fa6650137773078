//! WebRTC media for one stream, its publisher and many viewers, without I/O: time and bytes come in as arguments, packets go out as bytes.
//!
//! | what | specification |
//! |---|---|
//! | [`sdp`]: offers and answers | RFC 8829, RFC 8839, RFC 8843, RFC 9725 |
//! | [`framing`]: datagrams on a connection | RFC 4571, RFC 6544 |
//! | [`peer`]: one session's transport | RFC 8445 (by the crate `is`), RFC 5763 (DTLS by `dimpl`) |
//! | [`rtp`]: headers, H.264 and Opus payloads, retransmission | RFC 3550, RFC 8285, RFC 6184, RFC 7587, RFC 4588 |
//! | [`rtcp`]: reports and feedback | RFC 3550, RFC 4585, RFC 5104, RFC 5506 |
//! | [`whip`]: a publisher's session | RFC 9725 (transport and repair by the crate `str0m`) |
//! | [`srtp`]: protection of both | RFC 3711, RFC 7714, RFC 5764 (profiles and keying material) |
//!
//! A stream is packetised once, whatever the number of viewers, and its packets lie in one [`rtp::history::History`]. A
//! viewer costs an [`srtp::Sender`] and a [`rtp::history::Numbering`]. No clock, randomness, socket or lock in here.

pub mod framing;
pub mod peer;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod srtp;
pub mod whip;
