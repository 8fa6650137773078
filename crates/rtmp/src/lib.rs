//! RTMP server and client sessions, sans-IO.
//!
//! | what | specification |
//! |---|---|
//! | handshake, chunks, control and command messages | Adobe RTMP 1.0 (21 December 2012) |
//! | digest handshake | as Flash Player 9 and later speak it (no Adobe text; librtmp, nginx-rtmp and SRS agree) |
//! | values in commands | AMF0 (21 December 2007); AMF3 (January 2013) scalars where a command carries them |
//! | tags in audio, video and aggregate messages | Adobe FLV 10.1, annex E |
//! | FourCC codecs | Enhanced RTMP v2 (veovera): recognised by name |
//!
//! A session is fed with `receive(now, bytes)` and `handle_timeout(now)` and drained with `poll()` until it answers
//! `Timeout`. It keeps no clock, socket, task or lock; every buffer is bounded by [`Limits`].
//!
//! ```
//! use std::time::Duration;
//!
//! use rtmp::{Event, Limits, Output, Rejection, Session};
//!
//! let mut session = Session::new(Limits::default(), [7; 32], Duration::ZERO);
//! // What the socket gave; here the first byte of a browser that lost its way.
//! session.receive(Duration::from_millis(3), b"GET / HTTP/1.1");
//! let wake_at = loop {
//!     match session.poll() {
//!         Output::Transmit(_bytes) => {} // to the socket, in order
//!         Output::Event(Event::PublishRequested(publish)) => match publish.landing.token.as_deref() {
//!             Some("known") => session.accept(),
//!             _ => session.reject(&Rejection::bad_name("The key is not known here.")),
//!         },
//!         Output::Event(_) => {} // tracks and frames
//!         Output::Closed(closed) => assert_eq!(closed.to_string(), "HTTP was spoken on the RTMP port"),
//!         Output::Timeout(at) => break at,
//!     }
//! };
//! assert_eq!(wake_at, None);
//! ```
//!
//! Secrets (publish names, queries, tokens) are redacted in every `Debug` and `Display` of this crate.

pub mod client;
pub mod landing;
pub mod server;

mod amf0;
mod chunk;
mod closed;
mod flv;
mod handshake;
mod limits;
mod link;
mod message;
mod rejection;

pub use closed::{Closed, Spoken};
pub use landing::{Landing, landing};
pub use limits::Limits;
pub use rejection::{Code, Rejection, Unsupported};
pub use server::{Counts, Event, Metadata, Output, Publish, PublishKind, Session};
