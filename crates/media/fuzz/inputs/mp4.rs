//! Any file, taken apart.

use std::collections::BTreeMap;

use bytes::Bytes;
use media::{
    fmp4,
    mp4::{Demuxer, Event, Limits, Movie},
};

/// Polls for each byte of the file and this many more end the run: what is bounded by the file is far below.
const POLLS: usize = 100_000;

/// Panics where the demuxer leaves its bounds.
pub fn run(data: &[u8]) {
    let limits = Limits {
        samples_max: 1 << 16,
        read_ahead_bytes: 64,
        ..Limits::default()
    };
    let len = data.len() as u64;
    let mut demuxer = Demuxer::new(len, limits.clone());
    let mut movie = None::<Movie>;
    let mut last = BTreeMap::new();
    let mut bytes = 0;
    for _ in 0..POLLS + 64 * data.len() {
        match demuxer.poll() {
            Ok(Event::Needs(needs)) => {
                assert!(needs.len > 0 && needs.offset + u64::from(needs.len) <= len);
                assert!(needs.len <= limits.moov_bytes_max);
                assert_eq!(
                    demuxer.poll(),
                    Ok(Event::Needs(needs)),
                    "it asks until it is given"
                );
                let start = usize::try_from(needs.offset).expect("inside the file");
                let piece = &data[start..start + needs.len as usize];
                let taken = demuxer.receive(Bytes::copy_from_slice(piece));
                assert!(taken.is_ok(), "the whole range was given");
            }
            Ok(Event::Movie(told)) => {
                assert!(movie.is_none() && (1..=2).contains(&told.tracks.len()));
                let init = fmp4::init_of(&told.tracks);
                let read = fmp4::read::init(&init).expect("what is written can be read");
                assert!(read.tracks.iter().all(|track| track.codec.is_some()));
                movie = Some(told);
            }
            Ok(Event::Sample(sample)) => {
                let frame = sample.frame;
                let tracks = &movie.as_ref().expect("tracks come first").tracks;
                assert!(tracks.iter().any(|header| header.track.id == frame.track));
                bytes += frame.data.len();
                assert!(!frame.data.is_empty());
                // Lengths of one byte grow to four.
                assert!(bytes <= 4 * data.len(), "no byte comes out twice");
                let before = last.insert(frame.track, frame.dts.ticks());
                assert!(before.is_none_or(|before| before <= frame.dts.ticks()));
            }
            Ok(Event::End) => {
                assert!(movie.is_some());
                return;
            }
            Err(refused) => {
                assert!(refused.to_string().len() < 300);
                return;
            }
        }
    }
    panic!("no end");
}
