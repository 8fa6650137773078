//! Under which addresses browsers are told to find the port of WebRTC. Whether they do, only they can tell: the Go-live page lets one try.

use std::net::{IpAddr, SocketAddr};

use web::check::Finding;

use super::finding;
use crate::config::Config;

/// Addresses that are named; a machine of many networks has more.
const NAMED_MAX: usize = 4;

/// Looks at the interfaces and the settings; `bound` is where a server listens, if one runs.
pub fn look(config: &Config, bound: Option<SocketAddr>) -> Finding {
    let Some(local) = bound.or_else(|| config.listen("webrtc.listen")) else {
        return finding("reach", "off", Vec::new());
    };
    match config.webrtc_settings() {
        Ok(settings) => judge(
            &engine::offered(local, &settings),
            local.port(),
            config.text("http.public_url"),
        ),
        Err(error) => finding("reach", "invalid", vec![("error", format!("{error:#}"))]),
    }
}

fn judge(offered: &[SocketAddr], port: u16, public_url: &str) -> Finding {
    let named: Vec<String> = offered.iter().map(SocketAddr::to_string).collect();
    let mut values = vec![("addresses", named[..named.len().min(NAMED_MAX)].join(", "))];
    let state = if offered.is_empty() {
        "local"
    } else if offered.iter().any(|address| is_global(address.ip())) {
        "public"
    } else if public_url.is_empty() {
        "network"
    } else {
        values.push(("url", public_url.to_owned()));
        values.push(("port", port.to_string()));
        "outside"
    };
    finding("reach", state, values)
}

/// Whether an address may be reached from other networks (RFC 6890).
fn is_global(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared)
        }
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()),
    }
}

#[cfg(test)]
mod tests {
    use web::check::Level;

    use super::*;
    use crate::config::Resolved;

    fn looked(setting: &str) -> (&'static str, Level) {
        let flags = ["webrtc.listen=[::]:8189", setting].map(str::to_owned);
        let resolved = Resolved::new(None, std::iter::empty(), &flags).unwrap();
        let found = look(&Config::new(resolved), None);
        (found.state, found.level)
    }

    #[test]
    fn what_is_off_and_what_is_no_address_are_told() {
        assert_eq!(looked("webrtc.listen="), ("off", Level::Notice));
        assert_eq!(
            looked("webrtc.public_addresses=media.example.org"),
            ("invalid", Level::Problem)
        );
        assert_eq!(
            looked("webrtc.public_addresses=203.0.113.7"),
            ("public", Level::Ok)
        );
        assert_eq!(
            looked("webrtc.listen=127.0.0.1:8189"),
            ("local", Level::Notice)
        );
    }

    #[test]
    fn addresses_are_judged_by_who_is_meant_to_come() {
        for (offered, url, state, level) in [
            (&[][..], "", "local", Level::Notice),
            (&["10.1.2.3:8189"], "", "network", Level::Ok),
            (
                &["10.1.2.3:8189", "203.0.113.7:8189"],
                "",
                "public",
                Level::Ok,
            ),
            (&["[2001:db8::7]:8189"], "", "public", Level::Ok),
            (
                &["172.17.0.2:8189", "[fd00::2]:8189", "100.64.0.9:8189"],
                "https://media.example.org",
                "outside",
                Level::Warning,
            ),
        ] {
            let offered: Vec<SocketAddr> =
                offered.iter().map(|text| text.parse().unwrap()).collect();
            let found = judge(&offered, 8189, url);
            assert_eq!((found.state, found.level), (state, level), "{offered:?}");
        }
    }
}
