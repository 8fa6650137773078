//! Any `avcC` record.

use bytes::Bytes;
use media::{Codec, Track, TrackId, fmp4, h264};

/// Panics where a configuration breaks a promise.
pub fn run(data: &[u8]) {
    let Ok(config) = h264::Config::parse(Bytes::copy_from_slice(data)) else {
        return;
    };
    assert!((1..=h264::SIDE_MAX).contains(&config.width()));
    assert!((1..=h264::SIDE_MAX).contains(&config.height()));
    assert!((1..=4).contains(&config.nal_length_size()));
    if let Some((num, den)) = config.frame_rate() {
        assert!(num > 0 && den > 0);
    }
    let _ = (
        config.sample_aspect(),
        config.reorder_frames(),
        config.profile_name(),
        config.chroma_format(),
        config.bit_depth(),
        config.interlaced(),
        config.colour(),
    );
    let same = config.updated(config.parameter_sets());
    assert!(
        matches!(same, Ok(None)),
        "its own parameter sets change nothing: {same:?}"
    );
    let again = h264::Config::from_parameter_sets(config.parameter_sets().clone());
    let again = again.expect("sets that were understood once are understood again");
    assert_eq!(
        (again.width(), again.height(), again.frame_rate()),
        (config.width(), config.height(), config.frame_rate())
    );
    let init = fmp4::init(&[Track {
        id: TrackId::VIDEO,
        codec: Codec::H264(config),
    }]);
    let read = fmp4::read::init(&init).expect("what is written can be read");
    assert!(
        matches!(
            read.tracks.first().and_then(|track| track.codec.as_ref()),
            Some(Codec::H264(_))
        ),
        "the record for players is a record"
    );
}
