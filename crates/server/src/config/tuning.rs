//! Settings that change while the program runs: shown and changed through the port of the pages, kept by the catalogue, and carried out
//! on what lives as soon as they are saved.
//!
//! Precedence stays: what the file, the environment or the command line says cannot be changed on a page, since the next start would
//! find it again.

use std::sync::Arc;

use domain::{
    BoxFuture, Catalogue,
    caller::Caller,
    limit::Rate,
    setting::{self, Edit, VALUE_BYTES_MAX},
};
use engine::Embedded;
use web::{
    App,
    configuration::{self, Configuration, Invalid, Refused, Shape},
    front::Cap,
};

use super::{
    Config, Source, Value,
    registry::{self, Setting, Use},
    resolve::{default, find, is_origin, parse},
};

/// The settings behind the pages. Cheap to clone.
#[derive(Clone)]
pub struct Tuning {
    /// What file, environment and command line say.
    given: Arc<Config>,
    catalogue: Catalogue,
}

/// What goes by settings that change.
pub struct Targets {
    /// Publishers.
    pub engine: Arc<Embedded>,
    /// Pages and API.
    pub app: App,
    /// HTTP connections of one address.
    pub connections_per_address: Cap,
}

impl Tuning {
    /// Settings as given at the start, over those that the catalogue keeps.
    pub fn new(given: Config, catalogue: Catalogue) -> Self {
        let tuning = Self {
            given: Arc::new(given),
            catalogue,
        };
        tuning.tell_stale();
        tuning
    }

    /// What holds now.
    pub fn config(&self) -> Config {
        self.given.with_page(&self.catalogue.settings())
    }

    /// Carries out every change from now on.
    pub fn drive(&self, targets: Targets) {
        self.catalogue.limit_wrong_keys(wrong_keys(&self.config()));
        let (given, catalogue) = (self.given.clone(), self.catalogue.clone());
        self.catalogue.on_settings(move || {
            let config = given.with_page(&catalogue.settings());
            targets.engine.tune(engine_tuned(&config));
            targets.app.tune(web_tuned(&config));
            let most = config.whole32("limits.connections_per_address");
            targets.connections_per_address.set(most);
            catalogue.limit_wrong_keys(wrong_keys(&config));
            tracing::info!("settings were changed");
        });
    }

    /// What was kept and does not fit any more is told, once.
    fn tell_stale(&self) {
        for kept in self.catalogue.settings() {
            let fits = find(&kept.name).is_ok_and(|setting| {
                setting.used == Use::Live && parse(setting, &kept.value).is_ok()
            });
            if !fits {
                tracing::warn!(
                    setting = kept.name,
                    "a setting that was changed on the page of settings does not fit this version; its default holds"
                );
            }
        }
    }

    fn show(setting: &'static Setting, value: &Value, source: Source) -> configuration::Setting {
        let is_secret = setting.is_secret() && *value != Value::Text(String::new());
        configuration::Setting {
            name: setting.name,
            value: if is_secret {
                "…".to_owned()
            } else {
                value.to_string()
            },
            default: default(setting).to_string(),
            typed: match value {
                Value::List(items) => items.join("\n"),
                Value::Whole(number) => number.to_string(),
                Value::Switch(on) => on.to_string(),
                Value::Text(_) => String::new(),
            },
            source,
            shape: shape(setting),
            in_use: setting.used != Use::Later,
        }
    }

    /// One thing typed on the page as what is to be kept; `None` where it is so already.
    fn edit(config: &Config, name: &str, typed: &str) -> Result<Option<Edit>, Invalid> {
        let setting = find(name).map_err(|_| Invalid::Closed)?;
        let now = config
            .resolved()
            .all()
            .find(|(known, ..)| known.name == name);
        let Some(((_, value, source), shape)) = now.zip(shape(setting)) else {
            return Err(Invalid::Closed);
        };
        if typed.len() > VALUE_BYTES_MAX {
            return Err(Invalid::TooLong);
        }
        let text = typed.lines().collect::<Vec<_>>().join(",");
        let wanted = match text.trim() {
            "" => default(setting),
            text => parse(setting, text).map_err(|_| invalid(shape, text))?,
        };
        if wanted == *value {
            return Ok(None);
        }
        if !matches!(source, Source::Default | Source::Page) {
            return Err(Invalid::Fixed(*source));
        }
        let value = (wanted != default(setting)).then(|| match wanted {
            Value::List(items) => items.join(","),
            Value::Whole(number) => number.to_string(),
            Value::Switch(on) => on.to_string(),
            Value::Text(text) => text,
        });
        Ok(Some(Edit {
            name: name.to_owned(),
            value,
        }))
    }
}

impl Configuration for Tuning {
    fn list(&self) -> Vec<configuration::Setting> {
        let config = self.config();
        let all = config.resolved().all();
        all.map(|(setting, value, source)| Self::show(setting, value, *source))
            .collect()
    }

    fn change(
        &self,
        caller: &Caller,
        typed: Vec<(String, String)>,
    ) -> BoxFuture<'static, Result<(), Refused>> {
        let (tuning, caller) = (self.clone(), caller.clone());
        Box::pin(async move {
            if !tuning.catalogue.is_administrator(&caller) {
                return Err(Refused::NotAllowed);
            }
            let config = tuning.config();
            let (mut edits, mut wrong) = (Vec::new(), Vec::new());
            for (name, typed) in typed {
                match Self::edit(&config, &name, &typed) {
                    Ok(edit) => edits.extend(edit),
                    Err(invalid) => wrong.push((name, invalid)),
                }
            }
            if !wrong.is_empty() {
                return Err(Refused::Invalid(wrong));
            }
            let changed = tuning.catalogue.change_settings(&caller, edits).await;
            changed.map_err(|refused| match refused {
                setting::Refused::NotAllowed => Refused::NotAllowed,
                setting::Refused::TooLarge => Refused::Invalid(Vec::new()),
                setting::Refused::Store(error) => Refused::Store(error),
            })
        })
    }
}

fn shape(setting: &Setting) -> Option<Shape> {
    if setting.used != Use::Live {
        return None;
    }
    match setting.shape {
        registry::Shape::Whole { min, max } => Some(Shape::Whole { min, max }),
        registry::Shape::Switch => Some(Shape::Switch),
        registry::Shape::Origins => Some(Shape::Origins),
        registry::Shape::Text
        | registry::Shape::Listen
        | registry::Shape::List
        | registry::Shape::Word(_) => None,
    }
}

fn invalid(shape: Shape, text: &str) -> Invalid {
    match shape {
        Shape::Whole { min, max } => Invalid::Whole { min, max },
        Shape::Switch => Invalid::Switch,
        Shape::Origins => {
            let mut items = text.split(',').map(str::trim);
            let wrong = items.find(|item| !item.is_empty() && !is_origin(item));
            Invalid::Origin(wrong.unwrap_or(text).chars().take(100).collect())
        }
    }
}

/// The engine's part of what can change.
pub fn engine_tuned(config: &Config) -> engine::Tuned {
    engine::Tuned {
        grace: config.seconds("publish.grace_s"),
        take_over: config.is_on("publish.take_over"),
        publishers_per_address: config.whole32("limits.publishers_per_address"),
    }
}

/// How many wrong keys of one address are heard.
fn wrong_keys(config: &Config) -> Rate {
    Rate {
        burst: config.whole32("limits.wrong_keys_per_address"),
        refill_ms: config.whole32("limits.wrong_key_refill_s") * 1000,
    }
}

/// The pages' part of what can change.
pub fn web_tuned(config: &Config) -> web::Tuned {
    web::Tuned {
        cors_origins: config.list("http.cors_origins").to_vec(),
        grace_s: config.whole("publish.grace_s"),
    }
}

#[cfg(test)]
mod tests {
    use domain::user::Role;
    use testkit::{Rig, block_on};

    use super::{super::Resolved, *};

    fn tuning(rig: &Rig, flags: &[&str]) -> Tuning {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let given = Config::new(Resolved::new(None, std::iter::empty(), &flags).unwrap());
        Tuning::new(given, rig.catalogue.clone())
    }

    fn change(tuning: &Tuning, caller: &Caller, typed: &[(&str, &str)]) -> Result<(), Refused> {
        let typed = typed
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        block_on(tuning.change(caller, typed.collect()))
    }

    fn shown(tuning: &Tuning, name: &str) -> (String, Source) {
        let all = tuning.list();
        let found = all
            .into_iter()
            .find(|setting| setting.name == name)
            .unwrap();
        (found.value, found.source)
    }

    #[test]
    fn change_holds_at_once_and_after_a_restart_until_it_is_taken_back() {
        let rig = Rig::new();
        let root = rig.administrator("root");
        let running = tuning(&rig, &[]);
        let typed = [
            ("publish.grace_s", " 5 "),
            ("publish.take_over", "true"),
            (
                "http.cors_origins",
                "https://a.example\r\nhttps://b.example,\r\n",
            ),
            ("limits.connections_per_address", "1000"),
        ];
        change(&running, &root, &typed).unwrap();
        assert_eq!(engine_tuned(&running.config()).grace.as_secs(), 5);
        assert!(engine_tuned(&running.config()).take_over);
        let next = tuning(&rig.restarted(), &[]);
        let both = [
            "https://a.example".to_owned(),
            "https://b.example".to_owned(),
        ];
        assert_eq!(web_tuned(&next.config()).cors_origins, both);
        assert_eq!(
            shown(&next, "publish.grace_s"),
            ("5".to_owned(), Source::Page)
        );
        // What equals the default is not kept.
        assert_eq!(
            shown(&next, "limits.connections_per_address"),
            ("1000".to_owned(), Source::Default)
        );
        change(
            &next,
            &root,
            &[("publish.grace_s", ""), ("http.cors_origins", "")],
        )
        .unwrap();
        assert_eq!(
            shown(&next, "publish.grace_s"),
            ("30".to_owned(), Source::Default)
        );
        assert_eq!(
            rig.catalogue.settings().len(),
            3,
            "the first start's memory is its own"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would_and_nothing_is_changed() {
        let rig = Rig::new();
        let root = rig.administrator("root");
        let tuning = tuning(&rig, &["publish.take_over=false"]);
        let long = "https://a.example,".repeat(1000);
        for (name, typed, expected) in [
            (
                "publish.grace_s",
                "601",
                Invalid::Whole { min: 0, max: 600 },
            ),
            ("publish.grace_s", "-1", Invalid::Whole { min: 0, max: 600 }),
            (
                "publish.grace_s",
                "5 s",
                Invalid::Whole { min: 0, max: 600 },
            ),
            (
                "publish.grace_s",
                "99999999999999999999",
                Invalid::Whole { min: 0, max: 600 },
            ),
            ("publish.take_over", "true", Invalid::Fixed(Source::Flag)),
            ("publish.take_over", "yes", Invalid::Switch),
            (
                "http.cors_origins",
                "https://a.example\n*",
                Invalid::Origin("*".to_owned()),
            ),
            ("http.cors_origins", &long, Invalid::TooLong),
            ("http.listen", "[::]:80", Invalid::Closed),
            ("engine.mediamtx.secret", "x", Invalid::Closed),
            ("no.such", "1", Invalid::Closed),
        ] {
            let refused = change(
                &tuning,
                &root,
                &[("limits.publishers_per_address", "7"), (name, typed)],
            );
            let Err(Refused::Invalid(wrong)) = refused else {
                panic!("{name} = {typed}: {refused:?}")
            };
            assert_eq!(wrong, [(name.to_owned(), expected)]);
        }
        assert_eq!(rig.catalogue.settings(), []);
        // What is fixed elsewhere may be sent along as it is.
        change(&tuning, &root, &[("publish.take_over", "false")]).unwrap();
        rig.user("ann", Role::Member);
        let ann = rig.as_cookie(&rig.log_in("ann"));
        let refused = change(&tuning, &ann, &[("publish.grace_s", "5")]);
        assert!(matches!(refused, Err(Refused::NotAllowed)));
    }

    #[test]
    fn secrets_are_not_shown() {
        let tuning = tuning(&Rig::new(), &["engine.mediamtx.secret=of-the-engine"]);
        let all = tuning.list();
        assert!(!format!("{all:?}").contains("of-the-engine"));
        assert_eq!(shown(&tuning, "engine.mediamtx.secret").0, "…");
    }
}
