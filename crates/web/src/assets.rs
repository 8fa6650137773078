//! The built front end, embedded: hashed names, so that browsers may keep what they have for ever.

use std::{collections::HashMap, io::Write as _, sync::LazyLock};

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use rust_embed::RustEmbed;

use crate::{error::Problem, extract::Path, front::accepts_gzip};

#[derive(RustEmbed)]
#[folder = "dist"]
struct Dist;

/// The files compressed, by name; once for the life of the program.
static PACKED: LazyLock<HashMap<String, Bytes>> = LazyLock::new(|| {
    let packed = Dist::iter().filter_map(|name| {
        let file = Dist::get(&name)?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&file.data).ok()?;
        let bytes = encoder.finish().ok()?;
        (bytes.len() < file.data.len()).then(|| (name.into_owned(), bytes.into()))
    });
    packed.collect()
});

/// Compresses them now, beside what goes on: the first visitor need not wait for it.
pub(crate) fn pack() {
    std::thread::spawn(|| LazyLock::force(&PACKED).len());
}

/// Paths of the built files, by what they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assets {
    pub(crate) style_css: String,
    pub(crate) site_js: String,
    pub(crate) player_js: String,
    pub(crate) test_js: String,
    pub(crate) broadcast_js: String,
    pub(crate) upload_js: String,
    pub(crate) sprite_svg: String,
    pub(crate) icon_svg: String,
}

impl Assets {
    /// Reads the manifest that was built with the files.
    pub(crate) fn embedded() -> Self {
        let manifest = Dist::get("manifest.json")
            .map(|file| file.data)
            .unwrap_or_default();
        let names: HashMap<String, String> = serde_json::from_slice(&manifest).unwrap_or_default();
        let path = |name: &str| format!("/assets/{}", names.get(name).map_or(name, String::as_str));
        Self {
            style_css: path("style.css"),
            site_js: path("site.js"),
            player_js: path("player.js"),
            test_js: path("test.js"),
            broadcast_js: path("broadcast.js"),
            upload_js: path("upload.js"),
            sprite_svg: path("sprite.svg"),
            icon_svg: path("icon.svg"),
        }
    }
}

/// `GET /assets/{name}`.
pub(crate) async fn show(Path(name): Path<String>, asked: HeaderMap) -> Response {
    let Some(file) = Dist::get(&name).filter(|_| name != "manifest.json") else {
        return Problem::not_found().into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (
            header::CACHE_CONTROL,
            "public, max-age=31536000, immutable".to_owned(),
        ),
    ];
    let zipped = asked
        .get(header::ACCEPT_ENCODING)
        .filter(|value| accepts_gzip(value.as_bytes()))
        .and_then(|_| PACKED.get(&name));
    let mut response = match zipped {
        Some(bytes) => (headers, bytes.clone()).into_response(),
        None => (headers, file.data).into_response(),
    };
    let out = response.headers_mut();
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if zipped.is_some() {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_file_is_there() {
        let assets = Assets::embedded();
        for path in [
            assets.style_css,
            assets.site_js,
            assets.player_js,
            assets.test_js,
            assets.upload_js,
            assets.sprite_svg,
            assets.icon_svg,
        ] {
            let name = path.strip_prefix("/assets/").unwrap();
            assert!(Dist::get(name).is_some() && name.contains('-'), "{name}");
        }
    }
}
