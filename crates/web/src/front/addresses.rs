//! Addresses: networks that are trusted, and how many connections each address holds.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use domain::limit::block;

/// A set of networks, such as those of trusted proxies.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<(IpAddr, u8)>);

impl Networks {
    /// Reads `10.0.0.0/8`, `::1` and the like; answers the first text that is neither address nor network.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut networks = Vec::new();
        for text in texts {
            let (address, length) = match text.split_once('/') {
                Some((address, length)) => (address, length.parse::<u8>().ok()),
                None => (text, None),
            };
            let Ok(ip) = address.parse::<IpAddr>() else {
                return Err(text.to_owned());
            };
            let full = if ip.is_ipv4() { 32 } else { 128 };
            let length = if text.contains('/') {
                length.ok_or_else(|| text.to_owned())?
            } else {
                full
            };
            if length > full {
                return Err(text.to_owned());
            }
            networks.push((ip, length));
        }
        Ok(Self(networks))
    }

    /// Whether the address lies in one of the networks. IPv4 addresses mapped into IPv6 count as IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0
            .iter()
            .any(|(network, length)| match (network.to_canonical(), ip) {
                (IpAddr::V4(a), IpAddr::V4(b)) => {
                    let shift = 32 - u32::from((*length).min(32));
                    u32::from(a).checked_shr(shift) == u32::from(b).checked_shr(shift)
                }
                (IpAddr::V6(a), IpAddr::V6(b)) => {
                    let shift = 128 - u32::from(*length);
                    u128::from(a).checked_shr(shift) == u128::from(b).checked_shr(shift)
                }
                _ => false,
            })
    }
}

/// Connections held by each address. IPv6 is counted by /64, the block one customer gets.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Arc<Mutex<HashMap<IpAddr, u32>>>);

/// One counted connection; dropping it gives the place back.
#[derive(Debug)]
pub(super) struct Place {
    tally: Tally,
    block: IpAddr,
}

impl Tally {
    /// Takes a place unless `most` (0: no limit) are taken by the address.
    pub(super) fn take(&self, ip: IpAddr, most: u32) -> Option<Place> {
        let block = block(ip);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(block).or_insert(0);
        if most > 0 && *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Place {
            tally: self.clone(),
            block,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.tally.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.block) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.block);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_match_by_prefix_and_see_through_mapped_addresses() {
        let set = Networks::parse(["10.0.0.0/8", "::1", "192.0.2.7"]).unwrap();
        for (ip, within) in [
            ("10.200.1.1", true),
            ("11.0.0.1", false),
            ("::ffff:10.1.1.1", true),
            ("::1", true),
            ("::2", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
        ] {
            assert_eq!(set.contains(ip.parse().unwrap()), within, "{ip}");
        }
        assert!(
            Networks::parse(["0.0.0.0/0"])
                .unwrap()
                .contains("203.0.113.9".parse().unwrap())
        );
        for wrong in ["10.0.0.0/33", "proxy", "10.0.0.0/x", ""] {
            assert_eq!(Networks::parse([wrong]).unwrap_err(), wrong);
        }
    }

    #[test]
    fn tally_refuses_past_the_cap_and_gives_places_back() {
        let tally = Tally::default();
        let ip = "2001:db8::1".parse().unwrap();
        let neighbour = "2001:db8::2".parse().unwrap();
        let first = tally.take(ip, 2).unwrap();
        let _second = tally.take(neighbour, 2).unwrap();
        assert!(tally.take(ip, 2).is_none());
        drop(first);
        assert!(tally.take(ip, 2).is_some());
        assert!(tally.take(ip, 0).is_some());
    }
}
