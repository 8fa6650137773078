//! A virtual clock, synthetic publishers, and the rules that every playlist and part must keep.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use hls::packager::{Counters, Part, SegmentBegun};
use hls::{Answer, Now, Output, Packager, Reply, Request, Resume, Settings, Window};
use media::fmp4::read;
use media::{Codec, Frame, Timestamp, Track, TrackId, aac, h264};

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
}

impl Default for Source {
    fn default() -> Self {
        Self {
            rate: Some((30, 1)),
            gop: 30,
            b_frames: 0,
            jitter_ms: 0,
            sound: Some(48_000),
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
                let data = Bytes::from(vec![i as u8; if key { 5000 } else { 1000 }]);
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
                && let Some(resume) = self.window.resume()
                && let Answer::Ready(reply) = self.ask(&format!("e{}-main.m3u8", resume.epoch), "")
            {
                self.rules.playlist(resume.epoch, &text(&reply));
            }
        }
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

/// What must hold for every event and every playlist.
#[derive(Default)]
struct Rules {
    /// Odd input: lengths of parts and holes between fragments are not judged.
    lenient: bool,
    part_target_us: u64,
    target_us: u64,
    inits: BTreeMap<u32, read::Init>,
    begun: Option<SegmentBegun>,
    next: Option<u64>,
    parts: Vec<(u64, bool, bool)>,
    /// Where each track's next fragment must begin.
    decode: BTreeMap<u32, u64>,
    /// A part shorter than 85 %, excused only if a gap or the segment's end follows.
    short: bool,
    last_playlist: Option<(u32, Listing)>,
}

/// What promises are about in a playlist.
struct Listing {
    head: Vec<String>,
    msn: u64,
    discontinuities: u64,
    segments: Vec<String>,
}

impl Rules {
    fn output(&mut self, output: &Output) {
        match output {
            Output::Epoch(epoch) => {
                self.part_target_us = epoch.part_target_us;
                self.target_us = u64::from(epoch.target_duration_s) * 1_000_000;
                self.next = Some(epoch.first_msn);
                self.decode.clear();
                self.inits.clear();
                self.last_playlist = None;
            }
            Output::Init(init) => {
                let bytes = init.body.to_vec();
                let known = self.inits.insert(init.number, read::init(&bytes).unwrap());
                assert!(known.is_none(), "init {} came twice", init.number);
            }
            Output::SegmentBegun(begun) => {
                assert_eq!(
                    Some(begun.msn),
                    self.next,
                    "media sequence numbers follow each other"
                );
                assert!(self.begun.is_none(), "segment begun inside another");
                self.begun = Some(*begun);
                self.parts.clear();
                if begun.discontinuity {
                    self.decode.clear();
                }
            }
            Output::Part(part) => self.part(part),
            Output::SegmentDone(done) => {
                let begun = self.begun.take().expect("a segment is open");
                assert_eq!(begun.msn, done.msn);
                let sum: u64 = self.parts.iter().map(|part| part.0).sum();
                assert_eq!(sum, done.duration_us, "a segment is as long as its parts");
                assert!(
                    done.duration_us <= self.target_us,
                    "segment of {} us",
                    done.duration_us
                );
                self.next = Some(done.msn + 1);
                self.short = false;
            }
            Output::Ended => assert!(self.begun.is_none(), "ended inside a segment"),
        }
    }

    fn part(&mut self, part: &Part) {
        let begun = self.begun.expect("a part lies in a segment");
        assert_eq!(
            (part.msn, part.index as usize),
            (begun.msn, self.parts.len())
        );
        assert_eq!(part.gap, begun.gap, "a segment holds media or gaps");
        assert!(
            part.duration_us > 0 && part.duration_us <= self.part_target_us,
            "part of {} us",
            part.duration_us
        );
        assert!(
            !self.short || part.gap || self.lenient,
            "short part inside segment {}",
            part.msn
        );
        self.short =
            part.duration_us * 100 < self.part_target_us * 85 && !part.independent && !part.gap;
        self.parts
            .push((part.duration_us, part.independent, part.gap));
        assert_eq!(part.gap, part.body.is_empty());
        if part.gap {
            return;
        }
        let bytes = part.body.to_vec();
        let init = self.inits.get(&begun.init).expect("init before its media");
        let fragments = read::fragments(&bytes, init).expect("a readable fragment");
        assert_eq!(fragments.len(), 1);
        let mut key = false;
        for track in &fragments[0].tracks {
            let base = track.base_decode_time.unwrap();
            if let Some(expected) = self.decode.insert(track.track_id, base + track.duration()) {
                let fits = base == expected || (self.lenient && base > expected);
                assert!(
                    fits,
                    "track {} of part {}.{} at {base}, not {expected}",
                    track.track_id, part.msn, part.index
                );
            }
            let sound_alone = init.tracks.len() == 1 && track.track_id == 2;
            key |= (track.track_id == 1 || sound_alone)
                && track.samples.iter().any(|sample| sample.is_sync());
        }
        assert_eq!(
            part.independent, key,
            "INDEPENDENT is true of {}.{}",
            part.msn, part.index
        );
    }

    fn playlist(&mut self, epoch: u32, text: &str) {
        let value = |tag: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(tag))
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        let head = [
            "#EXT-X-VERSION",
            "#EXT-X-TARGETDURATION",
            "#EXT-X-SERVER-CONTROL",
            "#EXT-X-PART-INF",
        ];
        let listing = Listing {
            head: text
                .lines()
                .filter(|line| head.iter().any(|tag| line.starts_with(tag)))
                .map(String::from)
                .collect(),
            msn: value("#EXT-X-MEDIA-SEQUENCE:"),
            discontinuities: value("#EXT-X-DISCONTINUITY-SEQUENCE:"),
            segments: segments(text),
        };
        if let Some((before_epoch, before)) = &self.last_playlist
            && *before_epoch == epoch
        {
            assert_eq!(before.head, listing.head, "promises do not change");
            assert!(listing.msn >= before.msn && listing.discontinuities >= before.discontinuities);
            let gone = (listing.msn - before.msn) as usize;
            let removed = &before.segments[..gone.min(before.segments.len())];
            let marks = removed
                .iter()
                .filter(|segment| segment.contains("#EXT-X-DISCONTINUITY\n"))
                .count() as u64;
            assert_eq!(
                listing.discontinuities - before.discontinuities,
                marks,
                "removed discontinuities are counted"
            );
            let kept = before.segments.iter().skip(gone);
            for (old, new) in kept.zip(&listing.segments) {
                assert!(
                    is_successor(old, new),
                    "a listed segment changed:\n{old}\n->\n{new}"
                );
            }
        }
        self.last_playlist = Some((epoch, listing));
    }
}

/// The lines of each segment, the open one last; maps do not count, since the first segment listed always has one.
fn segments(text: &str) -> Vec<String> {
    let mut list = vec![String::new()];
    let body = text
        .lines()
        .skip_while(|line| !line.starts_with("#EXT-X-DISCONTINUITY-SEQUENCE"))
        .skip(1);
    for line in body.filter(|line| {
        !line.starts_with("#EXT-X-PRELOAD-HINT")
            && !line.starts_with("#EXT-X-MAP")
            && *line != "#EXT-X-ENDLIST"
    }) {
        let last = list.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
        if !line.starts_with('#') {
            list.push(String::new());
        }
    }
    list.retain(|segment| !segment.is_empty());
    list
}

/// The same lines with more at the end, or without its parts.
fn is_successor(old: &str, new: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with("#EXT-X-PART:"))
            .map(String::from)
            .collect()
    };
    new.starts_with(old) || (!new.contains("#EXT-X-PART:") && plain(old) == plain(new))
}
