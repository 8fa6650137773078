//! Files made to cost more than they should: each is refused from what its head says, or within the bound.

use std::process::Command;

use library::image::{Form, Limits, Refused};

use crate::rig::{self, Rig, photo_as, refused};

/// What a file is refused with.
type Expected = fn(&Refused) -> bool;

/// Files and what is expected of them.
fn files() -> Vec<(&'static str, Vec<u8>, Expected)> {
    let too_large: Expected = |r| matches!(r, Refused::TooLarge { .. });
    let too_many: Expected = |r| matches!(r, Refused::TooManyFrames { .. });
    let swollen: Expected = |r| matches!(r, Refused::Swollen { .. });
    let broken: Expected = |r| matches!(r, Refused::Broken { .. });
    let mut wide = photo_as(Form::Gif, 8, 8);
    wide[6..10].copy_from_slice(&[0xff; 4]);
    let jpeg = photo_as(Form::Jpeg, 8, 8);
    let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    let mut tall = jpeg.clone();
    tall[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    let mut deep = jpeg.clone();
    deep[frame + 4] = 12;
    let scans = {
        let start = jpeg.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
        let scan = &jpeg[start..jpeg.len() - 2];
        [&jpeg[..start], &scan.repeat(70), &[0xff, 0xd9]].concat()
    };
    let bomb = rig::packed(&vec![0; 64 << 20]);
    let icc = [b"sRGB\0\0".to_vec(), bomb.clone()].concat();
    let mut rows = vec![0; 9 * 8];
    rows.extend(vec![0; 8 << 20]);
    vec![
        (
            "png of 50,000 squared",
            rig::png((50_000, 50_000), [8, 6, 0], &[], &[0]),
            too_large,
        ),
        (
            "png of all numbers",
            rig::png((u32::MAX, u32::MAX), [16, 6, 0], &[], &[0]),
            too_large,
        ),
        (
            "png without width",
            rig::png((0, 8), [8, 0, 0], &[], &[0]),
            broken,
        ),
        (
            "png whose pixels go on",
            rig::png((8, 8), [8, 0, 0], &[], &rows),
            swollen,
        ),
        (
            "png whose profile is a bomb",
            rig::with_chunks(&photo_as(Form::Png, 8, 8), &[rig::chunk(b"iCCP", &icc)]),
            swollen,
        ),
        (
            "png with too few pixels",
            rig::png((80, 80), [8, 0, 0], &[], &[0; 81]),
            broken,
        ),
        ("gif of 65,535 squared", wide, too_large),
        ("gif of many frames", gif_of_many_frames(), too_many),
        ("apng of many frames", rig::apng(100_000), too_many),
        ("webp of many frames", rig::animated_webp(100_000), too_many),
        (
            "webp of 16 million a side",
            rig::riff(&[rig::vp8x(0, 1 << 24, 1 << 24)]),
            too_large,
        ),
        (
            "webp that says two sizes",
            rig::riff(&[
                rig::vp8x(0, 20, 20),
                photo_as(Form::WebP, 8, 8)[12..].to_vec(),
            ]),
            broken,
        ),
        ("jpeg of 65,535 squared", tall, too_large),
        ("jpeg that draws itself 70 times", scans, swollen),
        ("jpeg twelve bits deep", deep, |r| {
            matches!(r, Refused::Unusual { .. })
        }),
        (
            "jpeg of arithmetic coding",
            rig::flat_jpeg(0xc9, &[1, 2, 3], &[]),
            |r| matches!(r, Refused::Unusual { .. }),
        ),
        (
            "jpeg that is a head alone",
            vec![0xff, 0xd8, 0xff, 0xd9],
            broken,
        ),
    ]
}

fn gif_of_many_frames() -> Vec<u8> {
    let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..100_000 {
        gif.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    gif.push(0x3b);
    gif
}

/// Abuse case H2.
#[test]
fn hostile_files_are_refused_by_their_kind() {
    for (name, bytes, expected) in files() {
        let refused = refused(&bytes);
        assert!(expected(&refused), "{name}: {refused:?}");
    }
}

/// The same in a process that may not have more than 512 MB of addresses, of which the test itself takes a share for its files.
/// Abuse case H2.
#[test]
fn hostile_files_take_little_memory() {
    let this = std::env::current_exe().unwrap();
    let status = Command::new("sh")
        .arg("-c")
        .arg("ulimit -v 524288 && exec \"$0\" --exact hostile::hostile_files_are_refused_by_their_kind --test-threads=1")
        .arg(this)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn text_that_unpacks_to_much_is_dropped_unread() {
    let bomb = [b"Comment\0\0".to_vec(), rig::packed(&vec![b'x'; 32 << 20])].concat();
    let png = photo_as(Form::Png, 8, 8);
    let (_, kept) = rig::stored(&rig::with_chunks(&png, &[rig::chunk(b"zTXt", &bomb)]));
    assert_eq!(kept, png);
}

#[test]
fn a_file_longer_than_a_picture_may_be_is_refused() {
    let rig = Rig::new();
    let bytes = photo_as(Form::Png, 60, 40);
    let limits = Limits {
        bytes_max: bytes.len() as u64 - 1,
        ..Limits::default()
    };
    let source = rig.source(&bytes);
    let refused = library::image::take(&source, &rig.folder(), &limits).unwrap_err();
    assert!(matches!(refused, Refused::TooManyBytes { .. }));
    let refused = library::image::poster(&bytes, &rig.folder(), &limits).unwrap_err();
    assert!(matches!(refused, Refused::TooManyBytes { .. }));
    assert!(rig.names().is_empty());
}

#[test]
fn a_picture_cut_anywhere_is_refused() {
    for bytes in [
        photo_as(Form::Jpeg, 12, 8),
        photo_as(Form::Png, 12, 8),
        photo_as(Form::WebP, 12, 8),
        photo_as(Form::Gif, 12, 8),
        rig::animated_gif(3),
        rig::animated_webp(3),
        rig::apng(3),
    ] {
        for length in 0..bytes.len() {
            let rig = Rig::new();
            match rig.take(&bytes[..length]) {
                Err(_) => assert!(rig.names().is_empty()),
                // A GIF may end between two frames; it is whole as far as it goes.
                Ok(facts) => {
                    assert_eq!(facts.form, Form::Gif, "cut at {length}");
                    let kept = rig.stored();
                    assert_eq!(kept.last(), Some(&0x3b));
                    rig::decode(&kept);
                }
            }
        }
    }
}

#[test]
fn a_picture_with_any_byte_changed_is_refused_or_taken_whole() {
    for bytes in [
        photo_as(Form::Jpeg, 8, 6),
        photo_as(Form::Png, 8, 6),
        photo_as(Form::WebP, 8, 6),
        rig::animated_gif(3),
        rig::animated_webp(2),
        rig::apng(3),
    ] {
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            let rig = Rig::new();
            if let Ok(facts) = rig.take(&changed) {
                assert_eq!(facts.bytes, rig.stored().len() as u64);
                assert!(facts.width <= 16_383 && facts.height <= 16_383);
            }
        }
    }
}
