//! Any bytes in the place of an AAC access unit.

use media::aac::is_silent;

/// Panics where the verdict depends on what lies behind what decides it.
pub fn run(data: &[u8]) {
    let whole = is_silent(data);
    for cut in [data.len() / 2, data.len().saturating_sub(1)] {
        let part = is_silent(&data[..cut]);
        assert!(part.is_none() || part == whole, "{part:?} of {whole:?}");
    }
    if whole.is_some() {
        assert_eq!(is_silent(&[data, &[0xff]].concat()), whole);
    }
}
