//! Sound with a click, encoders and decoders around the transcoders, and where the click is.

use bytes::Bytes;
use syom::{DecodeOptions, EncodeOptions};

use crate::{Frame, Timestamp, TrackId, aac, audio::Transcoder};

/// Sound encoded: frames with exact times in ticks of `rate`.
pub struct Coded {
    pub specific: Vec<u8>,
    pub rate: u32,
    pub frames: Vec<(i64, Bytes)>,
}

/// Seconds of silence with a click (4 ms of 2 kHz, swelling and falling) whose middle is at each of `clicks_s`.
pub fn clicks(rate: u32, seconds: f64, clicks_s: &[f64]) -> Vec<f32> {
    let rate = f64::from(rate);
    let len = (rate * seconds) as usize;
    (0..len)
        .map(|n| {
            let at = n as f64 / rate;
            let sum: f64 = clicks_s
                .iter()
                .map(|click| at - click)
                .filter(|off| off.abs() < 0.002)
                .map(|off| {
                    let swell = 0.5 + 0.5 * (off / 0.002 * std::f64::consts::PI).cos();
                    0.8 * swell * (off * 2000.0 * std::f64::consts::TAU).cos()
                })
                .sum();
            sum as f32
        })
        .collect()
}

/// AAC of these planes; the first frame is one of priming before 0, as encoders have it.
pub fn aac(planes: &[Vec<f32>], rate: u32, options: &EncodeOptions) -> Coded {
    let mut encoder = syom::Encoder::new(rate, planes.len(), options).unwrap();
    let specific = encoder.asc().to_vec();
    let mut units: Vec<Bytes> = Vec::new();
    let planes: Vec<&[f32]> = planes.iter().map(|plane| &plane[..]).collect();
    let mut keep = |unit: syom::EncodedFrame<'_>| {
        units.push(Bytes::copy_from_slice(unit.payload));
        Ok(())
    };
    encoder.feed(&planes, &mut keep).unwrap();
    let info = encoder.finish(&mut keep).unwrap();
    let step = if options.he { 2048 } else { 1024 };
    let first = -i64::try_from(info.priming).unwrap();
    Coded {
        specific,
        rate,
        frames: (0..).map(|n| first + n * step).zip(units).collect(),
    }
}

/// AAC-LC with one click on every channel.
pub fn aac_click(rate: u32, channels: usize, seconds: f64, click_s: f64) -> Coded {
    let plane = clicks(rate, seconds, &[click_s]);
    let bit_rate = (rate * 2 * u32::try_from(channels).unwrap()).min(128_000);
    let options = EncodeOptions::raw().with_bitrate_bps(bit_rate);
    aac(&vec![plane; channels], rate, &options)
}

/// Opus packets of `block` samples at 48 kHz, timed by what a decoder makes of them.
pub fn opus(pcm: &[f32], channels: usize, block: usize) -> Coded {
    let mut encoder =
        opus_pure::OpusEncoder::new(48_000, channels, opus_pure::Application::Audio).unwrap();
    let mut packet = vec![0; opus_pure::MAX_PACKET_BYTES];
    let first = -i64::try_from(encoder.lookahead()).unwrap();
    let mut frames = Vec::new();
    for (n, samples) in pcm.chunks_exact(block).enumerate() {
        let samples: Vec<f32> = samples.iter().flat_map(|s| vec![*s; channels]).collect();
        let len = encoder.encode(&samples, block, &mut packet).unwrap();
        frames.push((
            first + (n * block) as i64,
            Bytes::copy_from_slice(&packet[..len]),
        ));
    }
    Coded {
        specific: Vec::new(),
        rate: 48_000,
        frames,
    }
}

impl Coded {
    pub fn config(&self) -> aac::Config {
        aac::Config::parse(Bytes::copy_from_slice(&self.specific)).unwrap()
    }

    /// The frames as RTMP stamps them: `begin_ms` and whole milliseconds.
    pub fn in_ms(&self, begin_ms: i64) -> Vec<Frame> {
        self.frames
            .iter()
            .map(|(ticks, data)| {
                let ms = Timestamp::new(*ticks, self.rate).to_scale(1000);
                frame(Timestamp::from_ms(begin_ms + ms), data.clone())
            })
            .collect()
    }
}

pub fn frame(pts: Timestamp, data: Bytes) -> Frame {
    Frame {
        track: TrackId::AUDIO,
        dts: pts,
        pts,
        key: true,
        data,
    }
}

/// Pushes everything and flushes.
pub fn run(transcoder: &mut dyn Transcoder, frames: &[Frame]) -> Vec<Frame> {
    let mut out = Vec::new();
    for frame in frames {
        transcoder.push(frame, &mut out).unwrap();
    }
    transcoder.flush(&mut out).unwrap();
    out
}

/// The output's times follow each other by `step`.
pub fn assert_even(out: &[Frame], step: i64) {
    for pair in out.windows(2) {
        assert_eq!(pair[1].pts.ticks() - pair[0].pts.ticks(), step);
        assert_eq!((pair[1].dts, pair[1].key), (pair[1].pts, true));
        assert_eq!(pair[1].pts.scale(), 48_000);
    }
}

/// Left channel of what a decoder makes of these Opus packets, each sample with its time in seconds.
pub fn heard_opus(out: &[Frame]) -> Vec<(f64, f32)> {
    let mut decoder = opus_pure::OpusDecoder::new(48_000, 2).unwrap();
    let mut heard = Vec::new();
    for frame in out {
        let mut pcm = vec![0.0; 960 * 2];
        assert_eq!(decoder.decode(&frame.data, 960, &mut pcm).unwrap(), 960);
        heard.extend(timed(frame, pcm.iter().copied().step_by(2)));
    }
    heard
}

/// The same of AAC.
pub fn heard_aac(config: &aac::Config, out: &[Frame]) -> Vec<(f64, f32)> {
    let mut decoder =
        syom::Decoder::from_asc(config.specific(), DecodeOptions::unbounded()).unwrap();
    let mut heard = Vec::new();
    for frame in out {
        let mut count = 0;
        decoder
            .decode_au(&frame.data, |decoded| {
                count += decoded.samples;
                heard.extend(timed(frame, decoded.planar[0].iter().copied()));
                Ok(())
            })
            .unwrap();
        assert_eq!(count, 1024);
    }
    heard
}

fn timed(frame: &Frame, samples: impl Iterator<Item = f32>) -> Vec<(f64, f32)> {
    let first = frame.pts.ticks() as f64;
    samples
        .enumerate()
        .map(|(n, sample)| ((first + n as f64) / 48_000.0, sample))
        .collect()
}

/// Where the loudest click is: the centre of its energy, in seconds.
pub fn click_of(heard: &[(f64, f32)]) -> f64 {
    let loudest = heard
        .iter()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
        .unwrap();
    assert!(loudest.1.abs() > 0.1, "no click: {loudest:?}");
    let (mut weight, mut sum) = (0.0, 0.0);
    for (at, sample) in heard {
        if (at - loudest.0).abs() < 0.006 {
            let energy = f64::from(*sample).powi(2);
            weight += energy;
            sum += energy * at;
        }
    }
    sum / weight
}

/// The loudest sample between two moments.
pub fn peak(heard: &[(f64, f32)], from_s: f64, to_s: f64) -> f32 {
    heard
        .iter()
        .filter(|(at, _)| (from_s..to_s).contains(at))
        .map(|(_, sample)| sample.abs())
        .fold(0.0, f32::max)
}

pub fn assert_click(heard: &[(f64, f32)], expected_s: f64, what: &str) {
    let found = click_of(heard);
    let off_ms = (found - expected_s) * 1000.0;
    assert!(off_ms.abs() < 5.0, "{what}: {off_ms:+.2} ms");
    if std::env::var_os("SHOW_CLICKS").is_some() {
        eprintln!("{what}: {off_ms:+.3} ms");
    }
}
