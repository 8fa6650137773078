//! The index as bytes, and what playlists make of it.

use media::Kind;
use proptest::prelude::*;
use record::{
    Index, Segment,
    index::{self, Error, RECORD_BYTES, Track, VideoRange},
    vod::{self, Name},
};

fn picture() -> Track {
    Track {
        kind: Kind::Video,
        codec: "avc1.64001f".into(),
        size: (1280, 720),
        range: VideoRange::Sdr,
        frames_per_1000_s: 29_970,
        sample_rate: 0,
        channels: 0,
    }
}

fn sound() -> Track {
    Track {
        kind: Kind::Audio,
        codec: "mp4a.40.2".into(),
        size: (0, 0),
        range: VideoRange::Sdr,
        frames_per_1000_s: 0,
        sample_rate: 48_000,
        channels: 2,
    }
}

/// Segments of these ticks and bytes, one after the other.
fn filled(timescale: u32, parts: &[(u64, u32, bool)]) -> Index {
    let mut index = Index::new(timescale, 1000, vec![picture(), sound()]);
    let (mut start, mut offset) = (0, 1000);
    for &(duration, len, independent) in parts {
        let segment = Segment {
            start,
            duration,
            offset,
            len,
            independent,
        };
        assert!(index.push(segment));
        (start, offset) = (segment.end(), segment.bytes().end);
    }
    index
}

fn parts() -> impl Strategy<Value = Vec<(u64, u32, bool)>> {
    proptest::collection::vec((1..2_000_000_u64, 1..9_000_000_u32, any::<bool>()), 0..40)
}

proptest! {
    #[test]
    fn an_index_reads_back_as_it_was_written(timescale in 1..=u32::MAX, parts in parts()) {
        let index = filled(timescale, &parts);
        let bytes = index.to_bytes();
        prop_assert_eq!(Index::read(&bytes), Ok((index.clone(), bytes.len())));
        // A recording writes the same, piece by piece.
        let mut appended = Index::new(timescale, 1000, vec![picture(), sound()]).header().to_vec();
        for (number, segment) in (0..).zip(index.segments()) {
            appended.extend(Index::record(number, segment));
        }
        prop_assert_eq!(&appended[..], &bytes[..]);
    }

    #[test]
    fn a_torn_record_ends_the_index_and_spoils_nothing(parts in parts(), cut in 0..RECORD_BYTES, bit in 0..RECORD_BYTES * 8) {
        let whole = filled(90_000, &parts);
        let mut more = parts.clone();
        more.push((6, 7, true));
        let longer = filled(90_000, &more).to_bytes();
        let length = whole.to_bytes().len();
        let read = Index::read(&longer[..length + cut]);
        prop_assert_eq!(read, Ok((whole.clone(), length)));
        let mut rotten = longer.to_vec();
        rotten[length + bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(Index::read(&rotten), Ok((whole, length)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(noise in proptest::collection::vec(any::<u8>(), 0..300), at: prop::sample::Index, with: u8) {
        let _ = Index::read(&noise);
        let mut bytes = filled(1000, &[(5, 6, true), (7, 8, false)]).to_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = with;
        if let Ok((index, used)) = Index::read(&bytes) {
            prop_assert!(used <= bytes.len() && index.segments().len() <= 2);
            prop_assert!(index.tracks().len() <= index::TRACKS_MAX);
        }
    }

    #[test]
    fn durations_in_a_playlist_add_up_and_round_to_the_target(timescale in 1..200_000_u32, parts in parts()) {
        let index = filled(timescale, &parts);
        let list = vod::media(&index);
        let lines = list.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
        let seconds: Vec<u64> = lines
            .map(|line| line.trim_end_matches(',').replace('.', "").parse().expect("microseconds"))
            .collect();
        prop_assert_eq!(seconds.len(), parts.len());
        prop_assert_eq!(seconds.iter().sum::<u64>(), index.duration_us());
        let target = u64::from(index.target_duration_s());
        prop_assert!(seconds.iter().all(|us| (us + 499_999) / 1_000_000 <= target));
        let independent = parts.iter().all(|(_, _, independent)| *independent);
        prop_assert_eq!(list.contains("#EXT-X-INDEPENDENT-SEGMENTS\n"), independent);
        prop_assert!(list.ends_with("#EXT-X-ENDLIST\n"));
    }

    #[test]
    fn names_read_back_as_they_were_written(number: u32) {
        for name in [Name::Playlist, Name::Init, Name::Segment { number }] {
            prop_assert_eq!(Name::parse(&name.to_string()), Some(name));
        }
    }

    #[test]
    fn only_written_names_are_understood(text in "(main|init|s)?[0-9]{0,12}(\\.m4s|\\.mp4|\\.m3u8)?") {
        if let Some(name) = Name::parse(&text) {
            prop_assert_eq!(name.to_string(), text);
        }
    }
}

#[test]
fn records_out_of_place_end_the_index() {
    let index = filled(1000, &[(5, 6, true), (7, 8, true), (9, 10, true)]);
    let bytes = index.to_bytes();
    let first = index.header().len();
    let mut swapped = bytes[..first].to_vec();
    swapped.extend(&bytes[first + RECORD_BYTES..first + 2 * RECORD_BYTES]);
    swapped.extend(&bytes[first..first + RECORD_BYTES]);
    let (read, used) = Index::read(&swapped).expect("the header is whole");
    assert_eq!((read.segments().len(), used), (0, first));
    // Right sums, but it goes back in the file.
    let mut back = index.clone();
    let last = *back.segments().last().expect("three");
    assert!(!back.push(last));
    assert!(!back.push(Segment {
        start: last.end(),
        ..last
    }));
}

#[test]
fn what_is_no_index_is_told_apart() {
    let bytes = filled(1000, &[(5, 6, true)]).to_bytes();
    assert_eq!(Index::read(b"MSI"), Err(Error::NotAnIndex));
    assert_eq!(Index::read(b"#EXTM3U and more"), Err(Error::NotAnIndex));
    let mut later = bytes.to_vec();
    later[5] = 2;
    assert_eq!(Index::read(&later), Err(Error::Version { version: 2 }));
    let mut rotten = bytes.to_vec();
    rotten[20] ^= 1;
    assert_eq!(Index::read(&rotten), Err(Error::Damaged));
    let mut claim = bytes.to_vec();
    claim[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(Index::read(&claim), Err(Error::Damaged));
}

#[test]
fn bandwidth_is_the_peak_of_what_a_target_duration_holds() {
    // Six seconds at 1, 2 and 1 Mbit/s; a rest of half a second at 8 Mbit/s, which counts with what is before it.
    let second = 125_000;
    let index = filled(
        90_000,
        &[
            (540_000, 6 * second, true),
            (540_000, 12 * second, true),
            (540_000, 6 * second, true),
            (45_000, 4 * second, true),
        ],
    );
    assert_eq!(index.target_duration_s(), 6);
    assert_eq!(index.peak_bits(), 2_000_000);
    assert_eq!(
        index.average_bits(),
        (28 * second as u64 * 8 * 10).div_ceil(185)
    );
    let all = vod::multivariant(&index, "");
    assert_eq!(
        all,
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1513514,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970\n\
         main.m3u8\n"
    );
}

#[test]
fn an_empty_index_is_played_to_its_end_at_once() {
    let index = filled(1000, &[]);
    assert_eq!(
        (index.duration(), index.peak_bits(), index.average_bits()),
        (0, 0, 0)
    );
    assert!(vod::media(&index).contains("#EXT-X-TARGETDURATION:1\n"));
    assert_eq!(vod::piece(&index, Name::Init), Some(0..1000));
    assert_eq!(vod::piece(&index, Name::Playlist), None);
}

#[test]
fn pictures_of_high_range_are_announced_as_such() {
    for (range, word) in [(VideoRange::Hlg, "HLG"), (VideoRange::Pq, "PQ")] {
        let track = Track { range, ..picture() };
        let index = Index::new(1000, 1000, vec![track]);
        let (read, _) = Index::read(&index.to_bytes()).expect("whole");
        assert_eq!(read, index);
        assert!(vod::multivariant(&read, "").contains(&format!(",VIDEO-RANGE={word},RESOLUTION=")));
    }
}

/// Segments that last nothing, as times that jump can make them: what an index costs does not grow with the square of their number.
#[test]
fn segments_that_last_nothing_are_counted_with_those_that_follow() {
    let mut parts = vec![(0, 1000, true); 400_000];
    parts.push((90_000, 1000, true));
    parts.extend(std::iter::repeat_n((1, 1000, true), 400_000));
    let index = filled(90_000, &parts);
    assert_eq!(index.target_duration_s(), 1);
    // All that lasts nothing is sent in the second that follows.
    assert!(index.peak_bits() >= 400_001 * 8000, "{}", index.peak_bits());
}
