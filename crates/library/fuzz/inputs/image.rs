//! Any bytes as a picture: cleaned within small limits, then through the whole entry.

use library::image::{Form, Limits, ORIGINAL, Refused, clean, take};

/// Small ones, so that a picture that passes costs no more than a megabyte or two; what would pass them is refused from its head.
fn limits() -> Limits {
    Limits {
        bytes_max: 64 << 10,
        side_max: 512,
        area_max: 64 << 10,
        frames_max: 50,
        animation_area_max: 512 << 10,
        decoded_bytes_max: 1 << 20,
        profile_bytes_max: 16 << 10,
    }
}

/// Panics where what is kept is more than the limits, is not the same when it is cleaned again, or is left over from a refused file.
pub fn run(data: &[u8]) {
    let limits = limits();
    for form in Form::ALL {
        // Rewriting must stand on its own: the bytes may say that they are something else.
        if let Ok(once) = clean::clean(form, data, &limits) {
            assert!(once.width <= limits.side_max && once.height <= limits.side_max);
            assert!(u64::from(once.width) * u64::from(once.height) <= limits.area_max);
            assert!((1..=limits.frames_max).contains(&once.frames));
            // WebP pads, GIF gets the trailer it lacked.
            assert!(once.bytes.len() <= data.len() * 2 + 64);
            let twice = clean::clean(form, &once.bytes, &limits).map(|twice| twice.bytes);
            assert_eq!(
                twice.ok().as_ref(),
                Some(&once.bytes),
                "nothing is left to do"
            );
        }
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (source, into) = (folder.path().join("upload"), folder.path().join("picture"));
    std::fs::write(&source, data).expect("a file can be written");
    match take(&source, &into, &limits) {
        Ok(facts) => {
            let stored = std::fs::metadata(into.join(ORIGINAL)).expect("it is stored");
            assert_eq!(facts.bytes, stored.len());
            assert!(u64::from(facts.width) * u64::from(facts.height) <= limits.area_max);
        }
        Err(refused) => {
            assert!(!into.exists(), "nothing half made");
            assert!(!matches!(refused, Refused::Read(_) | Refused::Write(_)));
            assert!(!refused.to_string().is_empty());
        }
    }
}
