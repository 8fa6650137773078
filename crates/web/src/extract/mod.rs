//! What handlers are given about a request: its id, where it comes from, and who asks.

mod caller;
mod client;
mod same_site;

pub(crate) use caller::{Asking, COOKIE, COOKIE_SECURE, Visitor};
pub(crate) use client::{Client, context, request_id};
pub(crate) use same_site::same_site;
