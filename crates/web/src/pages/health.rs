//! What the server receives on a stream, as its page says it: state, figures with their charts, findings, refused attempts.
//!
//! The script of the page says the same from `/api/streams/{slug}/status`, in the same words (`health.ftl`).

use domain::{
    clock::Time,
    engine::{Live, Refusal, Sample, Severity, State, TrackFacts, TrackKind},
    login,
    publish::Protocol,
    slug::Slug,
};

use super::charts::{self, Spark};
use crate::{App, api::warnings, text::Text};

/// Seconds in which the bit rate of a new broadcast rises to what it is: it is measured over so many.
const RISING: usize = 5;

/// A point in time as pages show it: exact for the script, and a word until that runs.
#[derive(Clone, Debug)]
pub(super) struct When {
    pub(super) rfc3339: String,
    pub(super) text: String,
}

impl When {
    /// The hour of today, or the day; UTC.
    pub(super) fn of(t: Text, at: Time, now: Time) -> Self {
        const DAY_S: i64 = 86_400;
        let rfc3339 = at.rfc3339();
        let is_today = at.seconds().div_euclid(DAY_S) == now.seconds().div_euclid(DAY_S);
        let text = if is_today {
            rfc3339.get(11..16).unwrap_or_default().to_owned()
        } else {
            t.day(at)
        };
        Self { rfc3339, text }
    }
}

/// How the stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting,
    Starting,
    Receiving,
    Away,
}

impl Standing {
    /// Its word in attributes, as the script knows it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Receiving => "receiving",
            Self::Away => "away",
        }
    }

    /// The strip's colour.
    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Waiting | Self::Starting => "",
            Self::Receiving => "ok",
            Self::Away => "warn",
        }
    }

    /// The mark that stands before the words.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Waiting | Self::Starting => "wait",
            Self::Receiving => "ok",
            Self::Away => "warn",
        }
    }
}

/// The strip at the top.
pub(super) struct Banner {
    pub(super) standing: Standing,
    pub(super) heading: String,
    /// What it means, or where it comes from.
    pub(super) note: String,
    pub(super) since: Option<When>,
    pub(super) age: String,
    /// When the last broadcast ended, with the words before it.
    pub(super) ended: Option<(String, When)>,
}

/// A figure with its chart.
pub(super) struct Tile {
    /// The message that names it.
    pub(super) id: &'static str,
    pub(super) label: String,
    pub(super) number: String,
    pub(super) unit: String,
    pub(super) spark: Option<Spark>,
    pub(super) verdict: String,
    pub(super) chart: String,
    pub(super) is_warned: bool,
}

/// Something to mend.
pub(super) struct Note {
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) words: warnings::Words,
}

/// An attempt that was refused.
pub(super) struct Refused {
    pub(super) at: When,
    pub(super) from: String,
    pub(super) protocol: String,
    pub(super) message: String,
    pub(super) fix: String,
    pub(super) times: Option<String>,
}

/// The strip for this moment.
pub(super) fn banner(app: &App, slug: &Slug, live: Option<&Live>) -> Banner {
    let (t, now) = (app.text(), app.inner.clock.now());
    let Some(live) = live else {
        let ended = app.engine().last_ended(slug).map(|ended| {
            let length = t.age(ended.until.since(ended.since));
            let words = t.msg("health-last").arg("length", length).to_string();
            (words, When::of(t, ended.until, now))
        });
        return Banner {
            standing: Standing::Waiting,
            heading: t.msg("health-waiting").to_string(),
            note: t.msg("health-waiting").attr("note").to_string(),
            since: None,
            age: String::new(),
            ended,
        };
    };
    let standing = match live.state {
        State::Away { .. } => Standing::Away,
        State::Receiving if live.tracks.is_empty() => Standing::Starting,
        State::Receiving => Standing::Receiving,
    };
    let (heading, note) = match standing {
        Standing::Receiving => {
            let what = what(t, live);
            let heading = t.msg("health-receiving").arg("what", what).to_string();
            (heading, origin(app, live))
        }
        Standing::Starting => (
            t.msg("health-starting").to_string(),
            t.msg("health-starting").attr("note").to_string(),
        ),
        Standing::Away | Standing::Waiting => (
            t.msg("health-away").to_string(),
            t.msg("health-away").attr("note").to_string(),
        ),
    };
    Banner {
        standing,
        heading,
        note,
        since: (standing == Standing::Receiving).then(|| When::of(t, live.since, now)),
        age: t.age(now.since(live.since)),
        ended: None,
    }
}

/// By which door, and from where.
fn origin(app: &App, live: &Live) -> String {
    let t = app.text();
    if app.test_signal().runs(&live.slug) {
        return t.msg("health-by-test").to_string();
    }
    let message = t
        .msg("health-by")
        .arg("protocol", protocol(t, live.protocol));
    message
        .arg("address", login::shortened(live.publisher))
        .to_string()
}

/// The name of a door, as senders know it.
fn protocol(t: Text, protocol: Protocol) -> String {
    t.msg(format!("health-protocol-{}", protocol.word()))
        .to_string()
}

/// What arrives: `1280×720, 30 fps, H.264 High, AAC 48 kHz stereo, 2.6 Mb/s`.
fn what(t: Text, live: &Live) -> String {
    let of = |kind| live.tracks.iter().find(|track| track.kind == kind);
    let mut parts = Vec::new();
    match of(TrackKind::Video) {
        Some(video) => {
            if let (Some(width), Some(height)) = (video.width, video.height) {
                parts.push(format!("{width}×{height}"));
            }
            if let Some(rate) = frame_rate(live) {
                parts.push(t.frame_rate(rate));
            }
            let profile = video.profile.as_deref().unwrap_or_default();
            parts.push(format!("{} {profile}", video.codec).trim_end().to_owned());
        }
        // What did not come before the first moment that can be played may still come, and is not called missing.
        None if live.playable => parts.push(t.msg("health-no-picture").to_string()),
        None => {}
    }
    match of(TrackKind::Audio) {
        Some(audio) => parts.push(sound(t, audio)),
        None if live.playable => parts.push(t.msg("health-no-sound").to_string()),
        None => {}
    }
    // Nothing is measured in the first moment.
    if live.bit_rate > 0 {
        parts.push(t.bit_rate(live.bit_rate));
    }
    parts.join(", ")
}

/// The rate that the encoder declares, where what comes is close to it; else the rate that comes.
fn frame_rate(live: &Live) -> Option<f64> {
    let declared = live.tracks.iter().find_map(|track| track.frame_rate);
    match (live.frame_rate, declared) {
        (Some(comes), Some(declared)) if (comes - declared).abs() < declared * 0.02 => {
            Some(declared)
        }
        (Some(comes), _) => Some((comes * 10.0).round() / 10.0),
        (None, declared) => declared,
    }
}

fn sound(t: Text, audio: &TrackFacts) -> String {
    let (Some(rate), Some(channels)) = (audio.sample_rate, audio.channels) else {
        return audio.codec.clone();
    };
    let khz = f64::from(rate) / 1000.0;
    let message = t.msg("health-sound").arg("codec", audio.codec.as_str());
    let message = message.arg("khz", khz.to_string());
    message.arg("channels", channels).to_string()
}

/// The four figures, with the last minutes of each.
pub(super) fn tiles(t: Text, live: Option<&Live>, history: &[Sample]) -> Vec<Tile> {
    let figures = Figures { t, live, history };
    vec![
        figures.bit_rate(),
        figures.frame_rate(),
        figures.key_frames(),
        figures.watching(),
    ]
}

struct Figures<'a> {
    t: Text,
    live: Option<&'a Live>,
    history: &'a [Sample],
}

impl Figures<'_> {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is positive and far below the bound"
    )]
    fn bit_rate(&self) -> Tile {
        let t = self.t;
        let samples = self.samples(|sample| Some(sample.bit_rate as f64));
        // It rises from nothing in the first seconds, which is no unsteadiness.
        let began = samples.iter().position(|bits| *bits > Some(0.0));
        let judged = samples.get(began.map_or(0, |at| at + RISING)..);
        let course = charts::course(judged.unwrap_or_default());
        let verdict = charts::words(t, course, 20_000.0, |n| t.bit_rate(n as u64));
        let figure = self.live.map(|live| t.bit_rate(live.bit_rate));
        let is_warned = self.warns(&["bit_rate_over_told", "frames_late"]);
        self.tile("health-bit-rate", figure, &samples, (verdict, is_warned))
    }

    fn frame_rate(&self) -> Tile {
        let t = self.t;
        let samples = self.samples(|sample| sample.frame_rate);
        let verdict = charts::words(t, charts::course(&samples), 0.5, |n| {
            t.frame_rate((n * 10.0).round() / 10.0)
        });
        let figure = self.live.and_then(|live| live.frame_rate);
        let figure = figure.map(|rate| t.frame_rate((rate * 10.0).round() / 10.0));
        let is_warned = self.warns(&["variable_frame_rate", "frames_lost"]);
        self.tile("health-frame-rate", figure, &samples, (verdict, is_warned))
    }

    fn key_frames(&self) -> Tile {
        let t = self.t;
        let samples = self.samples(|sample| sample.key_frame_interval_s);
        let warning = self.live.and_then(|live| {
            let mut warnings = live.warnings.iter();
            warnings.find(|warning| warning.code == "key_frames_far_apart")
        });
        let verdict = match warning {
            Some(warning) => {
                let expected = t.seconds(warning.expected.unwrap_or(2.0));
                let message = t.msg("health-should-be").arg("expected", expected);
                message.to_string()
            }
            None => charts::words(t, charts::course(&samples), 0.1, |n| t.seconds(n)),
        };
        let figure = self.live.and_then(|live| live.key_frame_interval_s);
        let figure = figure.map(|s| t.seconds(s));
        let verdict = (verdict, warning.is_some());
        self.tile("health-key-frames", figure, &samples, verdict)
    }

    fn watching(&self) -> Tile {
        let t = self.t;
        let samples = self.samples(|sample| {
            Some(f64::from(sample.viewers.hls) + f64::from(sample.viewers.webrtc))
        });
        let viewers = self.live.map(|live| live.viewers).unwrap_or_default();
        let hls = t.count(u64::from(viewers.hls));
        let verdict = if viewers.webrtc > 0 {
            let webrtc = t.count(u64::from(viewers.webrtc));
            let message = t.msg("health-viewers").arg("webrtc", webrtc);
            message.arg("hls", hls).to_string()
        } else {
            t.msg("health-viewers-hls").arg("hls", hls).to_string()
        };
        let all = u64::from(viewers.hls) + u64::from(viewers.webrtc);
        let figure = self.live.map(|_| t.count(all));
        self.tile("health-watching", figure, &samples, (verdict, false))
    }

    fn samples(&self, of: impl Fn(&Sample) -> Option<f64>) -> Vec<Option<f64>> {
        self.history.iter().map(of).collect()
    }

    fn warns(&self, codes: &[&str]) -> bool {
        let warnings = self.live.map_or(&[][..], |live| &live.warnings);
        warnings.iter().any(|warning| codes.contains(&warning.code))
    }

    fn tile(
        &self,
        id: &'static str,
        figure: Option<String>,
        samples: &[Option<f64>],
        (verdict, is_warned): (String, bool),
    ) -> Tile {
        let t = self.t;
        let label = t.msg(id).to_string();
        let figure = figure.unwrap_or_else(|| "–".to_owned());
        // The unit is what follows the space that does not break.
        let (number, unit) = figure.split_once('\u{a0}').unwrap_or((&figure, ""));
        let chart = t.msg("health-chart").arg("label", label.as_str());
        Tile {
            id,
            number: number.to_owned(),
            unit: unit.to_owned(),
            spark: charts::spark(samples),
            chart: chart.arg("verdict", verdict.as_str()).to_string(),
            label,
            verdict,
            is_warned,
        }
    }
}

/// What is wrong, the worst first.
pub(super) fn notes(t: Text, live: Option<&Live>) -> Vec<Note> {
    let warnings = live.map_or(&[][..], |live| &live.warnings);
    let note = |warning: &domain::engine::Warning| {
        let (icon, tone) = match warning.severity {
            Severity::Notice => ("info", "warn"),
            Severity::Warning => ("warn", "warn"),
            Severity::Problem => ("warn", "bad"),
        };
        Note {
            icon,
            tone,
            words: warnings::words(t, warning),
        }
    };
    warnings.iter().map(note).collect()
}

/// Who was refused lately, newest first. `server` is what senders are to be told.
pub(super) fn refused(app: &App, slug: &Slug, server: Option<&str>) -> Vec<Refused> {
    let (t, now) = (app.text(), app.inner.clock.now());
    let row = |refusal: &Refusal| Refused {
        at: When::of(t, refusal.at, now),
        from: login::shortened(refusal.address),
        protocol: protocol(t, refusal.protocol),
        message: refusal.message.clone(),
        fix: match server {
            Some(server) => refusal.fix.replace("rtmp://HOST:1935/live", server),
            None => refusal.fix.clone(),
        },
        times: (refusal.times > 1).then(|| {
            let times = t.count(u64::from(refusal.times));
            t.msg("health-refused-times")
                .arg("count", times)
                .to_string()
        }),
    };
    app.engine().refusals(Some(slug)).iter().map(row).collect()
}
