//! The shape of the self-check: what the program finds out about its own place, line by line, and in which words it is told.
//!
//! Whoever assembles the program looks ([`SelfCheck`]), now and then and when somebody asks for it; pages and the command line show. A finding carries no sentence: the words
//! lie in `locales/en/check.ftl` as `check-{id}` (the line's name) and `check-{id}-{state}` (what was found), whose attribute
//! `.fix` says what to do and is there for amber and red.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use domain::{BoxFuture, clock::Time};

use crate::text::{Message, Text};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be: green.
    Ok,
    /// Worth knowing, nothing to do: neutral.
    Notice,
    /// It works, and somebody should look: amber.
    Warning,
    /// Something does not work or is not safe: red.
    Problem,
}

impl Level {
    /// The level as APIs spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One line of the self-check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at; a line keeps its id whatever is found.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found, as a word.
    pub state: &'static str,
    /// What the sentence needs to know. Free of control characters.
    pub values: Vec<(&'static str, String)>,
}

impl Finding {
    /// The line's name.
    pub fn name(&self, text: Text) -> Message<'_> {
        text.msg(format!("check-{}", self.id))
    }

    /// What was found, in words.
    pub fn found(&self, text: Text) -> Message<'_> {
        let message = text.msg(self.words());
        self.values.iter().fold(message, |message, (name, value)| {
            message.arg(name, value.as_str())
        })
    }

    /// What to do about it, in words; there for amber and red.
    pub fn fix(&self, text: Text) -> Option<Message<'_>> {
        text.has(&self.words(), Some("fix"))
            .then(|| self.found(text).attr("fix"))
    }

    fn words(&self) -> String {
        format!("check-{}-{}", self.id, self.state)
    }
}

/// What the asking request looked like, before anything in it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Scheme of the connection itself: `http` or `https`.
    pub scheme: &'static str,
    /// `Host`, or the authority of HTTP/2.
    pub host: Option<String>,
    /// What a proxy says, or somebody who is none.
    pub forwarded: Forwarded,
    /// Who is at the other end of the connection: the visitor, or a proxy.
    pub peer: IpAddr,
}

/// Forwarding headers as they came; of several entries the last, which the nearest proxy wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// `X-Forwarded-For`.
    pub client: Option<String>,
    /// `X-Forwarded-Proto`.
    pub proto: Option<String>,
    /// `X-Forwarded-Host`.
    pub host: Option<String>,
}

impl Forwarded {
    /// Whether there are any.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.client.is_some() || self.proto.is_some() || self.host.is_some()
    }
}

impl Asked {
    /// Reads a request that came over plain HTTP from `peer`; `authority` is that of its address, for HTTP/2.
    #[must_use]
    pub fn plain(headers: &HeaderMap, authority: Option<&str>, peer: IpAddr) -> Self {
        let host = headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok())
            .or(authority);
        Self {
            scheme: "http",
            host: host.map(str::to_owned),
            forwarded: Forwarded {
                client: last(headers, "x-forwarded-for"),
                proto: last(headers, "x-forwarded-proto"),
                host: last(headers, "x-forwarded-host"),
            },
            peer: peer.to_canonical(),
        }
    }
}

fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(|entry| entry.trim().to_owned())
}

/// What was found, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When the machine was looked at; what depends on the asking request is judged for that request.
    pub at: Time,
    /// Every line, in the order in which it is shown.
    pub findings: Vec<Finding>,
}

/// Looks at everything. A look takes a fifth of a second where nothing hangs, too long for a page to wait for.
pub trait SelfCheck: Send + Sync {
    /// What the last look found, told to who came this way. Waits for nothing, but right after the start for the first look.
    fn last(&self, asked: Asked) -> BoxFuture<'static, Report>;

    /// Looks again; those who ask at the same time share one look.
    fn again(&self) -> BoxFuture<'static, ()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_entry_of_forwarding_headers_counts() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "media.example.org"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2, 3.3.3.3"),
            ("x-forwarded-proto", "https"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        let asked = Asked::plain(&headers, None, "::ffff:10.0.0.1".parse().unwrap());
        assert_eq!(asked.host.as_deref(), Some("media.example.org"));
        assert_eq!(asked.forwarded.client.as_deref(), Some("3.3.3.3"));
        assert_eq!(asked.forwarded.proto.as_deref(), Some("https"));
        assert_eq!(asked.forwarded.host, None);
        assert_eq!(asked.peer.to_string(), "10.0.0.1");
        let asked = Asked::plain(&HeaderMap::new(), Some("[::1]:3000"), asked.peer);
        assert_eq!(asked.host.as_deref(), Some("[::1]:3000"));
        assert!(!asked.forwarded.is_there());
    }

    #[test]
    fn finding_is_told_in_words_with_its_fix() {
        let finding = Finding {
            id: "proxy",
            level: Level::Warning,
            state: "untrusted",
            values: vec![("peer", "10.0.0.1".to_owned())],
        };
        let text = Text::default();
        assert_eq!(finding.name(text).to_string(), "Proxy in front");
        assert!(finding.found(text).to_string().contains("10.0.0.1"));
        let fix = finding.fix(text).unwrap().to_string();
        assert!(
            fix.contains("http.trusted_proxies = [\"10.0.0.1\"]"),
            "{fix}"
        );
        let fine = Finding {
            state: "none",
            ..finding
        };
        assert!(fine.fix(text).is_none());
    }
}
