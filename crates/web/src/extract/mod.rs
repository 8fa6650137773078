//! What handlers are given about a request: its id, where it comes from, who asks, and what it brings.

mod arriving;
mod caller;
mod client;
mod cors;
mod input;
mod same_site;
mod tries;
mod viewing;

pub(crate) use arriving::{Arriving, Cut};
pub(crate) use caller::{Asking, COOKIE, COOKIE_SECURE, Known, Visitor, bearer};
pub(crate) use client::{Client, bounded, context, request_id};
pub(crate) use cors::cors;
pub(crate) use input::{Form, Json, Path, Query};
pub(crate) use same_site::{is_own_site, same_site};
pub(crate) use tries::tell_tries;
pub(crate) use viewing::{Brought, Opening, Viewing};
