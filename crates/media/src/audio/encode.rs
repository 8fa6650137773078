//! The encoders behind one face: a block of samples in, a frame out.

use bytes::Bytes;
use opus_pure::Application;
use syom::EncodeOptions;

use super::{Error, RATE, mix};
use crate::{aac, opus};

/// Makes frames out of samples at [`RATE`].
pub(super) trait Encode: Send {
    /// Samples per channel of a block.
    const BLOCK: usize;
    /// Channels that go in, 1 or 2.
    fn channels(&self) -> usize;
    /// Samples by which what a decoder makes of a frame lies behind the block that was encoded.
    fn delay(&self) -> i64;
    /// Encodes a block of interleaved samples, bounded by [`mix::bounded`] in place.
    fn encode(&mut self, block: &mut [f32]) -> Result<Bytes, Error>;
}

/// Bits per second for two channels, and for one.
const OPUS_BIT_RATES: [i32; 2] = [96_000, 64_000];
/// How hard the encoder tries, 0 to 10. At 96 kb/s it is CELT at any setting; see `examples/transcode.rs` for what it costs.
const OPUS_COMPLEXITY: i32 = 5;
/// Longest packet in bytes: what one RTP packet has room for. About four times the mean.
const OPUS_PACKET_BYTES_MAX: usize = 1000;

/// Opus in packets of 20 ms.
pub(super) struct OpusEncoder {
    encoder: opus_pure::OpusEncoder,
    packet: Vec<u8>,
}

impl OpusEncoder {
    pub(super) fn new(channels: usize) -> Result<Self, Error> {
        let mut encoder = opus_pure::OpusEncoder::new(48_000, channels, Application::Audio)
            .map_err(opus_failed)?;
        let [stereo, mono] = OPUS_BIT_RATES;
        encoder.bitrate_bps = if channels == 1 { mono } else { stereo };
        encoder.complexity = OPUS_COMPLEXITY;
        Ok(Self {
            encoder,
            packet: vec![0; OPUS_PACKET_BYTES_MAX],
        })
    }

    pub(super) fn config(&self) -> opus::Config {
        opus::Config::new(
            if self.encoder.channels() == 1 { 1 } else { 2 },
            u16::try_from(self.encoder.lookahead()).unwrap_or(u16::MAX),
        )
    }
}

impl Encode for OpusEncoder {
    const BLOCK: usize = 960;

    fn channels(&self) -> usize {
        self.encoder.channels()
    }

    fn delay(&self) -> i64 {
        i64::try_from(self.encoder.lookahead()).unwrap_or(0)
    }

    fn encode(&mut self, block: &mut [f32]) -> Result<Bytes, Error> {
        bound(block);
        let len = self
            .encoder
            .encode(block, Self::BLOCK, &mut self.packet)
            .map_err(opus_failed)?;
        Ok(Bytes::copy_from_slice(
            self.packet.get(..len).unwrap_or_default(),
        ))
    }
}

fn opus_failed(error: opus_pure::Error) -> Error {
    Error::Stage {
        stage: "Opus encoder",
        reason: error.to_string(),
    }
}

/// AAC-LC, 128 kb/s, stereo: what Apple's authoring specification for HLS asks for.
pub(super) struct AacEncoder {
    encoder: syom::Encoder,
    planes: [Vec<f32>; 2],
}

impl AacEncoder {
    pub(super) fn new() -> Result<Self, Error> {
        let options = EncodeOptions::raw().with_bitrate_bps(128_000);
        Ok(Self {
            encoder: syom::Encoder::new(RATE, 2, &options).map_err(aac_failed)?,
            planes: [Vec::new(), Vec::new()],
        })
    }

    pub(super) fn config(&self) -> Result<aac::Config, Error> {
        aac::Config::parse(Bytes::copy_from_slice(self.encoder.asc())).map_err(aac_failed)
    }
}

impl Encode for AacEncoder {
    const BLOCK: usize = 1024;

    fn channels(&self) -> usize {
        2
    }

    /// A frame overlaps with the one before, and is heard with it.
    fn delay(&self) -> i64 {
        1024
    }

    fn encode(&mut self, block: &mut [f32]) -> Result<Bytes, Error> {
        bound(block);
        let [left, right] = &mut self.planes;
        left.clear();
        right.clear();
        let (pairs, _) = block.as_chunks::<2>();
        left.extend(pairs.iter().map(|pair| pair[0]));
        right.extend(pairs.iter().map(|pair| pair[1]));
        let mut data = Bytes::new();
        self.encoder
            .feed(&[left, right], |frame| {
                data = Bytes::copy_from_slice(frame.payload);
                Ok(())
            })
            .map_err(aac_failed)?;
        Ok(data)
    }
}

fn bound(block: &mut [f32]) {
    for sample in block {
        *sample = mix::bounded(*sample);
    }
}

fn aac_failed(error: impl std::fmt::Display) -> Error {
    Error::Stage {
        stage: "AAC encoder",
        reason: error.to_string(),
    }
}
