//! Any bytes as an index, and what is played from it.
//!
//! Checksums would stop every changed byte at the door, so they are made right: as who can write into the storage might.

use record::{
    Index,
    index::{RECORD_BYTES, SEGMENTS_MAX, TRACKS_MAX},
    vod::{self, Name},
};

/// Magic, version, reserved, length of the body.
const HEAD: usize = 12;

/// Panics where an index says what cannot be.
pub fn run(data: &[u8]) {
    look(data);
    if let Some(mended) = mended(data) {
        look(&mended);
    }
}

fn look(bytes: &[u8]) {
    let Ok((index, used)) = Index::read(bytes) else {
        return;
    };
    assert!(used <= bytes.len());
    // Reserved bytes are not kept; all else is.
    let written = index.to_bytes();
    let again = Index::read(&written).expect("what is written can be read");
    assert_eq!(again, (index.clone(), written.len()));
    assert!(index.tracks().len() <= TRACKS_MAX && index.segments().len() <= SEGMENTS_MAX);
    assert!(
        index.segments().len() * RECORD_BYTES <= bytes.len(),
        "no more than its bytes"
    );
    let (mut time, mut place) = (0, index.init().end);
    for (number, segment) in (0..).zip(index.segments()) {
        assert!(segment.start >= time && segment.offset >= place);
        (time, place) = (segment.end(), segment.bytes().end);
        let name = Name::Segment { number };
        assert_eq!(vod::piece(&index, name), Some(segment.bytes()));
        assert_eq!(Name::parse(&name.to_string()), Some(name));
    }
    assert!(index.peak_bits() >= index.average_bits());
    let media = vod::media(&index);
    let segments = media.lines().filter(|line| line.ends_with(".m4s")).count();
    assert_eq!(segments, index.segments().len());
    let multivariant = vod::multivariant(&index, "p/");
    assert!(multivariant.ends_with("\np/main.m3u8\n"));
    // Nothing of the file leaves its line.
    let lines = multivariant.lines().count();
    assert!(
        lines == 4 + usize::from(index.is_independent()),
        "{lines} lines"
    );
    assert!(
        multivariant
            .lines()
            .all(|line| line.matches('"').count() <= 2)
    );
}

/// The same bytes with checksums that are right, where they are long enough to have some.
fn mended(data: &[u8]) -> Option<Vec<u8>> {
    let mut out = data.to_vec();
    let length = u32::from_be_bytes(*data.get(8..HEAD)?.first_chunk()?);
    let end = HEAD.checked_add(usize::try_from(length).ok()?)?;
    let sum = crc(&[out.get(..end)?]);
    out.get_mut(end..end + 4)?.copy_from_slice(&sum);
    for (number, record) in (0_u32..).zip(out.get_mut(end + 4..)?.chunks_exact_mut(RECORD_BYTES)) {
        let (fields, place) = record.split_at_mut(RECORD_BYTES - 4);
        place.copy_from_slice(&crc(&[&number.to_be_bytes(), fields]));
    }
    Some(out)
}

/// CRC-32, bit by bit.
fn crc(pieces: &[&[u8]]) -> [u8; 4] {
    let mut sum = u32::MAX;
    for byte in pieces.iter().copied().flatten() {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(sum & 1));
        }
    }
    (!sum).to_be_bytes()
}
