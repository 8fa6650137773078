//! Variants: made once, when first asked for, and kept.

use std::{os::unix::fs::MetadataExt as _, sync::Arc};

use library::image::{Form, Limits, Studio, Unmade, WIDTHS, Width};

use crate::rig::{self, Rig, decode_file, photo_as};

fn studio() -> Arc<Studio> {
    Arc::new(Studio::new(Limits::default()))
}

#[tokio::test]
async fn each_width_and_form_is_made_and_kept() {
    let (rig, studio) = (Rig::new(), studio());
    let source = rig.source(&photo_as(Form::Png, 2000, 500));
    let facts = studio.take(source, rig.folder()).await.unwrap();
    for width in WIDTHS {
        for form in [Form::WebP, Form::Png, Form::Jpeg, Form::Gif] {
            let variant = studio
                .variant(&rig.folder(), &facts, width, form)
                .await
                .unwrap();
            assert_eq!(variant.form, form);
            let pixels = decode_file(&variant.path);
            assert_eq!(pixels.width(), width.pixels());
            assert_eq!(pixels.height(), width.pixels() / 4);
            let bytes = std::fs::read(&variant.path).unwrap();
            let guessed = image::guess_format(&bytes).unwrap();
            assert_eq!(guessed.to_mime_type(), form.media_type());
        }
    }
    assert_eq!(rig.names().len(), 1 + WIDTHS.len() * Form::ALL.len());
}

#[tokio::test]
async fn a_width_beyond_the_picture_gives_the_picture() {
    let (rig, studio) = (Rig::new(), studio());
    let facts = studio
        .take(rig.source(&rig::animated_gif(3)), rig.folder())
        .await
        .unwrap();
    let variant = studio
        .variant(&rig.folder(), &facts, Width::W320, Form::WebP)
        .await
        .unwrap();
    assert_eq!(variant.form, Form::Gif);
    assert_eq!(std::fs::read(variant.path).unwrap(), rig.stored());
    assert_eq!(rig.names(), ["image"]);
}

/// Abuse case H2: for `?w=`.
#[test]
fn only_widths_on_the_list_are_widths() {
    assert_eq!(Width::parse(640), Some(Width::W640));
    for other in [0, 1, 641, 100_000, u32::MAX] {
        assert_eq!(Width::parse(other), None);
    }
}

#[tokio::test]
async fn many_who_ask_at_once_get_one_file_and_too_many_are_told_to_wait() {
    let (rig, studio) = (Rig::new(), studio());
    let facts = studio
        .take(rig.source(&photo_as(Form::Jpeg, 1300, 800)), rig.folder())
        .await
        .unwrap();
    let asked: Vec<_> = (0..300)
        .map(|_| {
            let (studio, folder) = (Arc::clone(&studio), rig.folder());
            tokio::spawn(async move {
                let variant = studio
                    .variant(&folder, &facts, Width::W960, Form::WebP)
                    .await?;
                Ok::<_, Unmade>(std::fs::metadata(variant.path).unwrap().ino())
            })
        })
        .collect();
    let mut files = std::collections::BTreeSet::new();
    let mut busy = 0;
    for one in asked {
        match one.await.unwrap() {
            Ok(file) => {
                files.insert(file);
            }
            Err(Unmade::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(files.len(), 1, "made once");
    assert!(busy > 0, "300 are more than may wait");
    assert_eq!(rig.names(), ["image", "w640.webp", "w960.webp"]);
}

#[tokio::test]
async fn work_goes_on_when_whoever_asked_is_gone() {
    let (rig, studio) = (Rig::new(), studio());
    let facts = studio
        .take(rig.source(&photo_as(Form::Jpeg, 1300, 800)), rig.folder())
        .await
        .unwrap();
    let folder = rig.folder();
    for _ in 0..20 {
        let ask = studio.variant(&folder, &facts, Width::W320, Form::Jpeg);
        let _ = tokio::time::timeout(std::time::Duration::from_micros(200), ask).await;
    }
    let variant = studio
        .variant(&folder, &facts, Width::W320, Form::Jpeg)
        .await
        .unwrap();
    assert_eq!(decode_file(&variant.path).width(), 320);
    assert_eq!(rig.names(), ["image", "w320.jpg", "w640.webp"]);
}

#[tokio::test]
async fn a_picture_that_is_gone_fails_and_leaves_nothing() {
    let (rig, studio) = (Rig::new(), studio());
    let facts = studio
        .take(rig.source(&photo_as(Form::Jpeg, 1300, 800)), rig.folder())
        .await
        .unwrap();
    std::fs::remove_dir_all(rig.folder()).unwrap();
    let failed = studio
        .variant(&rig.folder(), &facts, Width::W320, Form::Jpeg)
        .await
        .unwrap_err();
    assert!(matches!(failed, Unmade::Failed(_)));
    assert!(!rig.folder().exists());
}

#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_written_through() {
    let (rig, studio) = (Rig::new(), studio());
    let facts = studio
        .take(rig.source(&photo_as(Form::Jpeg, 1300, 800)), rig.folder())
        .await
        .unwrap();
    let victim = rig.source(b"precious");
    std::os::unix::fs::symlink(&victim, rig.folder().join(".w320.jpg.part")).unwrap();
    studio
        .variant(&rig.folder(), &facts, Width::W320, Form::Jpeg)
        .await
        .unwrap();
    assert_eq!(std::fs::read(victim).unwrap(), b"precious");
}
