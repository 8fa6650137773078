//! The table of settings. What each is for stands in the words of the pages, `crates/web/locales/en/settings.ftl`, as `setting-NAME` with
//! dashes for dots; the reference page and the sample file take it from there.

use web::{configuration::words_of, text::Text};

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text.
    Text,
    /// `address:port`, or nothing to switch the listener off.
    Listen,
    /// A whole number with its bounds, both included.
    Whole {
        /// Least value.
        min: u64,
        /// Greatest value.
        max: u64,
    },
    /// `true` or `false`.
    Switch,
    /// Texts; separated by commas in the environment and on the command line.
    List,
    /// The same, each an origin: scheme, host and perhaps a port, as browsers send it (RFC 6454, 6.2).
    Origins,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// Whether this version does something with the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It takes effect at the start.
    Now,
    /// It takes effect, and can change while the program runs: on the page of settings.
    Live,
    /// It is read and checked; the part it belongs to is not built yet.
    Later,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Dotted name as in the file.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Default, as it would be written in the file.
    pub default: &'static str,
    /// Whether it takes effect in this version.
    pub used: Use,
}

const fn now(name: &'static str, shape: Shape, default: &'static str) -> Setting {
    Setting {
        name,
        shape,
        default,
        used: Use::Now,
    }
}

const fn live(name: &'static str, shape: Shape, default: &'static str) -> Setting {
    Setting {
        used: Use::Live,
        ..now(name, shape, default)
    }
}

const fn later(name: &'static str, shape: Shape, default: &'static str) -> Setting {
    Setting {
        used: Use::Later,
        ..now(name, shape, default)
    }
}

impl Setting {
    /// Whether its value is shown to nobody.
    pub fn is_secret(&self) -> bool {
        self.name.ends_with(".secret")
    }

    /// What it is for: one or two sentences for operators.
    pub fn about(&self, text: Text) -> String {
        text.msg(words_of(self.name)).to_string()
    }
}

const fn whole(min: u64, max: u64) -> Shape {
    Shape::Whole { min, max }
}

/// Every setting there is, in the order of the reference page.
pub const SETTINGS: &[Setting] = &[
    now("data_dir", Shape::Text, "\"./data\""),
    now("http.listen", Shape::Listen, "\"[::]:3000\""),
    now("http.public_url", Shape::Text, "\"\""),
    now("http.trusted_proxies", Shape::List, "[]"),
    live("http.cors_origins", Shape::Origins, "[]"),
    now("http.header_timeout_s", whole(1, 120), "10"),
    now("http.idle_timeout_s", whole(5, 3600), "75"),
    now("http.send_timeout_s", whole(5, 600), "30"),
    now("http.connections", whole(16, 1_000_000), "20000"),
    now("rtmp.listen", Shape::Listen, "\"[::]:1935\""),
    now("rtmp.connections", whole(1, 100_000), "1000"),
    now("rtmp.handshake_timeout_s", whole(1, 60), "5"),
    now("rtmp.publish_timeout_s", whole(1, 120), "10"),
    now("rtmp.idle_timeout_s", whole(2, 600), "10"),
    now("rtmp.send_timeout_s", whole(1, 60), "5"),
    now("rtmp.chunk_size_max", whole(128, 16_777_215), "1048576"),
    now(
        "rtmp.message_bytes_max",
        whole(65_536, 67_108_864),
        "8388608",
    ),
    now(
        "rtmp.partial_bytes_max",
        whole(65_536, 134_217_728),
        "16777216",
    ),
    now("rtmp.chunk_streams_max", whole(4, 1024), "64"),
    now("rtmp.message_streams_max", whole(1, 1024), "64"),
    now("rtmp.amf_depth_max", whole(2, 64), "16"),
    now("rtmp.amf_keys_max", whole(16, 4096), "256"),
    now("rtmp.amf_values_max", whole(64, 65_536), "4096"),
    now("rtmp.amf_string_bytes_max", whole(1024, 1_048_576), "65536"),
    now(
        "rtmp.bit_rate_max",
        whole(100_000, 2_000_000_000),
        "100000000",
    ),
    now("rtmp.frames_per_second_max", whole(10, 2000), "300"),
    now("rtmp.rate_window_s", whole(1, 60), "10"),
    now("rtmp.held_bytes_max", whole(65_536, 67_108_864), "1048576"),
    now("rtmp.out_bytes_max", whole(16_384, 16_777_216), "262144"),
    now("webrtc.listen", Shape::Listen, "\"[::]:8189\""),
    now("webrtc.public_addresses", Shape::List, "[]"),
    now("webrtc.ice_lite", Shape::Switch, "false"),
    now("webrtc.sessions", whole(1, 100_000), "4096"),
    now("webrtc.burst_bytes_max", whole(0, 16_777_216), "1000000"),
    now("webrtc.burst_ms_max", whole(0, 30_000), "4000"),
    now("metrics.listen", Shape::Listen, "\"127.0.0.1:9998\""),
    later("compat.hls_listen", Shape::Listen, "\"127.0.0.1:8888\""),
    now("compat.webrtc_listen", Shape::Listen, "\"127.0.0.1:8889\""),
    later("compat.api_listen", Shape::Listen, "\"127.0.0.1:9997\""),
    now("hls.part_ms", whole(100, 2000), "200"),
    now("hls.segment_ms", whole(200, 10_000), "1000"),
    now("hls.target_duration_s", whole(1, 30), "4"),
    now("hls.opus", Shape::Word(&["aac", "native"]), "\"aac\""),
    live("publish.grace_s", whole(0, 600), "30"),
    live("publish.take_over", Shape::Switch, "false"),
    now(
        "publish.ring_bytes_max",
        whole(1_048_576, 1_073_741_824),
        "8388608",
    ),
    now("library.upload_mb_max", whole(1, 10_000_000), "20000"),
    now("library.upload_kept_h", whole(1, 8760), "24"),
    now("library.keep_originals", Shape::Switch, "true"),
    now("ui.language", Shape::Word(&["en", "en-XA"]), "\"en\""),
    later("recording.enabled", Shape::Switch, "true"),
    later("recording.file_s", whole(60, 86_400), "3600"),
    later("recording.keep_h", whole(1, 87_600), "24"),
    live(
        "limits.connections_per_address",
        whole(0, 1_000_000),
        "1000",
    ),
    live("limits.publishers_per_address", whole(0, 100_000), "50"),
    live("limits.wrong_keys_per_address", whole(1, 10_000), "20"),
    live("limits.wrong_key_refill_s", whole(1, 3600), "3"),
    later("tls.certificate", Shape::Text, "\"\""),
    later("tls.key", Shape::Text, "\"\""),
    now("engine.kind", Shape::Word(&["embedded"]), "\"embedded\""),
    later("engine.mediamtx.api_url", Shape::Text, "\"\""),
    later("engine.mediamtx.hls_url", Shape::Text, "\"\""),
    later("engine.mediamtx.webrtc_url", Shape::Text, "\"\""),
    later("engine.mediamtx.secret", Shape::Text, "\"\""),
    now("shutdown.drain_s", whole(0, 300), "10"),
    now("log.format", Shape::Word(&["text", "json"]), "\"text\""),
    now("log.level", Shape::Text, "\"info\""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_words() {
        for setting in SETTINGS {
            let id = words_of(setting.name);
            assert!(Text::default().has(&id, None), "{id} is missing");
        }
    }
}
