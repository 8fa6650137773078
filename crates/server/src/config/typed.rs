//! The settings as the program uses them: one struct, values already checked.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use domain::setting::Setting;

use super::resolve::{Resolved, Value};

/// All settings that take effect, typed.
#[derive(Clone, Debug)]
pub struct Config {
    resolved: Resolved,
}

impl Config {
    /// Wraps checked values.
    pub fn new(resolved: Resolved) -> Self {
        Self { resolved }
    }

    /// The values with their sources.
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// The same with what was changed on the page of settings.
    pub fn with_page(&self, kept: &[Setting]) -> Self {
        let kept = kept.iter().map(|setting| (&*setting.name, &*setting.value));
        Self::new(self.resolved.with_page(kept))
    }

    /// `data_dir`.
    pub fn data_dir(&self) -> PathBuf {
        PathBuf::from(self.text("data_dir"))
    }

    /// A text of the registry.
    pub fn text(&self, name: &str) -> &str {
        match self.resolved.value(name) {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// A number of the registry; 0 for a name of another shape.
    pub fn whole(&self, name: &str) -> u64 {
        match self.resolved.value(name) {
            Value::Whole(number) => *number,
            _ => 0,
        }
    }

    /// A number of the registry for places that count in 32 bits (bounds in the registry keep it there).
    pub fn whole32(&self, name: &str) -> u32 {
        u32::try_from(self.whole(name)).unwrap_or(u32::MAX)
    }

    /// A number of the registry as a size in memory.
    pub fn size(&self, name: &str) -> usize {
        usize::try_from(self.whole(name)).unwrap_or(usize::MAX)
    }

    /// A number of seconds of the registry.
    pub fn seconds(&self, name: &str) -> Duration {
        Duration::from_secs(self.whole(name))
    }

    /// A switch of the registry.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.resolved.value(name), Value::Switch(true))
    }

    /// A list of the registry.
    pub fn list(&self, name: &str) -> &[String] {
        match self.resolved.value(name) {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A listener of the registry; `None` where it is switched off.
    pub fn listen(&self, name: &str) -> Option<SocketAddr> {
        self.text(name).parse().ok()
    }
}
