//! What is kept, who may ask for it, and how often.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::{History, Limits, Numbering, Rate};
use crate::rtp::{Packet, Prefix};

const fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn packet(bytes: usize) -> Packet {
    Packet {
        prefix: Prefix::two([0, 0]),
        payload: Bytes::from(vec![0; bytes - 2]),
        marker: false,
    }
}

fn limits(packets_max: usize, bytes_max: usize, age_ms: u64) -> Limits {
    Limits {
        packets_max,
        bytes_max,
        age_max: at(age_ms),
    }
}

#[test]
fn packets_are_found_by_index_until_a_bound_is_reached() {
    for (limits, kept) in [
        (limits(3, 1_000, 1_000), 3),
        (limits(100, 45, 1_000), 4),
        (limits(100, 1_000, 19), 2),
    ] {
        let mut history = History::new(limits);
        for index in 0..10 {
            assert_eq!(
                history.push(at(10 * index), index as u32, packet(10)),
                index
            );
        }
        assert_eq!((history.oldest(), history.next()), (10 - kept, 10));
        assert_eq!(history.bytes() as u64, 10 * kept);
        for index in 0..12 {
            let found = history.find(index).map(|sent| u64::from(sent.timestamp));
            let expected = (10 - kept..10).contains(&index).then_some(index);
            assert_eq!(found, expected, "{limits:?}");
        }
    }
}

#[test]
fn age_frees_packets_while_nothing_is_pushed() {
    let mut history = History::new(limits(10, 1_000, 100));
    history.push(at(0), 0, packet(10));
    history.handle_timeout(at(100));
    assert!(history.find(0).is_some());
    history.handle_timeout(at(101));
    assert_eq!(
        (history.oldest(), history.next(), history.bytes()),
        (1, 1, 0)
    );
    assert_eq!(history.push(at(102), 0, packet(10)), 1);
}

#[test]
fn packet_beyond_all_bounds_is_not_kept() {
    let mut history = History::new(limits(0, 5, 100));
    assert_eq!(history.push(at(0), 0, packet(6)), 0);
    assert_eq!((history.find(0), history.bytes()), (None, 0));
}

#[test]
fn numbers_wrap_and_are_found_again() {
    let mut numbering = Numbering::new(65_534, 1_000);
    assert_eq!(numbering.index(65_534), None);
    let numbers: Vec<_> = (1_000..1_004)
        .map(|index| numbering.number(index))
        .collect();
    assert_eq!(numbers, [65_534, 65_535, 0, 1].map(Some));
    assert_eq!(numbering.index(65_534), Some(1_000));
    assert_eq!(numbering.index(1), Some(1_003));
    // Not sent yet, and never sent.
    assert_eq!(numbering.index(2), None);
    assert_eq!(numbering.index(65_533), None);
    assert_eq!(numbering.number(999), None);
}

#[test]
fn skipped_packets_leave_no_gap_and_cannot_be_asked_for() {
    let mut numbering = Numbering::new(10, 0);
    assert_eq!(numbering.number(0), Some(10));
    numbering.skip_to(1);
    assert_eq!(numbering.index(10), Some(0));
    numbering.skip_to(50);
    assert_eq!(numbering.number(50), Some(11));
    assert_eq!(numbering.index(11), Some(50));
    assert_eq!(numbering.index(10), None);
    assert_eq!(numbering.number(49), None);
    // A number of its own in between.
    assert_eq!(numbering.take(), 12);
    assert_eq!(numbering.number(51), Some(13));
    assert_eq!(numbering.index(12), None);
    assert_eq!(numbering.index(13), Some(51));
}

#[test]
fn passed_over_packets_can_be_asked_for() {
    let mut numbering = Numbering::new(10, 0);
    assert_eq!(numbering.number(5), Some(15));
    assert_eq!(numbering.index(12), Some(2));
}

#[test]
fn number_that_is_yet_to_come_is_not_an_old_one() {
    let mut numbering = Numbering::new(0, 0);
    assert_eq!(numbering.number(99_999), Some(34_463));
    assert_eq!(numbering.index(34_464), None);
    assert_eq!(numbering.index(40_000), None);
    assert_eq!(numbering.index(34_463 - 32_767), Some(99_999 - 32_767));
}

#[test]
fn rate_is_kept_over_time_with_a_burst() {
    let mut rate = Rate::new(1_000, 500, at(0));
    assert!(rate.take(at(0), 500));
    assert!(!rate.take(at(0), 1));
    assert!(!rate.take(at(99), 100));
    assert!(rate.take(at(100), 100));
    // Backwards is standing still, and a long rest fills the bucket once.
    assert!(!rate.take(at(50), 1));
    assert!(!rate.take(at(1_000_000), 501));
    assert!(rate.take(at(1_000_000), 500));
    assert!(!rate.take(at(1_000_000), usize::MAX));
    let mut nothing = Rate::new(0, 0, at(0));
    assert!(!nothing.take(Duration::MAX, 1));
    assert!(nothing.take(Duration::MAX, 0));
}

proptest! {
    #[test]
    fn rate_never_gives_more_than_it_says(
        steps in proptest::collection::vec((0..50_u64, 0..2_000_usize), 1..200),
    ) {
        let (mut now, mut given) = (0, 0);
        let mut rate = Rate::new(10_000, 3_000, at(0));
        for (ms, bytes) in steps {
            now += ms;
            if rate.take(at(now), bytes) {
                given += bytes as u64;
            }
            prop_assert!(given <= 3_000 + now * 10);
        }
    }

    #[test]
    fn every_number_of_the_last_ones_is_found(
        sequence: u16, first in 0..1_u64 << 40, count in 1..100_000_u64, back in 0..32_768_u64,
    ) {
        let mut numbering = Numbering::new(sequence, first);
        numbering.number(first + count - 1);
        let index = (first + count - 1).saturating_sub(back).max(first);
        let number = numbering.number(index).unwrap();
        prop_assert_eq!(numbering.index(number), Some(index));
    }
}
