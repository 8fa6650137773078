//! What is taken, and that it looks as it did.

use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};
use library::image::{Foreign, Form, Refused, THUMBNAIL};

use crate::rig::{self, Rig, decode, photo, photo_as, stored};

#[test]
fn each_form_is_stored_as_it_is_pixel_for_pixel() {
    for form in Form::ALL {
        let brought = photo_as(form, 90, 60);
        let (facts, kept) = stored(&brought);
        assert_eq!((facts.width, facts.height, facts.form), (90, 60, form));
        assert!(!facts.is_animated());
        assert_eq!(decode(&kept), decode(&brought), "{form}");
    }
}

#[test]
fn a_wide_picture_gets_a_thumbnail_and_a_narrow_one_none() {
    let rig = Rig::new();
    rig.take(&photo_as(Form::Jpeg, 1000, 500)).unwrap();
    assert_eq!(rig.names(), ["image", "w640.webp"]);
    let small = rig::decode_file(&rig.folder().join("w640.webp"));
    assert_eq!((small.width(), small.height()), (THUMBNAIL.pixels(), 320));
    let rig = Rig::new();
    rig.take(&photo_as(Form::Jpeg, 640, 500)).unwrap();
    assert_eq!(rig.names(), ["image"]);
}

/// Where EXIF says a coded pixel is seen.
fn seen(orientation: u8, (x, y): (u32, u32), (width, height): (u32, u32)) -> (u32, u32) {
    let (right, bottom) = (width - 1 - x, height - 1 - y);
    match orientation {
        1 => (x, y),
        2 => (right, y),
        3 => (right, bottom),
        4 => (x, bottom),
        5 => (y, x),
        6 => (bottom, x),
        7 => (bottom, right),
        8 => (y, right),
        other => panic!("there is no orientation {other}"),
    }
}

#[test]
fn a_picture_held_any_way_is_stored_upright() {
    let (width, height) = (32, 16);
    let coded = photo(width, height);
    for orientation in 1..=8 {
        let exif = rig::exif(orientation);
        let brought = [
            rig::with_segment(
                &photo_as(Form::Jpeg, width, height),
                0xe1,
                &rig::exif_segment(orientation),
            ),
            rig::with_chunks(
                &photo_as(Form::Png, width, height),
                &[rig::chunk(b"eXIf", &exif)],
            ),
            rig::webp_with(
                &coded.clone().into(),
                0x08,
                &[],
                &[rig::riff_chunk(b"EXIF", &exif)],
            ),
        ];
        for bytes in brought {
            let (facts, kept) = stored(&bytes);
            let upright = decode(&kept).to_rgb8();
            let expected = match orientation {
                1..=4 => (width, height),
                _ => (height, width),
            };
            assert_eq!((facts.width, facts.height), expected);
            assert_eq!(
                upright.dimensions(),
                expected,
                "{} {orientation}",
                facts.form
            );
            // Only JPEG loses anything.
            let slack = if facts.form == Form::Jpeg { 24 } else { 0 };
            for (x, y, pixel) in coded.enumerate_pixels() {
                let (at_x, at_y) = seen(orientation, (x, y), (width, height));
                let found = upright.get_pixel(at_x, at_y);
                let far = (0..3).any(|c| pixel.0[c].abs_diff(found.0[c]) > slack);
                assert!(
                    !far,
                    "{} {orientation}: {x},{y} {pixel:?} {found:?}",
                    facts.form
                );
            }
            assert!(!rig::contains(&kept, rig::CAMERA));
        }
    }
}

#[test]
fn animations_keep_every_frame() {
    for (brought, form) in [
        (rig::animated_gif(7), Form::Gif),
        (rig::animated_webp(7), Form::WebP),
        (rig::apng(7), Form::Png),
    ] {
        let (facts, kept) = stored(&brought);
        assert_eq!((facts.form, facts.frames), (form, 7));
        assert!(facts.is_animated());
        assert_eq!(frames(form, &kept), frames(form, &brought));
        assert_eq!(frames(form, &kept).len(), 7);
    }
    let (_, kept) = stored(&rig::animated_gif(3));
    assert!(rig::contains(&kept, b"NETSCAPE2.0"), "it goes on for ever");
}

fn frames(form: Form, bytes: &[u8]) -> Vec<RgbaImage> {
    use image::AnimationDecoder as _;
    let bytes = std::io::Cursor::new(bytes);
    let frames = match form {
        Form::Gif => image::codecs::gif::GifDecoder::new(bytes)
            .unwrap()
            .into_frames(),
        Form::WebP => image::codecs::webp::WebPDecoder::new(bytes)
            .unwrap()
            .into_frames(),
        Form::Png => image::codecs::png::PngDecoder::new(bytes)
            .unwrap()
            .apng()
            .unwrap()
            .into_frames(),
        Form::Jpeg => panic!("a JPEG does not move"),
    };
    frames.map(|frame| frame.unwrap().into_buffer()).collect()
}

#[test]
fn a_profile_stays_with_the_original_and_goes_into_variants() {
    let pixels: DynamicImage = photo(1400, 40).into();
    let wide = rig::profile(b"RGB ");
    for bytes in [
        rig::jpeg_with_profile(&pixels, &wide),
        rig::png_with_profile(&pixels, &wide),
        rig::webp_with(&pixels, 0x20, &[rig::riff_chunk(b"ICCP", &wide)], &[]),
    ] {
        let rig = Rig::new();
        let facts = rig.take(&bytes).unwrap();
        assert_eq!(rig::profile_of(&rig.stored()).as_deref(), Some(&wide[..]));
        let thumbnail = std::fs::read(rig.folder().join("w640.webp")).unwrap();
        assert_eq!(
            rig::profile_of(&thumbnail).as_deref(),
            Some(&wide[..]),
            "{}",
            facts.form
        );
        assert_eq!(decode(&thumbnail).width(), 640);
    }
}

#[test]
fn a_turned_picture_keeps_its_profile() {
    let wide = rig::profile(b"RGB ");
    let jpeg = rig::jpeg_with_profile(&photo(40, 20).into(), &wide);
    let (facts, kept) = stored(&rig::with_segment(&jpeg, 0xe1, &rig::exif_segment(6)));
    assert_eq!((facts.width, facts.height), (20, 40));
    assert_eq!(rig::profile_of(&kept).as_deref(), Some(&wide[..]));
}

#[test]
fn transparent_pixels_stay_so_and_do_not_stain_their_neighbours() {
    // Opaque red beside transparent green: no green may show at the edge.
    let pixels = RgbaImage::from_fn(1280, 64, |x, _| match x < 640 {
        true => Rgba([220, 0, 0, 255]),
        false => Rgba([0, 255, 0, 0]),
    });
    let rig = Rig::new();
    rig.take(&rig::encoded(&pixels.into(), Form::Png)).unwrap();
    let small = rig::decode_file(&rig.folder().join("w640.webp")).to_rgba8();
    assert_eq!(small.get_pixel(10, 10).0[3], 255);
    assert_eq!(small.get_pixel(630, 10).0[3], 0);
    for pixel in small.pixels().filter(|pixel| pixel.0[3] > 32) {
        assert!(pixel.0[1] < 40, "{pixel:?}");
    }
}

#[test]
fn deep_grey_and_single_pixels_are_taken_and_made_smaller() {
    let deep: DynamicImage =
        image::ImageBuffer::from_fn(700, 80, |x, _| Rgb([(x * 90) as u16, 30_000, 65_535])).into();
    let deep_alpha: DynamicImage =
        image::ImageBuffer::from_fn(700, 80, |x, _| Rgba([(x * 90) as u16, 0, 65_535, 32_768]))
            .into();
    let grey: DynamicImage = photo(700, 80).into();
    for pixels in [
        deep,
        deep_alpha,
        DynamicImage::from(grey.to_luma8()),
        DynamicImage::from(grey.to_luma_alpha8()),
        DynamicImage::from(grey.to_luma16()),
    ] {
        let rig = Rig::new();
        rig.take(&rig::encoded(&pixels, Form::Png)).unwrap();
        assert_eq!(decode(&rig.stored()), pixels, "not a bit is lost");
        let small = rig::decode_file(&rig.folder().join("w640.webp"));
        assert_eq!((small.width(), small.height()), (640, 73));
        let (at, full) = (small.to_rgba8(), pixels.to_rgba8());
        let (small, full) = (at.get_pixel(160, 36), full.get_pixel(175, 39));
        assert!(
            (0..4).all(|c| small.0[c].abs_diff(full.0[c]) < 12),
            "{small:?} {full:?}"
        );
    }
    for form in Form::ALL {
        let (facts, _) = stored(&photo_as(form, 1, 1));
        assert_eq!((facts.width, facts.height), (1, 1));
    }
}

#[test]
fn grey_jpeg_is_stored_and_made_smaller() {
    let grey: DynamicImage = DynamicImage::from(photo(700, 40)).to_luma8().into();
    let rig = Rig::new();
    rig.take(&rig::jpeg_with_profile(&grey, &rig::profile(b"GRAY")))
        .unwrap();
    assert_eq!(rig::profile_of(&rig.stored()), Some(rig::profile(b"GRAY")));
    let small = std::fs::read(rig.folder().join("w640.webp")).unwrap();
    assert_eq!(rig::profile_of(&small), None, "WebP is never grey");
    assert_eq!(decode(&small).width(), 640);
}

#[test]
fn baseline_and_progressive_jpeg_by_hand_are_taken() {
    for frame in [0xc0, 0xc2] {
        let (facts, kept) = stored(&rig::flat_jpeg(frame, &[200, 128, 128], &[]));
        assert_eq!((facts.width, facts.height), (8, 8));
        let pixel = *decode(&kept).to_rgb8().get_pixel(4, 4);
        assert!(
            pixel.0.iter().all(|value| value.abs_diff(200) < 3),
            "{pixel:?}"
        );
    }
}

#[test]
fn cmyk_jpeg_shows_its_colours() {
    // As Adobe writes it: inverted, no ink is 255. Red is magenta and yellow.
    let adobe = [vec![0xee], b"Adobe\0\x64\0\0\0\0\0".to_vec()].concat();
    let cmyk = rig::flat_jpeg(0xc0, &[255, 0, 0, 255], std::slice::from_ref(&adobe));
    let (facts, kept) = stored(&cmyk);
    assert_eq!((facts.width, facts.height, facts.form), (8, 8, Form::Jpeg));
    assert_eq!(kept, cmyk, "it is stored as it came");
    let rig = Rig::new();
    library::image::poster(&cmyk, &rig.folder(), &library::image::Limits::default()).unwrap();
    let pixel = *rig::decode_file(&rig.folder().join("poster.jpg"))
        .to_rgb8()
        .get_pixel(4, 4);
    assert!(
        pixel.0[0] > 240 && pixel.0[1] < 15 && pixel.0[2] < 15,
        "{pixel:?}"
    );
    // Turned, it is RGB, which its profile for ink does not explain.
    let icc = [
        vec![0xe2],
        b"ICC_PROFILE\0\x01\x01".to_vec(),
        rig::profile(b"CMYK"),
    ]
    .concat();
    let exif = [vec![0xe1], rig::exif_segment(6)].concat();
    let (_, kept) = stored(&rig::flat_jpeg(
        0xc0,
        &[255, 0, 0, 255],
        &[adobe, icc, exif],
    ));
    assert_eq!(rig::profile_of(&kept), None);
}

#[test]
fn interlaced_palette_png_with_transparency_is_taken() {
    // Eight by eight, two bits: Adam7 rows of index one, the second colour being half transparent blue.
    let mut rows = Vec::new();
    for (width, height) in [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)] {
        for _ in 0..height {
            rows.push(0);
            rows.extend(std::iter::repeat_n(0x55, (width * 2_usize).div_ceil(8)));
        }
    }
    let palette = [
        rig::chunk(b"PLTE", &[0, 0, 0, 10, 20, 250]),
        rig::chunk(b"tRNS", &[255, 128]),
    ];
    let (_, kept) = stored(&rig::png((8, 8), [2, 3, 1], &palette, &rows));
    let pixels = decode(&kept).to_rgba8();
    assert!(pixels.pixels().all(|pixel| pixel.0 == [10, 20, 250, 128]));
}

#[test]
fn posters_are_jpeg_on_black_and_small_webp() {
    let rig = Rig::new();
    let pixels = RgbaImage::from_fn(2400, 1350, |x, _| match x < 1200 {
        true => Rgba([255, 255, 255, 255]),
        false => Rgba([255, 255, 255, 0]),
    });
    let facts = library::image::poster(
        &rig::encoded(&pixels.into(), Form::Png),
        &rig.folder(),
        &library::image::Limits::default(),
    )
    .unwrap();
    assert_eq!(
        (facts.width, facts.height, facts.form),
        (1920, 1080, Form::Jpeg)
    );
    assert_eq!(rig.names(), ["poster-640.webp", "poster.jpg"]);
    let large = rig::decode_file(&rig.folder().join("poster.jpg")).to_rgb8();
    assert_eq!(large.dimensions(), (1920, 1080));
    assert!(large.get_pixel(100, 100).0[0] > 250 && large.get_pixel(1800, 100).0[0] < 5);
    let small = rig::decode_file(&rig.folder().join("poster-640.webp"));
    assert_eq!((small.width(), small.height()), (640, 360));
    let tiny = Rig::new();
    let pixels = RgbImage::from_pixel(64, 36, Rgb([1, 2, 3]));
    library::image::poster(
        &rig::encoded(&pixels.into(), Form::Jpeg),
        &tiny.folder(),
        &library::image::Limits::default(),
    )
    .unwrap();
    let small = rig::decode_file(&tiny.folder().join("poster-640.webp"));
    assert_eq!(small.width(), 64, "nothing is made larger");
}

/// Abuse case H1.
#[test]
fn what_is_no_picture_of_ours_is_named() {
    let utf16: Vec<u8> = "\u{feff}<svg xmlns='x'/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let table: [(&[u8], Foreign); 20] = [
        (b"", Foreign::Empty),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Foreign::Svg),
        (
            b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x 'y'>]><svg:svg/>",
            Foreign::Svg,
        ),
        (&utf16, Foreign::Svg),
        (b"<!doctype html><script>alert(1)</script>", Foreign::Html),
        (b"\n <HTML>", Foreign::Html),
        (b"%PDF-1.7", Foreign::Pdf),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Foreign::Heic),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Foreign::Avif),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", Foreign::Avif),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", Foreign::Video),
        (b"\x1a\x45\xdf\xa3webm", Foreign::Video),
        (b"II*\0\x08\0\0\0", Foreign::Tiff),
        (b"BM\x36\0\0\0", Foreign::Bmp),
        (b"8BPS\0\x01", Foreign::Psd),
        (b"\xff\x0a\x01\x02", Foreign::Jxl),
        (b"PK\x03\x04\x14\0", Foreign::Archive),
        (b"\x1f\x8b\x08\0", Foreign::Archive),
        (b"holiday.jpg", Foreign::Text),
        (b"\x00\x01\x02\x03\x04\x05", Foreign::Unknown),
    ];
    for (bytes, expected) in table {
        match rig::refused(bytes) {
            Refused::Foreign(found) => assert_eq!(found, expected),
            other => panic!("{expected:?}: {other}"),
        }
    }
    let words = rig::refused(b"<svg/>").to_string();
    assert_eq!(
        words,
        "An SVG can run programs in the page that shows it. Export it as PNG or WebP and upload that."
    );
}

#[test]
fn webp_is_given_to_those_who_name_it() {
    for (accept, expected) in [
        ("image/avif,image/webp,image/apng,*/*;q=0.8", Form::WebP),
        ("text/html, Image/WebP;q=0.5", Form::WebP),
        ("image/webp;q=0, */*", Form::Png),
        ("*/*", Form::Png),
        ("image/*", Form::Png),
        ("", Form::Png),
    ] {
        assert_eq!(Form::Png.accepted(accept), expected, "{accept}");
    }
    for form in Form::ALL {
        assert_eq!(Form::parse(form.extension()), Some(form));
    }
    assert_eq!(Form::parse("svg"), None);
}
