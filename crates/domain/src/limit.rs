//! Limits on failures: token buckets in a table of fixed size, so that strangers cannot make it grow.
//!
//! A bucket holds so many tries and fills up again slowly; a try takes one, and what turned out well puts it back. The
//! table has sets of eight places; a new bucket in a full set takes the place of the fullest one, which knows least.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::clock::Time;
use crate::random::{self, Random};

/// How many tries, and how fast they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tries at once.
    pub burst: u32,
    /// Milliseconds until one try has come back.
    pub refill_ms: u32,
}

/// How many wrong keys of one address are heard, unless set otherwise: twenty at once, and one every 3 s in the long run.
pub const WRONG_KEYS: Rate = Rate {
    burst: 20,
    refill_ms: 3_000,
};

/// No try is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Empty {
    /// Seconds until one has come back, at least 1.
    pub retry_after_s: u32,
}

/// How full a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Whole tries that are left.
    pub tries: u32,
    /// Tries of a full one.
    pub burst: u32,
    /// Seconds in which an empty one fills up, at least 1.
    pub window_s: u32,
    /// Seconds until this one is full.
    pub full_in_s: u32,
}

/// Buckets by key, all of one rate, in a bounded table. Keys are hashed with a secret seed, so that strangers cannot
/// choose whose place they take.
#[derive(Debug)]
pub struct Table {
    rate: RwLock<Rate>,
    seed: u64,
    sets: Box<[Mutex<Option<Set>>]>,
}

/// Places among which a key has its own; made when the first key comes to them, since most servers hear few.
type Set = Box<[Bucket; WAYS]>;

const WAYS: usize = 8;

/// A bucket as the time at which it will be full again: one number says both level and time.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// Hash of the key; 0 for a free place.
    key: u64,
    /// When it is full again, in milliseconds since the epoch.
    full_at_ms: i64,
    /// What was tried last, as a hash: the same again is no guess.
    last: u64,
}

impl Table {
    /// A table for about `buckets` keys; it takes 2 bytes for each, 26 when all have come, and never more.
    #[must_use]
    pub fn new(rate: Rate, buckets: usize, random: &dyn Random) -> Self {
        let sets = buckets.div_ceil(WAYS).max(1);
        Self {
            rate: RwLock::new(rate),
            seed: random::number(random),
            sets: (0..sets).map(|_| Mutex::default()).collect(),
        }
    }

    /// Goes by another rate from now on. What was taken stays taken, as time: a bucket that was empty is full again after as long
    /// as the new rate takes at most.
    pub fn set_rate(&self, rate: Rate) {
        *self.rate.write().unwrap_or_else(PoisonError::into_inner) = rate;
    }

    /// Takes one try from the bucket of this key.
    ///
    /// # Errors
    /// [`Empty`] when none is left; then nothing is taken.
    pub fn take(&self, key: impl Hash, now: Time) -> Result<(), Empty> {
        self.with(&key, now, |rate, bucket| {
            bucket.take(rate, now, i64::from(rate.refill_ms))
        })
    }

    /// Whether a try is left, without taking it.
    ///
    /// # Errors
    /// [`Empty`] when none is left.
    pub fn look(&self, key: impl Hash, now: Time) -> Result<(), Empty> {
        self.with(&key, now, |rate, bucket| {
            bucket.clone().take(rate, now, i64::from(rate.refill_ms))
        })
    }

    /// How full the bucket of this key is.
    pub fn left(&self, key: impl Hash, now: Time) -> Left {
        let seconds = |ms: i64| u32::try_from(ms.unsigned_abs().div_ceil(1000)).unwrap_or(u32::MAX);
        self.with(&key, now, |rate, bucket| {
            let (full_at, empty_at) = (bucket.full_at_ms.max(now.ms()), rate.empty_at(now));
            let tries = (empty_at - full_at) / i64::from(rate.refill_ms).max(1);
            Left {
                tries: u32::try_from(tries).unwrap_or_default(),
                burst: rate.burst,
                window_s: seconds(empty_at - now.ms()).max(1),
                full_in_s: seconds(full_at - now.ms()),
            }
        })
    }

    /// Takes one try for something that failed; a quarter of one when it is what failed here last, since a program that
    /// repeats itself does not guess. Takes what is left when that is less.
    pub fn failed(&self, key: impl Hash, tried: impl Hash, now: Time) {
        let tried = self.hash(&tried);
        self.with(&key, now, |rate, bucket| {
            let whole = i64::from(rate.refill_ms);
            let cost = if bucket.last == tried {
                whole / 4
            } else {
                whole
            };
            bucket.last = tried;
            bucket.full_at_ms = bucket
                .full_at_ms
                .max(now.ms())
                .saturating_add(cost)
                .min(rate.empty_at(now));
        });
    }

    /// Puts a try back that turned out well.
    pub fn put_back(&self, key: impl Hash, now: Time) {
        self.with(&key, now, |rate, bucket| {
            bucket.full_at_ms = bucket.full_at_ms.saturating_sub(i64::from(rate.refill_ms));
        });
    }

    fn hash(&self, key: &impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.seed.hash(&mut hasher);
        key.hash(&mut hasher);
        // 0 marks a free place.
        hasher.finish().max(1)
    }

    fn with<T>(&self, key: &impl Hash, now: Time, act: impl FnOnce(Rate, &mut Bucket) -> T) -> T {
        let rate = *self.rate.read().unwrap_or_else(PoisonError::into_inner);
        let key = self.hash(key);
        let index = usize::try_from(key >> 8).unwrap_or(usize::MAX) % self.sets.len();
        let mut set = self.sets[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let set = set.get_or_insert_with(Set::default);
        let place = set
            .iter()
            .position(|bucket| bucket.key == key)
            .unwrap_or_else(|| {
                let fullest = (0..WAYS)
                    .min_by_key(|place| set[*place].full_at_ms)
                    .unwrap_or(0);
                set[fullest] = Bucket {
                    key,
                    full_at_ms: i64::MIN,
                    last: 0,
                };
                fullest
            });
        let bucket = &mut set[place];
        // A clock that was set back must not leave anybody out for longer than an empty bucket does.
        bucket.full_at_ms = bucket.full_at_ms.min(rate.empty_at(now));
        act(rate, bucket)
    }
}

impl Bucket {
    fn take(&mut self, rate: Rate, now: Time, cost: i64) -> Result<(), Empty> {
        let full_at_ms = self.full_at_ms.max(now.ms()).saturating_add(cost);
        let over_ms = full_at_ms.saturating_sub(rate.empty_at(now));
        if over_ms > 0 {
            let seconds = u32::try_from(over_ms.unsigned_abs().div_ceil(1000)).unwrap_or(u32::MAX);
            return Err(Empty {
                retry_after_s: seconds.max(1),
            });
        }
        self.full_at_ms = full_at_ms;
        Ok(())
    }
}

impl Rate {
    /// When a bucket that is empty now is full again.
    fn empty_at(self, now: Time) -> i64 {
        now.ms()
            .saturating_add(i64::from(self.burst).saturating_mul(i64::from(self.refill_ms)))
    }
}

/// The block of addresses that is counted as one: a whole IPv4 address, the first 64 bits of an IPv6 address.
#[must_use]
pub fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

/// How long to wait, in words: `40 s`, `2 min`.
#[must_use]
pub fn wait_words(seconds: u32) -> String {
    if seconds < 60 {
        format!("{} s", seconds.max(1))
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Fixed;
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    const NOON: Time = Time::from_ms(1_793_728_800_000);

    fn table(buckets: usize) -> Table {
        Table::new(
            Rate {
                burst: 3,
                refill_ms: 10_000,
            },
            buckets,
            &Fixed,
        )
    }

    #[test]
    fn tries_run_out_and_come_back_one_by_one() {
        let table = table(64);
        for _ in 0..3 {
            assert_eq!(table.take("a", NOON), Ok(()));
        }
        assert_eq!(table.take("a", NOON), Err(Empty { retry_after_s: 10 }));
        assert_eq!(table.take("b", NOON), Ok(()), "others are not bound by it");
        let later = NOON.plus(Duration::from_millis(9_001));
        assert_eq!(table.take("a", later), Err(Empty { retry_after_s: 1 }));
        let later = NOON.plus(Duration::from_secs(10));
        assert_eq!(table.take("a", later), Ok(()));
        assert!(table.take("a", later).is_err());
    }

    #[test]
    fn what_is_left_is_told() {
        let table = table(64);
        let left = |tries, full_in_s| Left {
            tries,
            burst: 3,
            window_s: 30,
            full_in_s,
        };
        assert_eq!(table.left("a", NOON), left(3, 0));
        table.failed("a", 1, NOON);
        assert_eq!(table.left("a", NOON), left(2, 10));
        // The same again is a quarter of a try.
        table.failed("a", 1, NOON);
        assert_eq!(table.left("a", NOON), left(1, 13));
        assert_eq!(
            table.left("a", NOON.plus(Duration::from_secs(3))),
            left(2, 10)
        );
        for n in 2..9 {
            table.failed("a", n, NOON);
        }
        assert_eq!(table.left("a", NOON), left(0, 30));
        assert_eq!(table.left("b", NOON), left(3, 0));
    }

    #[test]
    fn another_rate_holds_at_once_for_old_buckets_and_new_ones() {
        let table = table(64);
        let heard = |key| (0..100).filter(|_| table.take(key, NOON).is_ok()).count();
        assert_eq!(heard("a"), 3);
        table.set_rate(Rate {
            burst: 5,
            refill_ms: 1_000,
        });
        assert_eq!(heard("b"), 5);
        assert_eq!(table.take("a", NOON), Err(Empty { retry_after_s: 1 }));
        let later = NOON.plus(Duration::from_secs(1));
        assert_eq!(table.take("a", later), Ok(()));
        table.set_rate(Rate {
            burst: 1,
            refill_ms: 1_000,
        });
        assert!(table.take("c", NOON).is_ok() && table.take("c", NOON).is_err());
    }

    #[test]
    fn what_turned_out_well_is_put_back() {
        let table = table(64);
        for _ in 0..100 {
            assert_eq!(table.take("a", NOON), Ok(()));
            table.put_back("a", NOON);
        }
        for _ in 0..100 {
            table.put_back("a", NOON);
        }
        assert_eq!(
            (0..10).filter(|_| table.take("a", NOON).is_ok()).count(),
            3,
            "never more than the burst"
        );
    }

    #[test]
    fn program_that_repeats_itself_uses_up_a_quarter() {
        let table = table(64);
        let until_empty = |key: &str, tried: &dyn Fn(usize) -> usize| {
            (0..100)
                .take_while(|n| {
                    let is_left = table.look(key, NOON).is_ok();
                    table.failed(key, tried(*n), NOON);
                    is_left
                })
                .count()
        };
        assert_eq!(until_empty("guesses", &|n| n), 3);
        assert_eq!(until_empty("repeats", &|_| 0), 6);
    }

    #[test]
    fn clock_that_is_set_back_leaves_nobody_out_for_long() {
        let table = table(64);
        for _ in 0..3 {
            table.take("a", NOON).expect("is left");
        }
        let before = Time::from_ms(0);
        assert_eq!(table.take("a", before), Err(Empty { retry_after_s: 10 }));
        assert_eq!(
            table.take("a", before.plus(Duration::from_secs(10))),
            Ok(())
        );
    }

    #[test]
    fn flood_of_keys_does_not_free_the_one_that_ran_out() {
        let table = table(64);
        for _ in 0..3 {
            table.take("guesser", NOON).expect("is left");
        }
        for n in 0..100_000 {
            // What looks without failing, as everybody does, must not push out what has failed.
            table.look(n, NOON).expect("is left");
        }
        assert!(table.take("guesser", NOON).is_err());
    }

    #[test]
    fn neighbours_in_an_ipv6_network_are_one() {
        let a = block("2001:db8:1:2:3::4".parse().expect("an address"));
        assert_eq!(
            a,
            block("2001:db8:1:2:ffff::1".parse().expect("an address"))
        );
        assert_ne!(a, block("2001:db8:1:3::4".parse().expect("an address")));
        let mapped: IpAddr = "::ffff:203.0.113.7".parse().expect("an address");
        assert_eq!(
            block(mapped),
            "203.0.113.7".parse::<IpAddr>().expect("an address")
        );
    }

    #[test]
    fn waiting_is_told_in_words() {
        for (seconds, words) in [
            (0, "1 s"),
            (40, "40 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "2 min"),
        ] {
            assert_eq!(wait_words(seconds), words);
        }
    }
}
