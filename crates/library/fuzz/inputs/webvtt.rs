//! Any bytes as captions: what is written is plain, bounded, and reads back as the same.

use library::captions::{CUES_MAX, Captions};

/// All that a tag may be; classes are colours, and behind the name stands who speaks or a language.
const TAGS: [&str; 8] = ["b", "i", "u", "v", "c", "lang", "ruby", "rt"];

/// Panics where what is written holds anything else than cues of safe text.
pub fn run(data: &[u8]) {
    let Ok(captions) = Captions::read(data) else {
        return;
    };
    assert!((1..=CUES_MAX).contains(&captions.count()));
    let out = captions.render();
    assert!(out.len() <= 64 + data.len() * 16 + captions.count() * 64);
    let again = Captions::read(out.as_bytes()).expect("what is written can be read");
    assert_eq!(again.render(), out);
    assert_eq!((again.count(), again.passed_over()), (captions.count(), 0));
    assert_eq!(again.end_ms(), captions.end_ms());
    let mut blocks = out.split("\n\n");
    assert!(
        blocks
            .next()
            .is_some_and(|head| head.starts_with("WEBVTT\n"))
    );
    let mut cues = 0;
    for block in blocks {
        cues += 1;
        let (timing, text) = block.split_once('\n').expect("a cue has text");
        assert!(timing.contains(" --> ") && !timing.contains("region"));
        assert!(!text.contains("-->"));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        for tag in text.split('<').skip(1) {
            let (inside, _) = tag.split_once('>').expect("a tag ends");
            let name = inside.trim_start_matches('/');
            let name = name.split(['.', ' ']).next().unwrap_or_default();
            assert!(TAGS.contains(&name), "{name}");
        }
    }
    assert_eq!(cues, captions.count(), "no cue breaks another");
}
