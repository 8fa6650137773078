//! Any `AudioSpecificConfig`.

use bytes::Bytes;
use media::{Codec, Track, TrackId, aac, fmp4};

/// Panics where a configuration breaks a promise.
pub fn run(data: &[u8]) {
    let Ok(config) = aac::Config::parse(Bytes::copy_from_slice(data)) else {
        return;
    };
    assert!((aac::RATE_MIN..=aac::RATE_MAX).contains(&config.sample_rate()));
    assert!((aac::RATE_MIN..=aac::RATE_MAX).contains(&config.output_sample_rate()));
    assert!((1..=8).contains(&config.channels()));
    assert!(matches!(config.frame_samples(), 960 | 1024));
    assert!(matches!(config.object_type(), 2 | 5 | 29));
    let track = Track {
        id: TrackId::AUDIO,
        codec: Codec::Aac(config),
    };
    let read = fmp4::read::init(&fmp4::init(std::slice::from_ref(&track)));
    let read = read.expect("what is written can be read");
    assert_eq!(
        read.tracks.first().and_then(|track| track.codec.as_ref()),
        Some(&track.codec)
    );
}
