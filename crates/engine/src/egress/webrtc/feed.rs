//! One watched stream: its frames as packets, made once for all who watch; the group of pictures that whoever joins begins with; the
//! clock that its timestamps follow.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use media::{
    Codec, Frame, Track, TrackId,
    audio::{AacToOpus, Transcoder},
    h264,
};
use webrtc::{
    rtcp::Ntp,
    rtp::{
        PAYLOAD_BYTES, Packet,
        h264::{self as packets, Packetiser, is_disposable},
        history::{History, Limits},
        opus,
    },
};

use crate::hub::{Entry, Stream};

/// Ticks of video timestamps a second (RFC 6184, 8.2.1).
pub(super) const VIDEO_RATE: i64 = packets::CLOCK as i64;
/// Ticks of sound's timestamps a second (RFC 7587, 4.1).
pub(super) const SOUND_RATE: i64 = opus::CLOCK as i64;
/// A group longer than this is let go of but for its key frame.
const GROUP_FRAMES_MAX: usize = 1024;

/// A frame as packets.
pub(super) struct Coded {
    pub(super) key: bool,
    /// Presentation time on the feed's own line, 90 kHz.
    pub(super) time: i64,
    /// Running number of its first packet.
    pub(super) first: u64,
    pub(super) packets: Vec<Packet>,
    pub(super) bytes: usize,
    /// Running number of the frame.
    pub(super) number: u64,
}

/// Sound as packets: one packet a frame.
pub(super) struct Sound {
    /// Time on the feed's own line, 48 kHz.
    pub(super) time: i64,
    pub(super) packet: Packet,
}

/// What came of an entry.
pub(super) enum Step {
    /// A picture to send on.
    Frame(Arc<Coded>),
    /// Sound to send on.
    Sound(Vec<Sound>),
    /// Nothing for viewers.
    Nothing,
}

/// How sound becomes Opus.
enum Hearing {
    /// There is none, or none that can be decoded.
    None,
    /// It is.
    AsItIs,
    /// It is transcoded, once for all who watch.
    Through(Box<dyn Transcoder>),
}

/// A stream as its viewers get it.
pub(super) struct Feed {
    pub(super) stream: Arc<Stream>,
    config: Option<h264::Config>,
    packetiser: Option<Packetiser>,
    sound: Hearing,
    pub(super) history: History,
    group: VecDeque<Arc<Coded>>,
    group_bytes: usize,
    burst_bytes_max: usize,
    burst_age_max: Duration,
    /// Added to a frame's time: a publisher that returns begins its own anew, and viewers' time goes on.
    shift: Option<i64>,
    /// The newest frame's time, and when it came.
    newest: Option<(i64, Instant)>,
    frames: u64,
    /// When the feed began, and what the wall clock showed then, in milliseconds since 1970.
    started: (Instant, u64),
    is_over: bool,
    has_tracks: bool,
    /// The last frames came out of order and are needed by others: their order cannot be told in RTP.
    pub(super) reorders: bool,
}

impl Feed {
    pub(super) fn new(
        stream: Arc<Stream>,
        tracks: &[Track],
        burst_bytes_max: usize,
        burst_age_max: Duration,
        started: (Instant, u64),
    ) -> Self {
        let mut feed = Self {
            stream,
            config: None,
            packetiser: None,
            sound: Hearing::None,
            history: History::new(Limits::default()),
            group: VecDeque::new(),
            group_bytes: 0,
            burst_bytes_max,
            burst_age_max,
            shift: None,
            newest: None,
            frames: 0,
            started,
            is_over: false,
            has_tracks: false,
            reorders: false,
        };
        for track in tracks {
            feed.track(track);
        }
        feed
    }

    /// Whether the publisher has said what it sends.
    pub(super) fn has_tracks(&self) -> bool {
        self.has_tracks
    }

    /// Whether the broadcast has ended.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes an entry of the ring.
    pub(super) fn take(&mut self, now: Instant, entry: &Entry) -> Step {
        match entry {
            Entry::Start => {
                self.shift = None;
                self.forget_group();
                Step::Nothing
            }
            Entry::Track(track) => {
                self.track(track);
                Step::Nothing
            }
            Entry::Frame(frame) if frame.track == TrackId::VIDEO => self.frame(now, frame),
            Entry::Frame(frame) if frame.track == TrackId::AUDIO => self.hear(now, frame),
            Entry::End => {
                self.is_over = true;
                Step::Nothing
            }
            Entry::Frame(_) | Entry::Away => Step::Nothing,
        }
    }

    fn track(&mut self, track: &Track) {
        self.has_tracks = true;
        match &track.codec {
            Codec::H264(config) => {
                self.packetiser = Some(Packetiser::new(config, PAYLOAD_BYTES));
                self.config = Some(config.clone());
            }
            // No door of the engine takes these: there is nothing to show.
            Codec::H265(_) | Codec::Av1(_) => (self.packetiser, self.config) = (None, None),
            Codec::Opus(_) => self.sound = Hearing::AsItIs,
            Codec::Aac(config) => {
                self.sound = match AacToOpus::new(config) {
                    Ok(transcoder) => Hearing::Through(Box::new(transcoder)),
                    Err(error) => {
                        tracing::info!(stream = self.stream.slug(), %error, "no sound for viewers by WebRTC");
                        Hearing::None
                    }
                };
            }
        }
    }

    fn frame(&mut self, now: Instant, frame: &Frame) -> Step {
        let Some(config) = &self.config else {
            return Step::Nothing;
        };
        let own = frame.pts.to_scale(packets::CLOCK);
        let is_late = self
            .newest
            .is_some_and(|(newest, _)| own + self.shift.unwrap_or(0) < newest);
        if is_late {
            // RTP knows one order. A picture shown before its predecessor can be left out where no other needs it.
            self.reorders |= !is_disposable(frame, config.nal_length_size());
        }
        // What follows may refer to what was left out; the sessions end at the next look.
        if is_late || self.reorders {
            return Step::Nothing;
        }
        let time = own + self.shift(now, own);
        let mut packets = Vec::new();
        if let Some(packetiser) = &self.packetiser {
            packetiser.packetise(frame, &mut packets);
        }
        if packets.is_empty() {
            return Step::Nothing;
        }
        let mut first = None;
        let mut bytes = 0;
        let age = self.age(now);
        for packet in &packets {
            bytes += packet.len();
            let index = self.history.push(age, time as u32, packet.clone());
            first.get_or_insert(index);
        }
        let coded = Arc::new(Coded {
            key: frame.key,
            time,
            first: first.unwrap_or(0),
            packets,
            bytes,
            number: self.frames,
        });
        self.frames += 1;
        self.newest = Some((time, now));
        self.keep(coded.clone());
        Step::Frame(coded)
    }

    /// What is added to a publisher's times: the line goes on where the last publisher's ended.
    fn shift(&mut self, now: Instant, own: i64) -> i64 {
        *self.shift.get_or_insert_with(|| match self.newest {
            Some((newest, at)) => newest + ticks(now.duration_since(at)).max(1) - own,
            None => -own,
        })
    }

    fn hear(&mut self, now: Instant, frame: &Frame) -> Step {
        let mut frames = Vec::new();
        match &mut self.sound {
            Hearing::None => {}
            Hearing::AsItIs => frames.push(frame.clone()),
            Hearing::Through(transcoder) => {
                if let Err(error) = transcoder.push(frame, &mut frames) {
                    tracing::warn!(stream = self.stream.slug(), %error, "sound for WebRTC ends");
                    self.sound = Hearing::None;
                }
            }
        }
        let mut packets = Vec::new();
        for frame in frames {
            let own = frame.pts.to_scale(packets::CLOCK);
            let shift = self.shift(now, own);
            if self.config.is_none() {
                self.newest = Some((own + shift, now));
            }
            let time = frame.pts.to_scale(opus::CLOCK) + shift * SOUND_RATE / VIDEO_RATE;
            if let Ok(packet) = opus::packetise(frame.data, PAYLOAD_BYTES) {
                packets.push(Sound { time, packet });
            }
        }
        if packets.is_empty() {
            Step::Nothing
        } else {
            Step::Sound(packets)
        }
    }

    /// Whether there is sound that a browser takes.
    pub(super) fn has_sound(&self) -> bool {
        !matches!(self.sound, Hearing::None)
    }

    fn keep(&mut self, coded: Arc<Coded>) {
        if coded.key {
            self.forget_group();
        } else if self.group.is_empty() {
            return;
        }
        self.group_bytes += coded.bytes;
        self.group.push_back(coded);
        if !self.is_small() || self.group.len() > GROUP_FRAMES_MAX {
            self.group.truncate(1);
        }
    }

    fn forget_group(&mut self) {
        self.group.clear();
        self.group_bytes = 0;
    }

    fn is_small(&self) -> bool {
        let (Some(first), Some(last)) = (self.group.front(), self.group.back()) else {
            return false;
        };
        let age = u64::try_from(last.time - first.time).unwrap_or(0);
        self.group_bytes <= self.burst_bytes_max
            && u128::from(age) * 1000
                <= self.burst_age_max.as_millis() * VIDEO_RATE.unsigned_abs() as u128
    }

    /// The group as far as it has come, and whether it can be sent whole: otherwise its key frame alone is of use, as a still.
    pub(super) fn group(&self) -> (&VecDeque<Arc<Coded>>, bool) {
        let whole = self
            .group
            .back()
            .is_some_and(|last| last.number + 1 == self.frames && self.is_contiguous());
        (&self.group, whole)
    }

    fn is_contiguous(&self) -> bool {
        match (self.group.front(), self.group.back()) {
            (Some(first), Some(last)) => last.number - first.number + 1 == self.group.len() as u64,
            _ => false,
        }
    }

    /// The wall clock, driven by the steady one, so that it never jumps under a viewer.
    pub(super) fn wall_clock(&self, now: Instant) -> Ntp {
        let (since, wall_ms) = self.started;
        Ntp::from_unix(Duration::from_millis(wall_ms) + now.duration_since(since))
    }

    /// Time since the feed began, as the history counts it.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.duration_since(self.started.0)
    }

    /// What a viewer's clock shows now, 90 kHz: the newest frame's time and what has passed since.
    pub(super) fn clock(&self, now: Instant) -> i64 {
        self.newest
            .map_or(0, |(time, at)| time + ticks(now.duration_since(at)))
    }

    /// The picture's `profile-level-id`.
    pub(super) fn profile(&self) -> Option<[u8; 3]> {
        let config = self.config.as_ref()?;
        Some([config.profile(), config.constraints(), config.level()])
    }
}

/// A duration in ticks of 90 kHz.
fn ticks(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros() * 9 / 100).unwrap_or(i64::MAX)
}
