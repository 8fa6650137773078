//! Grants: leave to watch one item until some time, carried as a token below which all pieces of the item lie.

use crate::id::{ApiKeyId, LoginId, StreamId};

/// Which item a grant opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// A stream.
    Stream(StreamId),
}

/// With whom a grant ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// With nobody: the item is open to everyone, and all share one token.
    Nobody,
    /// With a login.
    Login(LoginId),
    /// With an API key.
    ApiKey(ApiKeyId),
}

/// What a token that holds opens, and to whom it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Granted {
    /// The stream.
    pub stream: StreamId,
    /// To whom.
    pub subject: Subject,
}
