//! What a page can hear about, and what each topic says at a moment.

use bytes::Bytes;
use domain::{caller::Caller, slug::Slug};
use serde_json::Value;

use crate::{App, api};

/// Something to hear about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// How a stream stands, for its viewers.
    Watch(Slug),
    /// Everything about a stream, for whoever manages it.
    Stream(Slug),
    /// Which streams are live, of those that the visitor may see.
    Home,
    /// The server, for administrators.
    Server,
}

/// For whom what a topic says is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Audience {
    /// Everybody who may hear it.
    All,
    /// Everybody who has no account.
    Strangers,
    /// This caller alone.
    One,
}

impl Topic {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name.split_once(':') {
            Some(("watch", slug)) => Slug::parse(slug).ok().map(Self::Watch),
            Some(("stream", slug)) => Slug::parse(slug).ok().map(Self::Stream),
            None if name == "home" => Some(Self::Home),
            None if name == "server" => Some(Self::Server),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Watch(slug) => format!("watch:{slug}"),
            Self::Stream(slug) => format!("stream:{slug}"),
            Self::Home => "home".to_owned(),
            Self::Server => "server".to_owned(),
        }
    }

    /// Whether the caller may hear it now, and with whom they hear the same.
    pub(super) fn audience(&self, app: &App, caller: &Caller) -> Option<Audience> {
        match self {
            Self::Watch(slug) => api::watch::find(app, caller, slug).map(|_| Audience::All),
            Self::Stream(slug) => api::streams::managed(app, caller, slug)
                .is_ok()
                .then_some(Audience::All),
            Self::Home if app.catalogue().is_somebody(caller) => Some(Audience::One),
            Self::Home => Some(Audience::Strangers),
            Self::Server => app
                .catalogue()
                .is_administrator(caller)
                .then_some(Audience::All),
        }
    }

    /// What it says to a caller who may hear it.
    fn value(&self, app: &App, caller: &Caller) -> Value {
        match self {
            Self::Watch(slug) => api::watch::state(app, caller, slug),
            Self::Stream(slug) => api::streams::status_value(app, caller, slug),
            Self::Home => api::home::state(app, caller),
            Self::Server => api::server::state(app),
        }
    }

    /// The same as an event, without its id.
    pub(super) fn event(&self, app: &App, caller: &Caller) -> Bytes {
        frame(&self.name(), &self.value(app, caller))
    }

    /// The event that ends a topic: the caller may not hear it, or not any more.
    pub(super) fn closed(&self) -> Bytes {
        frame(&self.name(), &serde_json::json!({"state": "not_allowed"}))
    }
}

/// JSON holds no line break, so one `data` line is the whole event.
fn frame(name: &str, value: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {value}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_they_are_written() {
        for name in ["watch:live", "stream:my-stream", "home", "server"] {
            assert_eq!(Topic::parse(name).unwrap().name(), name);
        }
        for name in [
            "",
            "watch",
            "watch:",
            "watch:a/b",
            "home:x",
            "stream:a\nb",
            "other:live",
        ] {
            assert_eq!(Topic::parse(name), None, "{name:?}");
        }
    }
}
