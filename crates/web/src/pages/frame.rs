//! What every page has: the frame's values, the policy, the status.

use askama::Template;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{caller::Caller, item::Site};

use crate::{App, assets::Assets, error::Problem, text::Text};

/// Nothing is loaded from elsewhere, nothing runs inline, nobody frames a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The same for a page with a player: its controls style their shadow roots.
const PLAYER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; \
                             connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Who is logged in, for the bar.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) initials: String,
    /// Whether the pages of the server are theirs.
    pub(crate) administers: bool,
}

/// The values of the frame.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) assets: Assets,
    pub(crate) version: String,
    pub(crate) account: Option<Account>,
    /// The words of the page.
    pub(crate) t: Text,
}

impl Frame {
    pub(crate) fn new(app: &App, caller: &Caller) -> Self {
        let account = caller
            .user()
            .and_then(|id| app.catalogue().find_user(id))
            .map(|user| {
                let name = user.name.as_str().to_owned();
                let initials = name
                    .chars()
                    .filter(|c| c.is_alphanumeric())
                    .take(2)
                    .collect::<String>()
                    .to_uppercase();
                Account {
                    name,
                    initials,
                    administers: caller.administers(),
                }
            });
        Self {
            assets: app.inner.assets.clone(),
            version: app.settings().version.clone(),
            account,
            t: app.text(),
        }
    }
}

/// Renders a page. `player`: it holds one, and needs the policy for it.
pub(crate) fn page(status: StatusCode, template: &impl Template, player: bool) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let policy = if player { PLAYER_POLICY } else { POLICY };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (status, headers, html).into_response()
}

/// Lets pages of any site show this one in a frame.
pub(super) fn framed_by_anyone(headers: &mut HeaderMap) {
    framed_by(headers, &[]);
}

/// Lets pages of these sites show this one in a frame; of any where none is named.
pub(super) fn framed_by(headers: &mut HeaderMap, sites: &[Site]) {
    let list = if sites.is_empty() {
        "*".to_owned()
    } else {
        let sites: Vec<&str> = sites.iter().map(Site::as_str).collect();
        sites.join(" ")
    };
    let policy = headers
        .get(header::CONTENT_SECURITY_POLICY)
        .and_then(|policy| policy.to_str().ok())
        .unwrap_or(POLICY)
        .replace("frame-ancestors 'none'", &format!("frame-ancestors {list}"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
