//! A byte stream of one access unit.

use media::h264::{AccessUnit, Nals};

/// Panics where what comes out cannot be read as frames are, holds what frames do not, or is more than went in.
pub fn run(data: &[u8]) {
    let unit = AccessUnit::from_annex_b(data);
    let mut nals = Nals::new(&unit.data, 4);
    let mut bytes = 0;
    for nal in nals.by_ref() {
        assert!(!matches!(nal.kind(), 0 | 7 | 8 | 9 | 12));
        bytes += nal.bytes.len();
    }
    assert!(!nals.truncated() && nals.empty() == 0);
    for set in unit.sets.sps.iter().chain(&unit.sets.pps) {
        assert!(!set.is_empty());
        bytes += set.len();
    }
    assert!(bytes <= data.len());
}
