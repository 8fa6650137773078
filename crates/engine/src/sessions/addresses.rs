//! Where the socket is reached.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Settings;

/// Addresses in one answer.
const ADDRESSES_MAX: usize = 16;

/// The addresses that clients from elsewhere are offered, of a socket that is or will be bound there; none where it is for this machine alone.
#[must_use]
pub fn offered(local: SocketAddr, settings: &Settings) -> Vec<SocketAddr> {
    reachable(local, settings, IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// The addresses under which a client may reach the socket, the best first. Loopback is offered to clients on this machine alone.
pub(crate) fn reachable(local: SocketAddr, settings: &Settings, client: IpAddr) -> Vec<SocketAddr> {
    let port = local.port();
    let mut found: Vec<SocketAddr> = settings
        .public_addresses
        .iter()
        .map(|address| match address.port() {
            0 => SocketAddr::new(address.ip(), port),
            _ => *address,
        })
        .collect();
    let own: Vec<IpAddr> = if local.ip().is_unspecified() {
        let all = if_addrs::get_if_addrs().unwrap_or_default();
        all.iter().map(if_addrs::Interface::ip).collect()
    } else {
        vec![local.ip()]
    };
    let is_here = client.is_loopback() || own.contains(&client);
    for ip in own {
        let fits = match ip {
            IpAddr::V4(_) => local.is_ipv4() || local.ip().is_unspecified(),
            // Link-local addresses need a zone, which a candidate cannot name.
            IpAddr::V6(v6) => local.is_ipv6() && !v6.is_unicast_link_local(),
        };
        let address = SocketAddr::new(ip, port);
        if fits && (!ip.is_loopback() || is_here) && !found.contains(&address) {
            found.push(address);
        }
    }
    found.truncate(ADDRESSES_MAX);
    found
}
