//! A virtual clock and synthetic publishers; whatever comes out is held to the rules.

use std::time::Duration;

use bytes::Bytes;
use hls::check::{Checker, Limits, Observation, RequestKind};
use hls::packager::{Counters, Part, SegmentBegun};
use hls::{Answer, Now, Output, Packager, Reply, Request, Resume, Settings, Window};
use media::{Codec, Frame, Timestamp, Track, TrackId, aac, h264};

use crate::rules::Rules;

/// `avcC` of x264, Main profile: 320x180 declared at 30, and 640x360 declared at 25 frames a second.
const AVCC_180P30: &[u8] = &[
    0x01, 0x4d, 0x40, 0x0d, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x4d, 0x40, 0x0d, 0xec, 0xa0, 0xa0, 0xcf,
    0xcf, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x01, 0xe0, 0x78, 0xa1, 0x4c,
    0xb0, 0x01, 0x00, 0x05, 0x68, 0xeb, 0xe3, 0xcb, 0x20,
];
const AVCC_360P25: &[u8] = &[
    0x01, 0x4d, 0x40, 0x1e, 0xff, 0xe1, 0x00, 0x18, 0x67, 0x4d, 0x40, 0x1e, 0xec, 0xa0, 0x50, 0x17,
    0xfc, 0xb8, 0x08, 0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x19, 0x07, 0x8b, 0x16, 0xcb,
    0x01, 0x00, 0x05, 0x68, 0xeb, 0xe3, 0xcb, 0x20,
];

/// AAC LC, stereo.
const ASC_48: &[u8] = &[0x11, 0x90];
const ASC_44: &[u8] = &[0x12, 0x10];

pub const WALL_MS: i64 = 1_795_541_131_000;

pub fn video() -> Track {
    picture_track(AVCC_180P30)
}

pub fn other_video() -> Track {
    picture_track(AVCC_360P25)
}

fn picture_track(avcc: &'static [u8]) -> Track {
    let config = h264::Config::parse(Bytes::from_static(avcc)).unwrap();
    Track {
        id: TrackId::VIDEO,
        codec: Codec::H264(config),
    }
}

pub fn sound(rate: u32) -> Track {
    let specific = if rate == 44_100 { ASC_44 } else { ASC_48 };
    let config = aac::Config::parse(Bytes::from_static(specific)).unwrap();
    assert_eq!(config.sample_rate(), rate);
    Track {
        id: TrackId::AUDIO,
        codec: Codec::Aac(config),
    }
}

/// What a publisher sends.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Frames and seconds; none where there are no pictures.
    pub rate: Option<(i64, i64)>,
    /// Length of a group of pictures in frames; 0 for a first key frame only.
    pub gop: i64,
    /// Pictures between references.
    pub b_frames: i64,
    /// Ms by which decode times stray, forth and back.
    pub jitter_ms: i64,
    /// Sample rate; none where there is no sound.
    pub sound: Option<u32>,
    /// Bytes of a picture; a key frame has five times as many.
    pub bytes: usize,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            rate: Some((30, 1)),
            gop: 30,
            b_frames: 0,
            jitter_ms: 0,
            sound: Some(48_000),
            bytes: 1000,
        }
    }
}

impl Source {
    pub fn tracks(&self) -> Vec<Track> {
        self.rate
            .map(|_| video())
            .into_iter()
            .chain(self.sound.map(sound))
            .collect()
    }

    /// Its frames from `from_ms` (a moment with a key frame) for `ms`, in the order of sending, stamped in whole ms.
    pub fn frames(&self, from_ms: i64, ms: i64) -> Vec<Frame> {
        let mut frames = Vec::new();
        if let Some((num, den)) = self.rate {
            for i in (0..).take_while(|i| i * 1000 * den < ms * num) {
                let at = |i: i64| from_ms + (i * 1000 * den * 2 + num) / (2 * num);
                let stray = 2 * self.jitter_ms + 1;
                let jitter = if i == 0 {
                    0
                } else {
                    i * 7919 % stray - self.jitter_ms
                };
                let dts = at(i) + jitter;
                let in_group = if self.gop == 0 { i } else { i % self.gop };
                let key = in_group == 0;
                // Decode order I P B B P B B: a reference is sent before the pictures that lie before it.
                let reorder = match in_group % (self.b_frames + 1) {
                    _ if self.b_frames == 0 => 0,
                    _ if key => 1,
                    1 => self.b_frames + 1,
                    _ => 0,
                };
                let data =
                    Bytes::from(vec![i as u8; if key { 5 * self.bytes } else { self.bytes }]);
                let pts = Timestamp::from_ms(dts + at(reorder) - from_ms);
                frames.push(Frame {
                    track: TrackId::VIDEO,
                    dts: Timestamp::from_ms(dts),
                    pts,
                    key,
                    data,
                });
            }
        }
        if let Some(rate) = self.sound {
            let rate = i64::from(rate);
            for i in (0..).take_while(|i| i * 1024 * 1000 < ms * rate) {
                let at = Timestamp::from_ms(from_ms + (i * 1024 * 2000 + rate) / (2 * rate));
                frames.push(Frame {
                    track: TrackId::AUDIO,
                    dts: at,
                    pts: at,
                    key: true,
                    data: Bytes::from(vec![1; 200]),
                });
            }
        }
        frames.sort_by_key(|frame| frame.dts.as_micros());
        frames
    }
}

/// A packager, its window, and everything it said.
pub struct Rig {
    pub now: Now,
    pub packager: Packager,
    pub window: Window,
    pub log: Vec<(Duration, Output)>,
    /// By how much the wall clock was set.
    pub wall_step_ms: i64,
    /// Of so many playlists in a row one is looked at; all promises are about what comes later, however much later.
    pub glance: u64,
    /// Judges what was looked at by the rules that are for every server.
    pub checker: Checker,
    looks: u64,
    rules: Rules,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(Settings::default(), None)
    }

    pub fn with(settings: Settings, resume: Option<Resume>) -> Self {
        Self {
            now: Now {
                mono: Duration::from_secs(100),
                wall_ms: WALL_MS,
            },
            packager: Packager::new(settings.clone(), resume.clone()),
            window: Window::new(settings, resume),
            log: Vec::new(),
            wall_step_ms: 0,
            glance: 1,
            checker: Checker::new(Limits::default()),
            looks: 0,
            rules: Rules::default(),
        }
    }

    /// Lets time pass, with what is due on the way.
    pub fn pass(&mut self, by: Duration) {
        let until = self.now.mono + by;
        let mut calls = 0;
        while let Some(at) = self.packager.timeout().filter(|&at| at <= until) {
            self.set(at.max(self.now.mono));
            self.packager.handle_timeout(self.now);
            self.drain();
            calls += 1;
            assert!(calls < 10_000, "timeouts without end at {at:?}");
        }
        self.set(until);
    }

    pub fn pass_ms(&mut self, ms: u64) {
        self.pass(Duration::from_millis(ms));
    }

    /// The wall clock counts what the monotonic one does.
    fn set(&mut self, mono: Duration) {
        self.now.mono = mono;
        self.now.wall_ms =
            WALL_MS + self.wall_step_ms + (mono - Duration::from_secs(100)).as_millis() as i64;
    }

    /// Moves the clock alone: nothing that is due is done.
    pub fn end_of_time(&mut self, ms: u64) {
        self.set(self.now.mono + Duration::from_millis(ms));
    }

    pub fn push(&mut self, frame: Frame) {
        self.packager.push(self.now, frame);
        self.drain();
    }

    pub fn start(&mut self, tracks: &[Track]) {
        self.packager.start(self.now, tracks);
        self.drain();
    }

    pub fn track(&mut self, track: Track) {
        self.packager.track(self.now, track);
        self.drain();
    }

    pub fn interrupt(&mut self) {
        self.packager.interrupt(self.now);
        self.drain();
    }

    pub fn end(&mut self) {
        self.packager.end(self.now);
        self.drain();
    }

    /// Plays frames in real time: each comes when its decode time has passed, counted from the first.
    pub fn play(&mut self, frames: Vec<Frame>) {
        let Some(first) = frames.first().map(|frame| frame.dts.as_micros()) else {
            return;
        };
        let begun = self.now.mono;
        for frame in frames {
            let at = begun + Duration::from_micros((frame.dts.as_micros() - first).max(0) as u64);
            self.pass(at.saturating_sub(self.now.mono));
            self.push(frame);
        }
    }

    /// A publisher that starts and sends for `ms`.
    pub fn publish(&mut self, source: &Source, from_ms: i64, ms: i64) {
        self.start(&source.tracks());
        self.play(source.frames(from_ms, ms));
    }

    pub fn drain(&mut self) {
        while let Some(output) = self.packager.poll() {
            self.rules.output(&output);
            self.log.push((self.now.mono, output.clone()));
            let before = self.window.version();
            self.window.apply(self.now, output);
            if self.window.version() != before
                && before.is_multiple_of(self.glance)
                && let Some(resume) = self.window.resume()
                && let Answer::Ready(reply) = self.ask(&format!("e{}-main.m3u8", resume.epoch), "")
            {
                let name = format!("e{}-main.m3u8", resume.epoch);
                self.observe(name, RequestKind::Media, reply.body.to_vec().into());
                self.rules.playlist(resume.epoch, &text(&reply));
            }
        }
    }

    fn observe(&mut self, name: String, kind: RequestKind, body: Bytes) {
        // What is listed in one step is still seen in order.
        self.looks += 1;
        self.checker.observe(Observation {
            at: self.now.mono + Duration::from_nanos(self.looks),
            took: Duration::ZERO,
            url: format!("https://h/{name}"),
            kind,
            status: 200,
            headers: Vec::new(),
            body,
            gzip_asked: false,
        });
    }

    /// Rules of the check about playlists that were broken, with evidence; the others were not exercised here.
    pub fn broken(&self) -> Vec<String> {
        let rooms = [
            "playlist.",
            "run.",
            "segment.",
            "part.",
            "control.",
            "date.",
            "map.",
            "version.",
            "hint.",
            "gap.",
            "fixed.",
            "sequence.",
            "discontinuity.",
            "window.",
            "end.",
        ];
        let broken = self.checker.report().into_iter().filter(|finding| {
            let judged = rooms.iter().any(|room| finding.rule.starts_with(room));
            judged && !finding.ok && finding.evidence != "never exercised"
        });
        broken
            .map(|finding| format!("{}: {}", finding.rule, finding.evidence))
            .collect()
    }

    pub fn ask(&self, piece: &str, query: &str) -> Answer {
        self.ask_since(piece, query, self.now.mono)
    }

    pub fn ask_since(&self, piece: &str, query: &str, since: Duration) -> Answer {
        self.window.answer(
            &Request {
                piece,
                query,
                since,
            },
            self.now,
        )
    }

    /// The current media playlist.
    pub fn playlist(&self) -> String {
        let epoch = self.window.resume().unwrap().epoch;
        match self.ask(&format!("e{epoch}-main.m3u8"), "") {
            Answer::Ready(reply) => text(&reply),
            other => panic!("no playlist: {other:?}"),
        }
    }

    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.log.iter().filter_map(|(_, output)| {
            if let Output::Part(part) = output {
                Some(part)
            } else {
                None
            }
        })
    }

    pub fn begun(&self) -> impl Iterator<Item = &SegmentBegun> {
        self.log.iter().filter_map(|(_, output)| {
            if let Output::SegmentBegun(begun) = output {
                Some(begun)
            } else {
                None
            }
        })
    }

    pub fn epochs(&self) -> usize {
        self.log
            .iter()
            .filter(|(_, output)| matches!(output, Output::Epoch(_)))
            .count()
    }

    pub fn counters(&self) -> Counters {
        self.packager.counters()
    }

    /// Relaxes what only holds for frames that come as announced.
    pub fn lenient(mut self) -> Self {
        self.rules.lenient = true;
        self
    }
}

pub fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.to_vec()).unwrap()
}
