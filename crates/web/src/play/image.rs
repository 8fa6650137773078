//! `/images/{slug}`: the image itself, as it is kept or smaller (`?w=`), to whoever may see it; people without leave meet the gate.

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    grant,
    item::{Item, Space},
    slug::Slug,
    stored::{State as Phase, Stored},
    view::{self, Purpose},
};
use library::image::{self, Form, ORIGINAL, Unmade, WIDTHS, Width};
use serde::Deserialize;

use super::{
    admit,
    file::{self, Asked},
    refused,
    stored::{body_of, version_of},
};
use crate::{
    App,
    error::Problem,
    extract::{Opening, Path, Query, Viewing},
    pages::gate,
};

/// Seconds for which an image that needs no leave may be kept.
const OPEN_AGE_S: u32 = 300;
/// An image is shown and does nothing else, whatever its bytes say.
const POLICY: &str = "default-src 'none'; frame-ancestors *; sandbox";

#[derive(Deserialize)]
pub(crate) struct Wish {
    /// Width in pixels, one of [`WIDTHS`].
    w: Option<u32>,
    /// To be saved and not shown.
    download: Option<String>,
}

/// `GET /images/{slug}`.
pub(crate) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    viewing: Result<Viewing, Problem>,
    Opening(visitor): Opening,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let is_person = accepts(&headers, "text/html");
    let Ok(viewing) = viewing else {
        return refused(view::Refused::NotFound);
    };
    let slug = Slug::parse(&name).map_err(|_| view::Refused::NotFound);
    let leave = slug.and_then(|slug| admit(&app, &viewing, Purpose::Open, Space::Images, &slug));
    let leave = match leave {
        Ok(leave) => leave,
        Err(why) if is_person => {
            let path = uri.path().to_owned();
            return gate::show(&app, &visitor, gate::Place::of(&headers), path, why);
        }
        Err(why) => return refused(why),
    };
    let stored = match leave.granted.item {
        Item::Image(id) => app.catalogue().stored(id),
        Item::Stream(_) | Item::Video(_) => None,
    };
    let Some(stored) = stored.filter(|stored| stored.state == Phase::Ready) else {
        return refused(view::Refused::NotFound);
    };
    let mut response = match answer(&app, &stored, &wish, &method, &headers).await {
        Ok(response) => response,
        Err(problem) => return problem.into_response(),
    };
    let out = response.headers_mut();
    let caching = if leave.is_public() {
        format!("public, max-age={OPEN_AGE_S}")
    } else {
        "private, no-cache".to_owned()
    };
    // What a cookie opened is for this site's own pages; what needs none, or a code in its address, may be shown anywhere.
    let shared = match leave.granted.subject {
        grant::Subject::Login(_) => "same-origin",
        _ => "cross-origin",
    };
    for (name, value) in [
        (header::CACHE_CONTROL, caching.as_str()),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            shared,
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(name, value);
        }
    }
    if viewing.brought.code.is_some() {
        out.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
    }
    response
}

async fn answer(
    app: &App,
    stored: &Stored,
    wish: &Wish,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (name, form) = file_for(app, stored, wish.w, headers).await?;
    let place = library::video::Place::Library(stored.id.number());
    let file = app.works().shelf().stored(&place, &name).await;
    let file = file.ok_or_else(Problem::not_found)?;
    let asked = Asked { method, headers };
    let version = version_of(&file);
    let (mut response, _) = file::answer(body_of(&file), form.media_type(), Some(&version), &asked);
    let out = response.headers_mut();
    if wish.w.is_some() {
        out.insert(header::VARY, HeaderValue::from_static("accept"));
    }
    if wish.download.is_some() {
        let name = format!("{}.{}", stored.slug, form.extension());
        out.insert(header::CONTENT_DISPOSITION, disposition(&name));
    }
    Ok(response)
}

/// Which file of an image's folder is shown.
async fn file_for(
    app: &App,
    stored: &Stored,
    width: Option<u32>,
    headers: &HeaderMap,
) -> Result<(String, Form), Problem> {
    let form = Form::parse(&stored.facts.form).ok_or_else(Problem::not_found)?;
    let Some(pixels) = width else {
        return Ok((ORIGINAL.to_owned(), form));
    };
    let width = Width::parse(pixels).ok_or_else(|| {
        let widths: Vec<String> = WIDTHS
            .iter()
            .map(|width| width.pixels().to_string())
            .collect();
        let detail = format!("`w` is one of {}.", widths.join(", "));
        Problem::new(StatusCode::BAD_REQUEST, "invalid_width", detail)
    })?;
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
    let facts = image::Facts {
        width: stored.facts.width,
        height: stored.facts.height,
        form,
        frames: 1,
        bytes: stored.facts.bytes,
    };
    let works = app.works();
    let folder = works.folder(stored.id);
    let variant = works
        .studio()
        .variant(&folder, &facts, width, form.accepted(accept));
    let variant = variant.await.map_err(|unmade| match unmade {
        Unmade::Busy | Unmade::GivenUp => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", unmade.to_string()).retry_after(1)
        }
        Unmade::Failed(why) => Problem::internal(&why),
    })?;
    let name = variant.path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(Problem::not_found)?.to_owned();
    Ok((name, variant.form))
}

/// Whether somebody who sent these headers looks for a page: a person in a browser, not an element that shows an image.
fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains(media_type))
}

/// `Content-Disposition` of a file to save (RFC 6266): plain letters, and the name as it is beside them where it has others.
pub(crate) fn disposition(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| {
            let is_plain = c.is_ascii_alphanumeric() || " .-_()".contains(c);
            if is_plain { c } else { '_' }
        })
        .collect();
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            let is_plain = byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            if is_plain {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse case G13.
    #[test]
    fn names_of_downloads_end_no_header() {
        for (name, expected) in [
            ("holiday.mp4", "attachment; filename=\"holiday.mp4\""),
            (
                "a\"b\r\nX: y.mp4",
                "attachment; filename=\"a_b__X_ y.mp4\"; filename*=UTF-8''a%22b%0D%0AX%3A%20y.mp4",
            ),
            (
                "gr\u{fc}n.png",
                "attachment; filename=\"gr_n.png\"; filename*=UTF-8''gr%C3%BCn.png",
            ),
        ] {
            assert_eq!(disposition(name), expected, "{name:?}");
        }
    }
}
