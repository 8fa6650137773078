//! Audio and video messages to tracks and frames.
//!
//! Knows one picture and one sound track. Frames wait for nothing: those before their configuration are dropped and
//! counted. A configuration that repeats is silent, one that changes is a new track event.
//! Pictures leave with 4-byte NAL lengths and without filler, and their configuration says so: fMP4 promises it, and every
//! reader is spared the cases.

use bytes::Bytes;
use media::{Codec, Frame, Timestamp, Track, TrackId, aac, h264};

use crate::{
    Unsupported,
    flv::{self, Clock, Media},
    message::{Message, kind},
};

/// Bytes of the length before each NAL unit of a frame handed on.
const NAL_LENGTH_BYTES: u8 = 4;

/// What became of a message.
pub(super) enum Taken {
    Track(Track),
    Frame(Frame),
    /// A configuration that is known already.
    Repeat,
    /// A frame whose configuration has not come.
    BeforeConfig,
    Nothing,
}

/// The media of one publish.
#[derive(Default)]
pub(super) struct Ingest {
    /// Follows frames alone: encoders send configurations with time 0 at any moment.
    clock: Clock,
    video: Option<Video>,
    audio: Option<Bytes>,
}

struct Video {
    /// As the encoder sent it.
    record: Bytes,
    /// As the encoder writes its frames.
    nal_length_size: u8,
}

impl Ingest {
    /// Takes an audio or video message.
    pub(super) fn receive(&mut self, message: &Message) -> Result<Taken, Unsupported> {
        if message.kind == kind::VIDEO {
            self.receive_video(message.timestamp, &message.body)
        } else {
            self.receive_audio(message.timestamp, &message.body)
        }
    }

    fn receive_video(&mut self, timestamp: u32, body: &Bytes) -> Result<Taken, Unsupported> {
        match flv::video::read(body) {
            Media::Config(record) => {
                if self
                    .video
                    .as_ref()
                    .is_some_and(|video| video.record == record)
                {
                    return Ok(Taken::Repeat);
                }
                let mut config = h264::Config::parse(record.clone()).map_err(unreadable)?;
                let nal_length_size = config.nal_length_size();
                if nal_length_size != NAL_LENGTH_BYTES {
                    config =
                        h264::Config::parse(config.record_for_mp4().clone()).map_err(unreadable)?;
                }
                self.video = Some(Video {
                    record,
                    nal_length_size,
                });
                Ok(Taken::Track(Track {
                    id: TrackId::VIDEO,
                    codec: Codec::H264(config),
                }))
            }
            Media::Frame {
                key,
                composition_ms,
                data,
            } => {
                let Some(video) = &self.video else {
                    return Ok(Taken::BeforeConfig);
                };
                // The same bytes, uncopied, from every encoder that does neither.
                let data = h264::normalise(&data, video.nal_length_size);
                if data.is_empty() {
                    return Ok(Taken::Nothing);
                }
                let time_ms = self.clock.unwrap(timestamp);
                Ok(Taken::Frame(Frame {
                    track: TrackId::VIDEO,
                    dts: Timestamp::from_ms(time_ms),
                    pts: Timestamp::from_ms(time_ms.saturating_add(i64::from(composition_ms))),
                    // Some encoders mark every intra picture, or where an intra refresh begins.
                    key: key && h264::can_start(&data, NAL_LENGTH_BYTES),
                    data,
                }))
            }
            Media::Nothing => Ok(Taken::Nothing),
            Media::Unsupported(name) => Err(Unsupported {
                what: format!("The picture is {name}, which cannot be taken over RTMP."),
                fix: "Send H.264.".to_owned(),
            }),
        }
    }

    fn receive_audio(&mut self, timestamp: u32, body: &Bytes) -> Result<Taken, Unsupported> {
        match flv::audio::read(body) {
            Media::Config(specific) => {
                if self.audio.as_ref() == Some(&specific) {
                    return Ok(Taken::Repeat);
                }
                let config = aac::Config::parse(specific.clone()).map_err(|error| Unsupported {
                    what: format!("The sound cannot be read: {error}."),
                    fix: "Send AAC-LC with 44.1 or 48 kHz.".to_owned(),
                })?;
                self.audio = Some(specific);
                Ok(Taken::Track(Track {
                    id: TrackId::AUDIO,
                    codec: Codec::Aac(config),
                }))
            }
            Media::Frame { data, .. } => {
                if self.audio.is_none() {
                    return Ok(Taken::BeforeConfig);
                }
                let time = Timestamp::from_ms(self.clock.unwrap(timestamp));
                Ok(Taken::Frame(Frame {
                    track: TrackId::AUDIO,
                    dts: time,
                    pts: time,
                    key: true,
                    data,
                }))
            }
            Media::Nothing => Ok(Taken::Nothing),
            Media::Unsupported(name) => Err(Unsupported {
                what: format!("The sound is {name}, which cannot be taken over RTMP."),
                fix: "Send AAC.".to_owned(),
            }),
        }
    }
}

fn unreadable(error: h264::Error) -> Unsupported {
    Unsupported {
        what: format!("The picture cannot be read: {error}."),
        fix: "Send H.264 with 8 bits and 4:2:0, as every encoder can.".to_owned(),
    }
}
