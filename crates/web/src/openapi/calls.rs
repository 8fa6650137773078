//! Every call of the API, and what players and encoders ask for beside it.

use super::{
    part,
    shapes::{Field, f},
};

/// A method on a path.
pub(super) struct Call {
    pub(super) noun: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// One sentence.
    pub(super) summary: &'static str,
    pub(super) needs: Needs,
    pub(super) query: &'static [Field],
    pub(super) headers: &'static [Field],
    pub(super) sent: Sent,
    pub(super) answers: &'static [Answer],
    /// Codes of problems that are particular to it, and the frequent ones that it has.
    pub(super) problems: &'static [&'static str],
}

/// Who may.
#[derive(Clone, Copy)]
pub(super) enum Needs {
    /// Anybody.
    Nothing,
    /// Whoever may see the item: by what it is open to, a login, a key with `read`, or a code.
    Sight,
    /// Anybody; a login or a key with `read` shows more.
    Listing,
    /// A login, or a key with this scope.
    Scope(&'static str),
    /// A login; an API key will not do.
    Login,
    /// A login, or an API key with any scope.
    Known,
    /// A stream key, or an API key with `publish`, as a bearer token.
    Key,
}

/// What is sent.
pub(super) enum Sent {
    Nothing,
    Json {
        shape: &'static str,
        example: &'static str,
    },
    /// A form of several parts, one of them the file.
    Form {
        fields: &'static [Field],
    },
    /// A file or a text as it is; what `curl` is told of it.
    Bytes {
        media_type: &'static str,
        curl: &'static str,
    },
}

/// What comes back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content: Content,
    pub(super) about: &'static str,
}

pub(super) enum Content {
    Nothing,
    /// JSON of this shape.
    Shape(&'static str),
    /// This media type.
    Bytes(&'static str),
}

impl Needs {
    /// Who may, as a sentence.
    pub(super) fn words(self) -> String {
        match self {
            Self::Nothing => "Open to everybody.".to_owned(),
            Self::Sight => "For whoever may see it: with a login, an API key with `read`, an access code, or without any where it is open.".to_owned(),
            Self::Listing => "Open to everybody; a login or an API key with `read` shows more.".to_owned(),
            Self::Scope(scope) => format!("With a login, or an API key with `{scope}`."),
            Self::Login => "With a login; an API key will not do.".to_owned(),
            Self::Known => "With a login, or an API key with any scope.".to_owned(),
            Self::Key => "With a stream key, or an API key with `publish`, as a bearer token.".to_owned(),
        }
    }
}

impl Call {
    /// A name for generated clients, unique: the method and the parts of the path.
    pub(super) fn id(&self) -> String {
        let words = self.path.split(|c: char| !c.is_ascii_alphanumeric());
        let words = words.filter(|word| !word.is_empty());
        std::iter::once(self.method.to_ascii_lowercase())
            .chain(words.map(str::to_owned))
            .collect::<Vec<_>>()
            .join("_")
    }

    /// The parts of the path that are chosen.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static Field> {
        let names = self.path.split('/').filter_map(|part| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            Some(name.trim_start_matches('*'))
        });
        names.filter_map(part)
    }
}

const fn p(name: &'static str, about: &'static str, example: &'static str) -> Field {
    Field {
        name,
        kind: "string",
        about,
        example,
    }
}

/// Parts of paths.
pub(super) const PARTS: &[Field] = &[
    p("slug", "The item's name in addresses.", "welcome"),
    p("name", "A person's name.", "eve"),
    p("id", "An id, as lists tell it.", "0000000000000001"),
    p("code", "The code's text or its id.", "website2024"),
    p("language", "A tag as `en`, `de` or `pt-BR` (BCP 47).", "en"),
    p(
        "session",
        "The name of a session, as `Location` told it.",
        "session",
    ),
    p("file", "`index.m3u8` or `master.m3u8`.", "index.m3u8"),
    p("token", "A pass, as the index hands it out.", "~pass"),
    p(
        "piece",
        "A playlist or a piece, as playlists name it.",
        "e1-s1.m4s",
    ),
];

const CURSOR: Field = f(
    "cursor?",
    "string",
    "Where the last page ended, as `next_cursor` said.",
);
const LIMIT: Field = f(
    "limit?",
    "integer",
    "At most so many: 1 to 200; 50 unless told.",
);
const WORDS: Field = f("q?", "string", "Words that title or slug hold.");
const FIND: &[Field] = &[CURSOR, LIMIT, WORDS];
const SEARCH: &[Field] = &[CURSOR, LIMIT, WORDS, f("own?", "boolean", "Your own only.")];
const VIEW: &[Field] = &[
    f(
        "access_code?",
        "string",
        "An access code; `code` means the same.",
    ),
    f(
        "seat?",
        "string",
        "Which viewer it is among those with the same code.",
    ),
];
const MATCH: &[Field] = &[f(
    "If-Match?",
    "string",
    "The `ETag` that you saw: another version is refused.",
)];
const TUS: &[Field] = &[f("Tus-Resumable", "string", "`1.0.0`.")];
const TUS_OVERRIDE: &[Field] = &[
    f("Tus-Resumable", "string", "`1.0.0`."),
    f(
        "X-HTTP-Method-Override",
        "string",
        "`PATCH` or `DELETE`; what that one needs comes along.",
    ),
];
const TUS_NEW: &[Field] = &[
    f("Tus-Resumable", "string", "`1.0.0`."),
    f("Upload-Length", "integer", "Bytes of the file."),
    f(
        "Upload-Metadata?",
        "string",
        "`filename`, `title`, `kind`, `slug`, `visibility`, each in base64.",
    ),
];
const TUS_PART: &[Field] = &[
    f("Tus-Resumable", "string", "`1.0.0`."),
    f(
        "Upload-Offset",
        "integer",
        "Where these bytes belong: as many as are kept.",
    ),
];
const FORM: &[Field] = &[
    f(
        "file",
        "string",
        "The file itself; the last part of the form.",
    ),
    f("title?", "string", ""),
    f(
        "slug?",
        "string",
        "Its name in addresses; made from the title or the file's name when absent.",
    ),
    f("visibility?", "string", "`private` when absent."),
];

const fn json(status: u16, shape: &'static str, about: &'static str) -> Answer {
    Answer {
        status,
        content: Content::Shape(shape),
        about,
    }
}

const fn none(status: u16, about: &'static str) -> Answer {
    Answer {
        status,
        content: Content::Nothing,
        about,
    }
}

const fn bytes(status: u16, media_type: &'static str, about: &'static str) -> Answer {
    Answer {
        status,
        content: Content::Bytes(media_type),
        about,
    }
}

const fn sent(shape: &'static str, example: &'static str) -> Sent {
    Sent::Json { shape, example }
}

const NOTHING: Call = Call {
    noun: "",
    method: "GET",
    path: "",
    summary: "",
    needs: Needs::Nothing,
    query: &[],
    headers: &[],
    sent: Sent::Nothing,
    answers: &[],
    problems: &[],
};

const fn call(
    noun: &'static str,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    needs: Needs,
    answers: &'static [Answer],
    problems: &'static [&'static str],
) -> Call {
    Call {
        noun,
        method,
        path,
        summary,
        needs,
        answers,
        problems,
        ..NOTHING
    }
}

use Needs::{Key, Known, Listing, Login, Nothing, Scope, Sight};

const READ: Needs = Scope("read");
const MANAGE: Needs = Scope("manage");
const ADMIN: Needs = Scope("admin");
const SDP: Sent = Sent::Bytes {
    media_type: "application/sdp",
    curl: "offer.sdp",
};
const FRAGMENT: Sent = Sent::Bytes {
    media_type: "application/trickle-ice-sdpfrag",
    curl: "candidates.sdpfrag",
};

#[rustfmt::skip]
pub(super) const CALLS: &[Call] = &[
    Call { query: FIND, ..call("streams", "GET", "/api/streams", "Lists the streams that you may see.", Listing,
        &[json(200, "Streams", "A page of streams.")], &["unauthorized", "unreadable"]) },
    Call { sent: sent("NewStream", r#"{"slug": "stage", "title": "Main stage", "visibility": "private"}"#),
        ..call("streams", "POST", "/api/streams", "Makes a stream with its first key.", MANAGE,
        &[json(201, "MadeStream", "The stream; its key is shown this once.")], &["unauthorized", "forbidden", "unreadable", "invalid_slug", "invalid_name", "invalid_visibility", "taken", "too_many"]) },
    call("streams", "GET", "/api/streams/{slug}", "Shows a stream, with what is live on it.", Listing,
        &[json(200, "Stream", "The stream, with an `ETag`.")], &["unauthorized", "not_found"]),
    Call { headers: MATCH, sent: sent("StreamEdit", r#"{"title": "Main stage", "visibility": "unlisted"}"#),
        ..call("streams", "PATCH", "/api/streams/{slug}", "Changes a stream.", MANAGE,
        &[json(200, "Stream", "The stream as it is now.")], &["unauthorized", "forbidden", "not_found", "unreadable", "invalid_name", "invalid_description", "invalid_visibility", "invalid_site", "changed_meanwhile"]) },
    call("streams", "DELETE", "/api/streams/{slug}", "Deletes a stream; publisher and viewers go at once.", MANAGE,
        &[none(204, "It is gone.")], &["unauthorized", "forbidden", "not_found"]),
    call("streams", "GET", "/api/streams/{slug}/status", "Tells everything about a stream as it stands.", MANAGE,
        &[json(200, "StreamStatus", "")], &["unauthorized", "forbidden", "not_found"]),
    call("streams", "GET", "/api/streams/{slug}/history", "Tells the last five minutes of a broadcast, second by second.", MANAGE,
        &[json(200, "History", "")], &["unauthorized", "forbidden", "not_found"]),
    call("streams", "GET", "/api/streams/{slug}/refusals", "Tells who tried to publish, and why they were refused.", MANAGE,
        &[json(200, "Refusals", "")], &["unauthorized", "forbidden", "not_found"]),

    call("keys", "GET", "/api/streams/{slug}/keys", "Lists the keys of a stream, without the keys themselves.", MANAGE,
        &[json(200, "Keys", "")], &["unauthorized", "forbidden", "not_found"]),
    Call { sent: sent("NewKey", r#"{"name": "Camera"}"#), ..call("keys", "POST", "/api/streams/{slug}/keys", "Makes a key.", MANAGE,
        &[json(201, "MadeKey", "The key, shown this once.")], &["unauthorized", "forbidden", "not_found", "unreadable", "invalid_name", "invalid_key", "taken", "too_many"]) },
    call("keys", "POST", "/api/streams/{slug}/keys/{id}/rotate", "Makes a new key of the same name; the old one is revoked in the same moment.", MANAGE,
        &[json(201, "MadeKey", "The key, shown this once.")], &["unauthorized", "forbidden", "not_found"]),
    call("keys", "DELETE", "/api/streams/{slug}/keys/{id}", "Revokes a key; its publisher is cut.", MANAGE,
        &[none(204, "It is revoked.")], &["unauthorized", "forbidden", "not_found"]),

    Call { query: SEARCH, ..call("videos", "GET", "/api/videos", "Lists the videos that you may see.", Listing,
        &[json(200, "Videos", "A page of videos.")], &["unauthorized", "unreadable"]) },
    Call { sent: Sent::Form { fields: FORM }, ..call("videos", "POST", "/api/videos", "Brings a video in one request.", MANAGE,
        &[json(201, "BroughtItem", "The video; it may still be looked at.")], &["unauthorized", "forbidden", "unsupported_media_type", "unreadable", "invalid_slug", "taken", "too_large", "unusable", "disk_full", "uploads_off"]) },
    call("videos", "GET", "/api/videos/{slug}", "Shows a video.", Listing, &[json(200, "Video", "The video, with an `ETag`.")], &["unauthorized", "not_found"]),
    Call { headers: MATCH, sent: sent("ItemEdit", r#"{"title": "Welcome", "downloadable": true}"#), ..call("videos", "PATCH", "/api/videos/{slug}", "Changes a video.", MANAGE,
        &[json(200, "Video", "The video as it is now.")], &["unauthorized", "forbidden", "not_found", "unreadable", "invalid_name", "invalid_description", "invalid_visibility", "invalid_site", "changed_meanwhile"]) },
    call("videos", "DELETE", "/api/videos/{slug}", "Deletes a video and its files; its viewers are cut off.", MANAGE, &[none(204, "It is gone.")], &["unauthorized", "forbidden", "not_found"]),
    Call { headers: MATCH, sent: Sent::Bytes { media_type: "image/jpeg", curl: "poster.jpg" }, ..call("videos", "PUT", "/api/videos/{slug}/poster", "Sets the poster: a JPEG, PNG, WebP or GIF of up to 32 MiB.", MANAGE,
        &[json(200, "Video", "The video as it is now.")], &["unauthorized", "forbidden", "not_found", "too_large", "unusable", "disk_full", "changed_meanwhile"]) },
    Call { headers: MATCH, ..call("videos", "DELETE", "/api/videos/{slug}/poster", "Takes the poster away.", MANAGE, &[none(204, "It is gone.")], &["unauthorized", "forbidden", "not_found", "changed_meanwhile"]) },
    Call { headers: MATCH, query: &[f("label?", "string", "What players call them; the language when absent."), f("default?", "boolean", "Whether players show them unless told otherwise.")],
        sent: Sent::Bytes { media_type: "text/vtt", curl: "captions.vtt" },
        ..call("videos", "PUT", "/api/videos/{slug}/captions/{language}", "Sets the captions of a language: WebVTT or SubRip.", MANAGE,
        &[json(200, "Video", "The video as it is now.")], &["unauthorized", "forbidden", "not_found", "invalid_language", "invalid_label", "too_large", "unusable", "changed_meanwhile"]) },
    Call { headers: MATCH, ..call("videos", "DELETE", "/api/videos/{slug}/captions/{language}", "Takes captions away.", MANAGE, &[none(204, "They are gone.")], &["unauthorized", "forbidden", "not_found", "changed_meanwhile"]) },

    Call { query: SEARCH, ..call("images", "GET", "/api/images", "Lists the images that you may see.", Listing,
        &[json(200, "Images", "A page of images.")], &["unauthorized", "unreadable"]) },
    Call { sent: Sent::Form { fields: FORM }, ..call("images", "POST", "/api/images", "Brings an image in one request.", MANAGE,
        &[json(201, "BroughtItem", "The image.")], &["unauthorized", "forbidden", "unsupported_media_type", "unreadable", "invalid_slug", "taken", "too_large", "unusable", "disk_full", "uploads_off"]) },
    call("images", "GET", "/api/images/{slug}", "Shows what is known of an image.", Listing, &[json(200, "Image", "With an `ETag`.")], &["unauthorized", "not_found"]),
    Call { headers: MATCH, sent: sent("ItemEdit", r#"{"visibility": "public"}"#), ..call("images", "PATCH", "/api/images/{slug}", "Changes an image.", MANAGE,
        &[json(200, "Image", "The image as it is now.")], &["unauthorized", "forbidden", "not_found", "unreadable", "invalid_name", "invalid_description", "invalid_visibility", "invalid_site", "changed_meanwhile"]) },
    call("images", "DELETE", "/api/images/{slug}", "Deletes an image and its file.", MANAGE, &[none(204, "It is gone.")], &["unauthorized", "forbidden", "not_found"]),
    Call { query: &[f("w?", "integer", "Width in pixels, of those that are offered."), f("download?", "string", "To be saved and not shown."), f("access_code?", "string", "An access code.")],
        ..call("images", "GET", "/images/{slug}", "The image itself, as it is kept or smaller.", Sight, &[bytes(200, "image/*", "The image; ranges and `If-None-Match` are answered.")],
        &["not_found", "invalid_width", "busy", "too_many_tries", "access_code_ended", "access_code_not_yet", "access_code_paused"]) },

    call("uploads", "OPTIONS", "/api/uploads", "Tells what of tus 1.0 is spoken.", Nothing, &[none(204, "`Tus-Version`, `Tus-Extension`, `Tus-Max-Size`.")], &[]),
    call("uploads", "GET", "/api/uploads", "Lists your uploads that are under way.", MANAGE, &[json(200, "Uploads", "")], &["unauthorized", "forbidden", "uploads_off"]),
    Call { headers: TUS_NEW, ..call("uploads", "POST", "/api/uploads", "Begins an upload that can be resumed.", MANAGE, &[json(201, "Upload", "`Location` tells where its bytes go.")],
        &["unauthorized", "forbidden", "tus_version", "unreadable", "too_large", "too_many", "too_many_bytes_open", "disk_full", "uploads_off"]) },
    call("uploads", "GET", "/api/uploads/{id}", "Tells how far an upload is; `HEAD` tells it by headers alone.", MANAGE, &[json(200, "Upload", "`Upload-Offset`, `Upload-Length` and `Upload-Metadata` too.")],
        &["unauthorized", "forbidden", "not_found"]),
    Call { headers: TUS_PART, sent: Sent::Bytes { media_type: "application/offset+octet-stream", curl: "film.mp4" },
        ..call("uploads", "PATCH", "/api/uploads/{id}", "Sends the next bytes of an upload.", MANAGE, &[none(204, "They are kept; `Upload-Offset` tells how many.")],
        &["unauthorized", "forbidden", "not_found", "tus_version", "unsupported_media_type", "wrong_offset", "busy", "gave_way", "whole", "too_many_bytes", "too_slow", "disk_full", "unusable"]) },
    Call { headers: TUS_OVERRIDE, ..call("uploads", "POST", "/api/uploads/{id}", "Does what `X-HTTP-Method-Override` says, for networks that let no other methods through.", MANAGE,
        &[none(204, "As `PATCH` or `DELETE` answers.")], &["unauthorized", "forbidden", "not_found", "tus_version", "method_not_allowed"]) },
    Call { headers: TUS, ..call("uploads", "DELETE", "/api/uploads/{id}", "Removes an upload and its bytes.", MANAGE, &[none(204, "It is gone.")], &["unauthorized", "forbidden", "not_found", "tus_version"]) },

    Call { query: &[f("status?", "one of active not_yet paused expired", "Those that stand like this only."), f("cursor?", "string", "`next_cursor` of the page before."), f("limit?", "integer", "1 to 200.")],
        ..call("codes", "GET", "/api/access-codes", "Lists your access codes, the newest first.", READ, &[json(200, "AccessCodes", "")], &["unauthorized", "forbidden", "invalid_status"]) },
    Call { sent: sent("NewAccessCode", r#"{"code": "website2024", "media_items": [{"media_type": "video", "media_slug": "welcome"}], "expires_at": "2027-06-30T18:00:00Z"}"#),
        ..call("codes", "POST", "/api/access-codes", "Makes an access code; all of it or nothing.", MANAGE, &[json(201, "AccessCode", "The code; `Location` tells where it is.")],
        &["unauthorized", "forbidden", "not_found", "unreadable", "invalid_media_type", "invalid_time", "invalid_code", "no_items", "ends_before_start", "invalid_viewers_max", "invalid_site", "invalid_text", "taken", "too_many"]) },
    call("codes", "GET", "/api/access-codes/{code}", "Shows an access code.", READ, &[json(200, "AccessCode", "With an `ETag`.")], &["unauthorized", "not_found"]),
    Call { headers: MATCH, sent: sent("AccessCodeEdit", r#"{"paused": true}"#), ..call("codes", "PATCH", "/api/access-codes/{code}", "Changes an access code; a pause cuts off whoever watches with it.", MANAGE,
        &[json(200, "AccessCode", "The code as it is now.")],
        &["unauthorized", "forbidden", "not_found", "unreadable", "invalid_media_type", "invalid_time", "no_items", "ends_before_start", "invalid_viewers_max", "invalid_site", "invalid_text", "changed_meanwhile", "too_many"]) },
    call("codes", "GET", "/api/access-codes/{code}/history", "Tells how an access code was used on each of the last 30 days.", READ, &[json(200, "AccessCodeDays", "")], &["unauthorized", "not_found"]),
    call("codes", "DELETE", "/api/access-codes/{code}", "Deletes an access code; whoever watches with it is cut off.", MANAGE, &[none(204, "It is gone.")], &["unauthorized", "forbidden", "not_found"]),

    Call { query: VIEW, ..call("watching", "GET", "/api/watch/{slug}", "Tells how a broadcast stands.", Sight,
        &[json(200, "WatchState", ""), json(404, "WatchState", "`not_allowed`, and why.")], &["unauthorized"]) },
    call("watching", "GET", "/api/home", "Tells which streams are live, of those that you may see listed.", Listing, &[json(200, "Home", "")], &["unauthorized"]),
    Call { query: &[f("topics", "string", "1 to 64, with commas: `home`, `server`, `watch:SLUG`, `stream:SLUG`.")], ..call("watching", "GET", "/api/events", "Server-sent events of what changes.", Listing,
        &[bytes(200, "text/event-stream", "Each event is named by its topic, and its data is what the topic's address answers.")], &["unauthorized", "forbidden", "bad_topics", "stopping"]) },
    Call { query: VIEW, ..call("watching", "GET", "/hls/{slug}/{file}", "The multivariant playlist, with a pass in its addresses.", Sight,
        &[bytes(200, "application/vnd.apple.mpegurl", "Below its addresses nothing more is needed.")], &["not_found", "too_many_tries", "access_code_ended", "access_code_not_yet", "access_code_paused", "access_code_full"]) },
    call("watching", "GET", "/hls/{slug}/{token}/{*piece}", "Playlists and media, opened by the pass in the path.", Nothing,
        &[bytes(200, "video/mp4", "Media never change."), none(403, "The pass does not hold, or not any more: ask for the index again."), none(404, "There is no such piece."), none(410, "It has left the window."), none(503, "It did not come in time.")], &[]),
    Call { query: VIEW, ..call("watching", "GET", "/hls/{slug}/poster.mp4", "A picture of the running broadcast, as an MP4 of one frame.", Sight,
        &[bytes(200, "video/mp4", "The last key frame."), none(204, "There is no picture now.")], &["not_found"]) },
    Call { query: VIEW, ..call("watching", "GET", "/watch/{slug}/download", "A video as it came, where its owner or the code allows that.", Sight,
        &[bytes(200, "application/octet-stream", "The file; ranges are answered.")], &["not_found", "too_many_tries"]) },
    call("watching", "GET", "/{slug}/whep", "Tells what offers are taken.", Nothing, &[none(200, "`Accept-Post`, and servers for ICE.")], &[]),
    Call { query: VIEW, sent: SDP, ..call("watching", "POST", "/{slug}/whep", "Begins to watch over WebRTC (WHEP).", Sight,
        &[bytes(201, "application/sdp", "The answer; `Location` names the session.")], &["unauthorized", "forbidden", "unsupported_media_type", "too_large", "unreadable", "unacceptable", "unsuitable", "not_live", "too_many_sessions", "webrtc_off", "access_code_ended", "access_code_not_yet", "access_code_paused", "access_code_full"]) },
    call("watching", "GET", "/{slug}/whep/{session}", "Tells what changes are taken.", Nothing, &[none(200, "")], &[]),
    Call { sent: FRAGMENT, ..call("watching", "PATCH", "/{slug}/whep/{session}", "Adds ways to reach the player.", Sight, &[none(204, "They are tried.")], &["unauthorized", "forbidden", "not_found", "unsupported_media_type", "unreadable", "precondition_required", "stale"]) },
    call("watching", "DELETE", "/{slug}/whep/{session}", "Ends a session.", Sight, &[none(200, "It has ended.")], &["unauthorized", "forbidden", "not_found"]),

    call("publishing", "GET", "/{slug}/whip", "Tells what offers are taken.", Nothing, &[none(200, "`Accept-Post`, and servers for ICE.")], &[]),
    Call { sent: SDP, ..call("publishing", "POST", "/{slug}/whip", "Begins to publish over WebRTC (WHIP).", Key,
        &[bytes(201, "application/sdp", "The answer; `Location` names the session.")], &["no_key", "unknown_key", "revoked_key", "other_stream", "owner_disabled", "too_many_tries", "already_live", "too_many_publishers", "unsupported_media_type", "too_large", "unreadable", "unacceptable", "unsuitable", "too_many_sessions", "webrtc_off"]) },
    call("publishing", "GET", "/{slug}/whip/{session}", "Tells what changes are taken.", Nothing, &[none(200, "")], &[]),
    Call { sent: FRAGMENT, ..call("publishing", "PATCH", "/{slug}/whip/{session}", "Adds ways to reach the publisher.", Key, &[none(204, "They are tried.")], &["unauthorized", "not_found", "unsupported_media_type", "unreadable", "precondition_required", "stale"]) },
    call("publishing", "DELETE", "/{slug}/whip/{session}", "Ends the broadcast of a session.", Key, &[none(200, "It has ended.")], &["unauthorized", "not_found"]),
    Call { query: &[f("token?", "string", "A stream key, or an API key with `publish`."), f("path?", "string", "The stream; `live` when absent.")],
        ..call("publishing", "GET", "/api/stream/validate", "May this token publish?", Nothing, &[json(200, "Valid", "It may.")], &["no_key", "unknown_key", "revoked_key", "other_stream", "too_many_tries"]) },
    Call { query: &[f("path?", "string", "The stream; `live` when absent."), f("access_code?", "string", "An access code.")],
        ..call("publishing", "GET", "/api/stream/authorize", "May this caller watch?", Sight, &[json(200, "Authorized", "They may.")], &["unauthorized"]) },
    Call { sent: SDP, ..call("publishing", "POST", "/api/webrtc/reach", "Answers an offer of a browser that tries whether it reaches the port of WebRTC.", Scope("read"),
        &[bytes(201, "application/sdp", "The answer; nothing is sent, and it ends within ten seconds.")], &["unauthorized", "unsupported_media_type", "too_large", "unreadable", "unacceptable", "unsuitable", "too_many_sessions", "webrtc_off"]) },

    call("people", "GET", "/api/people", "Lists everybody who has an account.", ADMIN, &[json(200, "People", "")], &["unauthorized", "forbidden"]),
    Call { sent: sent("NewPerson", r#"{"name": "eve", "role": "member"}"#), ..call("people", "POST", "/api/people", "Adds somebody, who sets their password by a link.", ADMIN,
        &[json(201, "InvitedPerson", "The person, with an `ETag`; the link is shown this once.")], &["unauthorized", "forbidden", "unreadable", "invalid_name", "invalid_role", "taken"]) },
    call("people", "GET", "/api/people/{name}", "Shows a person.", ADMIN, &[json(200, "Person", "With an `ETag`.")], &["unauthorized", "forbidden", "not_found"]),
    Call { headers: MATCH, sent: sent("PersonEdit", r#"{"disabled": true}"#), ..call("people", "PATCH", "/api/people/{name}", "Switches a person off or on; logins, keys, codes and viewers of who is off end at once.", ADMIN,
        &[json(200, "Person", "The person as they are now.")], &["unauthorized", "forbidden", "not_found", "unreadable", "last_administrator", "changed_meanwhile"]) },
    call("people", "POST", "/api/people/{name}/password-link", "Makes a link by which a person sets their password, once.", ADMIN,
        &[json(201, "InvitedPerson", "The link is shown this once; the one before is void.")], &["unauthorized", "forbidden", "not_found", "disabled"]),
    Call { query: &[f("before?", "integer", "Entries older than the one with this number, as `next_before` said."), f("limit?", "integer", "At most so many: 1 to 200; 50 unless told.")],
        ..call("people", "GET", "/api/audit", "Tells what was changed, by whom, when and from where; the newest first.", ADMIN, &[json(200, "Audit", "")], &["unauthorized", "forbidden", "unreadable"]) },
    call("people", "GET", "/api/api-keys", "Lists your API keys, without the keys themselves.", Login, &[json(200, "ApiKeys", "")], &["unauthorized", "forbidden"]),
    Call { sent: sent("NewApiKey", r#"{"name": "Website", "scopes": ["read"]}"#), ..call("people", "POST", "/api/api-keys", "Makes an API key.", Login,
        &[json(201, "MadeApiKey", "The key, shown this once.")], &["unauthorized", "forbidden", "unreadable", "invalid_name", "invalid_scopes", "invalid_expiry", "invalid_time", "too_many"]) },
    call("people", "DELETE", "/api/api-keys/{id}", "Revokes an API key at once; a key may revoke itself.", Known, &[none(204, "It is revoked.")], &["unauthorized", "not_found"]),

    call("server", "GET", "/health", "Tells whether the server can serve.", Nothing, &[json(200, "Health", "It can."), json(503, "Health", "It cannot.")], &[]),
    call("server", "GET", "/api/server", "Tells what is live, who watches, and what that takes.", ADMIN, &[json(200, "Server", "")], &["unauthorized", "forbidden"]),
    call("server", "GET", "/api/mediamtx/status", "Tells how the engine is.", ADMIN, &[json(200, "Engine", "")], &["unauthorized", "forbidden"]),
    call("server", "POST", "/api/webhooks/stream-ready", "Answers that there is no external engine.", Nothing, &[], &["engine_is_embedded"]),
    call("server", "POST", "/api/webhooks/stream-ended", "Answers that there is no external engine.", Nothing, &[], &["engine_is_embedded"]),
    call("server", "GET", "/api/openapi.json", "This description (OpenAPI 3.1).", Nothing, &[bytes(200, "application/json", "")], &[]),
    call("server", "GET", "/api/docs", "This description as a page.", Nothing, &[bytes(200, "text/html", "")], &[]),
];

/// The nouns, in the order of the page; their words are `api-noun-…`.
pub(super) const NOUNS: &[&str] = &[
    "streams",
    "keys",
    "videos",
    "images",
    "uploads",
    "codes",
    "people",
    "watching",
    "publishing",
    "server",
];
