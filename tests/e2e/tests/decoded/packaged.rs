//! Frames through the real packager and window on a virtual clock, as a viewer sees what comes out.
//!
//! The viewer blocks for each part, fetches every part, segment and map that is listed, and holds all of it against the rules of
//! `hls::check`; directives, transport and caching are left to the stories of `hls-check` over HTTP.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use hls::{
    Answer, Now, Packager, Request, Settings, Window,
    check::{Checker, Limits, Observation, RequestKind},
    packager::Counters,
    read::{self, Playlist},
};
use media::{Frame, Track};

/// Between the server and the viewer.
const LATENCY: Duration = Duration::from_millis(2);

/// A part as it was fetched.
pub struct Part {
    pub msn: u64,
    pub independent: bool,
    pub body: Bytes,
}

/// What a viewer got who saw all of it.
pub struct Packaged {
    /// By name; one unless tracks changed.
    pub maps: BTreeMap<String, Bytes>,
    /// In order.
    pub parts: Vec<Part>,
    /// By media sequence number.
    pub segments: BTreeMap<u64, Bytes>,
    pub counters: Counters,
    /// Rules that were broken, with evidence.
    pub broken: Vec<String>,
}

impl Packaged {
    /// Sends `frames`, which are in order of sending, in real time on a virtual clock, and watches what is listed.
    pub fn of(tracks: &[Track], frames: Vec<Frame>) -> Self {
        let mut viewer = Viewer::new();
        viewer.packager.start(viewer.now, tracks);
        let begun = viewer.now.mono;
        for frame in frames {
            viewer.pass_to(begun + Duration::from_micros(frame.dts.as_micros().max(0) as u64));
            viewer.packager.push(viewer.now, frame);
            viewer.look();
        }
        viewer.packager.end(viewer.now);
        viewer.look();
        viewer.done()
    }
}

struct Viewer {
    now: Now,
    packager: Packager,
    window: Window,
    checker: Checker,
    /// When it last had an answer.
    asked: Duration,
    begun: Duration,
    got: Packaged,
    fetched: std::collections::BTreeSet<String>,
}

impl Viewer {
    fn new() -> Self {
        // All of it stays listed.
        let settings = Settings {
            window_s: 120,
            ..Settings::default()
        };
        let mono = Duration::from_secs(100);
        Self {
            now: Now {
                mono,
                wall_ms: 1_795_541_131_000,
            },
            packager: Packager::new(settings.clone(), None),
            window: Window::new(settings, None),
            checker: Checker::new(Limits::default()),
            asked: mono,
            begun: mono,
            got: Packaged {
                maps: BTreeMap::new(),
                parts: Vec::new(),
                segments: BTreeMap::new(),
                counters: Counters::default(),
                broken: Vec::new(),
            },
            fetched: std::collections::BTreeSet::new(),
        }
    }

    fn pass_to(&mut self, moment: Duration) {
        while let Some(due) = self.packager.timeout().filter(|due| *due <= moment) {
            self.set(due.max(self.now.mono));
            self.packager.handle_timeout(self.now);
            self.look();
        }
        self.set(moment.max(self.now.mono));
    }

    fn set(&mut self, mono: Duration) {
        self.now.wall_ms += mono.saturating_sub(self.now.mono).as_millis() as i64;
        self.now.mono = mono;
    }

    /// Takes what the packager says into the window, and fetches what is new there.
    fn look(&mut self) {
        while let Some(output) = self.packager.poll() {
            let before = self.window.version();
            self.window.apply(self.now, output);
            if self.window.version() != before && self.window.is_playable() {
                self.fetch_new();
            }
        }
    }

    fn fetch_new(&mut self) {
        let epoch = self.window.facts().expect("an epoch").epoch;
        let name = format!("e{epoch}-main.m3u8");
        let text = self.ask(&name);
        let Ok(Playlist::Media(media)) = read::playlist(&text) else {
            panic!("no playlist: {}", String::from_utf8_lossy(&text));
        };
        self.observe(&name, RequestKind::Media, &text);
        for segment in media.with_open() {
            if let Some(map) = &segment.map
                && let Some(body) = self.fetch(&map.uri, RequestKind::Init)
            {
                self.got.maps.insert(map.uri.clone(), body);
            }
            for part in segment.parts.iter().filter(|part| !part.gap) {
                if let Some(body) = self.fetch(&part.uri, RequestKind::Part) {
                    self.got.parts.push(Part {
                        msn: segment.msn,
                        independent: part.independent,
                        body,
                    });
                }
            }
            if !segment.uri.is_empty()
                && !segment.gap
                && let Some(body) = self.fetch(&segment.uri, RequestKind::Segment)
            {
                self.got.segments.insert(segment.msn, body);
            }
        }
        self.asked = self.now.mono;
    }

    /// The piece, if it has not been fetched yet.
    fn fetch(&mut self, name: &str, kind: RequestKind) -> Option<Bytes> {
        if !self.fetched.insert(name.to_owned()) {
            return None;
        }
        let body = self.ask(name);
        self.observe(name, kind, &body);
        Some(body)
    }

    fn ask(&self, piece: &str) -> Bytes {
        match self.window.answer(
            &Request {
                piece,
                query: "",
                since: self.now.mono,
            },
            self.now,
        ) {
            Answer::Ready(reply) => reply.body.to_vec().into(),
            other => panic!("{piece}: {other:?}"),
        }
    }

    fn observe(&mut self, name: &str, kind: RequestKind, body: &Bytes) {
        self.checker.observe(Observation {
            at: self.now.mono - self.begun + LATENCY,
            took: self.now.mono - self.asked + LATENCY,
            url: format!("https://h/{name}"),
            kind,
            status: 200,
            headers: Vec::new(),
            body: body.clone(),
            gzip_asked: false,
        });
    }

    fn done(mut self) -> Packaged {
        // Judged over HTTP elsewhere: this viewer sends no directives and sees no headers.
        let elsewhere = [
            "transport.",
            "cache.",
            "status.",
            "blocking.",
            "delta.",
            "multivariant.",
        ];
        let judged = self.checker.report().into_iter().filter(|finding| {
            !finding.ok
                && finding.evidence != "never exercised"
                && !elsewhere.iter().any(|room| finding.rule.starts_with(room))
        });
        self.got.broken = judged
            .map(|finding| format!("{}: {}", finding.rule, finding.evidence))
            .collect();
        self.got.counters = self.packager.counters();
        self.got
    }
}
