//! Sound of encoders that are not ours, transcoded and heard.

use std::{fs, path::Path};

use bytes::Bytes;
use media::{
    Frame, Timestamp, TrackId, aac,
    audio::{AacToOpus, Transcoder as _},
};

/// Below the quietest of the sounds, a hiss of some 60 dB below full scale.
const QUIETEST: f32 = 3e-4;

/// The frames of an ADTS file (ISO/IEC 13818-7, 6.2) with a configuration made of its first header.
fn read(name: &str) -> (aac::Config, Vec<Frame>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sound")
        .join(name);
    let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (index, channels) = (file[2] >> 2 & 15, (file[2] & 1) << 2 | file[3] >> 6);
    let specific = vec![2 << 3 | index >> 1, index << 7 | channels << 3];
    let config = aac::Config::parse(specific.into()).expect("AAC-LC");
    let mut rest = &file[..];
    let mut frames = Vec::new();
    while let [0xff, flags, _, a, b, c, _, ..] = *rest {
        let header = if flags & 1 == 1 { 7 } else { 9 };
        let length = usize::from(a & 3) << 11 | usize::from(b) << 3 | usize::from(c >> 5);
        let ticks = i64::try_from(frames.len()).expect("a few") * 1024;
        let pts = Timestamp::new(ticks, config.sample_rate());
        frames.push(Frame {
            track: TrackId::AUDIO,
            dts: pts,
            pts,
            key: true,
            data: Bytes::copy_from_slice(&rest[header..length]),
        });
        rest = &rest[length..];
    }
    (config, frames)
}

/// The loudest sample on the left and on the right.
fn peaks(name: &str) -> [f32; 2] {
    let (config, frames) = read(name);
    let mut transcoder = AacToOpus::new(&config).expect("AAC that is decoded");
    let mut out = Vec::new();
    for frame in &frames {
        transcoder.push(frame, &mut out).expect("no defect");
    }
    transcoder.flush(&mut out).expect("no defect");
    let seconds = frames.len() as f64 * 1024.0 / f64::from(config.sample_rate());
    let heard = out.len() as f64 * 0.02;
    assert!(
        (seconds..seconds + 0.06).contains(&heard),
        "{name}: {heard} of {seconds} s"
    );
    let mut decoder = opus_pure::OpusDecoder::new(48_000, 2).expect("a decoder");
    let mut peaks = [0.0_f32; 2];
    for packet in &out {
        let mut pcm = [0.0; 1920];
        let decoded = decoder.decode(&packet.data, 960, &mut pcm);
        assert_eq!(decoded.expect("a packet"), 960);
        for pair in pcm.chunks(2) {
            peaks = [peaks[0].max(pair[0].abs()), peaks[1].max(pair[1].abs())];
        }
    }
    peaks
}

#[test]
fn what_other_encoders_make_of_silence_is_silence() {
    for name in [
        "silence-mono-44.aac",
        "silence-stereo-48.aac",
        "silence-51-48.aac",
        "silence-voaacenc-48.aac",
    ] {
        let peaks = peaks(name);
        assert!(
            peaks.iter().all(|peak| *peak < QUIETEST),
            "{name}: {peaks:?}"
        );
    }
}

#[test]
fn what_other_encoders_make_of_sound_is_heard_on_its_side() {
    for (name, sides) in [
        ("tone-mono-44.aac", [true, true]),
        ("tone-stereo-48.aac", [true, true]),
        ("tone-voaacenc-48.aac", [true, true]),
        ("hiss-stereo-48.aac", [true, true]),
        ("tone-right-48.aac", [false, true]),
        ("tone-lfe-48.aac", [false, false]),
    ] {
        let peaks = peaks(name);
        assert_eq!(
            peaks.map(|peak| peak > QUIETEST),
            sides,
            "{name}: {peaks:?}"
        );
    }
}

#[test]
fn frames_of_silence_decode_to_silence() {
    for channels in 1..=6_u8 {
        let specific = vec![0x11, 0x80 | channels << 3];
        let config = aac::Config::parse(specific.into()).expect("AAC-LC");
        let frame = config.silence().expect("a usual arrangement");
        assert_eq!(aac::is_silent(frame), Some(true), "{channels} channels");
        let mut transcoder = AacToOpus::new(&config).expect("AAC that is decoded");
        let mut out = Vec::new();
        for number in 0..10 {
            let pts = Timestamp::new(number * 1024, 48_000);
            let frame = Frame {
                track: TrackId::AUDIO,
                dts: pts,
                pts,
                key: true,
                data: Bytes::from_static(frame),
            };
            transcoder.push(&frame, &mut out).expect("it is decoded");
        }
        assert!(!out.is_empty());
    }
    for channels in [1, 2] {
        let config = media::opus::Config::new(channels, 0);
        let mut decoder = opus_pure::OpusDecoder::new(48_000, channels.into()).expect("a decoder");
        let mut pcm = vec![1.0; 960 * usize::from(channels)];
        let decoded = decoder.decode(config.silence(), 960, &mut pcm);
        assert_eq!(decoded.expect("a packet"), 960);
        assert!(pcm.iter().all(|sample: &f32| sample.abs() < 1e-4));
        assert_eq!(media::opus::packet_samples(config.silence()), Some(960));
    }
}
