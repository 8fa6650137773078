//! Silence told from real encoders' bytes.

use std::{fs, path::Path};

use media::aac::is_silent;

/// The access units of an ADTS file (ISO/IEC 13818-7, 6.2), without their headers.
fn access_units(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sound")
        .join(name);
    let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut rest = &file[..];
    let mut units = Vec::new();
    while let [0xff, flags, _, a, b, c, _, ..] = *rest {
        let header = if flags & 1 == 1 { 7 } else { 9 };
        let length = usize::from(a & 3) << 11 | usize::from(b) << 3 | usize::from(c >> 5);
        units.push(rest[header..length].to_vec());
        rest = &rest[length..];
    }
    assert!(rest.is_empty() && units.len() > 5, "{name}");
    units
}

fn verdicts(name: &str) -> Vec<Option<bool>> {
    access_units(name)
        .iter()
        .map(|unit| is_silent(unit))
        .collect()
}

#[test]
fn silence_of_every_encoder_and_layout_is_told() {
    for name in [
        "silence-mono-44.aac",
        "silence-stereo-48.aac",
        "silence-51-48.aac",
        "silence-voaacenc-48.aac",
    ] {
        let verdicts = verdicts(name);
        assert!(
            verdicts.iter().all(|verdict| *verdict == Some(true)),
            "{name}: {verdicts:?}"
        );
    }
}

#[test]
fn sound_is_never_taken_for_silence_however_quiet_and_in_whichever_channel() {
    for name in [
        "tone-mono-44.aac",
        "tone-stereo-48.aac",
        "tone-right-48.aac",
        "tone-lfe-48.aac",
        "hiss-stereo-48.aac",
        "tone-voaacenc-48.aac",
    ] {
        // The first units hold what was before the sound.
        let verdicts = verdicts(name).split_off(2);
        assert!(
            verdicts.iter().all(|verdict| *verdict == Some(false)),
            "{name}: {verdicts:?}"
        );
    }
}

#[test]
fn what_ends_early_or_is_not_understood_is_not_told() {
    assert_eq!(is_silent(&[]), None);
    assert_eq!(is_silent(&[0xff; 2]), None, "an end without a channel");
    assert_eq!(is_silent(&[0x40; 8]), None, "a coupling channel");
    for unit in access_units("silence-stereo-48.aac") {
        for length in 0..unit.len() {
            assert_ne!(is_silent(&unit[..length]), Some(false), "cut at {length}");
        }
    }
}
