//! Places for connections at a door: so many in all, and so many of one address. An IPv6 address counts by its first 64 bits, as at
//! the HTTP door: who has one address of a network has all of them. The table has one entry for each block with a connection, and so
//! never more than there are places.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use domain::limit::block;

/// Connections held, in all and by each block of addresses.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    of_block: HashMap<IpAddr, u32>,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    held: Arc<Held>,
    block: IpAddr,
}

impl Held {
    /// A place for a connection from this address; `None` where `most` are taken, or `most_of_address` by its block (0: no limit).
    pub(crate) fn take(
        self: &Arc<Self>,
        address: IpAddr,
        most: usize,
        most_of_address: u32,
    ) -> Option<Place> {
        let block = block(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_block = counts.of_block.get(&block).copied().unwrap_or(0);
        if counts.all >= most || (most_of_address > 0 && of_block >= most_of_address) {
            return None;
        }
        counts.all += 1;
        counts.of_block.insert(block, of_block + 1);
        drop(counts);
        Some(Place {
            held: self.clone(),
            block,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if let Some(count) = counts.of_block.get_mut(&self.block) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.of_block.remove(&self.block);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ipv6_network_of_64_bits_is_one_address() {
        let held = Arc::new(Held::default());
        let take = |text: &str| held.take(ip(text), 100, 2);
        let first = take("2001:db8:0:7::1");
        let second = take("2001:db8:0:7:ffff:ffff:ffff:ffff");
        assert!(first.is_some() && second.is_some());
        assert!(take("2001:db8:0:7::2").is_none(), "a third of the network");
        assert!(take("2001:db8:0:8::1").is_some(), "a neighbour's network");
        drop(first);
        let third = take("2001:db8:0:7::2");
        assert!(third.is_some() && take("2001:db8:0:7::1").is_none());
    }

    #[test]
    fn ipv4_addresses_count_alone_also_where_they_come_mapped() {
        let held = Arc::new(Held::default());
        let take = |text: &str| held.take(ip(text), 100, 1);
        let one = take("192.0.2.1");
        let other = take("192.0.2.2");
        assert!(one.is_some() && other.is_some());
        assert!(take("::ffff:192.0.2.1").is_none());
    }

    #[test]
    fn places_in_all_run_out_and_come_back() {
        let held = Arc::new(Held::default());
        let take = |text: &str| held.take(ip(text), 2, 0);
        let places = [take("192.0.2.1"), take("192.0.2.1")];
        assert!(places.iter().all(Option::is_some), "0 is no limit");
        assert!(take("198.51.100.1").is_none());
        drop(places);
        assert!(take("198.51.100.1").is_some());
        assert!(held.0.lock().unwrap().of_block.is_empty(), "nobody is left");
    }
}
