//! Decoder, time line, resampler and encoder in a row, and the two transcoders made of them.

use super::{
    Error, RATE, Transcoder,
    decode::{AacDecoder, Decode, OpusDecoder},
    encode::{AacEncoder, Encode, OpusEncoder},
    line::{Line, Place},
    resample::Resampler,
};
use crate::{Frame, Timestamp, TrackId, aac, opus};

/// AAC to Opus, for WebRTC: packets of 20 ms, 96 kb/s in stereo and 64 kb/s in mono, without in-band FEC.
///
/// AAC-LC, HE-AAC and HE-AAC v2 of up to 7.1 channels; three and more are mixed to stereo (ITU-R BS.775-4). Mono stays mono, which a
/// payload of `opus/48000/2` may hold (RFC 7587, 7).
///
/// Frames follow each other by their samples, so milliseconds that jitter come out even. A stamp that is a frame or more ahead, up to a
/// second, is a gap and is filled with silence; one that is as much behind makes the overlap left out; 10 ms to one side for eight frames
/// in a row moves the sound there. More than a second either way is a jump: what is inside comes out, and the sound begins anew at
/// the new time. A frame that does not decode is silence of its length.
pub struct AacToOpus(Chain<AacDecoder, OpusEncoder>);

impl AacToOpus {
    /// A transcoder of this sound; [`Error::Unsupported`] with the reason where it is not decoded.
    pub fn new(config: &aac::Config) -> Result<Self, Error> {
        let decoder = AacDecoder::new(config)?;
        let encoder = OpusEncoder::new(decoder.channels())?;
        Ok(Self(Chain::new(decoder, encoder)?))
    }

    /// The configuration of what comes out.
    pub fn config(&self) -> opus::Config {
        self.0.encoder.config()
    }
}

impl Transcoder for AacToOpus {
    fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.0.push(frame, out)
    }

    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.0.flush(out)
    }
}

/// Opus to AAC, for HLS: AAC-LC at 48 kHz, stereo, 128 kb/s.
///
/// Packets of any length, mono and stereo in any order; gaps, shifts and jumps as with [`AacToOpus`]. The header's gain is applied; its
/// pre-skip is not, since a frame's time is that of decoded sound.
pub struct OpusToAac {
    chain: Chain<OpusDecoder, AacEncoder>,
    config: aac::Config,
}

impl OpusToAac {
    /// A transcoder of this sound.
    pub fn new(config: &opus::Config) -> Result<Self, Error> {
        let encoder = AacEncoder::new()?;
        Ok(Self {
            config: encoder.config()?,
            chain: Chain::new(OpusDecoder::new(config)?, encoder)?,
        })
    }

    /// The configuration of what comes out.
    pub fn config(&self) -> &aac::Config {
        &self.config
    }
}

impl Transcoder for OpusToAac {
    fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.chain.push(frame, out)
    }

    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.chain.flush(out)
    }
}

struct Chain<D, E> {
    decoder: D,
    encoder: E,
    line: Line,
    resampler: Resampler,
    /// Samples per tick that the resampler is made for.
    ratio: u32,
    pcm: Vec<f32>,
    /// Samples at 48 kHz that do not fill a block yet.
    pending: Vec<f32>,
    /// When the first of them is heard; none while there is no time line.
    at: Option<i64>,
    track: TrackId,
}

impl<D: Decode, E: Encode> Chain<D, E> {
    fn new(decoder: D, encoder: E) -> Result<Self, Error> {
        Ok(Self {
            line: Line::new(decoder.rate()),
            resampler: Resampler::new(decoder.rate(), encoder.channels())?,
            decoder,
            encoder,
            ratio: 1,
            pcm: Vec::new(),
            pending: Vec::new(),
            at: None,
            track: TrackId::AUDIO,
        })
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.track = frame.track;
        let ticks = self.decoder.ticks(&frame.data);
        let ratio = self.decoder.decode(&frame.data, ticks, &mut self.pcm);
        match self.line.place(frame.pts, ticks) {
            Place::Anew(position) => {
                self.drain(out)?;
                self.begin(position, ratio)?;
            }
            Place::On { gap, late, .. } => {
                self.adapt(ratio)?;
                self.fill(gap)?;
                let late = self.samples(late).min(self.pcm.len());
                self.pcm.drain(..late);
            }
        }
        self.resampler.push(&self.pcm, &mut self.pending)?;
        self.encode(out)
    }

    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.line.end();
        self.drain(out)
    }

    fn begin(&mut self, position: i64, ratio: u32) -> Result<(), Error> {
        self.adapt(ratio)?;
        self.at = Some(Timestamp::new(position, self.decoder.rate()).to_scale(RATE));
        Ok(())
    }

    /// Goes on with `ratio` samples a tick, where SBR begins or ends unannounced. The time line does not notice.
    fn adapt(&mut self, ratio: u32) -> Result<(), Error> {
        if ratio == self.ratio {
            return Ok(());
        }
        self.resampler.flush(&mut self.pending)?;
        self.resampler = Resampler::new(self.decoder.rate() * ratio, self.encoder.channels())?;
        self.ratio = ratio;
        Ok(())
    }

    /// Interleaved samples in `ticks`.
    fn samples(&self, ticks: i64) -> usize {
        let ticks = usize::try_from(ticks).unwrap_or(0);
        ticks * self.ratio as usize * self.encoder.channels()
    }

    /// Silence of `ticks`, at most a second.
    fn fill(&mut self, ticks: i64) -> Result<(), Error> {
        if ticks > 0 {
            let silence = vec![0.0; self.samples(ticks)];
            self.resampler.push(&silence, &mut self.pending)?;
        }
        Ok(())
    }

    /// Brings out everything that is inside, behind it silence up to the end of a block. The encoder goes on: behind the silence, what
    /// comes next does not depend on what was.
    fn drain(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        if self.at.is_none() {
            return Ok(());
        }
        self.resampler.flush(&mut self.pending)?;
        let channels = self.encoder.channels();
        let delay = usize::try_from(self.encoder.delay()).unwrap_or(0);
        let len = self.pending.len() + delay * channels;
        self.pending
            .resize(len.next_multiple_of(E::BLOCK * channels), 0.0);
        let encoded = self.encode(out);
        self.at = None;
        self.pending.clear();
        encoded
    }

    fn encode(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        let Some(mut at) = self.at else {
            return Ok(());
        };
        let step = E::BLOCK * self.encoder.channels();
        let mut from = 0;
        while let Some(block) = self.pending.get_mut(from..from + step) {
            let data = self.encoder.encode(block)?;
            let pts = Timestamp::new(at.saturating_sub(self.encoder.delay()), RATE);
            out.push(Frame {
                track: self.track,
                dts: pts,
                pts,
                key: true,
                data,
            });
            at = at.saturating_add(i64::try_from(E::BLOCK).unwrap_or(0));
            from += step;
        }
        self.pending.drain(..from);
        self.at = Some(at);
        Ok(())
    }
}
