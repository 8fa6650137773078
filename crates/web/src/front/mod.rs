//! The front door: an accept loop of our own with the limits that a public server needs.
//!
//! `axum::serve` sets no timer, so a half-sent request would stay open for ever; here every wait has a bound: the head of a request, an
//! idle connection, a viewer who takes no bytes, connections in all and for each address. A connection starts in the hot loop
//! ([`hot`]), which answers live pieces without a router and lets the router answer what has no body ([`cold`]); the first request
//! with one moves it to hyper for good. HTTP/2 is recognised by its preface and goes to hyper at once.

mod addresses;
mod cold;
mod conditions;
mod connection;
mod date;
mod disk;
mod head;
mod hot;
mod input;
mod listener;
mod patience;
mod rewind;
mod send;
mod strict;

pub use addresses::Networks;
pub use hot::{Hot, HotAnswer, HotRequest, Keeps};
pub use listener::{Cap, Front, Limits, Peer, bind};

pub(crate) use conditions::{Conditions, Wanted, cut};
pub(crate) use date::{http_date, http_time, read_http_time};
pub(crate) use head::accepts_gzip;
pub(crate) use hot::{PIECE_HEADERS, body, cache_control, status_line};
pub(crate) use send::of_chunks;
