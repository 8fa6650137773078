//! Stored videos as HLS: their pieces, posters and captions. Access has been decided before; names are read here and by the shelf.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    engine::{Body, Chunk, Fetch, Medium, Range, Reply, Status, Version},
    stored::{State, Stored, StoredId},
    view::Purpose,
};
use library::{
    captions::{Label, Language, Rendition, playlist, renditions},
    image::{POSTER, POSTER_SMALL},
    video::shelf,
    works::{captions_file, place_of},
};

use crate::App;

/// Seconds after which a video that is being packaged may be asked for again.
const PROCESSING_RETRY_S: u32 = 5;
/// Seconds for which posters and captions may be kept: their owner can change them.
const CHANGING_AGE_S: u32 = 60;
/// Media types of captions and their playlists.
const WEBVTT: &str = "text/vtt; charset=utf-8";
const PLAYLIST: &str = "application/vnd.apple.mpegurl";

/// What a piece is asked for: posters and captions belong to the page, everything else is played.
pub(crate) fn purpose(piece: &str) -> Purpose {
    let is_shown = piece == POSTER || piece == POSTER_SMALL || is_captions(piece);
    if is_shown {
        Purpose::Look
    } else {
        Purpose::Play
    }
}

fn is_captions(piece: &str) -> bool {
    piece.starts_with("captions-")
}

/// A piece of a video.
pub(crate) fn piece(app: &App, id: StoredId, piece: &str) -> Fetch {
    let Some(stored) = app.catalogue().stored(id) else {
        return none();
    };
    if piece == POSTER || piece == POSTER_SMALL {
        return match stored.poster {
            Some(_) => file(app, &stored, piece.to_owned(), picture_type(piece)),
            None => none(),
        };
    }
    if let Some(name) = piece.strip_prefix("captions-") {
        return captions(app, &stored, name);
    }
    if stored.state != State::Ready {
        return not_ready(&stored);
    }
    let version = Version {
        etag: format!("\"{id}-{piece}\"").into(),
        modified: stored.created,
    };
    match app.works().shelf().fetch(&place_of(&stored), piece) {
        Fetch::Ready(reply) => Fetch::Ready(of_version(reply, version)),
        Fetch::Wait(waiting) => {
            Fetch::Wait(Box::pin(async move { of_version(waiting.await, version) }))
        }
    }
}

/// Pieces that never change have a version of their name.
fn of_version(reply: Reply, version: Version) -> Reply {
    let is_fixed = reply.immutable && reply.status == Status::Ok;
    Reply {
        version: is_fixed.then_some(version),
        ..reply
    }
}

/// The multivariant playlist of a video, with its captions; each address in it begins with `prefix`.
pub(crate) fn index(app: &App, id: StoredId, prefix: &str) -> Fetch {
    let Some(stored) = app.catalogue().stored(id) else {
        return none();
    };
    if stored.state != State::Ready {
        return not_ready(&stored);
    }
    let fetch = app.works().shelf().multivariant(&place_of(&stored), prefix);
    if stored.captions.is_empty() {
        return fetch;
    }
    let prefix = prefix.to_owned();
    match fetch {
        Fetch::Ready(reply) => Fetch::Ready(with_captions(reply, &stored, &prefix)),
        Fetch::Wait(waiting) => Fetch::Wait(Box::pin(async move {
            with_captions(waiting.await, &stored, &prefix)
        })),
    }
}

/// Adds captions to a multivariant playlist, unless it has some of its own.
fn with_captions(reply: Reply, stored: &Stored, prefix: &str) -> Reply {
    let text: Vec<u8> = reply
        .body
        .chunks
        .iter()
        .flat_map(|chunk| match chunk {
            Chunk::Slice(slice) => slice.to_vec(),
            Chunk::Stored(_) => Vec::new(),
        })
        .collect();
    let Ok(text) = String::from_utf8(text) else {
        return reply;
    };
    if reply.status != Status::Ok || text.contains("SUBTITLES=") {
        return reply;
    }
    let all: Vec<Rendition> = stored
        .captions
        .iter()
        .filter_map(|caption| {
            Some(Rendition {
                language: Language::parse(&caption.language)?,
                label: Label::parse(&caption.label)?,
                is_default: caption.is_default,
                uri: format!("{prefix}captions-{}.m3u8", caption.language),
            })
        })
        .collect();
    let added = renditions(&all);
    let mut out = String::with_capacity(text.len() + added.lines.len() + 64);
    let mut has_begun = false;
    for line in text.lines() {
        let is_variant = line.starts_with("#EXT-X-STREAM-INF:");
        if is_variant && !has_begun {
            has_begun = true;
            out.push_str(&added.lines);
        }
        out.push_str(line);
        if is_variant {
            out.push_str(&added.attribute);
        }
        out.push('\n');
    }
    Reply {
        body: Bytes::from(out).into(),
        gzip: None,
        ..reply
    }
}

/// Captions by the rest of their name: `en.vtt`, and `en.m3u8` which plays that.
fn captions(app: &App, stored: &Arc<Stored>, name: &str) -> Fetch {
    let Some((language, ending)) = name.rsplit_once('.') else {
        return none();
    };
    let has = |language| {
        let mut all = stored.captions.iter();
        all.any(|caption| caption.language == language)
    };
    if !has(language) {
        return none();
    }
    match ending {
        "vtt" => file(app, stored, captions_file(language), WEBVTT),
        "m3u8" => {
            let text = playlist(&captions_file(language), stored.facts.duration_ms);
            Fetch::Ready(changing(PLAYLIST, Bytes::from(text).into(), None))
        }
        _ => none(),
    }
}

/// A file that lies beside a video and that its owner can change.
fn file(app: &App, stored: &Arc<Stored>, name: String, media_type: &'static str) -> Fetch {
    let shelf = app.works().shelf().clone();
    let place = library::video::Place::Library(stored.id.number());
    Fetch::Wait(Box::pin(async move {
        match shelf.stored(&place, &name).await {
            Some(file) => changing(media_type, body_of(&file), Some(version_of(&file))),
            None => Reply::refused(Status::NotFound, "there is no such piece"),
        }
    }))
}

/// What its owner can change.
fn changing(media_type: &'static str, body: Body, version: Option<Version>) -> Reply {
    Reply {
        status: Status::Ok,
        media_type,
        body,
        gzip: None,
        max_age_s: CHANGING_AGE_S,
        immutable: false,
        retry_after_s: None,
        reason: None,
        version,
    }
}

/// All of a file.
pub(crate) fn body_of(file: &shelf::Stored) -> Body {
    Body::from_iter([Chunk::Stored(Range {
        file: file.file.clone(),
        offset: 0,
        len: file.len,
        medium: Medium::Disk,
    })])
}

/// Its version.
pub(crate) fn version_of(file: &shelf::Stored) -> Version {
    let since = file
        .modified
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let ms = i64::try_from(since.as_millis()).unwrap_or_default();
    Version {
        etag: file.etag().into(),
        modified: domain::clock::Time::from_ms(ms),
    }
}

fn picture_type(name: &str) -> &'static str {
    if name == POSTER {
        "image/jpeg"
    } else {
        "image/webp"
    }
}

fn none() -> Fetch {
    let none = Reply::refused(Status::NotFound, "there is no such piece");
    Fetch::Ready(none)
}

fn not_ready(stored: &Stored) -> Fetch {
    if stored.state == State::Processing {
        Fetch::Ready(Reply {
            retry_after_s: Some(PROCESSING_RETRY_S),
            ..Reply::refused(Status::Unavailable, "the video is being made ready")
        })
    } else {
        none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posters_and_captions_are_shown_and_everything_else_is_played() {
        for (piece, expected) in [
            ("poster.jpg", Purpose::Look),
            ("poster-640.webp", Purpose::Look),
            ("captions-en.vtt", Purpose::Look),
            ("captions-en.m3u8", Purpose::Look),
            ("main.m3u8", Purpose::Play),
            ("s0.m4s", Purpose::Play),
            ("720p/index.m3u8", Purpose::Play),
            ("poster.jpg/../s0.m4s", Purpose::Play),
        ] {
            assert_eq!(purpose(piece), expected, "{piece}");
        }
    }
}
