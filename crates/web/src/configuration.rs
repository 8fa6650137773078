//! Settings as pages show and change them. Which there are, and where their values come from, is known to whoever assembles the program;
//! here is the port through which pages ask for them.

use domain::{BoxFuture, caller::Caller, store::StoreError};

/// Shows and changes settings.
pub trait Configuration: Send + Sync {
    /// Every setting, in the order of the reference page.
    fn list(&self) -> Vec<Setting>;

    /// Changes settings to what was typed, all of them or none; what was typed as it is already changes nothing. Carried out when
    /// the future resolves, also for broadcasts and connections that are there.
    fn change(
        &self,
        caller: &Caller,
        typed: Vec<(String, String)>,
    ) -> BoxFuture<'static, Result<(), Refused>>;
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted name. Its words are the message `setting-` and the name with dashes for dots.
    pub name: &'static str,
    /// Its value as the settings file writes it; never a secret.
    pub value: String,
    /// Its default likewise.
    pub default: String,
    /// Its value as it is typed into a field: lists have a line for each entry.
    pub typed: String,
    /// Where the value comes from.
    pub source: Source,
    /// What fits, where it can change while the program runs.
    pub shape: Option<Shape>,
    /// Whether this version does something with it.
    pub in_use: bool,
}

impl Setting {
    /// Whether pages can change it: nobody fixed it elsewhere, where it would be found again at the next start.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shape.is_some() && matches!(self.source, Source::Default | Source::Page)
    }

    /// The id of its words.
    #[must_use]
    pub fn words(&self) -> String {
        words_of(self.name)
    }
}

/// The id of a setting's words.
#[must_use]
pub fn words_of(name: &str) -> String {
    format!("setting-{}", name.replace('.', "-"))
}

/// Where a value comes from; the later wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The page of settings.
    Page,
    /// The settings file.
    File,
    /// An environment variable.
    Environment,
    /// The command line.
    Flag,
}

impl Source {
    /// Its word, with which its message ends.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Page => "page",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        }
    }
}

/// What fits a setting that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A whole number with its bounds, both included.
    Whole {
        /// Least value.
        min: u64,
        /// Greatest value.
        max: u64,
    },
    /// `true` or `false`.
    Switch,
    /// Origins of sites, such as `https://www.example.org`.
    Origins,
}

/// Why settings were not changed; none of them was.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Only administrators may.
    #[error("only an administrator can do this")]
    NotAllowed,
    /// What does not fit, by the setting's name.
    #[error("some of the values do not fit")]
    Invalid(Vec<(String, Invalid)>),
    /// The store did not take it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

/// Why what was typed is no value of the setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It is no whole number within these bounds.
    Whole {
        /// Least value.
        min: u64,
        /// Greatest value.
        max: u64,
    },
    /// It is neither `true` nor `false`.
    Switch,
    /// This is no origin.
    Origin(String),
    /// It is too long to be kept.
    TooLong,
    /// It comes from there, and is changed there.
    Fixed(Source),
    /// It cannot change while the program runs, or there is no such setting.
    Closed,
}
