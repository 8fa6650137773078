//! `/watch/{slug}/download`: a video as it came, to whoever may see it where its owner allows that, or the code does.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use domain::{
    caller::Caller,
    grant::{self, Granted},
    item::{Item, Space},
    slug::Slug,
    stored::Stored,
    view::{self, Purpose},
};
use library::works::place_of;

use super::{
    admit,
    file::{self, Asked},
    image::disposition,
    refused,
    stored::{body_of, version_of},
};
use crate::{
    App,
    error::Problem,
    extract::{Path, Viewing},
};

/// `GET /watch/{slug}/download`.
pub(crate) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    method: Method,
    viewing: Result<Viewing, Problem>,
    headers: HeaderMap,
) -> Response {
    let not_found = || refused(view::Refused::NotFound);
    let (Ok(viewing), Ok(slug)) = (viewing, Slug::parse(&name)) else {
        return not_found();
    };
    let leave = match admit(&app, &viewing, Purpose::Look, Space::Watch, &slug) {
        Ok(leave) => leave,
        Err(why) => return refused(why),
    };
    let catalogue = app.catalogue();
    let stored = match leave.granted.item {
        Item::Video(id) => catalogue.stored(id),
        Item::Stream(_) | Item::Image(_) => None,
    };
    let Some(stored) = stored.filter(|stored| may(&app, &viewing.caller, leave.granted, stored))
    else {
        return not_found();
    };
    let Some(file) = app.works().shelf().original(&place_of(&stored)).await else {
        return not_found();
    };
    let asked = Asked {
        method: &method,
        headers: &headers,
    };
    let version = version_of(&file);
    let (mut response, _) = file::answer(
        body_of(&file),
        "application/octet-stream",
        Some(&version),
        &asked,
    );
    let out = response.headers_mut();
    let name = match stored.facts.file_name.as_str() {
        "" => format!("{}.mp4", stored.slug),
        name => name.to_owned(),
    };
    out.insert(header::CONTENT_DISPOSITION, disposition(&name));
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    out.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    response
}

/// Whether whoever was given this leave may have the file as it came, and it is kept.
pub(crate) fn may(app: &App, caller: &Caller, granted: Granted, stored: &Stored) -> bool {
    let catalogue = app.catalogue();
    stored.facts.has_original
        && (stored.downloadable
            || catalogue.may_manage_item(caller, granted.item)
            || matches!(granted.subject, grant::Subject::Code { code, .. } if catalogue.code_may_download(code)))
}
