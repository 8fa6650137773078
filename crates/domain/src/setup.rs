//! The first start: whoever reads the console makes the first administrator, once.

use crate::login::Begun;
use crate::password::{Busy, PasswordError};
use crate::store::StoreError;
use crate::user::NameError;

/// What the first setup made.
#[derive(Debug, Clone)]
pub struct Done {
    /// The administrator's first login.
    pub begun: Begun,
    /// The key of the stream `live`, shown this once; `None` when there was such a stream already.
    pub key: Option<crate::stream::MadeKey>,
}

/// Why the setup was refused; the token stays good for another try except after [`Refused::Over`].
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Somebody has an account already: log in instead.
    #[error("the server has been set up already; log in instead")]
    Over,
    /// Copy the link from the console again.
    #[error("this is not the setup link of this start; copy it again from the console")]
    Token,
    /// Choose another name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Choose another password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Try again in a second.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store did not take it; nothing has changed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}
