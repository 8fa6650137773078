//! What a page can hear about, and what each topic says at a moment.

use bytes::Bytes;
use domain::{slug::Slug, view};
use serde_json::Value;

use crate::{App, api, extract::Viewing};

/// Something to hear about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// How a stream or a video stands, for its viewers.
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
    pub(super) fn audience(&self, app: &App, viewing: &Viewing) -> Option<Audience> {
        match self {
            Self::Watch(slug) => api::watch::find(app, viewing, slug)
                .ok()
                .map(|_| Audience::All),
            Self::Stream(slug) => api::streams::managed(app, &viewing.caller, slug)
                .is_ok()
                .then_some(Audience::All),
            Self::Home if app.catalogue().is_somebody(&viewing.caller) => Some(Audience::One),
            Self::Home => Some(Audience::Strangers),
            Self::Server => app
                .catalogue()
                .is_administrator(&viewing.caller)
                .then_some(Audience::All),
        }
    }

    /// What it says to a caller who may hear it.
    fn value(&self, app: &App, viewing: &Viewing) -> Value {
        match self {
            Self::Watch(slug) => api::watch::state(app, viewing, slug),
            Self::Stream(slug) => api::streams::status_value(app, &viewing.caller, slug),
            Self::Home => api::home::state(app, &viewing.caller),
            Self::Server => api::server::state(app),
        }
    }

    /// The same as an event, without its id.
    pub(super) fn event(&self, app: &App, viewing: &Viewing) -> Bytes {
        frame(&self.name(), &self.value(app, viewing))
    }

    /// The event that ends a topic: the caller may not hear it, or not any more.
    pub(super) fn closed(&self, app: &App, viewing: &Viewing) -> Bytes {
        let mut told = serde_json::json!({"state": "not_allowed"});
        if let Self::Watch(slug) = self
            && let Err(why @ view::Refused::Code(unopened)) = api::watch::find(app, viewing, slug)
            && unopened != view::Unopened::Unknown
        {
            // Only who has the very code that would open it is told why it does not.
            told["reason"] = why.code().into();
        }
        frame(&self.name(), &told)
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
