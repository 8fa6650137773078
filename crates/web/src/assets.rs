//! The built front end, embedded: hashed names, so that browsers may keep what they have for ever.

use std::collections::HashMap;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use crate::{error::Problem, extract::Path};

#[derive(RustEmbed)]
#[folder = "dist"]
struct Dist;

/// Paths of the built files, by what they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assets {
    pub(crate) style_css: String,
    pub(crate) site_js: String,
    pub(crate) player_js: String,
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
            sprite_svg: path("sprite.svg"),
            icon_svg: path("icon.svg"),
        }
    }
}

/// `GET /assets/{name}`.
pub(crate) async fn show(Path(name): Path<String>) -> Response {
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
    (headers, file.data).into_response()
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
            assets.sprite_svg,
            assets.icon_svg,
        ] {
            let name = path.strip_prefix("/assets/").unwrap();
            assert!(Dist::get(name).is_some() && name.contains('-'), "{name}");
        }
    }
}
