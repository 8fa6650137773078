//! Who wants to see an item, and what they bring for it: a login, an API key, an access code, a grant.

use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{
    caller::Caller,
    secret::Secret,
    view::{self, Purpose},
};
use serde::Deserialize;

use super::{Asking, Query, Visitor};
use crate::{App, error::Problem};

/// Who wants to see an item, by API key or cookie, with what the address brings.
pub(crate) struct Viewing {
    pub(crate) caller: Caller,
    pub(crate) brought: Brought,
}

/// The same on pages: by cookie alone.
pub(crate) struct Opening(pub(crate) Viewing);

/// What an address brings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Brought {
    /// An access code.
    pub(crate) code: Option<Secret>,
    /// Which viewer it is among those with the same code.
    pub(crate) seat: Option<String>,
    /// A grant, as it stands in the addresses of HLS.
    pub(crate) grant: Option<Secret>,
}

#[derive(Deserialize)]
struct Asked {
    access_code: Option<String>,
    code: Option<String>,
    seat: Option<String>,
    token: Option<String>,
}

impl Viewing {
    /// What is asked of the gatekeeper.
    pub(crate) fn asking(&self, purpose: Purpose) -> view::Asking<'_> {
        view::Asking {
            caller: &self.caller,
            code: self.brought.code.as_ref().map(Secret::expose),
            seat: self.brought.seat.as_deref(),
            purpose,
        }
    }
}

impl FromRequestParts<App> for Brought {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Query(asked) = Query::<Asked>::from_request_parts(parts, app).await?;
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Ok(Self {
            code: given(asked.access_code)
                .or_else(|| given(asked.code))
                .map(Secret::new),
            seat: given(asked.seat),
            grant: given(asked.token).map(Secret::new),
        })
    }
}

impl FromRequestParts<App> for Viewing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let brought = Brought::from_request_parts(parts, app).await?;
        let Asking(caller) = Asking::from_request_parts(parts, app).await?;
        Ok(Self { caller, brought })
    }
}

impl FromRequestParts<App> for Opening {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let brought = Brought::from_request_parts(parts, app).await?;
        let Visitor(caller) = Visitor::from_request_parts(parts, app).await?;
        Ok(Self(Viewing { caller, brought }))
    }
}
