//! The embedded engine behind the domain's port.

use std::sync::{Arc, atomic::Ordering};

use domain::{
    engine::{
        Capabilities, Close, Ended, Engine, Fetch, Health, Live, Refusal, Reply, State, Status,
        TrackFacts, TrackKind, Viewers, Warning,
    },
    publish::Credential,
    slug::Slug,
};
use media::{Codec, Track};

use crate::{
    Embedded, delivery,
    hub::{EndReason, Phase, Stream},
};

impl Engine for Embedded {
    fn streams(&self) -> Vec<Live> {
        self.hub.all().iter().filter_map(live).collect()
    }

    fn live(&self, slug: &Slug) -> Option<Live> {
        self.hub
            .find(slug.as_str())
            .and_then(|stream| live(&stream))
    }

    fn last_ended(&self, slug: &Slug) -> Option<Ended> {
        self.hub
            .find(slug.as_str())
            .and_then(|stream| stream.last_ended())
    }

    fn fetch(&self, slug: &str, piece: &str, query: &str) -> Fetch {
        match self.hub.find(slug) {
            Some(stream) => delivery::fetch(stream, piece, query),
            None => Fetch::Ready(Reply {
                max_age_s: 1,
                ..Reply::refused(Status::NotFound, "there is no such piece")
            }),
        }
    }

    fn index(&self, slug: &str, prefix: &str) -> Fetch {
        match self.hub.find(slug) {
            Some(stream) => delivery::index(stream, prefix),
            None => Fetch::Ready(delivery::not_live()),
        }
    }

    fn close(&self, who: Close, why: &str) {
        let all = self.hub.all();
        match who {
            Close::Key(key) => all
                .iter()
                .for_each(|s| s.cut(why, Stream::came_with(Credential::Key(key)))),
            Close::ApiKey(key) => all
                .iter()
                .for_each(|s| s.cut(why, Stream::came_with(Credential::ApiKey(key)))),
            Close::Publishers(stream) => {
                all.iter().for_each(|s| s.cut(why, |a| a.stream == stream))
            }
            Close::PublishersOf(user) => all
                .iter()
                .for_each(|s| s.cut(why, |a| a.owner == Some(user))),
            // A viewer's next request meets a void grant; there is no connection of theirs to cut by stream.
            Close::Viewers(_) => {}
            Close::Stream(id) => {
                for stream in all.iter().filter(|stream| stream.is(id)) {
                    stream.end_broadcast(&EndReason::Closed(why.to_owned()));
                    self.hub.forget(stream);
                }
            }
        }
    }

    fn refusals(&self, slug: Option<&Slug>) -> Vec<Refusal> {
        self.shared.refusals.list(slug)
    }

    fn health(&self) -> Health {
        if self.shared.saver.is_stuck() {
            return Health::Failing(
                "the state of live streams cannot be written to the data directory".into(),
            );
        }
        Health::Ok
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            kind: "embedded",
            version: env!("CARGO_PKG_VERSION").to_owned(),
            whip: false,
            whep: false,
            records: false,
        }
    }
}

impl Embedded {
    /// Whether publishers can come by RTMP.
    pub fn takes_rtmp(&self) -> bool {
        self.shared.listening.load(Ordering::Relaxed)
    }
}

fn live(stream: &Arc<Stream>) -> Option<Live> {
    let snapshot = stream.snapshot()?;
    let playable = delivery::is_playable(stream);
    let state = match snapshot.phase {
        Phase::Away { until_wall, .. } => State::Away { until: until_wall },
        Phase::Receiving | Phase::Off => State::Receiving,
    };
    let mut warnings = Vec::new();
    if snapshot
        .reading
        .key_frame_interval_s
        .is_some_and(|s| s > 4.5)
    {
        warnings.push(key_frames_far(
            snapshot.reading.key_frame_interval_s.unwrap_or_default(),
        ));
    }
    if snapshot.silent {
        warnings.push(Warning {
            code: "no_sound",
            message: "No sound arrives.".into(),
            fix: "In OBS: Audio Mixer: unmute a source; Settings, Output: Audio Track 1.".into(),
        });
    }
    if snapshot.reordered {
        warnings.push(Warning {
            code: "b_frames",
            message: "B-frames are on. They add delay, and real-time playback cannot show them."
                .into(),
            fix: "In OBS: x264 options: Tune “zerolatency”. On NVENC: Max B-frames 0.".into(),
        });
    }
    Some(Live {
        stream: snapshot.admitted.stream,
        slug: snapshot.admitted.slug,
        since: snapshot.since,
        state,
        protocol: snapshot.protocol,
        playable,
        tracks: snapshot.tracks.iter().map(facts).collect(),
        bit_rate: snapshot.reading.bit_rate,
        frame_rate: snapshot.reading.frame_rate,
        key_frame_interval_s: snapshot.reading.key_frame_interval_s,
        viewers: Viewers {
            hls: snapshot.viewers,
            webrtc: 0,
        },
        bytes_received: snapshot.reading.bytes,
        warnings,
    })
}

fn key_frames_far(seconds: f64) -> Warning {
    Warning {
        code: "key_frames_far_apart",
        message: format!(
            "A key frame comes only every {seconds:.1}\u{a0}s. A viewer who joins or rewinds needs one to see a picture, so starts are slow and the delay grows."
        ),
        fix: "In OBS: Settings, Output, Advanced, Keyframe interval: 2\u{a0}s. In ffmpeg: `-g 60`."
            .into(),
    }
}

fn facts(track: &Track) -> TrackFacts {
    match &track.codec {
        Codec::H264(config) => TrackFacts {
            kind: TrackKind::Video,
            codec: "H.264".into(),
            profile: Some(config.profile_name().to_owned()),
            width: Some(config.width()),
            height: Some(config.height()),
            frame_rate: config
                .frame_rate()
                .map(|(num, den)| f64::from(num) / f64::from(den.max(1))),
            sample_rate: None,
            channels: None,
        },
        Codec::Aac(config) => TrackFacts {
            kind: TrackKind::Audio,
            codec: "AAC".into(),
            profile: None,
            width: None,
            height: None,
            frame_rate: None,
            sample_rate: Some(config.sample_rate()),
            channels: Some(u32::from(config.channels())),
        },
    }
}
