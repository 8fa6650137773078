//! The control plane of Media Server: streams, users, logins, keys, grants, and the rules of who may do what.
//!
//! [`Catalogue`] is the one place of decisions. It holds all rights in memory, answers from there, and writes through
//! the port [`store::Store`]. Shells hand in the other ports: [`clock::Clock`], [`random::Random`],
//! [`password::Hasher`]; engines offer [`engine::Engine`] and ask [`gate::Gatekeeper`].
//!
//! Async, but without a runtime: no sockets, no database, no HTTP, no clock, no source of randomness of its own.

use std::future::Future;
use std::pin::Pin;

pub mod access_code;
pub mod api_key;
pub mod audit;
mod base64url;
pub mod caller;
pub mod catalogue;
pub mod clock;
pub mod edit;
pub mod engine;
pub mod gate;
pub mod grant;
mod id;
pub mod item;
pub mod limit;
pub mod login;
pub mod name;
pub mod password;
pub mod publish;
pub mod random;
pub mod secret;
pub mod session;
pub mod setting;
pub mod setup;
pub mod slug;
pub mod store;
pub mod stored;
pub mod stream;
pub mod user;
pub mod view;

pub use catalogue::{Catalogue, Guessed};
pub use id::ParseError as IdError;

/// A future behind a pointer: what ports answer, so that they can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
