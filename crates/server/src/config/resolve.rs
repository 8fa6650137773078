//! From file, environment and flags to one value for each setting, with where it came from.

use std::{collections::BTreeMap, fmt, path::Path};

use web::configuration::Source;

use super::registry::{SETTINGS, Setting, Shape, Use};

/// A value that cannot be used, told for the person who wrote it.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// No such setting.
    #[error("there is no setting `{name}`{}", suggestion.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
    Unknown {
        /// As written.
        name: String,
        /// The nearest known name.
        suggestion: Option<&'static str>,
    },
    /// The value does not fit.
    #[error("`{name}` is `{value}`, but {wants}")]
    Value {
        /// Setting.
        name: &'static str,
        /// As written (secrets are not settings of this kind).
        value: String,
        /// What would fit.
        wants: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path} is not valid TOML: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// Where and why.
        message: String,
    },
    /// `--set` without `=`.
    #[error("`--set {0}` needs the form `name=value`")]
    Form(String),
}

/// One checked value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Text, a word or an address.
    Text(String),
    /// Number.
    Whole(u64),
    /// Switch.
    Switch(bool),
    /// List.
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Switch(on) => write!(f, "{on}"),
            Self::List(items) => write!(f, "{items:?}"),
        }
    }
}

/// A value for every setting.
#[derive(Clone, Debug)]
pub struct Resolved {
    values: BTreeMap<&'static str, (Value, Source)>,
}

impl Resolved {
    /// Applies defaults, then `file` (where it exists), then `environment`, then `flags` (`name=value`).
    pub fn new(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[String],
    ) -> Result<Self, Invalid> {
        let mut values = BTreeMap::new();
        for setting in SETTINGS {
            values.insert(setting.name, (default(setting), Source::Default));
        }
        let mut resolved = Self { values };
        if let Some(path) = file {
            resolved.apply_file(path)?;
        }
        resolved.apply_environment(environment)?;
        for flag in flags {
            let (name, text) = flag
                .split_once('=')
                .ok_or_else(|| Invalid::Form(flag.clone()))?;
            let setting = find(name)?;
            resolved.put(setting, from_text(setting, text)?, Source::Flag);
        }
        Ok(resolved)
    }

    fn put(&mut self, setting: &'static Setting, value: Value, source: Source) {
        self.values.insert(setting.name, (value, source));
    }

    fn apply_file(&mut self, path: &Path) -> Result<(), Invalid> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| Invalid::Read {
            path: shown.clone(),
            source,
        })?;
        let table: toml::Table = toml::from_str(&text).map_err(|error| Invalid::Syntax {
            path: shown,
            message: error.to_string(),
        })?;
        self.apply_table("", &table)
    }

    fn apply_table(&mut self, prefix: &str, table: &toml::Table) -> Result<(), Invalid> {
        for (key, value) in table {
            let name = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            let is_group = SETTINGS
                .iter()
                .any(|s| s.name.starts_with(&format!("{name}.")));
            match value {
                toml::Value::Table(inner) if is_group => self.apply_table(&name, inner)?,
                _ => {
                    let setting = find(&name)?;
                    self.put(setting, from_toml(setting, value)?, Source::File);
                }
            }
        }
        Ok(())
    }

    fn apply_environment(
        &mut self,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<(), Invalid> {
        for (key, text) in environment {
            let Some(rest) = key.strip_prefix("MEDIA_SERVER_") else {
                continue;
            };
            let dotted = |s: &str| s.to_ascii_lowercase().replace("__", ".");
            let (setting, text) = match (find(&dotted(rest)), rest.strip_suffix("_FILE")) {
                (Ok(setting), _) => (setting, text),
                (Err(_), Some(stem)) => {
                    let contents =
                        std::fs::read_to_string(&text).map_err(|source| Invalid::Read {
                            path: text.clone(),
                            source,
                        })?;
                    (find(&dotted(stem))?, contents.trim_end().to_owned())
                }
                (Err(error), None) => return Err(error),
            };
            self.put(setting, from_text(setting, &text)?, Source::Environment);
        }
        Ok(())
    }

    /// The same with what was changed on the page of settings, which wins over defaults alone. What does not fit any more, after an
    /// update or by another hand, is left out.
    pub fn with_page<'a>(&self, kept: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut resolved = self.clone();
        for (name, text) in kept {
            let Ok(setting) = find(name) else { continue };
            let is_open = matches!(self.values.get(name), Some((_, Source::Default)));
            if is_open
                && setting.used == Use::Live
                && let Ok(value) = from_text(setting, text)
            {
                resolved.put(setting, value, Source::Page);
            }
        }
        resolved
    }

    /// All settings with value and source, in the order of the registry.
    pub fn all(&self) -> impl Iterator<Item = (&'static Setting, &Value, &Source)> {
        SETTINGS.iter().map(|setting| {
            let (value, source) = &self.values[setting.name];
            (setting, value, source)
        })
    }

    /// The value of a setting of the registry.
    pub(super) fn value(&self, name: &str) -> &Value {
        &self
            .values
            .get(name)
            .expect("only names of the registry are asked for")
            .0
    }
}

/// A value from text, as it stands in the environment and on the command line.
pub fn parse(setting: &'static Setting, text: &str) -> Result<Value, Invalid> {
    from_text(setting, text)
}

/// The default of a setting.
pub fn default(setting: &'static Setting) -> Value {
    let table: toml::Table = toml::from_str(&format!("v = {}", setting.default))
        .expect("defaults in the registry are TOML");
    from_toml(setting, &table["v"]).expect("defaults in the registry fit")
}

/// The setting of the registry with this name, or the nearest one.
pub fn find(name: &str) -> Result<&'static Setting, Invalid> {
    SETTINGS
        .iter()
        .find(|setting| setting.name == name)
        .ok_or_else(|| {
            let nearest = SETTINGS
                .iter()
                .map(|s| (distance(name, s.name), s.name))
                .min();
            let suggestion = nearest
                .filter(|(d, _)| *d <= 2 + name.len() / 4)
                .map(|(_, n)| n);
            Invalid::Unknown {
                name: name.to_owned(),
                suggestion,
            }
        })
}

/// Edits between two names (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

fn invalid(setting: &Setting, value: impl fmt::Display, wants: impl Into<String>) -> Invalid {
    Invalid::Value {
        name: setting.name,
        value: value.to_string(),
        wants: wants.into(),
    }
}

fn from_toml(setting: &'static Setting, value: &toml::Value) -> Result<Value, Invalid> {
    match (setting.shape, value) {
        (Shape::Text | Shape::Listen | Shape::Word(_), toml::Value::String(text)) => {
            from_text(setting, text)
        }
        (Shape::Whole { .. }, toml::Value::Integer(number)) => {
            from_text(setting, &number.to_string())
        }
        (Shape::Switch, toml::Value::Boolean(on)) => Ok(Value::Switch(*on)),
        (Shape::List | Shape::Origins, toml::Value::Array(items)) => items
            .iter()
            .map(|item| {
                item.as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| invalid(setting, item, "only texts fit"))
            })
            .collect::<Result<_, _>>()
            .and_then(|items| list(setting, items)),
        _ => Err(invalid(setting, value, wants(setting.shape))),
    }
}

fn from_text(setting: &'static Setting, text: &str) -> Result<Value, Invalid> {
    let text = text.trim();
    let refused = || invalid(setting, text, wants(setting.shape));
    match setting.shape {
        Shape::Text => Ok(Value::Text(text.to_owned())),
        Shape::Listen if text.is_empty() => Ok(Value::Text(String::new())),
        Shape::Listen => match text.parse::<std::net::SocketAddr>() {
            Ok(_) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(refused()),
        },
        Shape::Whole { min, max } => match text.parse() {
            Ok(number) if (min..=max).contains(&number) => Ok(Value::Whole(number)),
            _ => Err(refused()),
        },
        Shape::Switch => match text {
            "true" => Ok(Value::Switch(true)),
            "false" => Ok(Value::Switch(false)),
            _ => Err(refused()),
        },
        Shape::List | Shape::Origins => {
            let items = text.split(',').map(|item| item.trim().to_owned());
            list(setting, items.filter(|item| !item.is_empty()).collect())
        }
        Shape::Word(words) if words.contains(&text) => Ok(Value::Text(text.to_owned())),
        Shape::Word(_) => Err(refused()),
    }
}

fn list(setting: &'static Setting, items: Vec<String>) -> Result<Value, Invalid> {
    let wrong = items.iter().find(|item| !is_origin(item));
    match wrong.filter(|_| setting.shape == Shape::Origins) {
        Some(item) => Err(invalid(setting, item, wants(setting.shape))),
        None => Ok(Value::List(items)),
    }
}

/// Whether a browser can send this as an origin. A slash at the end, which people copy along, is let pass.
pub fn is_origin(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let Some(authority) = rest.map(|rest| rest.strip_suffix('/').unwrap_or(rest)) else {
        return false;
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_host = match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        }
    };
    let is_port = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    is_host && port.is_none_or(is_port)
}

fn wants(shape: Shape) -> String {
    match shape {
        Shape::Text => "a text in quotes fits".into(),
        Shape::Listen => "an address with a port fits, such as `127.0.0.1:3000` or `[::]:3000`; nothing switches it off".into(),
        Shape::Whole { min, max } => format!("a whole number from {min} to {max} fits"),
        Shape::Switch => "only `true` or `false` fit".into(),
        Shape::List => "a list of texts fits".into(),
        Shape::Origins => "only origins fit, such as `https://www.example.org`: no path, no `*`".into(),
        Shape::Word(words) => format!("only {} fit", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        file: Option<&str>,
        env: &[(&str, &str)],
        flags: &[&str],
    ) -> Result<Resolved, Invalid> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("media-server.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
        }
        Resolved::new(
            file.map(|_| path.as_path()),
            env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
            &flags.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let file = "[hls]\npart_ms = 250\nsegment_ms = 1500\ntarget_duration_s = 5\n";
        let env = [
            ("MEDIA_SERVER_HLS__SEGMENT_MS", "1600"),
            ("MEDIA_SERVER_HLS__TARGET_DURATION_S", "6"),
            ("PATH", "x"),
        ];
        let got = resolve(Some(file), &env, &["hls.target_duration_s=7"]).unwrap();
        assert_eq!(got.value("hls.part_ms"), &Value::Whole(250));
        assert_eq!(got.value("hls.segment_ms"), &Value::Whole(1600));
        assert_eq!(got.value("hls.target_duration_s"), &Value::Whole(7));
        assert_eq!(got.value("publish.grace_s"), &Value::Whole(30));
    }

    #[test]
    fn unknown_name_is_refused_with_the_nearest_known_one() {
        for wrong in [
            resolve(Some("[http]\nlisen = \"\"\n"), &[], &[]),
            resolve(None, &[], &["http.lisen=x"]),
        ] {
            assert_eq!(
                wrong.unwrap_err().to_string(),
                "there is no setting `http.lisen`; did you mean `http.listen`?"
            );
        }
        let far = resolve(None, &[("MEDIA_SERVER_COFFEE", "1")], &[])
            .unwrap_err()
            .to_string();
        assert_eq!(far, "there is no setting `coffee`");
    }

    #[test]
    fn values_that_do_not_fit_say_what_would() {
        for (flag, words) in [
            ("hls.part_ms=5", "from 100 to 2000"),
            ("http.listen=3000", "an address with a port"),
            ("publish.take_over=yes", "`true` or `false`"),
            ("engine.kind=other", "`embedded`"),
        ] {
            let error = resolve(None, &[], &[flag]).unwrap_err().to_string();
            assert!(error.contains(words), "{flag}: {error}");
        }
    }

    #[test]
    fn page_wins_over_defaults_and_over_nothing_else() {
        let env = [("MEDIA_SERVER_LIMITS__PUBLISHERS_PER_ADDRESS", "3")];
        let file = "[limits]\nconnections_per_address = 2\n";
        let given = resolve(Some(file), &env, &["publish.take_over=false"]).unwrap();
        let got = given.with_page([
            ("publish.grace_s", "5"),
            ("publish.take_over", "true"),
            ("limits.connections_per_address", "9"),
            ("limits.publishers_per_address", "9"),
            (
                "http.cors_origins",
                "https://a.example, https://b.example:8443",
            ),
            ("hls.part_ms", "500"),
            ("no.such", "1"),
        ]);
        let both = ["https://a.example", "https://b.example:8443"].map(str::to_owned);
        for (name, value, source) in [
            ("publish.grace_s", Value::Whole(5), Source::Page),
            ("publish.take_over", Value::Switch(false), Source::Flag),
            (
                "limits.connections_per_address",
                Value::Whole(2),
                Source::File,
            ),
            (
                "limits.publishers_per_address",
                Value::Whole(3),
                Source::Environment,
            ),
            (
                "http.cors_origins",
                Value::List(both.to_vec()),
                Source::Page,
            ),
            ("hls.part_ms", Value::Whole(200), Source::Default),
        ] {
            assert_eq!(got.values[name], (value, source), "{name}");
        }
        let stale = given.with_page([("publish.grace_s", "601")]);
        assert_eq!(
            stale.values["publish.grace_s"],
            (Value::Whole(30), Source::Default)
        );
    }

    #[test]
    fn origins_are_what_browsers_send() {
        for (text, is) in [
            ("https://www.example.org", true),
            ("https://www.example.org/", true),
            ("http://localhost:5173", true),
            ("http://[::1]:8080", true),
            ("http://[::1]", true),
            ("https://example.org/app", false),
            ("https://", false),
            ("https://a b", false),
            ("https://user@example.org", false),
            ("https://example.org:", false),
            ("https://example.org:0", false),
            ("https://example.org:99999", false),
            ("https://example.org:+80", false),
            ("example.org", false),
            ("ftp://example.org", false),
            ("null", false),
            ("*", false),
            ("https://*.example.org", false),
            ("https://\u{202e}gro.example", false),
        ] {
            assert_eq!(is_origin(text), is, "{text}");
        }
        let refused = resolve(None, &[], &["http.cors_origins=https://a.example,*"]);
        assert!(refused.unwrap_err().to_string().contains("`*`"));
    }

    #[test]
    fn empty_listener_is_off_and_lists_split_at_commas() {
        let got = resolve(
            None,
            &[],
            &["rtmp.listen=", "http.trusted_proxies=10.0.0.0/8, ::1"],
        )
        .unwrap();
        assert_eq!(got.value("rtmp.listen"), &Value::Text(String::new()));
        assert_eq!(
            got.value("http.trusted_proxies"),
            &Value::List(vec!["10.0.0.0/8".into(), "::1".into()])
        );
    }

    #[test]
    fn secret_comes_from_a_file_named_in_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "of the engine\n").unwrap();
        let got = resolve(
            None,
            &[(
                "MEDIA_SERVER_ENGINE__MEDIAMTX__SECRET_FILE",
                path.to_str().unwrap(),
            )],
            &[],
        )
        .unwrap();
        assert_eq!(
            got.value("engine.mediamtx.secret"),
            &Value::Text("of the engine".into())
        );
    }
}
