//! From a fixed rate to 48 kHz, without delay on the time line.

use rubato::{
    Fft, FixedSync, Indexing, Resampler as _, audioadapter_buffers::direct::InterleavedSlice,
};

use super::{Error, RATE};

/// Blocks a second: 13 ms each, so that half a block of delay stays below a packet of Opus.
const BLOCKS_PER_SECOND: u32 = 75;

/// Takes interleaved samples of one rate and appends them at [`RATE`]; the first that comes out is the first that went in.
pub(super) struct Resampler {
    stage: Option<Stage>,
    channels: usize,
}

struct Stage {
    fft: Fft<f32>,
    rate: u64,
    input: Vec<f32>,
    block: Vec<f32>,
    /// Samples per channel.
    block_in: usize,
    block_out: usize,
    /// Of the delay, samples that are still to be left out.
    skip: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// One from `rate`, which must be one of the table of AAC or twice one.
    pub(super) fn new(rate: u32, channels: usize) -> Result<Self, Error> {
        let stage = if rate == RATE {
            None
        } else {
            Some(Stage::new(rate, channels)?)
        };
        Ok(Self { stage, channels })
    }

    /// Takes samples and appends what they complete.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), Error> {
        let Some(stage) = &mut self.stage else {
            out.extend_from_slice(samples);
            return Ok(());
        };
        stage.input.extend_from_slice(samples);
        stage.taken += (samples.len() / self.channels.max(1)) as u64;
        stage.run(self.channels, out)
    }

    /// Appends what is inside, to the last sample that was taken; what is taken next begins anew.
    pub(super) fn flush(&mut self, out: &mut Vec<f32>) -> Result<(), Error> {
        let Some(stage) = &mut self.stage else {
            return Ok(());
        };
        let wanted = (stage.taken * u64::from(RATE) + stage.rate / 2) / stage.rate;
        while stage.given < wanted {
            let filled = stage.input.len() + stage.block_in * self.channels;
            stage.input.resize(filled, 0.0);
            stage.run(self.channels, out)?;
        }
        let surplus = usize::try_from(stage.given - wanted).unwrap_or(0) * self.channels;
        out.truncate(out.len().saturating_sub(surplus));
        stage.restart();
        Ok(())
    }
}

impl Stage {
    fn new(rate: u32, channels: usize) -> Result<Self, Error> {
        let wish = (rate / BLOCKS_PER_SECOND).max(1) as usize;
        let fft = Fft::<f32>::new_custom(
            rate as usize,
            RATE as usize,
            wish,
            1,
            channels,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(failed)?;
        let (block_in, block_out) = (fft.input_frames_next(), fft.output_frames_next());
        Ok(Self {
            skip: fft.output_delay(),
            fft,
            rate: u64::from(rate),
            input: Vec::new(),
            block: vec![0.0; block_out * channels],
            block_in,
            block_out,
            taken: 0,
            given: 0,
        })
    }

    fn run(&mut self, channels: usize, out: &mut Vec<f32>) -> Result<(), Error> {
        let step = self.block_in * channels;
        let mut from = 0;
        while let Some(block) = self.input.get(from..from + step) {
            let read = InterleavedSlice::new(block, channels, self.block_in).map_err(failed)?;
            let mut written = InterleavedSlice::new_mut(&mut self.block, channels, self.block_out)
                .map_err(failed)?;
            self.fft
                .process_into_buffer(&read, &mut written, None::<&Indexing>)
                .map_err(failed)?;
            let skipped = self.skip.min(self.block_out);
            self.skip -= skipped;
            out.extend(self.block.iter().skip(skipped * channels));
            self.given += (self.block_out - skipped) as u64;
            from += step;
        }
        self.input.drain(..from);
        Ok(())
    }

    fn restart(&mut self) {
        self.fft.reset();
        self.skip = self.fft.output_delay();
        self.input.clear();
        (self.taken, self.given) = (0, 0);
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Stage {
        stage: "resampler",
        reason: error.to_string(),
    }
}
