//! Watching: who asks for what, and why they may not.

use crate::caller::Caller;
use crate::clock::Time;

/// Somebody who wants to see an item.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who they are.
    pub caller: &'a Caller,
    /// The access code that they brought, as sent. Never log it.
    pub code: Option<&'a str>,
    /// Which viewer they are among those with the same code: any text that stays the same while they watch. Without it each request is
    /// another viewer.
    pub seat: Option<&'a str>,
    /// What for.
    pub purpose: Purpose,
}

impl<'a> Asking<'a> {
    /// Without a code.
    #[must_use]
    pub const fn of(caller: &'a Caller, purpose: Purpose) -> Self {
        Self {
            caller,
            code: None,
            seat: None,
            purpose,
        }
    }
}

/// What leave to see an item is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To be told of it, or to see its poster: counts as nothing.
    Look,
    /// To open its page, or the image that it is: counts as a use of the code.
    Open,
    /// To play it: takes one of the code's places.
    Play,
}

/// They may not watch, and why. What is not allowed and what does not exist are told alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing here for this caller, now or ever.
    #[error("There is no page here.")]
    NotFound,
    /// Nobody is logged in, and there is nothing here for strangers; it may not exist at all.
    #[error("This page is not open to everyone. It may also not exist.")]
    LogIn,
    /// Wait: too much was asked from this address.
    #[error("Too many tries. Try again in {}.", crate::limit::wait_words(*retry_after_s))]
    TooMany {
        /// Seconds until the next try is heard.
        retry_after_s: u32,
    },
    /// They brought a code, and it does not open this.
    #[error(transparent)]
    Code(Unopened),
}

/// Why a code does not open an item. All but the first are told only to who has the very code that would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// There is no such code, or it is for something else.
    #[error("That code does not open this page.")]
    Unknown,
    /// It has ended.
    #[error("This code has ended.")]
    Ended(Time),
    /// It works later.
    #[error("This code does not work yet.")]
    NotYet(Time),
    /// Its owner has paused it.
    #[error("This code is paused.")]
    Paused,
    /// As many watch with it as may.
    #[error("All places of this code are taken.")]
    Full {
        /// How many places there are.
        places: u32,
    },
}

impl Refused {
    /// A stable word for programs, logs and metrics. Programs are not told whether a login would help.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound | Self::LogIn => "not_found",
            Self::TooMany { .. } => "too_many_tries",
            Self::Code(unopened) => unopened.code(),
        }
    }
}

impl Unopened {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "not_found",
            Self::Ended(_) => "access_code_ended",
            Self::NotYet(_) => "access_code_not_yet",
            Self::Paused => "access_code_paused",
            Self::Full { .. } => "access_code_full",
        }
    }
}
