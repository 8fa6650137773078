//! How visitors come: the public address, the proxy in front, encryption. Judged from the settings and, where there is one, from the
//! request that asks; pure.

use std::net::IpAddr;

use web::{
    check::{Asked, Finding},
    front::Networks,
};

use super::{finding, tame};
use crate::config::Config;

/// What the settings say about it.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `http.public_url`, without a slash at its end.
    public_url: String,
    /// `http.trusted_proxies`.
    proxies: Vec<String>,
    /// The first setting of `tls` that is given.
    tls: Option<&'static str>,
}

impl Given {
    /// Takes them from all settings.
    pub fn of(config: &Config) -> Self {
        let public_url = config.text("http.public_url").trim_end_matches('/');
        Self {
            public_url: public_url.to_owned(),
            proxies: config.list("http.trusted_proxies").to_vec(),
            tls: ["tls.certificate", "tls.key"]
                .into_iter()
                .find(|name| !config.text(name).is_empty()),
        }
    }
}

/// Scheme and host of a site, as browsers compare them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    scheme: &'static str,
    host: String,
    port: u16,
}

impl Site {
    fn new(scheme: &'static str, authority: &str) -> Option<Self> {
        let authority: http::uri::Authority = authority.parse().ok()?;
        let default = if scheme == "https" { 443 } else { 80 };
        let is_plain = !authority.host().is_empty() && !authority.as_str().contains('@');
        is_plain.then(|| Self {
            scheme,
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(default),
        })
    }

    /// Reads `https://media.example.org`; nothing but scheme, host and port may be there.
    fn parse(url: &str) -> Option<Self> {
        let (scheme, authority) = match url.split_once("://")? {
            ("http", rest) => ("http", rest),
            ("https", rest) => ("https", rest),
            _ => return None,
        };
        Self::new(scheme, authority)
    }

    fn is_encrypted(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether it is a name or an address of this machine.
    fn is_here(&self) -> bool {
        let name = self.host.as_str();
        name == "localhost"
            || name.ends_with(".localhost")
            || self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// Whether it is reached only from this machine or its own network.
    fn is_private(&self) -> bool {
        const NAMES: [&str; 5] = [".local", ".lan", ".internal", ".home.arpa", ".test"];
        self.is_here()
            || match self.ip() {
                Some(IpAddr::V4(ip)) => {
                    ip.is_private() || ip.is_link_local() || ip.is_unspecified()
                }
                Some(IpAddr::V6(ip)) => {
                    ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
                }
                None => {
                    !self.host.contains('.') || NAMES.iter().any(|end| self.host.ends_with(end))
                }
            }
    }

    fn ip(&self) -> Option<IpAddr> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
    }

    fn host_and_port(&self) -> String {
        let default = if self.is_encrypted() { 443 } else { 80 };
        if self.port == default {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host_and_port())
    }
}

/// The three lines: `address`, `proxy`, `tls`.
pub fn judge(given: &Given, asked: Option<&Asked>) -> [Finding; 3] {
    let trusts = |asked: &Asked| {
        Networks::parse(given.proxies.iter().map(String::as_str))
            .is_ok_and(|trusted| trusted.contains(asked.peer))
    };
    let request = asked.map(|asked| Request {
        asked,
        is_trusted: trusts(asked),
    });
    let seen = request.as_ref().and_then(Request::site);
    [
        address(given, seen.as_ref()),
        proxy(given, request.as_ref(), seen.as_ref()),
        tls(given, seen.as_ref()),
    ]
}

struct Request<'a> {
    asked: &'a Asked,
    is_trusted: bool,
}

impl Request<'_> {
    /// Where the visitor believes to be, as far as the request is believed.
    fn site(&self) -> Option<Site> {
        let Asked { forwarded, .. } = self.asked;
        let believed = |value: &Option<String>| value.clone().filter(|_| self.is_trusted);
        let scheme = match believed(&forwarded.proto) {
            Some(proto) if proto.eq_ignore_ascii_case("https") => "https",
            Some(_) => "http",
            None => self.asked.scheme,
        };
        let host = believed(&forwarded.host).or_else(|| self.asked.host.clone())?;
        Site::new(scheme, &host)
    }
}

fn address(given: &Given, seen: Option<&Site>) -> Finding {
    let say = |state, values| finding("address", state, values);
    if given.public_url.is_empty() {
        return match seen {
            Some(seen) => say("seen", vec![("seen", seen.to_string())]),
            None => say("request", Vec::new()),
        };
    }
    let url = tame(&given.public_url);
    let Some(public) = Site::parse(&given.public_url) else {
        return say("invalid", vec![("url", url)]);
    };
    let Some(seen) = seen.filter(|seen| **seen != public) else {
        return say("set", vec![("url", url)]);
    };
    let values = vec![("url", url), ("seen", seen.to_string())];
    if seen.is_here() && !public.is_here() {
        return say("direct", values);
    }
    let is_same_host = seen.host == public.host && seen.scheme != public.scheme;
    say(if is_same_host { "scheme" } else { "differs" }, values)
}

fn proxy(given: &Given, request: Option<&Request<'_>>, seen: Option<&Site>) -> Finding {
    let say = |state, values| finding("proxy", state, values);
    if let Err(entry) = Networks::parse(given.proxies.iter().map(String::as_str)) {
        return say("invalid", vec![("entry", tame(&entry))]);
    }
    let peer = request.map_or_else(|| "127.0.0.1".to_owned(), |r| r.asked.peer.to_string());
    if let Some(entry) = given.proxies.iter().find(|entry| entry.ends_with("/0")) {
        return say("everyone", vec![("entry", tame(entry)), ("peer", peer)]);
    }
    let proxies = tame(&given.proxies.join(", "));
    let Some(Request { asked, is_trusted }) = request else {
        return match proxies.as_str() {
            "" => say("none", Vec::new()),
            _ => say("trusted", vec![("proxies", proxies)]),
        };
    };
    let forwarded = &asked.forwarded;
    let peer = vec![("peer", peer)];
    match (is_trusted, forwarded.is_there()) {
        (false, true) => say("untrusted", peer),
        (false, false) if proxies.is_empty() => say("none", Vec::new()),
        (false, false) => say("direct", vec![("proxies", proxies)]),
        // Somebody on the machine of a trusted proxy who goes around it.
        (true, false) if seen.is_some_and(Site::is_here) => {
            say("direct", vec![("proxies", proxies)])
        }
        (true, _) if forwarded.client.is_none() => say("silent", peer),
        (true, _) if forwarded.proto.is_none() && given.public_url.is_empty() => {
            let host = seen.map_or_else(String::new, |seen| seen.host.clone());
            say("no-proto", [peer, vec![("host", host)]].concat())
        }
        (true, _) => say("working", peer),
    }
}

fn tls(given: &Given, seen: Option<&Site>) -> Finding {
    if let Some(setting) = given.tls {
        return finding("tls", "unused", vec![("setting", setting.to_owned())]);
    }
    let public = Site::parse(&given.public_url);
    let Some(site) = public.as_ref().or(seen) else {
        return finding("tls", "none", Vec::new());
    };
    let state = match (site.is_encrypted(), site.is_private()) {
        (true, _) => "proxy",
        (false, true) => "none",
        (false, false) => "plain",
    };
    let values = vec![("url", site.to_string()), ("host", site.host.clone())];
    finding("tls", state, values)
}

#[cfg(test)]
mod tests {
    use web::check::Forwarded;

    use super::*;

    fn given(public_url: &str, proxies: &[&str]) -> Given {
        Given {
            public_url: public_url.to_owned(),
            proxies: proxies.iter().map(|p| (*p).to_owned()).collect(),
            tls: None,
        }
    }

    /// `for proto host`, `-` where there is none.
    fn asked(peer: &str, host: &str, forwarded: &str) -> Asked {
        let mut words = forwarded
            .split(' ')
            .map(|w| (w != "-").then(|| w.to_owned()));
        Asked {
            scheme: "http",
            host: Some(host.to_owned()),
            forwarded: Forwarded {
                client: words.next().flatten(),
                proto: words.next().flatten(),
                host: words.next().flatten(),
            },
            peer: peer.parse().unwrap(),
        }
    }

    fn states(given: &Given, asked: Option<&Asked>) -> [&'static str; 3] {
        judge(given, asked).map(|finding| finding.state)
    }

    #[test]
    fn command_line_judges_the_settings_alone() {
        for (url, proxies, expected) in [
            ("", &[][..], ["request", "none", "none"]),
            (
                "https://media.example.org",
                &["10.0.0.0/8"],
                ["set", "trusted", "proxy"],
            ),
            ("http://media.example.org", &[], ["set", "none", "plain"]),
            ("http://192.168.1.5:3000", &[], ["set", "none", "none"]),
            ("http://studio.local:3000", &[], ["set", "none", "none"]),
            ("http://[::1]:3000", &[], ["set", "none", "none"]),
            ("media.example.org", &[], ["invalid", "none", "none"]),
            ("https://a.example/path", &[], ["invalid", "none", "none"]),
            ("https://user@a.example", &[], ["invalid", "none", "none"]),
            ("ftp://a.example", &[], ["invalid", "none", "none"]),
            ("", &["proxy"], ["request", "invalid", "none"]),
            ("", &["0.0.0.0/0"], ["request", "everyone", "none"]),
        ] {
            assert_eq!(
                states(&given(url, proxies), None),
                expected,
                "{url} {proxies:?}"
            );
        }
    }

    #[test]
    fn forwarding_by_a_stranger_is_amber_with_the_setting_to_write() {
        let asked = asked("172.18.0.1", "media.example.org", "203.0.113.7 https -");
        let [address, proxy, tls] = judge(&given("", &[]), Some(&asked));
        assert_eq!(
            (address.state, proxy.state, tls.state),
            ("seen", "untrusted", "plain")
        );
        let fix = proxy.fix(web::text::Text::default()).unwrap().to_string();
        assert!(
            fix.contains("http.trusted_proxies = [\"172.18.0.1\"]"),
            "{fix}"
        );
    }

    #[test]
    fn trusted_proxy_is_believed_and_told_what_it_leaves_out() {
        for (forwarded, url, expected) in [
            ("203.0.113.7 https -", "", ["seen", "working", "proxy"]),
            (
                "203.0.113.7 https b.example",
                "",
                ["seen", "working", "proxy"],
            ),
            ("203.0.113.7 - -", "", ["seen", "no-proto", "plain"]),
            (
                "203.0.113.7 - -",
                "https://a.example",
                ["scheme", "working", "proxy"],
            ),
            (
                "203.0.113.7 https -",
                "https://a.example",
                ["set", "working", "proxy"],
            ),
            ("- https -", "", ["seen", "silent", "proxy"]),
            ("- - -", "", ["seen", "silent", "plain"]),
        ] {
            let asked = asked("10.0.0.1", "a.example", forwarded);
            let got = states(&given(url, &["10.0.0.0/8"]), Some(&asked));
            assert_eq!(got, expected, "{forwarded} {url}");
        }
    }

    #[test]
    fn way_that_is_not_the_public_one_is_told() {
        let public = given("https://media.example.org", &["127.0.0.1"]);
        for (peer, host, forwarded, expected) in [
            (
                "127.0.0.1",
                "localhost:3000",
                "- - -",
                ["direct", "direct", "proxy"],
            ),
            (
                "203.0.113.7",
                "203.0.113.1:3000",
                "- - -",
                ["differs", "direct", "proxy"],
            ),
            (
                "127.0.0.1",
                "other.example",
                "1.1.1.1 https -",
                ["differs", "working", "proxy"],
            ),
            (
                "127.0.0.1",
                "MEDIA.example.org:443",
                "1.1.1.1 https -",
                ["set", "working", "proxy"],
            ),
            (
                "127.0.0.1",
                "media.example.org",
                "1.1.1.1 http -",
                ["scheme", "working", "proxy"],
            ),
        ] {
            let got = states(&public, Some(&asked(peer, host, forwarded)));
            assert_eq!(got, expected, "{peer} {host} {forwarded}");
        }
        // Cookies are not secure though the visitor's connection is: the setting is behind the times.
        let plain = given("http://media.example.org", &["127.0.0.1"]);
        let mixed = asked("127.0.0.1", "media.example.org", "1.1.1.1 https -");
        assert_eq!(states(&plain, Some(&mixed)), ["scheme", "working", "plain"]);
    }

    #[test]
    fn certificate_that_nothing_uses_is_told() {
        let given = Given {
            tls: Some("tls.certificate"),
            ..given("", &[])
        };
        assert_eq!(states(&given, None)[2], "unused");
    }

    #[test]
    fn request_without_a_host_that_can_be_read_is_no_site() {
        for host in ["", "a b", "a/b", "user@a.example"] {
            let asked = asked("127.0.0.1", host, "- - -");
            assert_eq!(
                states(&given("", &[]), Some(&asked))[0],
                "request",
                "{host}"
            );
        }
    }
}
