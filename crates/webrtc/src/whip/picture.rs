//! Pictures: frames as they were put together from packets, made into access units that decode from the first one on.
//!
//! After a loss that was not repaired everything is left out up to the next key frame, which the client is asked for. Of several layers
//! (simulcast) one is shown: the largest that comes, changed for another at a key frame of that one, and left when it falls silent.

use std::time::{Duration, Instant};

use bytes::Bytes;
use media::h264;
use str0m::media::{MediaData, Rid};

/// A client is asked for a key frame of a layer at most so often (RFC 4585 leaves it open; encoders pay for each).
const ASK_EVERY: Duration = Duration::from_secs(1);
/// A picture is asked for a key frame when its last one is this old: browsers send one at the beginning and then none unasked, and
/// segments of HLS begin with one.
const KEY_FRAME_EVERY: Duration = Duration::from_secs(2);
/// A layer that sends nothing for so long has been switched off, and another is shown.
const SILENT_AFTER: Duration = Duration::from_secs(1);
/// Layers that are followed: those that an offer may name, and the one without a name.
const LAYERS_MAX: usize = 5;
/// Ticks by which a picture may lie before its predecessor without being taken for one that came in another order than it is shown.
const STEP_MIN: i64 = 1;

/// A frame to show.
pub(super) struct Shown {
    /// The configuration, where it is another than before.
    pub(super) config: Option<h264::Config>,
    pub(super) key: bool,
    pub(super) data: Bytes,
}

struct Layer {
    name: Option<Rid>,
    config: Option<h264::Config>,
    /// Nothing is missing since its last key frame.
    is_whole: bool,
    last: Instant,
    key: Instant,
    asked: Option<Instant>,
    /// A key frame of it is wanted.
    is_wanted: bool,
}

/// The picture of a session.
#[derive(Default)]
pub(super) struct Picture {
    layers: Vec<Layer>,
    /// Which of them is shown.
    shown: Option<usize>,
    config: Option<h264::Config>,
    /// Decode time of the last frame.
    last: Option<i64>,
    /// When a key frame may be asked for next, if one is wanted.
    ask_due: Option<Instant>,
}

impl Picture {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whether nothing has come of this layer yet.
    pub(super) fn is_new(&self, name: Option<Rid>) -> bool {
        self.layers.iter().all(|layer| layer.name != name)
    }

    /// The layers that have come.
    pub(super) fn layers(&self) -> Vec<Option<Rid>> {
        let names = self.layers.iter().map(|layer| layer.name);
        names.filter(Option::is_some).collect()
    }

    /// A frame of a layer; what of it is to be shown.
    pub(super) fn push(&mut self, now: Instant, frame: &MediaData) -> Option<Shown> {
        let at = self.find(frame.rid, now)?;
        let unit = h264::AccessUnit::from_annex_b(&frame.data);
        let key = h264::can_start(&unit.data, 4);
        let layer = self.layers.get_mut(at)?;
        layer.last = now;
        layer.is_whole &= frame.contiguous;
        if unit.data.is_empty() {
            // Parameter sets may travel ahead of their key frame.
            layer.learn(unit.sets);
            return None;
        }
        if key {
            layer.is_whole = layer.learn(unit.sets);
        }
        if !layer.is_whole {
            layer.is_wanted = true;
            self.look(now);
            return None;
        }
        if key {
            layer.is_wanted = false;
            layer.key = now;
        }
        let is_old = now.saturating_duration_since(layer.key) >= KEY_FRAME_EVERY;
        if !self.is_to_show(at, key, now) {
            return None;
        }
        if is_old {
            self.want_key_frame();
        }
        self.shown = Some(at);
        let config = self.layers.get(at)?.config.clone()?;
        let is_other = self.config.as_ref() != Some(&config);
        if is_other {
            self.config = Some(config.clone());
        }
        Some(Shown {
            config: is_other.then_some(config),
            key,
            data: unit.data,
        })
    }

    /// Decode and presentation time of the frame that is presented at `time`. Frames come in the order of decoding; RTP tells when they
    /// are shown (RFC 6184, 5.1), and WebRTC has no frames that are shown in another order. Where a client sends such all the same,
    /// decode times go on by the least there is.
    pub(super) fn order(&mut self, time: i64) -> (i64, i64) {
        let decode = match self.last {
            Some(last) if time <= last => last + STEP_MIN,
            _ => time,
        };
        self.last = Some(decode);
        (decode, time)
    }

    /// A key frame of what is shown is wanted.
    pub(super) fn want_key_frame(&mut self) {
        let shown = self.shown.unwrap_or(0);
        if let Some(layer) = self.layers.get_mut(shown) {
            layer.is_wanted = true;
            self.ask_due = Some(layer.may_ask_at());
        }
    }

    /// A layer whose key frame is to be asked for now; it counts as asked.
    pub(super) fn to_ask(&mut self, now: Instant) -> Option<Option<Rid>> {
        if self.ask_due.is_none_or(|due| due > now) {
            return None;
        }
        let layer = self
            .layers
            .iter_mut()
            .find(|layer| layer.is_wanted && layer.may_ask_at() <= now);
        let asked = layer.map(|layer| {
            layer.asked = Some(now);
            // Asked again a second later where it is missing still.
            layer.is_wanted = !layer.is_whole;
            layer.name
        });
        self.look(now);
        asked
    }

    /// When [`Picture::to_ask`] may have an answer.
    pub(super) const fn ask_due(&self) -> Option<Instant> {
        self.ask_due
    }

    fn look(&mut self, now: Instant) {
        let wanted = self.layers.iter().filter(|layer| {
            // A layer that is silent is not there to be asked.
            layer.is_wanted && now.saturating_duration_since(layer.last) < SILENT_AFTER
        });
        self.ask_due = wanted.map(Layer::may_ask_at).min();
    }

    /// Whether this frame is shown: one of the layer that is, or the first of a better one.
    fn is_to_show(&mut self, at: usize, key: bool, now: Instant) -> bool {
        let Some(shown) = self.shown else {
            return key;
        };
        if shown == at {
            return true;
        }
        let (Some(other), Some(this)) = (self.layers.get(shown), self.layers.get(at)) else {
            return false;
        };
        let is_silent = now.saturating_duration_since(other.last) > SILENT_AFTER;
        let is_better = this.pixels() > other.pixels() || is_silent;
        if is_better && !key {
            if let Some(layer) = self.layers.get_mut(at) {
                layer.is_wanted = true;
            }
            self.look(now);
        }
        is_better && key
    }

    fn find(&mut self, name: Option<Rid>, now: Instant) -> Option<usize> {
        let known = self.layers.iter().position(|layer| layer.name == name);
        if known.is_some() || self.layers.len() == LAYERS_MAX {
            return known;
        }
        self.layers.push(Layer {
            name,
            config: None,
            is_whole: false,
            last: now,
            key: now,
            asked: None,
            is_wanted: false,
        });
        Some(self.layers.len() - 1)
    }
}

impl Layer {
    /// Takes note of parameter sets; whether frames can be decoded with what is known.
    fn learn(&mut self, sets: h264::ParameterSets) -> bool {
        if !sets.is_empty() {
            let config = match &self.config {
                Some(config) => config
                    .updated(&sets)
                    .map(|new| new.unwrap_or_else(|| config.clone())),
                None => h264::Config::from_parameter_sets(sets),
            };
            match config {
                Ok(config) => self.config = Some(config),
                Err(_) => return false,
            }
        }
        self.config.is_some()
    }

    fn pixels(&self) -> u64 {
        let config = self.config.as_ref();
        config.map_or(0, |config| {
            u64::from(config.width()) * u64::from(config.height())
        })
    }

    fn may_ask_at(&self) -> Instant {
        self.asked.map_or(self.last, |asked| asked + ASK_EVERY)
    }
}
