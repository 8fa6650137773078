//! What the program around the pages is, where no test asks for more: a self-check with one line of each colour, and some settings.

use std::{
    fs,
    future::ready,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use domain::{
    BoxFuture,
    caller::Caller,
    catalogue::Catalogue,
    clock::Time,
    setting::{self, Edit},
    slug::{self, Slug},
};
use library::upload::{self, Kind, Uploads, Wanted, Whole};
use tempfile::TempDir;
use testkit::{Rig, Seeded};
use web::{
    check::{Asked, Finding, Level, Report, SelfCheck},
    configuration::{Configuration, Invalid, Refused, Setting, Shape, Source},
    intake::{self, Item, Standing},
    machine::Machine,
};

/// One line of each colour, seen in the first minute of 1970; each look is a minute later.
#[derive(Default)]
pub struct Check(Arc<AtomicI64>);

impl SelfCheck for Check {
    fn last(&self, asked: Asked) -> BoxFuture<'static, Report> {
        assert!(asked.host.is_some());
        Box::pin(ready(Report {
            at: Time::from_ms(self.0.load(Ordering::SeqCst) * 60_000),
            findings: findings(),
        }))
    }

    fn again(&self) -> BoxFuture<'static, ()> {
        let looks = self.0.clone();
        Box::pin(async move {
            looks.fetch_add(1, Ordering::SeqCst);
        })
    }
}

fn findings() -> Vec<Finding> {
    let finding = |id, level, state, values| Finding {
        id,
        level,
        state,
        values,
    };
    let peer = || vec![("peer", "192.0.2.9".to_owned())];
    vec![
        finding(
            "clock",
            Level::Ok,
            "right",
            vec![("now", "18:00".to_owned())],
        ),
        finding("ffmpeg", Level::Notice, "absent", vec![]),
        finding("proxy", Level::Warning, "untrusted", peer()),
        finding(
            "database",
            Level::Problem,
            "damaged",
            vec![("what", "<3>".to_owned())],
        ),
    ]
}

pub fn machine() -> Machine {
    Machine {
        memory_bytes: Some(41_000_000),
        memory_total_bytes: Some(16_000_000_000),
        open_files: Some(1_234),
        open_files_max: None,
    }
}

/// Some settings, kept by the catalogue as the program keeps them.
pub struct Settings(pub Catalogue);

impl Settings {
    fn kept(&self, name: &str) -> Option<String> {
        let mut kept = self.0.settings().into_iter();
        kept.find(|kept| kept.name == name).map(|kept| kept.value)
    }

    fn open(&self, name: &'static str, default: &str, shape: Shape) -> Setting {
        let kept = self.kept(name);
        let value = kept.clone().unwrap_or_else(|| default.to_owned());
        Setting {
            name,
            typed: value.clone(),
            value,
            default: default.to_owned(),
            source: kept.map_or(Source::Default, |_| Source::Page),
            shape: Some(shape),
            in_use: true,
        }
    }
}

impl Configuration for Settings {
    fn list(&self) -> Vec<Setting> {
        let fixed = |name, value: &str, source, shape| Setting {
            name,
            value: value.to_owned(),
            default: "\"\"".to_owned(),
            typed: value.to_owned(),
            source,
            shape,
            in_use: name != "engine.mediamtx.secret",
        };
        vec![
            fixed("http.listen", "\"[::]:80\"", Source::File, None),
            self.open("http.cors_origins", "", Shape::Origins),
            self.open("publish.grace_s", "30", Shape::Whole { min: 0, max: 600 }),
            fixed(
                "publish.take_over",
                "true",
                Source::Flag,
                Some(Shape::Switch),
            ),
            fixed("engine.mediamtx.secret", "…", Source::Environment, None),
        ]
    }

    fn change(
        &self,
        caller: &Caller,
        typed: Vec<(String, String)>,
    ) -> BoxFuture<'static, Result<(), Refused>> {
        let (mut edits, mut wrong) = (Vec::new(), Vec::new());
        for (name, typed) in typed {
            let fits = match name.as_str() {
                "publish.grace_s" if !typed.parse().is_ok_and(|n: u64| n <= 600) => {
                    Err(Invalid::Whole { min: 0, max: 600 })
                }
                "http.cors_origins" if typed.contains('*') => Err(Invalid::Origin(typed.clone())),
                "publish.grace_s" | "http.cors_origins" => Ok(()),
                "publish.take_over" => Err(Invalid::Fixed(Source::Flag)),
                _ => Err(Invalid::Closed),
            };
            match fits {
                Ok(()) => edits.push(Edit {
                    name,
                    value: Some(typed),
                }),
                Err(invalid) => wrong.push((name, invalid)),
            }
        }
        if !wrong.is_empty() {
            return Box::pin(ready(Err(Refused::Invalid(wrong))));
        }
        let (catalogue, caller) = (self.0.clone(), caller.clone());
        Box::pin(async move {
            let changed = catalogue.change_settings(&caller, edits).await;
            changed.map_err(|refused| match refused {
                setting::Refused::Store(error) => Refused::Store(error),
                _ => Refused::NotAllowed,
            })
        })
    }
}

/// Uploads over a folder of their own, and items that are files beside them. What begins with `bad` is nothing usable; an image is what
/// begins with `GIF`.
pub struct Intake {
    folder: TempDir,
    pub uploads: Uploads,
    /// Bytes that the disk has left.
    pub free: Arc<AtomicU64>,
    /// Bytes that lack when an item is made.
    pub missing: AtomicU64,
    /// Items, with whose request made them.
    pub items: Mutex<Vec<(Item, Caller)>>,
}

impl Intake {
    pub fn over(rig: &Rig) -> Self {
        let folder = TempDir::new().unwrap();
        let free = Arc::new(AtomicU64::new(1 << 50));
        let told = free.clone();
        let ports = upload::Ports {
            random: Arc::new(Seeded::new(11)),
            clock: Arc::new(rig.clock.clone()),
            free_bytes: Arc::new(move |_| Ok(told.load(Ordering::SeqCst))),
        };
        let limits = upload::Limits {
            length_max: 10_000_000,
            reserve_bytes: 1_000_000,
            open_per_user: 3,
            ..upload::Limits::default()
        };
        Self {
            uploads: Uploads::open(&folder.path().join("uploads"), ports, limits).unwrap(),
            folder,
            free,
            missing: AtomicU64::new(0),
            items: Mutex::default(),
        }
    }

    /// The works over this folder's storage.
    pub fn works(&self, rig: &Rig) -> library::Works {
        let options = library::works::Options::of(self.folder.path().join("storage"));
        library::Works::open(rig.catalogue.clone(), options).unwrap()
    }

    /// What an item holds.
    pub fn content(&self, slug: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(slug)).unwrap()
    }

    /// Folders of uploads that there are.
    pub fn folders(&self) -> usize {
        fs::read_dir(self.folder.path().join("uploads"))
            .unwrap()
            .count()
    }

    fn make(&self, caller: Caller, whole: Whole) -> Result<Item, intake::Refused> {
        let missing = self.missing.swap(0, Ordering::SeqCst);
        if missing > 0 {
            return Err(intake::Refused::Full { missing });
        }
        intake::Intake::check(self, &caller, &whole.wanted)?;
        let bytes = fs::read(&whole.path).unwrap();
        assert_eq!(bytes.len() as u64, whole.length);
        if bytes.starts_with(b"bad") {
            let why = "It holds ProRes video, which browsers cannot play. Export it as H.264.";
            return Err(intake::Refused::Unusable(why.to_owned()));
        }
        let kind = if bytes.starts_with(b"GIF") {
            Kind::Image
        } else {
            Kind::Video
        };
        let wanted = &whole.wanted;
        let made = || Slug::parse(&slug::from_words(&wanted.title_or_name()?)).ok();
        let slug = wanted.slug.clone().or_else(made);
        let slug = slug.ok_or(intake::Refused::Taken)?;
        fs::rename(&whole.path, self.folder.path().join(slug.as_str())).unwrap();
        let item = Item {
            kind,
            url: format!("/watch/{slug}"),
            title: whole.wanted.title_or_name().unwrap_or_default(),
            slug,
            visibility: whole.wanted.visibility,
            owner: Some(whole.owner),
            standing: Standing::Ready,
        };
        self.items.lock().unwrap().push((item.clone(), caller));
        Ok(item)
    }
}

impl intake::Intake for Intake {
    fn check(&self, _: &Caller, wanted: &Wanted) -> Result<(), intake::Refused> {
        let items = self.items.lock().unwrap();
        let is_taken = |slug: &Slug| items.iter().any(|(item, _)| item.slug == *slug);
        match &wanted.slug {
            Some(slug) if is_taken(slug) => Err(intake::Refused::Taken),
            _ => Ok(()),
        }
    }

    fn finished(
        &self,
        caller: Caller,
        whole: Whole,
    ) -> BoxFuture<'static, Result<Item, intake::Refused>> {
        Box::pin(ready(self.make(caller, whole)))
    }

    fn find(&self, _: &Caller, kind: Kind, slug: &Slug) -> Option<Item> {
        let items = self.items.lock().unwrap();
        let mut items = items.iter().map(|(item, _)| item);
        items
            .find(|item| item.kind == kind && item.slug == *slug)
            .cloned()
    }
}
