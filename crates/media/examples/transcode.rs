//! Prints what a stream's sound costs to transcode, in percent of a core: `cargo run --release -p media --example transcode`.
//!
//! A minute each of chords, beats and noise, nine runs. Time on the processor is Linux's (`/proc/self/schedstat`), so that neighbours
//! on the machine count little.

use std::{fs, process};

use bytes::Bytes;
use media::{
    Frame, Timestamp, TrackId, aac,
    audio::{AacToOpus, OpusToAac, Transcoder},
    opus,
};
use syom::EncodeOptions;

const SECONDS: usize = 60;
const RUNS: usize = 9;

fn main() {
    let lc = EncodeOptions::raw();
    let he = EncodeOptions::raw().with_he(true).with_bitrate_bps(64_000);
    println!("percent of a core per stream: least, median, most of {RUNS} runs; kb/s out");
    for (name, rate, channels, options) in [
        ("AAC-LC 48 kHz stereo to Opus", 48_000, 2, &lc),
        ("AAC-LC 44.1 kHz stereo to Opus", 44_100, 2, &lc),
        ("AAC-LC 44.1 kHz mono to Opus", 44_100, 1, &lc),
        ("HE-AAC 48 kHz stereo to Opus", 48_000, 2, &he),
    ] {
        let (config, frames) = aac_frames(rate, channels, options);
        report(name, &frames, || {
            Box::new(AacToOpus::new(&config).expect("AAC that is decoded"))
        });
    }
    for (name, channels) in [("Opus stereo to AAC", 2), ("Opus mono to AAC", 1)] {
        let frames = opus_frames(channels);
        let config = opus::Config::new(if channels == 1 { 1 } else { 2 }, 312);
        report(name, &frames, || {
            Box::new(OpusToAac::new(&config).expect("an encoder"))
        });
    }
}

fn report(name: &str, frames: &[Frame], make: impl Fn() -> Box<dyn Transcoder>) {
    let mut bytes = 0;
    let mut percents: Vec<f64> = (0..RUNS)
        .map(|_| {
            let mut transcoder = make();
            let mut out = Vec::new();
            let begin = processor_ns();
            for frame in frames {
                transcoder.push(frame, &mut out).expect("no defect");
            }
            transcoder.flush(&mut out).expect("no defect");
            let spent = processor_ns() - begin;
            bytes = out.iter().map(|frame| frame.data.len()).sum();
            spent as f64 / 1e9 / SECONDS as f64 * 100.0
        })
        .collect();
    percents.sort_by(f64::total_cmp);
    println!(
        "{name:32} {:.2} {:.2} {:.2}; {}",
        percents[0],
        percents[RUNS / 2],
        percents[RUNS - 1],
        bytes * 8 / SECONDS / 1000
    );
}

/// Nanoseconds that this thread has run.
fn processor_ns() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let Some(ns) = stat.split(' ').next().and_then(|ns| ns.parse().ok()) else {
        eprintln!("this system does not tell how long a thread has run");
        process::exit(1);
    };
    ns
}

/// Chords that change, a beat with noise, and a little hiss; channels differ.
fn music(rate: u32, channel: usize) -> Vec<f32> {
    let rate = f64::from(rate);
    let mut seed = 1 + channel as u32;
    let roots = [110.0, 146.8, 98.0, 130.8];
    (0..(rate as usize * SECONDS))
        .map(|n| {
            let at = n as f64 / rate;
            let root = roots[(at / 2.0) as usize % roots.len()] * (1.0 + channel as f64 * 0.001);
            let chord: f64 = (1..12)
                .map(|k| {
                    (at * root * f64::from(k) * 1.25 * std::f64::consts::TAU).sin() / f64::from(k)
                })
                .sum();
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(seed >> 8) / f64::from(1 << 23) - 1.0;
            let beat = (-(at * 2.0).fract() * 20.0).exp();
            ((0.2 * chord + noise * (0.4 * beat + 0.01)) * 0.8).clamp(-1.0, 1.0) as f32
        })
        .collect()
}

fn frame(ticks: i64, rate: u32, data: Bytes) -> Frame {
    let pts = Timestamp::new(ticks, rate);
    Frame {
        track: TrackId::AUDIO,
        dts: pts,
        pts,
        key: true,
        data,
    }
}

fn aac_frames(rate: u32, channels: usize, options: &EncodeOptions) -> (aac::Config, Vec<Frame>) {
    let mut encoder = syom::Encoder::new(rate, channels, options).expect("an encoder");
    let specific = Bytes::copy_from_slice(encoder.asc());
    let config = aac::Config::parse(specific).expect("what the encoder makes");
    let planes: Vec<Vec<f32>> = (0..channels).map(|channel| music(rate, channel)).collect();
    let planes: Vec<&[f32]> = planes.iter().map(|plane| &plane[..]).collect();
    let mut frames = Vec::new();
    encoder
        .feed(&planes, |unit| {
            let ticks = frames.len() as i64 * i64::from(config.frame_samples());
            let data = Bytes::copy_from_slice(unit.payload);
            frames.push(frame(ticks, config.sample_rate(), data));
            Ok(())
        })
        .expect("sound within full scale");
    (config, frames)
}

fn opus_frames(channels: usize) -> Vec<Frame> {
    let mut encoder = opus_pure::OpusEncoder::new(48_000, channels, opus_pure::Application::Audio)
        .expect("an encoder");
    let planes: Vec<Vec<f32>> = (0..channels)
        .map(|channel| music(48_000, channel))
        .collect();
    let mut packet = vec![0; opus_pure::MAX_PACKET_BYTES];
    (0..SECONDS * 50)
        .map(|n| {
            let block: Vec<f32> = (n * 960..(n + 1) * 960)
                .flat_map(|at| planes.iter().map(move |plane| plane[at]))
                .collect();
            let len = encoder
                .encode(&block, 960, &mut packet)
                .expect("whole blocks");
            frame(
                n as i64 * 960,
                48_000,
                Bytes::copy_from_slice(&packet[..len]),
            )
        })
        .collect()
}
