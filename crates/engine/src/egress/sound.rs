//! A broadcast's sound as HLS carries it: as it came, or made into AAC where players want that.
//!
//! Apple's players take no Opus in HLS, so an Opus publisher's sound is transcoded, once for all viewers and for the whole broadcast:
//! a playlist's codecs are a promise. It happens on the reader's side of the ring, and the publisher never waits for it.

use media::{
    Codec, Frame, Track,
    audio::{OpusToAac, Transcoder as _},
    opus,
};

/// What becomes of Opus in HLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpusInHls {
    /// It is made into AAC, which every player takes.
    #[default]
    Aac,
    /// It stays as it is: no work, and not for Apple's players.
    Native,
}

/// The sound of one stream's presentation.
pub(super) struct Sound {
    opus: OpusInHls,
    through: Option<OpusToAac>,
}

impl Sound {
    pub(super) fn new(opus: OpusInHls) -> Self {
        Self {
            opus,
            through: None,
        }
    }

    /// The track as the presentation announces it. Another sound than before begins anew.
    pub(super) fn track(&mut self, mut track: Track) -> Track {
        match &track.codec {
            Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) => return track,
            Codec::Opus(config) if self.opus == OpusInHls::Aac => self.through = begin(config),
            Codec::Opus(_) | Codec::Aac(_) => self.through = None,
        }
        if let Some(through) = &self.through {
            track.codec = Codec::Aac(through.config().clone());
        }
        track
    }

    /// The frames that a frame becomes: itself, or what the transcoder completes with it.
    pub(super) fn frame(&mut self, frame: Frame, out: &mut Vec<Frame>) {
        match &mut self.through {
            Some(through) if frame.track == media::TrackId::AUDIO => {
                if let Err(error) = through.push(&frame, out) {
                    tracing::warn!(%error, "sound for HLS is missing a moment");
                }
            }
            _ => out.push(frame),
        }
    }

    /// What is still inside: the publisher is gone.
    pub(super) fn flush(&mut self, out: &mut Vec<Frame>) {
        if let Some(Err(error)) = self.through.as_mut().map(|through| through.flush(out)) {
            tracing::warn!(%error, "the end of the sound for HLS is missing");
        }
    }
}

fn begin(config: &opus::Config) -> Option<OpusToAac> {
    OpusToAac::new(config)
        .inspect_err(|error| tracing::warn!(%error, "sound goes into HLS as Opus"))
        .ok()
}
