//! Any frames of sound. The first byte says of which kind; then come frames: two bytes of time, one of length, the bytes themselves.

use bytes::Bytes;
use media::{
    Frame, Timestamp, TrackId, aac,
    audio::{AacToOpus, Error, OpusToAac, Transcoder},
    opus,
};

/// AAC-LC mono and stereo, 44.1, 22.05 and 96 kHz, 960 samples, HE-AAC, HE-AAC v2, 5.1, and channels told by the frames.
const CONFIGURATIONS: [&[u8]; 9] = [
    &[0x12, 0x08],
    &[0x11, 0x90],
    &[0x13, 0x88],
    &[0x10, 0x10],
    &[0x11, 0x94],
    &[0x2b, 0x11, 0x88, 0x00],
    &[0xeb, 0x09, 0x88, 0x00],
    &[0x11, 0xb0],
    &[0x11, 0x80, 0x04, 0xc4, 0x00, 0x00, 0x20, 0x00, 0x00],
];
/// No input makes more than a second of silence before each frame, and a jump.
const OUT_PER_FRAME_MAX: usize = 70;
const FRAMES_MAX: usize = 12;

/// Panics where the output breaks a promise.
pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let transcoder: Result<Box<dyn Transcoder>, Error> =
        match CONFIGURATIONS.get(usize::from(kind % 11)) {
            Some(specific) => {
                let config = aac::Config::parse(Bytes::from_static(specific)).expect("a real one");
                AacToOpus::new(&config).map(|made| Box::new(made) as _)
            }
            None if kind % 11 == 9 => {
                OpusToAac::new(&opus::Config::new(2, 312)).map(|made| Box::new(made) as _)
            }
            None => {
                let Ok(config) = aac::Config::parse(Bytes::copy_from_slice(rest)) else {
                    return;
                };
                AacToOpus::new(&config).map(|made| Box::new(made) as _)
            }
        };
    let Ok(mut transcoder) = transcoder else {
        return;
    };
    let mut out = Vec::new();
    let (mut rest, mut ms) = (rest, 0_i64);
    for _ in 0..FRAMES_MAX {
        let [a, b, length, tail @ ..] = rest else {
            break;
        };
        // Mostly on time, sometimes far off.
        let step = i64::from(i16::from_be_bytes([*a, *b]));
        ms = ms.saturating_add(if step % 2 == 0 { 21 } else { step });
        let (body, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = tail;
        let pts = Timestamp::from_ms(ms);
        let frame = Frame {
            track: TrackId::AUDIO,
            dts: pts,
            pts,
            key: true,
            data: Bytes::copy_from_slice(body),
        };
        let before = out.len();
        transcoder
            .push(&frame, &mut out)
            .expect("our encoders take anything");
        assert!(out.len() - before <= OUT_PER_FRAME_MAX);
    }
    transcoder
        .flush(&mut out)
        .expect("our encoders take anything");
    assert!(
        out.iter()
            .all(|frame| !frame.data.is_empty() && frame.data.len() <= 1536)
    );
}
