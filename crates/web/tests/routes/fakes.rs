//! What the program around the pages is, where no test asks for more: a self-check with one line of each colour, and some settings.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use domain::{
    BoxFuture,
    caller::Caller,
    catalogue::Catalogue,
    clock::Time,
    setting::{self, Edit},
};
use web::{
    check::{Asked, Finding, Level, Report, SelfCheck},
    configuration::{Configuration, Invalid, Refused, Setting, Shape, Source},
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
