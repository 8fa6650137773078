//! Settings: what exists, where a value comes from, and the typed view that the rest of the program gets.
//!
//! One table ([`registry::SETTINGS`]) says everything about a setting: name, kind, default and whether this
//! version uses it. Precedence: defaults < the page of settings < file < environment (`MEDIA_SERVER_HTTP__LISTEN`) < flags (`--set http.listen=…`).
//! Unknown names are refused with the nearest known one. A secret may come from a file: `MEDIA_SERVER_…_FILE`.

pub mod registry;
mod resolve;
mod rtmp;
pub mod tuning;
mod typed;
mod webrtc;

pub use resolve::{Invalid, Resolved, Value};
pub use typed::Config;
pub use web::configuration::Source;
