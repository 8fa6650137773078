//! The sample library: small media that lie in the program and are taken in like anybody's files.
//!
//! Every start puts back what is missing, so that one that was ended halfway, or in which somebody deleted a sample, is whole at the next.

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use domain::{
    access_code::{self, Status},
    caller::Caller,
    item::{self, Visibility},
    secret::Secret,
    slug::Slug,
    stored::{Kind, Stored},
    user::UserId,
};
use library::{
    Works,
    captions::{Label, Language},
    works::{Brought, NewCaptions},
};

use crate::assemble::Opened;

/// The video that the sample code opens.
pub const SHARED: &str = "lesson1";
/// By what the sample code is found again; its text is another one in each data directory.
const CODE: &str = "Sample: opens lesson1";

/// A file that lies in the program.
struct Sample {
    kind: Kind,
    slug: &'static str,
    title: &'static str,
    visibility: Visibility,
    file_name: &'static str,
    file: &'static [u8],
    poster: Option<&'static [u8]>,
    /// In English.
    captions: Option<&'static [u8]>,
}

const SAMPLES: [Sample; 4] = [
    Sample {
        kind: Kind::Video,
        slug: "welcome",
        title: "Welcome",
        visibility: Visibility::Public,
        file_name: "welcome.mp4",
        file: include_bytes!("../../assets/demo/welcome.mp4"),
        poster: Some(include_bytes!("../../assets/demo/welcome.jpg")),
        captions: None,
    },
    Sample {
        kind: Kind::Video,
        slug: "fullmovie",
        title: "The full movie",
        visibility: Visibility::Public,
        file_name: "fullmovie.mp4",
        file: include_bytes!("../../assets/demo/fullmovie.mp4"),
        poster: Some(include_bytes!("../../assets/demo/fullmovie.jpg")),
        captions: None,
    },
    Sample {
        kind: Kind::Video,
        slug: SHARED,
        title: "Lesson 1: the game of life",
        visibility: Visibility::Private,
        file_name: "lesson1.mp4",
        file: include_bytes!("../../assets/demo/lesson1.mp4"),
        poster: Some(include_bytes!("../../assets/demo/lesson1.jpg")),
        captions: Some(include_bytes!("../../assets/demo/lesson1.en.vtt")),
    },
    Sample {
        kind: Kind::Image,
        slug: "logo",
        title: "Logo",
        visibility: Visibility::Public,
        file_name: "logo.png",
        file: include_bytes!("../../assets/demo/logo.png"),
        poster: None,
        captions: None,
    },
];

/// Makes what is missing of the sample library, and answers the addresses to tell, each with its word: `watch /watch/welcome`.
pub async fn fill(
    opened: &Opened,
    works: &Works,
    owner: UserId,
) -> Result<Vec<(&'static str, String)>> {
    let mut links = Vec::new();
    for sample in &SAMPLES {
        bring(opened, works, owner, sample)
            .await
            .with_context(|| format!("the sample `{}` could not be made", sample.slug))?;
        match sample.kind {
            Kind::Image => links.push(("image", format!("/images/{}", sample.slug))),
            Kind::Video if sample.slug == SHARED => {}
            Kind::Video => links.push(("watch", format!("/watch/{}", sample.slug))),
        }
    }
    let code = code(opened, owner).await?;
    let shared = format!("/watch/{SHARED}?access_code={}", code.expose());
    links.push(("code", shared));
    Ok(links)
}

async fn bring(opened: &Opened, works: &Works, owner: UserId, sample: &Sample) -> Result<()> {
    let operator = Caller::operator();
    let slug = Slug::parse(sample.slug)?;
    let stored = match opened.catalogue.find_stored(&operator, sample.kind, &slug) {
        Some(stored) => stored,
        None => {
            let path = opened.folder.join(format!(".demo-{}", sample.file_name));
            tokio::fs::write(&path, sample.file).await?;
            let brought = Brought {
                path: path.clone(),
                kind: Some(sample.kind),
                slug: Some(slug.clone()),
                title: Some(sample.title.to_owned()),
                visibility: sample.visibility,
                owner: Some(owner),
                file_name: sample.file_name.to_owned(),
            };
            let taken = works.take_in(&operator, brought).await;
            if taken.is_err() {
                // The next start writes it again.
                let _ = tokio::fs::remove_file(&path).await;
            }
            taken?
        }
    };
    let stored = works.settled(stored.id).await;
    let stored = stored.ok_or_else(|| anyhow!("it was deleted while it was made ready"))?;
    dress(works, &stored, sample).await
}

/// Gives a sample its poster and captions where it has none.
async fn dress(works: &Works, stored: &Stored, sample: &Sample) -> Result<()> {
    let operator = Caller::operator();
    if let Some(poster) = sample.poster.filter(|_| stored.poster.is_none()) {
        let poster = Bytes::from_static(poster);
        works.set_poster(&operator, &stored.slug, poster).await?;
    }
    if let Some(text) = sample.captions.filter(|_| stored.captions.is_empty()) {
        let captions = NewCaptions {
            language: Language::parse("en").context("no language")?,
            label: Label::parse("English").context("no label")?,
            is_default: false,
            text: Bytes::from_static(text),
        };
        works
            .set_captions(&operator, &stored.slug, captions)
            .await?;
    }
    Ok(())
}

/// The text of the sample code. It is made anew where it was deleted, paused or cannot be read any more.
async fn code(opened: &Opened, owner: UserId) -> Result<Secret> {
    let operator = Caller::operator();
    let lesson = item::Name {
        kind: item::Kind::Video,
        slug: Slug::parse(SHARED)?,
    };
    let known = opened
        .catalogue
        .list_codes(&operator)?
        .into_iter()
        .filter(|shown| shown.code.owner == owner && shown.code.description == CODE)
        .filter(|shown| shown.status == Status::Active && shown.items.contains(&lesson))
        .find_map(|shown| shown.text);
    if let Some(text) = known {
        return Ok(text);
    }
    let new = access_code::New {
        description: CODE.to_owned(),
        items: vec![lesson],
        owner: Some(owner),
        ..access_code::New::default()
    };
    let made = opened.catalogue.add_code(&operator, new).await?;
    made.text.context("the code cannot be read again")
}
