//! Pages for people: complete when they come from the server, with what changes put in by a small script.

pub(crate) mod account;
pub(crate) mod admin;
mod administrator;
mod agent;
mod ask;
mod charts;
mod checked;
pub(crate) mod code;
mod code_form;
pub(crate) mod codes;
pub(crate) mod embed;
pub(crate) mod error;
mod fields;
mod frame;
pub(crate) mod gate;
pub(crate) mod golive;
mod health;
pub(crate) mod home;
pub(crate) mod login;
mod managed;
mod obs_profile;
pub(crate) mod people;
mod send;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod share;
pub(crate) mod shown;
pub(crate) mod stream_keys;
pub(crate) mod stream_settings;
pub(crate) mod streams;
pub(crate) mod test;
pub(crate) mod upload;
mod video;
pub(crate) mod watch;

pub(crate) use frame::{Frame, page};
