//! Watching: why somebody may not.

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
}

impl Refused {
    /// A stable word for programs, logs and metrics. Programs are not told whether a login would help.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound | Self::LogIn => "not_found",
            Self::TooMany { .. } => "too_many_tries",
        }
    }
}
