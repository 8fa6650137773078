//! Any initialisation segment and any media segment. The first two bytes say where the second begins.

use media::fmp4::read;

/// Panics where the reader leaves its bounds.
pub fn run(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let (head, file) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let Ok(init) = read::init(head) else {
        return;
    };
    assert!(init.tracks.len() <= read::TRACKS_MAX);
    let Ok(fragments) = read::fragments(file, &init) else {
        return;
    };
    let mut samples = 0;
    for fragment in &fragments {
        assert!(fragment.range.end <= file.len());
        for track in &fragment.tracks {
            assert!(init.track(track.track_id).is_some());
            samples += track.samples.len();
            let _ = track.duration();
            for sample in &track.samples {
                assert!(file.get(sample.range.clone()).is_some());
            }
        }
    }
    assert!(samples <= read::SAMPLES_MAX);
}
