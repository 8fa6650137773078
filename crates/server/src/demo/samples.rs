//! The sample library: small media that lie in the program and are taken in like anybody's files.
//!
//! Each is made once in a data directory: what its reader changed or deleted afterwards stays so. A file in the directory names those that
//! are whole, so that a start that was ended halfway is taken up by the next.

use std::{collections::HashSet, io::ErrorKind, path::PathBuf};

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
use tokio::{fs, io::AsyncWriteExt as _};

use crate::assemble::Opened;

/// The video that the sample code opens.
pub const SHARED: &str = "lesson1";
/// Which samples were made in this data directory, the slug of one on each line.
const MADE: &str = "demo-samples";
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

/// Makes what was never made of the sample library, and answers the addresses to tell of what is there, each with its word:
/// `watch /watch/welcome`.
pub async fn fill(
    opened: &Opened,
    works: &Works,
    owner: UserId,
) -> Result<Vec<(&'static str, String)>> {
    let mut links = Vec::new();
    let made = Made::read(opened).await?;
    for sample in &SAMPLES {
        if !made.has(sample) {
            bring(opened, works, owner, sample)
                .await
                .with_context(|| format!("the sample `{}` could not be made", sample.slug))?;
            made.add(sample).await?;
        }
        if !is_there(opened, sample.kind, sample.slug)? {
            continue;
        }
        match sample.kind {
            Kind::Image => links.push(("image", format!("/images/{}", sample.slug))),
            Kind::Video if sample.slug == SHARED => {}
            Kind::Video => links.push(("watch", format!("/watch/{}", sample.slug))),
        }
    }
    if is_there(opened, Kind::Video, SHARED)? {
        let code = code(opened, owner).await?;
        let shared = format!("/watch/{SHARED}?access_code={}", code.expose());
        links.push(("code", shared));
    }
    Ok(links)
}

fn is_there(opened: &Opened, kind: Kind, slug: &str) -> Result<bool> {
    let slug = Slug::parse(slug)?;
    let found = opened
        .catalogue
        .find_stored(&Caller::operator(), kind, &slug);
    Ok(found.is_some())
}

/// Which samples were made already.
struct Made {
    path: PathBuf,
    slugs: HashSet<String>,
}

impl Made {
    async fn read(opened: &Opened) -> Result<Self> {
        let path = opened.folder.join(MADE);
        let text = match fs::read_to_string(&path).await {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let slugs = text.lines().map(str::to_owned).collect();
        Ok(Self { path, slugs })
    }

    fn has(&self, sample: &Sample) -> bool {
        self.slugs.contains(sample.slug)
    }

    /// Notes that it is whole. A line that is torn names none, and its sample is looked after once more.
    async fn add(&self, sample: &Sample) -> Result<()> {
        let write = async {
            let mut options = fs::OpenOptions::new();
            let mut file = options.create(true).append(true).open(&self.path).await?;
            file.write_all(format!("{}\n", sample.slug).as_bytes())
                .await?;
            file.flush().await
        };
        write
            .await
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

async fn bring(opened: &Opened, works: &Works, owner: UserId, sample: &Sample) -> Result<()> {
    let operator = Caller::operator();
    let slug = Slug::parse(sample.slug)?;
    let stored = match opened.catalogue.find_stored(&operator, sample.kind, &slug) {
        Some(stored) => stored,
        None => {
            let path = opened.folder.join(format!(".demo-{}", sample.file_name));
            fs::write(&path, sample.file).await?;
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
                let _ = fs::remove_file(&path).await;
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
