//! Which session is due when: time costs the sessions whose time has come, however many there are.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Instant,
};

use super::Key;

/// A heap in which an entry counts only while it is the one that its session was noted with last. A session that turns out to be due
/// later than it was noted for is looked at in vain once, and noted anew.
#[derive(Default)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Reverse<(Instant, Key)>>,
    noted: HashMap<Key, Instant>,
}

impl Agenda {
    /// The session is due then at the latest.
    pub(crate) fn note(&mut self, key: Key, at: Instant) {
        if self.noted.get(&key).is_none_or(|noted| at < *noted) {
            self.noted.insert(key, at);
            self.heap.push(Reverse((at, key)));
        }
    }

    /// The session is gone.
    pub(crate) fn forget(&mut self, key: Key) {
        self.noted.remove(&key);
    }

    /// When the next one is due. Whatever does not count any more at the top of the heap may be it: it costs a look.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// A session whose time has come; note it anew.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Key> {
        while self.next().is_some_and(|at| at <= now) {
            let Reverse((at, key)) = self.heap.pop()?;
            if self.noted.get(&key) == Some(&at) {
                self.noted.remove(&key);
                return Some(key);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_is_due_once_at_the_earliest_time_it_was_noted_for() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut agenda = Agenda::default();
        for (key, ms) in [(1, 30), (2, 20), (1, 10), (1, 40), (3, 50)] {
            agenda.note(key, at(ms));
        }
        agenda.forget(3);
        assert_eq!(agenda.next(), Some(at(10)));
        assert_eq!(agenda.take(at(9)), None);
        assert_eq!(agenda.take(at(25)), Some(1));
        assert_eq!(agenda.take(at(25)), Some(2));
        agenda.note(2, at(60));
        assert_eq!(agenda.take(at(55)), None, "noted earlier, or gone");
        assert_eq!(agenda.take(at(60)), Some(2));
        assert_eq!((agenda.take(at(99)), agenda.next()), (None, None));
    }
}
