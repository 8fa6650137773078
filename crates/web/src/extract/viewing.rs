//! Who wants to see an item, and what they bring for it: a login, an API key, an access code, a grant.

use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{
    access_code,
    caller::Caller,
    grant::{self, Granted},
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
    /// Whether somebody looks at it as a stranger would: their login and keys do not count.
    pub(crate) is_preview: bool,
}

/// What `preview` says for that.
const VISITOR: &str = "visitor";

#[derive(Deserialize)]
struct Asked {
    access_code: Option<String>,
    code: Option<String>,
    seat: Option<String>,
    token: Option<String>,
    preview: Option<String>,
}

impl Brought {
    /// The query by which a page's player brings the same as the page did, as far as it was needed: empty, or from `?` on.
    pub(crate) fn handed_on(&self, granted: Granted) -> String {
        let is_of_code = matches!(granted.subject, grant::Subject::Code { .. });
        let code = self
            .code
            .as_ref()
            .map(|code| code.expose().trim())
            .filter(|code| is_of_code && access_code::check_chosen(code).is_ok())
            .map(|code| format!("access_code={code}"));
        let preview = self.is_preview.then(|| format!("preview={VISITOR}"));
        let parts: Vec<String> = code.into_iter().chain(preview).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        }
    }

    /// Whoever asks, or nobody where that is wanted.
    fn by(&self, caller: Caller) -> Caller {
        if self.is_preview {
            Caller::nobody(caller.address)
        } else {
            caller
        }
    }
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
            is_preview: asked.preview.as_deref() == Some(VISITOR),
        })
    }
}

impl FromRequestParts<App> for Viewing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let brought = Brought::from_request_parts(parts, app).await?;
        let Asking(caller) = Asking::from_request_parts(parts, app).await?;
        Ok(Self {
            caller: brought.by(caller),
            brought,
        })
    }
}

impl FromRequestParts<App> for Opening {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let brought = Brought::from_request_parts(parts, app).await?;
        let Visitor(caller) = Visitor::from_request_parts(parts, app).await?;
        Ok(Self(Viewing {
            caller: brought.by(caller),
            brought,
        }))
    }
}
