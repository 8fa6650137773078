//! The decoders behind one face: any bytes in, samples of the right length out.
//!
//! Both are young crates with vector code inside. A fuzz target looks for panics; should one be left, it costs the frame and not
//! the stream.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use syom::{Channel, DecodeOptions, Decoder, MAX_PLANES};

use super::{Error, RATE, mix};
use crate::{aac, opus};

/// Makes samples out of frames.
pub(super) trait Decode: Send {
    /// Ticks per second in which the frames' lengths are counted.
    fn rate(&self) -> u32;
    /// Ticks a frame lasts.
    fn ticks(&mut self, data: &[u8]) -> u32;
    /// Channels that come out, 1 or 2.
    fn channels(&self) -> usize;
    /// Puts a frame of `ticks` into `pcm`, interleaved, instead of what is there; silence where it does not decode. Samples per tick.
    fn decode(&mut self, data: &[u8], ticks: u32, pcm: &mut Vec<f32>) -> u32;
}

/// Rates of ISO/IEC 14496-3, table 1.18. Others can be written out in full, but nothing makes them, and a resampler from
/// 47,999 Hz works in blocks of a second.
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// Last of the arrangements of channels that the decoder knows: 7.1.
const ARRANGEMENT_MAX: u8 = 7;

/// Highest core rate at which SBR is used without being announced, and parametric stereo with it (ISO/IEC 14496-3, 1.6.5.3).
const IMPLICIT_SBR_RATE_MAX: u32 = 24_000;

/// AAC-LC, HE-AAC and HE-AAC v2.
pub(super) struct AacDecoder {
    /// None once it could not be set up again.
    decoder: Option<Decoder>,
    specific: Bytes,
    rate: u32,
    frame_samples: u32,
    channels: usize,
    /// Samples per tick of the last frame that decoded: 2 with SBR.
    ratio: u32,
}

impl AacDecoder {
    pub(super) fn new(config: &aac::Config) -> Result<Self, Error> {
        let rate = config.sample_rate();
        let ratio = config.output_sample_rate() / rate.max(1);
        let known = RATES.contains(&rate) && matches!(ratio, 1 | 2);
        if !known || config.output_sample_rate() != rate * ratio {
            return Err(unsupported(format!(
                "AAC with a core of {rate} Hz for sound of {} Hz is not decoded; the usual rates from 8,000 to 96,000 Hz are",
                config.output_sample_rate()
            )));
        }
        let arrangement = config.channel_configuration();
        if arrangement > ARRANGEMENT_MAX {
            return Err(unsupported(format!(
                "AAC with channels in arrangement {arrangement} is not decoded; mono to 7.1 (1 to {ARRANGEMENT_MAX}) are"
            )));
        }
        let decoder = set_up(config.specific())?;
        let implicit_stereo = !config.has_sbr() && rate <= IMPLICIT_SBR_RATE_MAX;
        Ok(Self {
            decoder: Some(decoder),
            specific: config.specific().clone(),
            rate,
            frame_samples: config.frame_samples(),
            channels: if config.channels() == 1 && !implicit_stereo {
                1
            } else {
                2
            },
            ratio,
        })
    }

    /// Decodes into `pcm`; samples per tick, where the frame is what the configuration says.
    fn attempt(&mut self, data: &[u8], pcm: &mut Vec<f32>) -> Option<u32> {
        let decoder = self.decoder.as_mut()?;
        let (rate, length, channels) = (self.rate, self.frame_samples as usize, self.channels);
        let mut ratio = None;
        decoder
            .decode_au(data, |frame| {
                let per_tick = frame.sample_rate / rate.max(1);
                let whole = frame.sample_rate == rate * per_tick;
                let samples = length * per_tick as usize;
                if !whole || !matches!(per_tick, 1 | 2) || frame.samples != samples {
                    return Ok(());
                }
                let mut labels = [Channel::Other; MAX_PLANES];
                for (place, label) in labels.iter_mut().zip(frame.meta.labels()) {
                    *place = label;
                }
                pcm.clear();
                mix::interleave(frame.planar, &labels, channels, samples, pcm);
                ratio = Some(per_tick);
                Ok(())
            })
            .ok()?;
        ratio
    }
}

impl Decode for AacDecoder {
    fn rate(&self) -> u32 {
        self.rate
    }

    fn ticks(&mut self, _data: &[u8]) -> u32 {
        self.frame_samples
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn decode(&mut self, data: &[u8], ticks: u32, pcm: &mut Vec<f32>) -> u32 {
        match catch_unwind(AssertUnwindSafe(|| self.attempt(data, pcm))) {
            Ok(Some(ratio)) => {
                self.ratio = ratio;
                return ratio;
            }
            // It refuses everything after an error until it is set up again.
            Ok(None) => {
                if let Some(decoder) = &mut self.decoder
                    && decoder.is_failed()
                {
                    decoder.reset();
                    if decoder.set_asc(&self.specific).is_err() {
                        self.decoder = None;
                    }
                }
            }
            Err(_panic) => self.decoder = set_up(&self.specific).ok(),
        }
        silence(pcm, ticks * self.ratio, self.channels);
        self.ratio
    }
}

fn set_up(specific: &[u8]) -> Result<Decoder, Error> {
    // Unbounded in total length alone, which a live stream is; what a frame may take stays bounded.
    Decoder::from_asc(specific, DecodeOptions::unbounded())
        .map_err(|error| unsupported(format!("this AAC is not decoded: {error}")))
}

/// Opus of one stream, always to two channels.
pub(super) struct OpusDecoder {
    decoder: Option<opus_pure::OpusDecoder>,
    gain: f32,
    /// Of the packet before; that of one which does not tell.
    ticks: u32,
}

impl OpusDecoder {
    pub(super) fn new(config: &opus::Config) -> Result<Self, Error> {
        let decoder = opus_decoder().map_err(|error| unsupported(format!("Opus: {error}")))?;
        Ok(Self {
            decoder: Some(decoder),
            // Q7.8 decibels (RFC 7845, 5.1).
            gain: 10_f32.powf(f32::from(config.output_gain()) / (20.0 * 256.0)),
            ticks: opus::PACKET_SAMPLES_USUAL,
        })
    }

    fn attempt(&mut self, data: &[u8], ticks: u32, pcm: &mut Vec<f32>) -> Option<()> {
        let decoder = self.decoder.as_mut()?;
        // An empty packet would be concealed, not decoded.
        opus::packet_samples(data)?;
        let samples = ticks as usize;
        pcm.clear();
        pcm.resize(samples * 2, 0.0);
        let decoded = decoder.decode(data, samples, pcm).ok()?;
        let gain = self.gain;
        for sample in pcm.iter_mut() {
            *sample = mix::bounded(*sample * gain);
        }
        (decoded == samples).then_some(())
    }
}

fn opus_decoder() -> Result<opus_pure::OpusDecoder, opus_pure::Error> {
    opus_pure::OpusDecoder::new(48_000, 2)
}

impl Decode for OpusDecoder {
    fn rate(&self) -> u32 {
        RATE
    }

    fn ticks(&mut self, data: &[u8]) -> u32 {
        if let Some(ticks) = opus::packet_samples(data) {
            self.ticks = ticks;
        }
        self.ticks
    }

    fn channels(&self) -> usize {
        2
    }

    fn decode(&mut self, data: &[u8], ticks: u32, pcm: &mut Vec<f32>) -> u32 {
        match catch_unwind(AssertUnwindSafe(|| self.attempt(data, ticks, pcm))) {
            Ok(Some(())) => return 1,
            Ok(None) => {}
            Err(_panic) => self.decoder = opus_decoder().ok(),
        }
        silence(pcm, ticks, 2);
        1
    }
}

fn silence(pcm: &mut Vec<f32>, samples: u32, channels: usize) {
    pcm.clear();
    pcm.resize(samples as usize * channels, 0.0);
}

fn unsupported(reason: String) -> Error {
    Error::Unsupported { reason }
}
