//! Any playlist.

use std::time::Duration;

use hls::read::{self, Playlist};

/// Panics where what is read contradicts itself.
pub fn run(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').count();
    match read::playlist(data) {
        Ok(Playlist::Media(media)) => {
            assert_eq!(read::media(data).as_ref(), Ok(&*media));
            assert!(media.segments.len() <= lines);
            assert!(media.next_msn() >= media.media_sequence);
            let _: Duration = media.duration();
            assert!(media.with_open().count() <= media.segments.len() + 1);
        }
        Ok(Playlist::Multivariant(multivariant)) => {
            assert_eq!(read::multivariant(data).as_ref(), Ok(&multivariant));
            assert!(multivariant.variants.len() <= lines);
        }
        Err(error) => assert!(
            (1..=lines + 1).contains(&error.line),
            "line {} of {lines}",
            error.line
        ),
    }
}
