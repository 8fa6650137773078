//! A picture of a running broadcast: its last key frame as it came, in an MP4 of one sample that any browser shows.
//!
//! Nothing is decoded here. The frame is shared with the ring, so keeping it costs its bytes once, for as long as it is the last.

use domain::engine::{Reply, Status};
use media::{Frame, Track, fmp4};

/// How long the one picture stands, seconds: long enough that no player takes the file for empty.
const SHOWN_S: u32 = 1;
/// Caches may keep it this long, seconds: a page that shows many streams asks no more often.
const MAX_AGE_S: u32 = 5;

/// The last key frame of a broadcast with the configuration that it was coded under.
#[derive(Clone, Debug)]
pub(crate) struct Poster {
    pub(crate) track: Track,
    pub(crate) frame: Frame,
}

impl Poster {
    /// The file as an answer.
    pub(crate) fn reply(&self) -> Option<Reply> {
        let sample = fmp4::Sample {
            duration: SHOWN_S * self.track.timescale(),
            size: u32::try_from(self.frame.data.len()).ok()?,
            composition_offset: 0,
            key: true,
        };
        let run = fmp4::Run {
            track: self.track.id,
            base_decode_time: 0,
            samples: &[sample],
        };
        let body = vec![
            fmp4::init(std::slice::from_ref(&self.track)),
            fmp4::fragment_head(1, &[run]),
            self.frame.data.clone(),
        ];
        Some(Reply {
            status: Status::Ok,
            media_type: "video/mp4",
            body: body.into(),
            gzip: None,
            max_age_s: MAX_AGE_S,
            immutable: false,
            retry_after_s: None,
            reason: None,
            version: None,
        })
    }
}
