//! Files packaged whole, or refused in plain words with nothing left behind.

use std::{
    fs::{self, File},
    sync::atomic::{AtomicBool, Ordering},
};

use library::video::package::{self, Limits, Progress, Refused};
use record::Index;

use crate::rig::{names, odd, package};

#[test]
fn a_file_is_packaged_with_what_pages_tell_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().join("item");
    let facts = package(&odd("rotated.mp4"), &into).expect("it is taken");
    assert_eq!(names(&into), ["index", "media.mp4"]);
    assert!(package::is_packaged(&into));
    let media = fs::read(into.join("media.mp4")).expect("media");
    let index = fs::read(into.join("index")).expect("an index");
    let (index, used) = Index::read(&index).expect("an index");
    assert_eq!(
        used,
        fs::metadata(into.join("index")).expect("it").len() as usize
    );
    assert_eq!(
        index.segments().last().expect("segments").bytes().end,
        media.len() as u64
    );
    assert_eq!(facts.duration_ms, 2000);
    assert_eq!(facts.size, Some((72, 128)), "as it is shown");
    assert_eq!(facts.frames_per_1000_s, 25_000);
    assert_eq!(facts.codecs, ["avc1.64000b", "mp4a.40.2"]);
    assert_eq!(facts.picture.as_deref(), Some("H.264"));
    assert_eq!(facts.sound.as_deref(), Some("AAC"));
    assert_eq!(facts.bytes, media.len() as u64);
    assert_eq!((facts.cover, facts.broken_off), (None, false));
}

#[test]
fn codecs_have_the_names_that_people_use() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, picture, sound) in [
        ("hevc-hev1.mp4", Some("HEVC"), None),
        ("av1-opus.mp4", Some("AV1"), Some("Opus")),
        ("sound-alone.m4a", None, Some("AAC")),
    ] {
        let facts = package(&odd(name), &folder.path().join(name)).expect(name);
        assert_eq!(facts.picture.as_deref(), picture, "{name}");
        assert_eq!(facts.sound.as_deref(), sound, "{name}");
    }
    let facts = package(&odd("broken-off.mp4"), &folder.path().join("b")).expect("what is whole");
    assert!(facts.broken_off);
}

/// Abuse cases G1, G2 and G9: by content, whatever the name says.
#[test]
fn what_cannot_be_played_is_refused_in_plain_words_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    };
    let not_mp4 = |what: &str| {
        format!("This is {what}, not an MP4, MOV or M4V file. Export it as MP4 with H.264 and AAC.")
    };
    let part = |part: &str, codec: &str, wanted: &str| {
        format!(
            "Its {part} is {codec}, which many browsers and phones do not play. Export it with {wanted}."
        )
    };
    let (picture, sound) = ("H.264, HEVC or AV1", "AAC or Opus");
    let cases = [
        (odd("refused-text.mp4"), not_mp4("a text file")),
        (written("empty.mp4", b""), not_mp4("an empty file")),
        (
            written("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
            not_mp4("a playlist, which only names other files"),
        ),
        (
            written("concat.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
            not_mp4("a text that only names other files"),
        ),
        (
            written("dash.mp4", b"<?xml version=\"1.0\"?><MPD></MPD>"),
            not_mp4("a text that only names other files"),
        ),
        (
            written("session.mp4", b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n"),
            not_mp4("a text that only names other files"),
        ),
        (odd("refused-matroska.mkv"), not_mp4("a Matroska or WebM file")),
        (
            written("film.mp4", b"RIFF\0\0\0\0AVI LIST"),
            not_mp4("an AVI file"),
        ),
        (
            crate::rig::prepared("ts").join("s0.ts"),
            not_mp4("an MPEG stream"),
        ),
        (odd("refused-prores.mov"), part("picture", "Apple ProRes", picture)),
        (
            odd("refused-mpeg4.mp4"),
            part("picture", "MPEG-4 part 2 video (DivX, Xvid)", picture),
        ),
        (odd("refused-mp3.mp4"), part("sound", "MP3 inside MP4", sound)),
        (odd("refused-flac.mp4"), part("sound", "FLAC", sound)),
        (
            odd("refused-encrypted.mp4"),
            "It is encrypted (DRM) and cannot be played without its seller's key. Bring an unprotected file."
                .to_owned(),
        ),
    ];
    for (path, words) in cases {
        let into = folder.path().join("into");
        let refused = package(&path, &into).expect_err("it is refused");
        assert_eq!(refused.to_string(), words, "{path:?}");
        assert!(refused.is_final());
        assert_eq!(names(&into), [""; 0], "{path:?}");
    }
}

/// Abuse case G9: cut anywhere, a file is refused or is what was whole of it; never a panic, never something half made.
#[test]
fn files_cut_off_anywhere_are_refused_or_whole_as_far_as_they_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cut, into) = (folder.path().join("cut.mp4"), folder.path().join("into"));
    let mut taken = 0;
    for name in ["moov-first.mp4", "moov-last.mp4", "fragmented.mp4"] {
        let whole = fs::read(odd(name)).expect("a fixture");
        for part in 0..16 {
            fs::write(&cut, &whole[..whole.len() * part / 16]).expect("a file");
            match package(&cut, &into) {
                Ok(facts) => {
                    assert!(
                        name == "fragmented.mp4" && facts.broken_off,
                        "{name} {part}"
                    );
                    taken += 1;
                    assert_eq!(names(&into), ["index", "media.mp4"]);
                    fs::remove_dir_all(&into).expect("removed");
                }
                Err(refused) => {
                    assert!(refused.is_final(), "{name} {part}: {refused}");
                    assert_eq!(names(&into), [""; 0], "{name} {part}");
                }
            }
        }
    }
    assert!(taken > 3, "of fragments, what came is kept");
}

/// A `moov` at the end of the file with something more in it.
fn with_in_moov(name: &str, more: &[u8]) -> Vec<u8> {
    let mut bytes = fs::read(odd(name)).expect("a fixture");
    let at = bytes
        .windows(4)
        .rposition(|kind| kind == b"moov")
        .expect("an index")
        - 4;
    let size = bytes[at..].len() + more.len();
    bytes[at..at + 4].copy_from_slice(&u32::try_from(size).expect("small").to_be_bytes());
    bytes.extend_from_slice(more);
    bytes
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).expect("small");
    [&size.to_be_bytes(), &kind[..], body].concat()
}

/// As iTunes writes it: `udta/meta/ilst/covr/data`.
fn cover(fields: &[u8], picture: &[u8]) -> Vec<u8> {
    let data = boxed(b"data", &[&[0, 0, 0, 13, 0, 0, 0, 0], picture].concat());
    let list = boxed(b"ilst", &boxed(b"covr", &data));
    let meta = boxed(
        b"meta",
        &[fields, &boxed(b"hdlr", &[0; 25]), &list].concat(),
    );
    boxed(b"udta", &meta)
}

#[test]
fn the_cover_that_a_file_carries_is_handed_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mp4");
    let picture = [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 3000]].concat();
    let take = |bytes: &[u8], limits: &Limits| {
        fs::write(&path, bytes).expect("a file");
        let into = folder.path().join("into");
        let stop = AtomicBool::new(false);
        let facts = package::package(&path, &into, limits, &stop, &mut |_| {});
        facts.expect("it is taken").cover
    };
    let usual = Limits::default();
    // MP4 has a version before the boxes of `meta`, QuickTime has none.
    for fields in [&[0; 4][..], &[]] {
        let file = with_in_moov("moov-last.mp4", &cover(fields, &picture));
        assert_eq!(take(&file, &usual).as_deref(), Some(&picture[..]));
    }
    let file = with_in_moov("moov-last.mp4", &cover(&[0; 4], b"<svg/>"));
    assert_eq!(take(&file, &usual), None, "no picture");
    let file = with_in_moov("moov-last.mp4", &cover(&[0; 4], &picture));
    let narrow = Limits {
        cover_bytes_max: 3000,
        ..usual
    };
    assert_eq!(take(&file, &narrow), None, "too large");
}

/// Changes the fields of each box of a kind in a file.
fn changed(name: &str, kind: &[u8; 4], change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = fs::read(odd(name)).expect("a fixture");
    let places: Vec<usize> = (bytes.windows(4).enumerate())
        .filter(|(_, found)| *found == kind)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        let size = u32::from_be_bytes(bytes[at - 4..at].try_into().expect("four")) as usize;
        change(&mut bytes[at + 4..at - 4 + size]);
    }
    bytes
}

/// Abuse case G6.
#[test]
fn absurd_claims_are_refused_before_the_file_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mp4");
    let refuse = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("a file");
        let into = folder.path().join("into");
        let refused = package(&path, &into).expect_err("it is refused");
        assert_eq!(names(&into), [""; 0]);
        assert!(refused.is_final());
        refused.to_string()
    };
    // A day to each frame: duration in the table of times.
    let slow = changed("silent.m4v", b"stts", |fields| {
        let scale = 12_800_u32;
        fields[12..16].copy_from_slice(&(scale * 86_400).to_be_bytes());
    });
    assert_eq!(
        refuse(&slow),
        "For 1440 minutes nothing moves in it. Export it with at least one picture a second and upload it again."
    );
    // A million ticks a second, each a picture.
    let fast = changed("silent.m4v", b"mdhd", |fields| {
        fields[12..16].copy_from_slice(&512_000_000_u32.to_be_bytes());
    });
    assert_eq!(
        refuse(&fast),
        "It has 1000000 pictures a second, more than browsers play. Export it with at most 1000 and upload it again."
    );
    let tracks = with_in_moov("moov-last.mp4", &boxed(b"trak", &trak()).repeat(10_000));
    assert_eq!(
        refuse(&tracks),
        "The file has tracks beyond what this server takes. Export it again with usual settings."
    );
    let bare = Limits {
        side_max: 100,
        ..Limits::default()
    };
    let into = folder.path().join("into");
    let stop = AtomicBool::new(false);
    let wide = package::package(&odd("silent.m4v"), &into, &bare, &stop, &mut |_| {});
    assert_eq!(
        wide.expect_err("it is refused").to_string(),
        "Its picture is 128 by 72 pixels, more than browsers play. Export it at 100 pixels a side or less and upload it again."
    );
    let short = Limits {
        duration_ms_max: 2000,
        ..Limits::default()
    };
    let long = package::package(&odd("silent.m4v"), &into, &short, &stop, &mut |_| {});
    assert!(matches!(long, Err(Refused::TooLong { .. })), "{long:?}");
}

/// A track that only has a number.
fn trak() -> Vec<u8> {
    boxed(
        b"tkhd",
        &[&[0; 12][..], &7_u32.to_be_bytes(), &[0; 68]].concat(),
    )
}

#[test]
fn a_full_disk_is_told_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mp4");
    fs::copy(odd("moov-last.mp4"), &path).expect("a copy");
    // A file with holes: terabytes that no disk of a test has.
    let file = File::options().write(true).open(&path).expect("the file");
    let len = 15 << 40;
    file.set_len(len).expect("holes");
    let into = folder.path().join("into");
    let refused = package(&path, &into).expect_err("there is no room");
    let Refused::DiskFull { needed } = refused else {
        panic!("{refused}");
    };
    assert!(needed > 0 && needed < len + len / 32, "{needed}");
    assert!(!refused.is_final());
    assert_eq!(names(&into), [""; 0]);
}

#[test]
fn it_stops_when_it_is_told_and_leaves_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().join("into");
    package(&odd("moov-first.mp4"), &into).expect("it is taken");
    let before = fs::read(into.join("media.mp4")).expect("media");
    let stop = AtomicBool::new(false);
    let mut told = Vec::new();
    let mut progress = |progress: Progress| {
        told.push(progress);
        stop.store(true, Ordering::Relaxed);
    };
    let limits = Limits::default();
    let refused = package::package(&odd("reordered.mov"), &into, &limits, &stop, &mut progress);
    assert!(matches!(refused, Err(Refused::Stopped)), "{refused:?}");
    assert_eq!(told.len(), 1);
    assert_eq!(names(&into), ["index", "media.mp4"]);
    assert_eq!(fs::read(into.join("media.mp4")).expect("media"), before);
}

#[test]
fn a_link_in_the_place_of_the_upload_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(odd("moov-last.mp4"), &link).expect("a link");
    let refused = package(&link, &folder.path().join("into"));
    assert!(matches!(refused, Err(Refused::Read(_))), "{refused:?}");
}

/// Abuse case G16.
#[test]
fn one_of_many_packages_a_file_and_the_others_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().join("into");
    let limits = Limits::default();
    let stop = AtomicBool::new(false);
    let mut refused = 0;
    let mut again = |_| {
        let second = package(&odd("silent.m4v"), &into);
        assert!(matches!(second, Err(Refused::Busy)), "{second:?}");
        refused += 1;
    };
    let facts = package::package(&odd("moov-first.mp4"), &into, &limits, &stop, &mut again);
    let facts = facts.expect("it is taken");
    assert!(refused > 0);
    assert_eq!(names(&into), ["index", "media.mp4"]);
    assert!(facts.sound.is_some(), "the first one's");
}
