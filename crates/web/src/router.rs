//! Every route there is, in one place.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{any, get, post, put},
};

use crate::{
    App, api, assets, error::Problem, events, extract, health, openapi, pages, play, publish, sdp,
};

/// Longest body of a form or of JSON.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Largest picture that is taken as a poster.
const PICTURE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Largest file of captions, with room for an answer in words to one that is a little larger.
const CAPTIONS_BYTES_MAX: usize = 3 * 1024 * 1024;

/// The same two in a form, with room for its other fields.
const PICTURE_FORM_BYTES_MAX: usize = PICTURE_BYTES_MAX + BODY_BYTES_MAX;
const CAPTIONS_FORM_BYTES_MAX: usize = CAPTIONS_BYTES_MAX + BODY_BYTES_MAX;

/// The router over the handlers' state.
pub fn router(app: App) -> Router {
    let hls = Router::new()
        .route("/hls/{slug}/poster.mp4", get(play::poster))
        .route("/hls/{slug}/{file}", get(play::index))
        .route("/hls/{slug}/{token}/{*piece}", get(play::piece))
        .method_not_allowed_fallback(other_method)
        .layer(from_fn(preflight));
    let api = Router::new()
        .route(
            "/api/streams",
            get(api::streams::list).post(api::streams::create),
        )
        .route(
            "/api/streams/{slug}",
            get(api::streams::show)
                .patch(api::streams::change)
                .delete(api::streams::remove),
        )
        .route(
            "/api/streams/{slug}/keys",
            get(api::keys::list).post(api::keys::create),
        )
        .route(
            "/api/streams/{slug}/keys/{id}",
            axum::routing::delete(api::keys::revoke),
        )
        .route(
            "/api/streams/{slug}/keys/{id}/rotate",
            post(api::keys::rotate),
        )
        .route("/api/streams/{slug}/refusals", get(api::streams::refusals))
        .route("/api/streams/{slug}/status", get(api::streams::status))
        .route("/api/streams/{slug}/history", get(api::streams::history))
        .route(
            "/api/access-codes",
            get(api::access_codes::list).post(api::access_codes::create),
        )
        .route(
            "/api/access-codes/{code}",
            get(api::access_codes::show)
                .patch(api::access_codes::change)
                .delete(api::access_codes::remove),
        )
        .route(
            "/api/access-codes/{code}/history",
            get(api::access_codes::history),
        )
        .route(
            "/api/videos/{slug}",
            get(api::items::show_video)
                .patch(api::items::change_video)
                .delete(api::items::remove_video),
        )
        .route(
            "/api/videos/{slug}/poster",
            put(api::items::set_poster)
                .layer(DefaultBodyLimit::max(PICTURE_BYTES_MAX))
                .delete(api::items::remove_poster),
        )
        .route(
            "/api/videos/{slug}/captions/{language}",
            put(api::items::set_captions)
                .layer(DefaultBodyLimit::max(CAPTIONS_BYTES_MAX))
                .delete(api::items::remove_captions),
        )
        .route(
            "/api/images/{slug}",
            get(api::items::show_image)
                .patch(api::items::change_image)
                .delete(api::items::remove_image),
        )
        .route(
            "/api/people",
            get(api::people::list).post(api::people::create),
        )
        .route(
            "/api/people/{name}",
            get(api::people::show).patch(api::people::change),
        )
        .route(
            "/api/people/{name}/password-link",
            post(api::people::make_link),
        )
        .route(
            "/api/api-keys",
            get(api::api_keys::list).post(api::api_keys::create),
        )
        .route(
            "/api/api-keys/{id}",
            axum::routing::delete(api::api_keys::revoke),
        )
        .route("/api/audit", get(api::audit::list))
        .route("/api/home", get(api::home::show))
        .route("/api/server", get(api::server::show))
        .route("/api/events", get(events::listen))
        .route("/api/stream/validate", get(api::rights::validate))
        .route("/api/stream/authorize", get(api::rights::authorize))
        .route("/api/mediamtx/status", get(api::status::show))
        .route(
            "/api/webhooks/stream-ready",
            post(api::status::engine_is_embedded),
        )
        .route(
            "/api/webhooks/stream-ended",
            post(api::status::engine_is_embedded),
        )
        .route("/api/webrtc/reach", post(api::reach::look))
        .route("/api/watch/{slug}", get(api::watch::show))
        .route("/api/openapi.json", get(openapi::show))
        .route("/api/docs", get(openapi::docs))
        .route("/api", any(nothing_here))
        .route("/api/", any(nothing_here))
        .route("/api/{*rest}", any(nothing_here))
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(app.clone(), extract::cors));
    let pages = Router::new()
        .route("/", get(pages::home::show))
        .route("/login", get(pages::login::show).post(pages::login::submit))
        .route(
            "/logout",
            get(pages::login::ask_logout).post(pages::login::logout),
        )
        .route("/setup", get(pages::setup::show).post(pages::setup::submit))
        .route(
            "/login/{token}",
            get(pages::login::ask_once).post(pages::login::once),
        )
        .route(
            "/password/{token}",
            get(pages::password::show).post(pages::password::set),
        )
        .route("/watch/{slug}", get(pages::watch::show))
        .route("/embed/{slug}", get(pages::embed::show))
        .route("/watch/{slug}/download", get(play::download))
        .route("/images", get(pages::images::list))
        .route("/images/{slug}", get(play::image))
        .route("/images/{slug}/about", get(pages::images::about))
        .route("/library", get(pages::library::show))
        .route(
            "/library/{kind}/{slug}",
            get(pages::item::show).post(pages::item::save),
        )
        .route(
            "/library/{kind}/{slug}/poster",
            post(pages::item::set_poster).layer(DefaultBodyLimit::max(PICTURE_FORM_BYTES_MAX)),
        )
        .route(
            "/library/{kind}/{slug}/poster/remove",
            post(pages::item::remove_poster),
        )
        .route(
            "/library/{kind}/{slug}/captions",
            post(pages::item::set_captions).layer(DefaultBodyLimit::max(CAPTIONS_FORM_BYTES_MAX)),
        )
        .route(
            "/library/{kind}/{slug}/captions/{language}/remove",
            post(pages::item::remove_captions),
        )
        .route(
            "/library/{kind}/{slug}/delete",
            get(pages::item::ask_delete).post(pages::item::delete),
        )
        .route("/test", get(pages::test::show))
        .route("/go-live", get(pages::streams::go_live))
        .route(
            "/streams",
            get(pages::streams::list).post(pages::streams::create),
        )
        .route("/streams/new", get(pages::streams::ask_new))
        .route("/streams/{slug}", get(pages::golive::show))
        .route(
            "/streams/{slug}/test-signal",
            get(pages::golive::show_test).post(pages::golive::start_test),
        )
        .route(
            "/streams/{slug}/test-signal/stop",
            post(pages::golive::stop_test),
        )
        .route("/streams/{slug}/browser", get(pages::golive::show_browser))
        .route(
            "/streams/{slug}/browser-key",
            post(pages::golive::lend_browser_key),
        )
        .route(
            "/streams/{slug}/end",
            get(pages::golive::ask_end).post(pages::golive::end),
        )
        .route("/streams/{slug}/keys", post(pages::stream_keys::create))
        .route("/streams/{slug}/keys/new", get(pages::stream_keys::ask_new))
        .route(
            "/streams/{slug}/keys/{id}/rotate",
            get(pages::stream_keys::ask_rotate).post(pages::stream_keys::rotate),
        )
        .route(
            "/streams/{slug}/keys/{id}/revoke",
            get(pages::stream_keys::ask_revoke).post(pages::stream_keys::revoke),
        )
        .route(
            "/streams/{slug}/obs-profile",
            post(pages::stream_keys::profile),
        )
        .route(
            "/streams/{slug}/settings",
            get(pages::stream_settings::show).post(pages::stream_settings::save),
        )
        .route(
            "/streams/{slug}/delete",
            get(pages::stream_settings::ask_delete).post(pages::stream_settings::delete),
        )
        .route("/codes", get(pages::codes::list).post(pages::codes::create))
        .route("/codes/new", get(pages::codes::ask_new))
        .route("/codes/{id}", get(pages::code::show))
        .route("/codes/{id}/qr.svg", get(pages::code::show_qr))
        .route(
            "/codes/{id}/change",
            get(pages::code::ask_change).post(pages::code::change),
        )
        .route("/codes/{id}/pause", post(pages::code::pause))
        .route("/codes/{id}/resume", post(pages::code::resume))
        .route("/codes/{id}/remove", post(pages::code::remove))
        .route(
            "/codes/{id}/delete",
            get(pages::code::ask_delete).post(pages::code::delete),
        )
        .route("/share/{kind}/{slug}", get(pages::share::show))
        .route("/share/{kind}/{slug}/qr.svg", get(pages::share::show_qr))
        .route("/share/{kind}/{slug}/code", post(pages::share::new_code))
        .route("/admin", get(pages::admin::show))
        .route(
            "/admin/check",
            get(pages::admin::check).post(pages::admin::check_again),
        )
        .route(
            "/admin/people",
            get(pages::people::show).post(pages::people::add),
        )
        .route(
            "/admin/people/{name}/disable",
            get(pages::people::ask_disable).post(pages::people::disable),
        )
        .route("/admin/people/{name}/enable", post(pages::people::enable))
        .route(
            "/admin/people/{name}/password-link",
            get(pages::people::ask_link).post(pages::people::make_link),
        )
        .route("/admin/audit", get(pages::audit::show))
        .route(
            "/admin/settings",
            get(pages::settings::show).post(pages::settings::save),
        )
        .route("/account", get(pages::account::show))
        .route("/account/password", post(pages::account::change_password))
        .route("/account/logins/{id}/end", post(pages::account::end_login))
        .route(
            "/account/logins/end-others",
            post(pages::account::end_other_logins),
        )
        .route("/account/api-keys", post(pages::account_keys::create))
        .route("/account/api-keys/new", get(pages::account_keys::ask_new))
        .route(
            "/account/api-keys/{id}/revoke",
            get(pages::account_keys::ask_revoke).post(pages::account_keys::revoke),
        )
        .route("/assets/{name}", get(assets::show))
        .route("/health", get(health::show))
        .method_not_allowed_fallback(other_method)
        .fallback(nothing_here);
    Router::new()
        .merge(hls)
        .merge(api)
        .merge(pages)
        .layer(from_fn_with_state(app.clone(), extract::same_site))
        .merge(webrtc())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(extract::bounded))
        .merge(uploads(&app))
        .layer(from_fn_with_state(app.clone(), pages::error::for_people))
        .layer(from_fn_with_state(app.clone(), extract::tell_tries))
        .layer(from_fn_with_state(app.clone(), extract::context))
        .with_state(app)
}

/// Bodies of any size, which are streamed and bounded as they come (`extract::Arriving`).
fn uploads(app: &App) -> Router<App> {
    let api = Router::new()
        .route(
            "/api/uploads",
            get(api::uploads::list)
                .post(api::uploads::create)
                .options(api::uploads::discover),
        )
        .route(
            "/api/uploads/{id}",
            get(api::uploads::show)
                .post(api::uploads::overridden)
                .patch(api::uploads::append)
                .delete(api::uploads::remove),
        )
        .route(
            "/api/videos",
            get(api::items::list_videos).post(api::brought::video),
        )
        .route(
            "/api/images",
            get(api::items::list_images).post(api::brought::image),
        )
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(app.clone(), extract::cors));
    Router::new()
        .route(
            "/upload",
            get(pages::upload::show).post(pages::upload::submit),
        )
        .method_not_allowed_fallback(other_method)
        .merge(api)
        .layer(from_fn_with_state(app.clone(), extract::same_site))
}

/// MediaMTX's door for WebRTC: what the router has for it, and nothing else.
pub fn webrtc_door(app: App) -> Router {
    webrtc()
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(extract::bounded))
        .layer(from_fn_with_state(app.clone(), extract::tell_tries))
        .layer(from_fn_with_state(app.clone(), extract::context))
        .with_state(app)
}

/// Open to pages of other sites, which come without cookies that count.
fn webrtc() -> Router<App> {
    Router::new()
        .route("/{slug}/whep", get(sdp::discover).post(play::whep::offer))
        .route(
            "/{slug}/whep/{session}",
            get(sdp::discover)
                .patch(play::whep::change)
                .delete(play::whep::end),
        )
        .route(
            "/{slug}/whip",
            get(sdp::discover).post(publish::whip::offer),
        )
        .route(
            "/{slug}/whip/{session}",
            get(sdp::discover)
                .patch(publish::whip::change)
                .delete(publish::whip::end),
        )
        .method_not_allowed_fallback(other_method)
        .layer(from_fn(sdp::cors))
}

async fn nothing_here() -> Problem {
    Problem::not_found()
}

/// 405: the path is one, but not for this method. The answer's `Allow` names those that it takes.
async fn other_method() -> Problem {
    let detail = "This path does not take that method; `Allow` names those it takes.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// Preflights of players on other sites: media may be read from anywhere, without credentials.
async fn preflight(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    if request.method() != Method::OPTIONS {
        return next.run(request).await;
    }
    let headers = [
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, HEAD, OPTIONS"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("range, authorization"),
        ),
        (
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("86400"),
        ),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
