//! The real router over a store in memory, a fixed clock and an engine that has what a test gave it; and the front door over
//! real sockets of the loopback.

#![expect(
    clippy::unwrap_used,
    reason = "a rig that cannot be built is a failed test"
)]

mod account;
mod admin;
mod api;
mod code_pages;
mod codes;
mod cors;
mod events;
mod fakes;
mod front;
mod gate;
mod golive;
mod hls;
mod item_pages;
mod login;
mod openapi;
mod pages;
mod people;
mod poster;
mod probes;
mod pseudo;
mod ranges;
mod share;
mod site;
mod stored;
mod streams;
mod sweep;
mod table;
mod uploads;
mod weight;
mod whep;
mod whip;
mod words;
