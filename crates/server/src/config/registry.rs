//! The table of settings.

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
    /// One of these words.
    Word(&'static [&'static str]),
}

/// Whether this version does something with the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It takes effect.
    Now,
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
    /// One or two sentences for operators.
    pub about: &'static str,
    /// Whether it takes effect in this version.
    pub used: Use,
}

const fn now(
    name: &'static str,
    shape: Shape,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting {
        name,
        shape,
        default,
        about,
        used: Use::Now,
    }
}

const fn later(
    name: &'static str,
    shape: Shape,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting {
        name,
        shape,
        default,
        about,
        used: Use::Later,
    }
}

const fn whole(min: u64, max: u64) -> Shape {
    Shape::Whole { min, max }
}

/// Every setting there is, in the order of the reference page.
pub const SETTINGS: &[Setting] = &[
    now(
        "data_dir",
        Shape::Text,
        "\"./data\"",
        "Directory under which everything lies that must last. Also `--data-dir`.",
    ),
    now(
        "http.listen",
        Shape::Listen,
        "\"[::]:3000\"",
        "Pages, API and HLS. `[::]` means all addresses, IPv4 too.",
    ),
    now(
        "http.public_url",
        Shape::Text,
        "\"\"",
        "Address under which visitors reach this server, such as `https://media.example.org`. Empty: taken from the request. Decides links, and with `https` the security of cookies.",
    ),
    now(
        "http.trusted_proxies",
        Shape::List,
        "[]",
        "Addresses or networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count.",
    ),
    now(
        "http.cors_origins",
        Shape::List,
        "[]",
        "Origins of other sites that may call this server with its visitors' cookies. Media opened by a link needs no entry here.",
    ),
    now(
        "http.header_timeout_s",
        whole(1, 120),
        "10",
        "A request's head must be complete this long after its first byte.",
    ),
    now(
        "http.idle_timeout_s",
        whole(5, 3600),
        "75",
        "A connection that asks nothing for this long is closed.",
    ),
    now(
        "http.send_timeout_s",
        whole(5, 600),
        "30",
        "A viewer who takes no byte for this long is disconnected.",
    ),
    now(
        "http.connections",
        whole(16, 1_000_000),
        "20000",
        "HTTP connections at once, in all. Past it new ones wait in the backlog.",
    ),
    now(
        "rtmp.listen",
        Shape::Listen,
        "\"[::]:1935\"",
        "RTMP ingest.",
    ),
    now(
        "rtmp.connections",
        whole(1, 100_000),
        "1000",
        "RTMP connections at once, in all.",
    ),
    now(
        "rtmp.handshake_timeout_s",
        whole(1, 60),
        "5",
        "The handshake must be complete this long after the connection.",
    ),
    now(
        "rtmp.publish_timeout_s",
        whole(1, 120),
        "10",
        "`publish` must come this long after the handshake.",
    ),
    now(
        "rtmp.idle_timeout_s",
        whole(2, 600),
        "10",
        "A publisher that sends no media for this long is disconnected.",
    ),
    now(
        "rtmp.send_timeout_s",
        whole(1, 60),
        "5",
        "A publisher that does not take what it is answered for this long is disconnected.",
    ),
    now(
        "rtmp.chunk_size_max",
        whole(128, 16_777_215),
        "1048576",
        "Largest chunk size, in bytes, that a publisher may announce.",
    ),
    now(
        "rtmp.message_bytes_max",
        whole(65_536, 67_108_864),
        "8388608",
        "Largest message (a key frame is one), in bytes.",
    ),
    now(
        "rtmp.partial_bytes_max",
        whole(65_536, 134_217_728),
        "16777216",
        "Bytes of unfinished messages a connection may hold.",
    ),
    now(
        "rtmp.chunk_streams_max",
        whole(4, 1024),
        "64",
        "Chunk streams a connection may use.",
    ),
    now(
        "rtmp.message_streams_max",
        whole(1, 1024),
        "64",
        "Message streams a connection may make (`createStream`); some encoders make a new one for each publish.",
    ),
    now(
        "rtmp.amf_depth_max",
        whole(2, 64),
        "16",
        "Nesting of AMF values.",
    ),
    now(
        "rtmp.amf_keys_max",
        whole(16, 4096),
        "256",
        "Keys in one AMF object.",
    ),
    now(
        "rtmp.amf_values_max",
        whole(64, 65_536),
        "4096",
        "AMF values in one message, over all nesting.",
    ),
    now(
        "rtmp.amf_string_bytes_max",
        whole(1024, 1_048_576),
        "65536",
        "Length of one AMF string.",
    ),
    now(
        "rtmp.bit_rate_max",
        whole(100_000, 2_000_000_000),
        "100000000",
        "A publisher above this many bits a second, on average over `rtmp.rate_window_s`, is disconnected.",
    ),
    now(
        "rtmp.frames_per_second_max",
        whole(10, 2000),
        "300",
        "A publisher above this many frames of picture and sound a second, on average over `rtmp.rate_window_s`, is disconnected.",
    ),
    now(
        "rtmp.rate_window_s",
        whole(1, 60),
        "10",
        "How long a burst may exceed the two rates: a publisher that stalled sends its backlog at once.",
    ),
    now(
        "rtmp.held_bytes_max",
        whole(65_536, 67_108_864),
        "1048576",
        "Bytes kept of what a publisher sends before its publish is answered.",
    ),
    now(
        "rtmp.out_bytes_max",
        whole(16_384, 16_777_216),
        "262144",
        "Bytes of answers that may wait for a publisher that asks without reading.",
    ),
    later(
        "webrtc.listen",
        Shape::Listen,
        "\"[::]:8189\"",
        "WebRTC media, UDP and TCP.",
    ),
    later(
        "webrtc.public_addresses",
        Shape::List,
        "[]",
        "Further addresses offered to browsers (behind NAT or in a container).",
    ),
    now(
        "metrics.listen",
        Shape::Listen,
        "\"127.0.0.1:9998\"",
        "Prometheus metrics.",
    ),
    later(
        "compat.hls_listen",
        Shape::Listen,
        "\"127.0.0.1:8888\"",
        "MediaMTX's HLS door.",
    ),
    later(
        "compat.webrtc_listen",
        Shape::Listen,
        "\"127.0.0.1:8889\"",
        "MediaMTX's WebRTC door.",
    ),
    later(
        "compat.api_listen",
        Shape::Listen,
        "\"127.0.0.1:9997\"",
        "MediaMTX's control API.",
    ),
    now(
        "hls.part_ms",
        whole(100, 2000),
        "200",
        "Wished length of a part; rounded to whole frames, then fixed for the broadcast.",
    ),
    now(
        "hls.segment_ms",
        whole(200, 10_000),
        "1000",
        "A segment ends at the first key frame after this long.",
    ),
    now(
        "hls.target_duration_s",
        whole(1, 30),
        "4",
        "Longest segment; one without a key frame is cut here. Never changes while a playlist lives.",
    ),
    now(
        "publish.grace_s",
        whole(0, 600),
        "30",
        "A publisher may drop and return within this time; viewers keep their place.",
    ),
    now(
        "publish.take_over",
        Shape::Switch,
        "false",
        "A second publisher on a live stream replaces the first instead of being refused.",
    ),
    now(
        "publish.ring_bytes_max",
        whole(1_048_576, 1_073_741_824),
        "8388608",
        "Bytes of frames kept for each live stream's slow readers; one that is slower goes on at the next key frame.",
    ),
    now(
        "ui.language",
        Shape::Word(&["en", "en-XA"]),
        "\"en\"",
        "Language of the pages. `en-XA` is English with other letters, for tests.",
    ),
    later(
        "recording.enabled",
        Shape::Switch,
        "true",
        "Record what is published.",
    ),
    later(
        "recording.file_s",
        whole(60, 86_400),
        "3600",
        "Longest file of a recording.",
    ),
    later(
        "recording.keep_h",
        whole(1, 87_600),
        "24",
        "Recordings are deleted after this many hours unless kept.",
    ),
    now(
        "limits.connections_per_address",
        whole(0, 1_000_000),
        "1000",
        "HTTP connections at once from one address (with IPv6, from one /64 network); 0: no limit.",
    ),
    now(
        "limits.publishers_per_address",
        whole(0, 100_000),
        "50",
        "RTMP connections at once from one address (with IPv6, from one /64 network); 0: no limit.",
    ),
    later(
        "tls.certificate",
        Shape::Text,
        "\"\"",
        "PEM file with the certificate chain.",
    ),
    later(
        "tls.key",
        Shape::Text,
        "\"\"",
        "PEM file with the private key.",
    ),
    now(
        "engine.kind",
        Shape::Word(&["embedded"]),
        "\"embedded\"",
        "What receives and delivers live media. `mediamtx` comes later.",
    ),
    later(
        "engine.mediamtx.api_url",
        Shape::Text,
        "\"\"",
        "Control API of an external MediaMTX.",
    ),
    later(
        "engine.mediamtx.hls_url",
        Shape::Text,
        "\"\"",
        "HLS door of an external MediaMTX.",
    ),
    later(
        "engine.mediamtx.webrtc_url",
        Shape::Text,
        "\"\"",
        "WebRTC door of an external MediaMTX.",
    ),
    later(
        "engine.mediamtx.secret",
        Shape::Text,
        "\"\"",
        "Secret that an external MediaMTX shows when it calls this server.",
    ),
    now(
        "shutdown.drain_s",
        whole(0, 300),
        "10",
        "After SIGTERM, running requests have this long to end.",
    ),
    now(
        "log.format",
        Shape::Word(&["text", "json"]),
        "\"text\"",
        "How log lines are written, on standard error.",
    ),
    now(
        "log.level",
        Shape::Text,
        "\"info\"",
        "What is logged, as `level` or `target=level,…`.",
    ),
];
