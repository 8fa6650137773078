//! Each port: whether the server has it, or could have it, or who does.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    net::{AddressFamily, SocketType, bind, ipproto, socket, sockopt},
};
use web::check::Finding;

use super::{
    Listening, finding,
    sockets::{self, Holder, Kind},
};
use crate::config::{Config, registry::Use};

/// Each line with its setting, in the order in which they are shown.
pub const LINES: [(&str, &str); 7] = [
    ("http", "http.listen"),
    ("rtmp", "rtmp.listen"),
    ("webrtc", "webrtc.listen"),
    ("metrics", "metrics.listen"),
    ("compat-hls", "compat.hls_listen"),
    ("compat-webrtc", "compat.webrtc_listen"),
    ("compat-api", "compat.api_listen"),
];

/// What trying a port came to.
#[derive(Debug)]
enum Tried {
    Free,
    Held(Holder),
    Denied,
    Unavailable(io::Error),
}

/// A port to look at.
#[derive(Clone, Copy)]
struct Port {
    id: &'static str,
    setting: &'static str,
    wanted: Option<SocketAddr>,
    /// Where this process listens.
    bound: Option<SocketAddr>,
    is_later: bool,
    has_proxy: bool,
    /// Until when processes may be looked through for its holder.
    until: Instant,
}

/// Looks at every port, on a thread that may wait; for their holders at most so long.
pub async fn look(config: &Config, listening: Option<Listening>, search: Duration) -> Vec<Finding> {
    let until = Instant::now() + search;
    let has_proxy = !config.text("http.public_url").is_empty()
        || !config.list("http.trusted_proxies").is_empty();
    let ports = LINES.map(|(id, setting)| Port {
        id,
        setting,
        wanted: config.listen(setting),
        bound: listening.and_then(|at| match id {
            "http" => Some(at.http),
            "rtmp" => at.rtmp,
            "metrics" => at.metrics,
            "webrtc" => at.webrtc,
            "compat-webrtc" => at.compat_webrtc,
            _ => None,
        }),
        is_later: config
            .resolved()
            .all()
            .any(|(known, _, _)| known.name == setting && known.used == Use::Later),
        has_proxy,
        until,
    });
    tokio::task::spawn_blocking(move || ports.into_iter().map(judge).collect())
        .await
        .unwrap_or_default()
}

fn judge(port: Port) -> Finding {
    match (port.bound, port.wanted) {
        (Some(address), _) => bound(port, address),
        (None, None) if port.is_later => finding(port.id, "later-off", Vec::new()),
        (None, None) => finding(port.id, "off", Vec::new()),
        (None, Some(address)) if port.is_later => later(port, address),
        (None, Some(address)) if address.port() == 0 => {
            finding(port.id, "any", vec![("ip", address.ip().to_string())])
        }
        (None, Some(address)) => wanted(port, address, attempt_all(port, address)),
    }
}

/// A port that this process has.
fn bound(port: Port, address: SocketAddr) -> Finding {
    let state = match (port.id, address.ip().to_canonical().is_loopback()) {
        ("http", true) if port.has_proxy => "behind",
        ("metrics", false) => "open",
        (_, true) => "local",
        (_, false) => "listening",
    };
    finding(port.id, state, vec![("address", address.to_string())])
}

/// A port that a server with these settings would take.
fn wanted(port: Port, address: SocketAddr, tried: Tried) -> Finding {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let mut values = vec![
        ("address", address.to_string()),
        ("setting", port.setting.to_owned()),
        ("ip", ip),
    ];
    let state = match tried {
        Tried::Free => "free",
        Tried::Denied => "denied",
        Tried::Held(Holder::Unknown) => "taken",
        Tried::Held(Holder::User(user)) => {
            values.push(("user", user.to_string()));
            "held-unknown"
        }
        Tried::Held(holder) => {
            values.push(("holder", holder.to_string()));
            "held"
        }
        Tried::Unavailable(error) => {
            values.push(("error", super::tame(&error.to_string())));
            "unavailable"
        }
    };
    finding(port.id, state, values)
}

/// A port that a later version will take: worth knowing who has it, no more.
fn later(port: Port, address: SocketAddr) -> Finding {
    let holder = match attempt_all(port, address) {
        Tried::Held(holder) => Some(holder),
        _ => None,
    };
    let mut values = vec![("address", address.to_string())];
    let state = match holder {
        Some(holder) => {
            values.push(("holder", holder.to_string()));
            "later-held"
        }
        None => "later",
    };
    finding(port.id, state, values)
}

/// Tries whatever the port would carry; the first hindrance counts.
fn attempt_all(port: Port, address: SocketAddr) -> Tried {
    let kind = match port.id {
        "webrtc" => Kind::Udp,
        _ => Kind::Tcp,
    };
    attempt(address, kind, port.until)
}

/// Takes a port and lets go of it at once, without listening: nobody can connect meanwhile.
fn attempt(address: SocketAddr, kind: Kind, until: Instant) -> Tried {
    let error = match take(address, kind) {
        Ok(()) => return Tried::Free,
        Err(error) => error,
    };
    let without_v6 = matches!(error, Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL);
    if without_v6 && address.is_ipv6() && address.ip().is_unspecified() {
        // As the server does on a machine without IPv6.
        let v4 = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
        return attempt(v4, kind, until);
    }
    match error {
        Errno::ADDRINUSE => Tried::Held(sockets::holder(address, kind, until)),
        Errno::ACCESS | Errno::PERM => Tried::Denied,
        other => Tried::Unavailable(other.into()),
    }
}

/// With the same options as the server's own listeners.
fn take(address: SocketAddr, kind: Kind) -> Result<(), Errno> {
    let (family, socket_type, protocol) = (
        if address.is_ipv6() {
            AddressFamily::INET6
        } else {
            AddressFamily::INET
        },
        match kind {
            Kind::Tcp => SocketType::STREAM,
            Kind::Udp => SocketType::DGRAM,
        },
        match kind {
            Kind::Tcp => ipproto::TCP,
            Kind::Udp => ipproto::UDP,
        },
    );
    let socket = socket(family, socket_type, Some(protocol))?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, !address.ip().is_unspecified())?;
    }
    if kind == Kind::Tcp {
        // Connections of an earlier server that linger are not in the way.
        sockopt::set_socket_reuseaddr(&socket, true)?;
    }
    bind(&socket, &address)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use web::check::Level;

    use super::*;

    fn port(id: &'static str) -> Port {
        Port {
            id,
            setting: "rtmp.listen",
            wanted: None,
            bound: None,
            is_later: false,
            has_proxy: false,
            until: Instant::now() + Duration::from_secs(60),
        }
    }

    fn judged(port: Port) -> (&'static str, Level) {
        let finding = judge(port);
        (finding.state, finding.level)
    }

    #[test]
    fn bound_port_says_who_reaches_it() {
        for (id, address, has_proxy, expected) in [
            ("http", "[::]:3000", false, ("listening", Level::Ok)),
            ("http", "127.0.0.1:3000", false, ("local", Level::Notice)),
            ("http", "127.0.0.1:3000", true, ("behind", Level::Ok)),
            (
                "http",
                "[::ffff:127.0.0.1]:3000",
                false,
                ("local", Level::Notice),
            ),
            ("rtmp", "192.0.2.1:1935", false, ("listening", Level::Ok)),
            ("rtmp", "[::1]:1935", true, ("local", Level::Notice)),
            ("metrics", "127.0.0.1:9998", false, ("local", Level::Ok)),
            ("metrics", "0.0.0.0:9998", false, ("open", Level::Notice)),
        ] {
            let bound = Some(address.parse().unwrap());
            let one = Port {
                bound,
                has_proxy,
                ..port(id)
            };
            assert_eq!(judged(one), expected, "{id} {address}");
        }
    }

    #[test]
    fn port_that_is_off_matters_where_nothing_works_without() {
        assert_eq!(judged(port("http")), ("off", Level::Problem));
        assert_eq!(judged(port("rtmp")), ("off", Level::Notice));
        assert_eq!(judged(port("webrtc")), ("off", Level::Notice));
        let later = Port {
            is_later: true,
            ..port("compat-api")
        };
        assert_eq!(judged(later), ("later-off", Level::Notice));
    }

    #[test]
    fn port_of_somebody_else_is_a_problem_and_a_free_one_is_not() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let one = Port {
            wanted: Some(address),
            ..port("rtmp")
        };
        let found = judge(one);
        assert_eq!(found.level, Level::Problem, "{found:?}");
        assert!(["held", "taken"].contains(&found.state), "{found:?}");
        drop(held);
        assert_eq!(judged(one), ("free", Level::Ok));
        // It was taken for a moment only, and nothing of that is left.
        assert!(TcpListener::bind(address).is_ok());
    }

    #[test]
    fn port_of_datagrams_is_tried_with_datagrams() {
        let held = UdpSocket::bind("127.0.0.1:0").unwrap();
        let one = Port {
            wanted: held.local_addr().ok(),
            ..port("webrtc")
        };
        assert_eq!(judge(one).level, Level::Problem);
        drop(held);
        assert_eq!(judged(one), ("free", Level::Ok));
    }

    #[test]
    fn port_of_a_later_version_is_never_a_problem() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let one = Port {
            wanted: held.local_addr().ok(),
            is_later: true,
            ..port("compat-api")
        };
        assert_eq!(judged(one), ("later-held", Level::Notice));
        drop(held);
        assert_eq!(judged(one), ("later", Level::Notice));
    }

    #[test]
    fn door_of_mediamtx_that_a_mediamtx_has_is_no_problem() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let one = Port {
            wanted: held.local_addr().ok(),
            ..port("compat-webrtc")
        };
        assert_eq!(judge(one).level, Level::Notice);
    }

    #[test]
    fn refusals_of_the_system_are_told_apart() {
        let address = "192.0.2.1:80".parse().unwrap();
        for (tried, state) in [
            (Tried::Denied, "denied"),
            (Tried::Held(Holder::Unknown), "taken"),
            (Tried::Held(Holder::User(33)), "held-unknown"),
            (
                Tried::Unavailable(Errno::ADDRNOTAVAIL.into()),
                "unavailable",
            ),
        ] {
            assert_eq!(wanted(port("http"), address, tried).state, state);
        }
        // An address of documentation, which no machine has.
        let elsewhere = "192.0.2.1:0".parse().unwrap();
        assert!(matches!(
            attempt(elsewhere, Kind::Tcp, Instant::now()),
            Tried::Unavailable(_)
        ));
    }
}
