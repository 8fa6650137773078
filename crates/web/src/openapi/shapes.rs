//! The shapes of bodies and answers. A field's kind is a word: `string`, `integer`, `number`, `boolean`, `time`, `any`, the name of a shape,
//! `[kind]` for many, `kind?` where null is one, or `one of` and words.

use serde_json::{Value, json};

/// A field of a shape, or a parameter. A `?` behind its name: it may be absent.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) about: &'static str,
    /// A value, where a part of a path is shown.
    pub(super) example: &'static str,
}

pub(super) const fn f(name: &'static str, kind: &'static str, about: &'static str) -> Field {
    Field {
        name,
        kind,
        about,
        example: "",
    }
}

/// An object by name.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

const fn s(name: &'static str, fields: &'static [Field]) -> Shape {
    Shape { name, fields }
}

/// The schema of a kind.
pub(super) fn schema(kind: &str) -> Value {
    if let Some(words) = kind.strip_prefix("one of ") {
        let words: Vec<&str> = words.split(' ').collect();
        return json!({"type": "string", "enum": words});
    }
    if let Some(kind) = kind.strip_suffix('?') {
        let of = schema(kind);
        return match of.get("type").and_then(Value::as_str) {
            Some(word) if of.get("enum").is_none() => {
                let mut of = of.clone();
                of["type"] = json!([word, "null"]);
                of
            }
            _ => json!({"anyOf": [of, {"type": "null"}]}),
        };
    }
    if let Some(kind) = kind
        .strip_prefix('[')
        .and_then(|kind| kind.strip_suffix(']'))
    {
        return json!({"type": "array", "items": schema(kind)});
    }
    match kind {
        "string" | "integer" | "number" | "boolean" => json!({"type": kind}),
        "time" => json!({"type": "string", "format": "date-time"}),
        "any" => json!({}),
        shape => json!({"$ref": format!("#/components/schemas/{shape}")}),
    }
}

const VISIBILITY: &str = "one of public unlisted members private";
const SEEN: &str = "Who may see it.";

#[rustfmt::skip]
pub(super) const SHAPES: &[Shape] = &[
    s("Problem", &[
        f("type", "string", "Always `about:blank`."), f("title", "string", "The status in words."), f("status", "integer", ""),
        f("detail", "string", "What is wrong, for people."), f("code", "string", "What is wrong, as a stable word."),
        f("request_id", "string", "Stands in the server's log too."), f("places?", "integer", "Of a full access code: how many may watch at once."),
    ]),
    s("Streams", &[f("streams", "[ListedStream]", ""), f("next_cursor", "string?", "Hand it in as `cursor` for more; null at the end.")]),
    s("ListedStream", &[
        f("slug", "string", ""), f("title", "string", ""), f("description", "string", ""), f("visibility", VISIBILITY, SEEN),
        f("owner", "string?", "The name of whose it is."), f("sites", "[string]", "Sites that may show it in a frame; empty: any."), f("live", "boolean", ""),
    ]),
    s("Stream", &[
        f("slug", "string", ""), f("title", "string", ""), f("description", "string", ""), f("visibility", VISIBILITY, SEEN),
        f("owner", "string?", "The name of whose it is."), f("sites", "[string]", "Sites that may show it in a frame; empty: any."), f("live", "Live?", "Null while nothing is live."),
    ]),
    s("MadeStream", &[
        f("slug", "string", ""), f("title", "string", ""), f("description", "string", ""), f("visibility", VISIBILITY, SEEN),
        f("owner", "string?", ""), f("sites", "[string]", ""), f("live", "Live?", ""), f("key", "string", "Its first stream key, shown this once."),
    ]),
    s("NewStream", &[
        f("slug", "string", "Its name in addresses; never changes."), f("title?", "string?", "The slug when absent."), f("visibility?", VISIBILITY, "`private` when absent."),
    ]),
    s("StreamEdit", &[
        f("title?", "string?", ""), f("description?", "string?", ""), f("visibility?", VISIBILITY, SEEN), f("sites?", "[string]", "Sites that may show it in a frame; empty: any."),
    ]),
    s("Live", &[
        f("since", "time", ""), f("state", "one of receiving away", "`away` while a publisher that dropped is awaited."), f("until", "time?", "Until when it is awaited."),
        f("protocol", "string", "`rtmp`, `whip` or `test`."), f("playable", "boolean", "Whether viewers can play it yet."), f("tracks", "[Track]", ""), f("bit_rate", "integer", "Bits a second."),
        f("frame_rate", "number?", "Null until it is known."), f("key_frame_interval_s", "number?", "Null until it is known."), f("viewers", "Viewers", ""),
        f("bytes_received", "integer", ""), f("warnings", "[Warning]", "The worst come first."),
    ]),
    s("Track", &[
        f("kind", "one of video audio", ""), f("codec", "string", ""), f("profile?", "string", ""), f("width?", "integer", ""), f("height?", "integer", ""),
        f("frame_rate?", "number", ""), f("sample_rate?", "integer", ""), f("channels?", "integer", ""),
    ]),
    s("Viewers", &[f("hls", "integer", ""), f("webrtc", "integer", "")]),
    s("Warning", &[
        f("type", "string", "The same as `code`."), f("code", "string", "A stable word."), f("severity", "one of notice warning problem", ""),
        f("actual", "number?", ""), f("expected", "number?", ""), f("unit", "string", "`s`, `ms`, `percent`, `bits_per_second`, `frames_per_minute`, or empty."),
        f("since", "time", ""), f("title", "string", "What it is."), f("why", "string", "Why it matters."), f("message", "string", "Both in one."),
        f("fix", "string", "Settings of OBS by their names."), f("fix_ffmpeg", "string?", "Options of ffmpeg, where some help."),
    ]),
    s("StreamStatus", &[
        f("slug", "string", ""), f("title", "string", ""), f("description", "string", ""), f("visibility", VISIBILITY, SEEN), f("owner", "string?", ""), f("sites", "[string]", ""),
        f("live", "Live?", ""), f("key_in_use", "KeyInUse?", "The key that the publisher came with."), f("test_signal", "boolean", "Whether the server sends its test signal."),
        f("publisher", "string?", "Its address, shortened."), f("last_ended", "Ended?", "The broadcast before."), f("refusals", "[Refusal]", "The newest first, at most 50."),
    ]),
    s("KeyInUse", &[f("id", "string", ""), f("name", "string", "")]),
    s("Ended", &[f("since", "time", ""), f("until", "time", "")]),
    s("Refusals", &[f("refusals", "[Refusal]", "")]),
    s("Refusal", &[
        f("at", "time", ""), f("protocol", "string", ""), f("address", "string", "Shortened."), f("reason", "string", "A stable word."), f("message", "string", ""),
        f("fix", "string", "What to do."), f("times", "integer", "How often, from the same network."),
    ]),
    s("History", &[f("samples", "[Sample]", "One a second, the oldest first.")]),
    s("Sample", &[
        f("at", "time", ""), f("bit_rate", "integer", ""), f("frame_rate", "number?", ""), f("key_frame_interval_s", "number?", ""), f("viewers", "Viewers", ""),
    ]),
    s("Keys", &[f("keys", "[Key]", "")]),
    s("Key", &[
        f("id", "string", ""), f("name", "string", ""), f("created_at", "time", ""), f("revoked_at", "time?", ""), f("last_used_at", "time?", ""),
    ]),
    s("NewKey", &[f("name", "string", "What you call it."), f("key?", "string?", "A key of your own, 20 to 128 characters.")]),
    s("MadeKey", &[f("id", "string", ""), f("name", "string", ""), f("key", "string", "Shown this once.")]),
    s("Videos", &[f("videos", "[Video]", "The newest first."), f("next_cursor", "string?", "Hand it in as `cursor` for more; null at the end.")]),
    s("Video", &[
        f("slug", "string", ""), f("title", "string", ""), f("description", "string", ""), f("visibility", VISIBILITY, SEEN), f("owner", "string?", ""),
        f("status", "one of processing ready failed", ""), f("reason", "string?", "Why it failed."), f("url", "string", "Its page."), f("created_at", "time", ""),
        f("bytes", "integer", "Of the file as it came."), f("width", "integer?", ""), f("height", "integer?", ""), f("downloadable", "boolean", "Whether who may see it may have the file."),
        f("sites", "[string]", ""), f("duration_s", "number", ""), f("codecs", "string", "By RFC 6381, with commas."), f("captions", "[Captions]", ""), f("has_poster", "boolean", ""),
    ]),
    s("Captions", &[f("language", "string", "BCP 47."), f("label", "string", "What players call them."), f("default", "boolean", "")]),
    s("Images", &[f("images", "[Image]", "The newest first."), f("next_cursor", "string?", "")]),
    s("Image", &[
        f("slug", "string", ""), f("title", "string", ""), f("description", "string", ""), f("visibility", VISIBILITY, SEEN), f("owner", "string?", ""),
        f("status", "one of processing ready failed", ""), f("reason", "string?", ""), f("url", "string", "Where it is."), f("created_at", "time", ""),
        f("bytes", "integer", ""), f("width", "integer?", ""), f("height", "integer?", ""), f("downloadable", "boolean", ""), f("sites", "[string]", ""),
        f("form", "string", "`jpg`, `png`, `webp` or `gif`."),
    ]),
    s("ItemEdit", &[
        f("title?", "string?", ""), f("description?", "string?", ""), f("visibility?", VISIBILITY, SEEN), f("downloadable?", "boolean?", ""), f("sites?", "[string]", ""),
    ]),
    s("BroughtItem", &[
        f("slug", "string", ""), f("title", "string", ""), f("visibility", VISIBILITY, ""), f("owner", "string?", ""), f("status", "one of processing ready failed", ""),
        f("reason", "string?", ""), f("url", "string", ""),
    ]),
    s("Uploads", &[f("uploads", "[Upload]", "")]),
    s("Upload", &[
        f("id", "string", ""), f("url", "string", ""), f("filename", "string?", ""), f("title", "string?", ""), f("kind", "string?", "`video` or `image`."),
        f("slug", "string?", ""), f("visibility", VISIBILITY, ""), f("state", "one of receiving processing ready failed", ""), f("reason", "string?", ""),
        f("can_resume", "boolean", ""), f("offset", "integer", "Bytes that are kept."), f("length", "integer", ""), f("created_at", "time", ""), f("expires_at", "time", ""),
        f("item", "UploadedItem?", "What it became."),
    ]),
    s("UploadedItem", &[f("kind", "one of video image", ""), f("slug", "string", ""), f("title", "string", ""), f("url", "string", "")]),
    s("AccessCodes", &[f("access_codes", "[AccessCode]", "The newest first."), f("next_cursor", "string?", "Where the next page begins; null at the end.")]),
    s("AccessCodeDays", &[f("days", "[AccessCodeDay]", "30, the oldest first; today, by UTC, is the last.")]),
    s("AccessCodeDay", &[f("day", "string", "As `2026-11-03`, by UTC."), f("opened", "integer", "How often something was opened with it."), f("watched_s", "integer", "Seconds watched with it, of all viewers together.")]),
    s("AccessCode", &[
        f("id", "string", "Safe to show and to log."), f("code", "string?", "Its text; null where the key that sealed it is gone."), f("description", "string", ""), f("note", "string", ""),
        f("media_items", "[MediaItem]", "What it opens."), f("starts_at", "time?", ""), f("expires_at", "time?", ""), f("paused_at", "time?", ""), f("created_at", "time", ""),
        f("status", "one of active not_yet paused expired", ""), f("viewers_max", "integer?", "How many may watch with it at once."), f("sites", "[string]", ""),
        f("may_download", "boolean", ""), f("uses", "integer", ""), f("last_used_at", "time?", ""), f("watching", "integer", ""), f("url", "string?", "The first thing that it opens, with the code."),
        f("warning?", "string", "What its maker should know."),
    ]),
    s("MediaItem", &[f("media_type", "one of stream video image", ""), f("media_slug", "string", "")]),
    s("NewAccessCode", &[
        f("code?", "string?", "A text of your own, 6 to 64 characters; made for you when absent."), f("description?", "string?", ""), f("note?", "string?", ""),
        f("media_items", "[MediaItem]", "At least one, all yours."), f("starts_at?", "time?", ""), f("expires_at?", "time?", ""), f("viewers_max?", "integer?", ""),
        f("sites?", "[string]", "Sites that may show what it opens in a frame."), f("may_download?", "boolean", ""),
    ]),
    s("AccessCodeEdit", &[
        f("description?", "string?", ""), f("note?", "string?", ""), f("media_items?", "[MediaItem]", "All of them."), f("starts_at?", "time?", "Null: from the beginning."),
        f("expires_at?", "time?", "Null: until it is deleted."), f("paused?", "boolean?", ""), f("viewers_max?", "integer?", "Null: any number."), f("sites?", "[string]", ""),
        f("may_download?", "boolean?", ""),
    ]),
    s("People", &[f("people", "[Person]", "In the order of their names.")]),
    s("Person", &[
        f("name", "string", ""), f("role", "one of administrator member", ""), f("created_at", "time", ""), f("disabled_at", "time?", ""), f("last_login_at", "time?", ""),
        f("has_password", "boolean", "Whether a password was set."), f("set_password_ends_at", "time?", "When the link ends by which they can set one."),
    ]),
    s("InvitedPerson", &[
        f("name", "string", ""), f("role", "one of administrator member", ""), f("created_at", "time", ""), f("disabled_at", "time?", ""), f("last_login_at", "time?", ""),
        f("has_password", "boolean", ""), f("set_password_ends_at", "time?", ""), f("set_password_url", "string", "Where they set their password; shown this once."),
    ]),
    s("NewPerson", &[f("name", "string", "`a-z`, `0-9`, `.`, `_` and `-`."), f("role", "one of administrator member", "")]),
    s("PersonEdit", &[f("disabled?", "boolean?", "")]),
    s("Audit", &[f("entries", "[AuditEntry]", ""), f("next_before", "integer?", "Hand it in as `before` for what is older; null at the end.")]),
    s("AuditEntry", &[
        f("number", "integer", ""), f("at", "time", ""), f("who", "string?", "A name; null for the server itself."),
        f("via", "one of login api_key command_line nobody server", ""), f("address", "string?", "Shortened."), f("action", "string", "A stable word, such as `video.changed`."),
        f("subject", "string", "Of what, such as `video:welcome`."), f("detail", "string", ""),
    ]),
    s("ApiKeys", &[f("api_keys", "[ApiKey]", "The newest first.")]),
    s("ApiKey", &[
        f("id", "string", ""), f("name", "string", ""), f("scopes", "[string]", ""), f("created_at", "time", ""), f("expires_at", "time?", ""), f("revoked_at", "time?", ""),
        f("last_used_at", "time?", ""),
    ]),
    s("NewApiKey", &[
        f("name", "string", "What it is for."), f("scopes", "[string]", "Of `read`, `manage`, `publish` and `admin`."), f("expires_at?", "time?", ""),
    ]),
    s("MadeApiKey", &[
        f("id", "string", ""), f("name", "string", ""), f("scopes", "[string]", ""), f("created_at", "time", ""), f("expires_at", "time?", ""), f("revoked_at", "time?", ""),
        f("last_used_at", "time?", ""), f("key", "string", "Shown this once."),
    ]),
    s("WatchState", &[
        f("state", "one of live away offline ended not_allowed", ""), f("reason?", "string", "Why it is not allowed."), f("since", "time?", ""), f("until", "time?", ""),
        f("grace_s", "integer", "How long a publisher that dropped is awaited."), f("viewers", "integer", ""), f("title", "string", ""), f("now", "time", "The server's time."),
    ]),
    s("Home", &[f("live", "[HomeStream]", ""), f("offline", "[string]", "Slugs.")]),
    s("HomeStream", &[
        f("slug", "string", ""), f("title", "string", ""), f("state", "one of live away", ""), f("since", "time", ""), f("viewers", "integer", ""), f("poster", "string?", "The path of a picture."),
    ]),
    s("Server", &[
        f("streams", "[ServerStream]", ""), f("viewers", "Viewers", ""), f("bit_rate", "integer", "What publishers send."), f("sending_bit_rate", "integer?", "What viewers are sent."),
        f("memory_bytes", "integer?", ""), f("open_files", "integer?", ""), f("refusals", "[Refusal]", "Those that named no stream."), f("key", "string", "Another one when anything but a figure has changed."),
    ]),
    s("ServerStream", &[
        f("slug", "string", ""), f("since", "time", ""), f("protocol", "string", ""), f("bit_rate", "integer", ""), f("viewers", "Viewers", ""), f("warnings", "integer", ""),
    ]),
    s("Engine", &[
        f("engine", "string", "Always `embedded`."), f("version", "string", ""), f("reachable", "boolean", ""), f("streams", "[EngineStream]", ""),
    ]),
    s("EngineStream", &[
        f("name", "string", ""), f("ready", "boolean", ""), f("tracks", "[any]", ""), f("bytes_received", "integer", ""), f("readers", "integer", ""),
    ]),
    s("Valid", &[f("valid", "boolean", ""), f("stream", "string", "")]),
    s("Authorized", &[f("authorized", "boolean", ""), f("stream", "string", "")]),
    s("Health", &[f("status", "one of ok failing", ""), f("checks", "any", "`ok` or `failing` by name.")]),
];
