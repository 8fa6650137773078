//! Any text as a playlist of a folder that somebody brings: what is taken of it names files in the folder, and nothing else.

use library::video::adopt::names::{self, PLAYLIST};

/// Panics where a name leaves the folder, or an address is overlooked.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut named = Vec::new();
    let mut behind = 0;
    for name in names::names(text) {
        let Ok(name) = name else {
            return;
        };
        assert!(name.at >= behind, "in order");
        assert_eq!(text.get(name.at..name.at + name.uri.len()), Some(name.uri));
        behind = name.at + name.uri.len();
        for playlist in ["index.m3u8", "v0/list.m3u8"] {
            let Some(path) = names::path(playlist, name.uri) else {
                continue;
            };
            assert!(
                path.split('/')
                    .all(|part| !part.is_empty() && !part.starts_with('.'))
            );
            assert!(
                path.bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"\\%?#:\"".contains(&byte))
            );
            let _ = names::media_type(&path);
        }
        named.push(name.uri);
    }
    // Whatever the reader of playlists takes for an address was among the names.
    let knows = |uri: &str| assert!(named.contains(&uri), "{uri} was overlooked");
    if let Ok(media) = hls::read::media(data) {
        for segment in &media.segments {
            knows(&segment.uri);
            if let Some(map) = &segment.map {
                knows(&map.uri);
            }
        }
        assert!(media.hints.is_empty() && media.reports.is_empty());
    }
    if let Ok(list) = hls::read::multivariant(data) {
        list.variants.iter().for_each(|variant| knows(&variant.uri));
        let uris = list
            .renditions
            .iter()
            .filter_map(|rendition| rendition.uri.as_deref());
        uris.for_each(knows);
    }
    assert_eq!(names::media_type("a.m3u8"), Some(PLAYLIST));
}
