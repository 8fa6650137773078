//! What must not be left in a stored picture.

use library::image::Form;

use crate::rig::{self, CAMERA, PLACE, contains, decode, photo, photo_as, stored};

/// Everything that says who, where and with what, and a page behind the end.
fn brought() -> [(Form, Vec<u8>, Vec<u8>); 4] {
    let behind = b"<html><script>steal()</script></html>PK\x03\x04".as_slice();
    let jpeg = photo_as(Form::Jpeg, 60, 40);
    let mut tagged = jpeg.clone();
    for (marker, body) in [
        (0xfe, CAMERA.to_vec()),
        (0xe1, rig::exif_segment(1)),
        (0xe1, [b"http://ns.adobe.com/xap/1.0/\0", CAMERA].concat()),
        (0xe2, [b"MPF\0", CAMERA].concat()),
        (0xe0, [b"JFXX\0\x10", CAMERA].concat()),
        (0xed, [b"Photoshop 3.0\x008BIM", CAMERA].concat()),
        (0xec, [b"Ducky", CAMERA].concat()),
    ] {
        tagged = rig::with_segment(&tagged, marker, &body);
    }
    let png = photo_as(Form::Png, 60, 40);
    let tagged_png = rig::with_chunks(
        &png,
        &[
            rig::chunk(b"tEXt", &[b"Comment\0", CAMERA].concat()),
            rig::chunk(
                b"zTXt",
                &[b"Comment\0\0".to_vec(), rig::packed(CAMERA)].concat(),
            ),
            rig::chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", CAMERA].concat()),
            rig::chunk(b"eXIf", &rig::exif(1)),
            rig::chunk(b"tIME", &[7, 234, 1, 1, 1, 1, 1]),
            rig::chunk(b"prVt", CAMERA),
        ],
    );
    let pixels = photo(60, 40).into();
    let tagged_webp = rig::webp_with(
        &pixels,
        0x0c,
        &[],
        &[
            rig::riff_chunk(b"EXIF", &rig::exif(1)),
            rig::riff_chunk(b"XMP ", CAMERA),
            rig::riff_chunk(b"what", CAMERA),
        ],
    );
    let gif = photo_as(Form::Gif, 60, 40);
    let at = 13 + gif_palette(&gif);
    let mut tagged_gif = gif[..at].to_vec();
    for (label, head) in [
        (0xfe, b"".as_slice()),
        (0xff, b"\x0bXMP DataXMP"),
        (0xff, b"\x0bICCRGBG1012"),
        (0x01, b"\x0c\0\0\0\0\0\0\0\0\0\0\0\0"),
    ] {
        tagged_gif.extend([0x21, label]);
        tagged_gif.extend(head);
        tagged_gif.push(CAMERA.len() as u8);
        tagged_gif.extend(CAMERA);
        tagged_gif.push(0);
    }
    tagged_gif.extend(&gif[at..]);
    [
        (Form::Jpeg, jpeg, [&tagged, behind].concat()),
        (Form::Png, png, [&tagged_png, behind].concat()),
        (
            Form::WebP,
            rig::encoded(&pixels, Form::WebP),
            [&tagged_webp, behind].concat(),
        ),
        (Form::Gif, gif, [&tagged_gif, behind].concat()),
    ]
}

fn gif_palette(gif: &[u8]) -> usize {
    match gif[10] & 0x80 {
        0 => 0,
        _ => 3 << ((gif[10] & 7) + 1),
    }
}

/// Abuse cases G13 and G15.
#[test]
fn no_position_camera_comment_or_page_behind_the_end_is_stored() {
    for (form, plain, tagged) in brought() {
        assert!(contains(&tagged, CAMERA) && contains(&tagged, b"steal()"));
        if form != Form::Gif {
            assert!(contains(&tagged, &PLACE), "{form} says where it was");
        }
        let (_, kept) = stored(&tagged);
        for secret in [
            CAMERA,
            &PLACE,
            &PLACE[..8],
            b"Exif",
            b"EXIF",
            b"XMP",
            b"8BIM",
            b"xap",
            b"steal",
            b"html",
            b"PK\x03\x04",
        ] {
            // A short run of numbers may be pixels by chance; then the plain file has it too.
            assert!(
                !contains(&kept, secret) || contains(&plain, secret),
                "{form} keeps {secret:?}"
            );
        }
        assert_eq!(decode(&kept), decode(&plain), "{form}");
        let (_, again) = stored(&kept);
        assert_eq!(again, kept, "{form}: nothing is left to take out");
    }
}

#[test]
fn a_small_picture_inside_jfif_is_left_out() {
    let jpeg = photo_as(Form::Jpeg, 60, 40);
    assert_eq!(&jpeg[6..11], b"JFIF\0");
    // Two by two pixels of what was cropped away.
    let mut with_small = jpeg[..2].to_vec();
    with_small.extend([0xff, 0xe0, 0, 28]);
    with_small.extend(&jpeg[6..18]);
    with_small.extend([2, 2]);
    with_small.extend(b"cropped away");
    with_small.extend(&jpeg[20..]);
    let (_, kept) = stored(&with_small);
    assert_eq!(kept, jpeg);
}
