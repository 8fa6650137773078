//! Titles and names of stored items in the form in which they are searched, the newest first.
//!
//! They lie one after another in blocks of a few kilobytes, so that a search runs through memory in one direction and looks up what it
//! found, not what it passed by. The blocks are shared: a search takes them with it and needs no lock, and a change copies the one block
//! that it is about if somebody still reads that.

use std::sync::Arc;

use crate::id::UserId;
use crate::item::Visibility;
use crate::stored::{Kind, Stored};

use super::shelf::{self, For, Place};
use super::words::{Words, folded};

/// Items of a block; one that grows past it is cut in two. A change moves half a block's text, some kilobytes.
const BLOCK_MAX: usize = 256;

/// Items that one search looks at. Closes: a search that nothing matches in a library without end; so many take some ten milliseconds.
const SEARCHED_MAX: usize = 1_000_000;

/// All of them. Cheap to clone, which keeps them as they are now.
#[derive(Debug, Clone, Default)]
pub(super) struct Titles(Arc<Vec<Arc<Block>>>);

/// Items that follow one another, one at least, and their texts in the same order.
#[derive(Debug, Clone, Default)]
struct Block {
    entries: Vec<Entry>,
    text: String,
}

/// One item: where it stands, whether it is listed for somebody, and where its text ends.
#[derive(Debug, Clone, Copy)]
struct Entry {
    place: Place,
    owner: Option<UserId>,
    kind: Kind,
    visibility: Visibility,
    end: usize,
}

/// What is looked for.
pub(super) struct Wanted<'a> {
    pub words: &'a Words,
    pub whom: For,
    pub kind: Option<Kind>,
    /// Only what stands behind this.
    pub after: Option<Place>,
}

impl Titles {
    /// Of items that stand in the order of their places.
    pub fn of<'a>(ordered: impl Iterator<Item = &'a Stored>) -> Self {
        let mut blocks = Vec::new();
        let mut ordered = ordered.peekable();
        while ordered.peek().is_some() {
            let mut block = Block::default();
            // Half full, so that the next items do not cut every block that they come to.
            for stored in ordered.by_ref().take(BLOCK_MAX / 2) {
                block.insert(block.entries.len(), stored);
            }
            block.entries.shrink_to_fit();
            block.text.shrink_to_fit();
            blocks.push(Arc::new(block));
        }
        Self(Arc::new(blocks))
    }

    pub fn put(&mut self, stored: &Stored) {
        let place = shelf::place(stored);
        let at = self.block_of(place);
        let blocks = Arc::make_mut(&mut self.0);
        // What stands behind everything belongs to the last block.
        let at = at.min(blocks.len().saturating_sub(1));
        if blocks.is_empty() {
            blocks.push(Arc::default());
        }
        let block = Arc::make_mut(&mut blocks[at]);
        let into = block.entries.partition_point(|entry| entry.place < place);
        block.insert(into, stored);
        if block.entries.len() > BLOCK_MAX {
            let rest = block.split_off(BLOCK_MAX / 2);
            blocks.insert(at + 1, Arc::new(rest));
        }
    }

    pub fn take(&mut self, stored: &Stored) {
        let place = shelf::place(stored);
        let at = self.block_of(place);
        let blocks = Arc::make_mut(&mut self.0);
        let Some(block) = blocks.get_mut(at).map(Arc::make_mut) else {
            return;
        };
        let places = |entry: &Entry| entry.place;
        if let Ok(from) = block.entries.binary_search_by_key(&place, places) {
            block.remove(from);
        }
        if block.entries.is_empty() {
            blocks.remove(at);
        }
    }

    /// The first block that ends at this place or behind it.
    fn block_of(&self, place: Place) -> usize {
        let ends_before =
            |block: &Arc<Block>| block.entries.last().is_none_or(|last| last.place < place);
        self.0.partition_point(ends_before)
    }

    /// Places of what is listed for somebody and holds all words, in order.
    pub fn find(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = Place> {
        let first = wanted.after.map_or(0, |after| self.block_of(after));
        let mut looked = 0;
        let blocks = self.0.iter().skip(first).take_while(move |block| {
            looked += block.entries.len();
            looked <= SEARCHED_MAX
        });
        blocks.flat_map(move |block| block.find(wanted))
    }
}

impl Block {
    fn insert(&mut self, at: usize, stored: &Stored) {
        let text = folded(&stored.title, &stored.slug);
        let start = self.start(at);
        self.text.insert_str(start, &text);
        let entry = Entry {
            place: shelf::place(stored),
            owner: stored.owner,
            kind: stored.kind,
            visibility: stored.visibility,
            end: start,
        };
        self.entries.insert(at, entry);
        for entry in self.entries.iter_mut().skip(at) {
            entry.end += text.len();
        }
    }

    fn remove(&mut self, at: usize) {
        let start = self.start(at);
        let end = self.entries.remove(at).end;
        self.text.drain(start..end);
        for entry in self.entries.iter_mut().skip(at) {
            entry.end -= end - start;
        }
    }

    /// Keeps what stands before `at`; the rest is another block.
    fn split_off(&mut self, at: usize) -> Self {
        let start = self.start(at);
        let mut rest = Self {
            entries: self.entries.split_off(at),
            text: self.text.split_off(start),
        };
        for entry in &mut rest.entries {
            entry.end -= start;
        }
        rest
    }

    /// Where the text of the item at this position begins.
    fn start(&self, at: usize) -> usize {
        match at.checked_sub(1) {
            Some(before) => self.entries[before].end,
            None => 0,
        }
    }

    fn find(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = Place> {
        let text = self.text.as_bytes();
        let (longest, others) = match wanted.words.split() {
            Some((longest, others)) => (Some(longest), others),
            None => (None, &[][..]),
        };
        let (mut at, mut from) = (0, 0);
        std::iter::from_fn(move || {
            loop {
                let found = match longest {
                    Some(longest) => from + longest.find(text.get(from..)?)?,
                    None => from,
                };
                at += self.entries[at..].partition_point(|entry| entry.end <= found);
                let entry = self.entries.get(at)?;
                let start = self.start(at);
                (at, from) = (at + 1, entry.end);
                let own = &text[start..entry.end];
                let is_wanted = wanted.after.is_none_or(|after| after < entry.place)
                    && wanted.kind.is_none_or(|kind| kind == entry.kind)
                    && wanted.whom.sees_listed(entry.visibility, entry.owner)
                    && others.iter().all(|word| word.find(own).is_some());
                if is_wanted {
                    return Some(entry.place);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::id::StoredId;
    use crate::slug::Slug;
    use crate::stored::{Facts, State};

    const ANA: UserId = UserId::from_number(1);
    const BEN: UserId = UserId::from_number(2);

    /// The item of this number: its kind, owner and visibility follow from it, and two share each moment.
    fn item(number: u64, title: &str) -> Stored {
        let small = usize::try_from(number).expect("a small number");
        Stored {
            id: StoredId::from_number(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            kind: Kind::ALL[small % 2],
            slug: Slug::parse(&format!("item-{number}")).expect("a slug"),
            title: title.to_owned(),
            description: String::new(),
            owner: [None, Some(ANA), Some(BEN)][small % 3],
            visibility: Visibility::ALL[small / 2 % 4],
            created: Time::from_ms(i64::try_from(number / 2).expect("a small number")),
            changed: Time::from_ms(0),
            generation: 0,
            state: State::Ready,
            place: crate::stored::Place::Library,
            facts: Facts::default(),
            poster: None,
            captions: Vec::new(),
            downloadable: false,
            sites: Vec::new(),
        }
    }

    fn found(titles: &Titles, words: &str) -> Vec<Place> {
        let words = Words::of(words);
        let wanted = Wanted {
            words: &words,
            whom: For::Everything,
            kind: None,
            after: None,
        };
        titles.find(&wanted).collect()
    }

    #[test]
    fn search_finds_what_looking_at_each_title_finds_whatever_was_put_and_taken() {
        let subjects = ["Reading", "the GRAIN", "Öl und Wasser", "reading the grain"];
        let title = |number: u64| {
            let subject = subjects[usize::try_from(number * 7 / 3 % 4).expect("small")];
            format!("Lesson {number}: {subject}")
        };
        let mut titles = Titles::default();
        let mut all = Vec::new();
        // 1,201 is a prime: each number once, in no order.
        for number in (0..1_201).map(|step| step * 577 % 1_201) {
            let mut stored = item(number, &title(number));
            titles.put(&stored);
            if number % 5 == 0 {
                titles.take(&stored);
                stored.title = "Löschen".to_owned();
                titles.put(&stored);
            }
            all.push(stored);
        }
        let (gone, mut kept): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|stored| stored.created.ms() % 4 == 1);
        for stored in &gone {
            titles.take(stored);
            titles.take(stored);
        }
        kept.sort_by_key(shelf::place);
        let loaded = Titles::of(kept.iter());
        let sees = [For::Everything, For::Anyone, For::User(ANA), For::Own(BEN)];
        let queries = [
            "",
            "zebra",
            "e",
            "grain reading",
            "ÖL",
            "lösch",
            "item-11",
            "11",
            "lesson 7 Wasser",
            "s: r",
            "the the t",
        ];
        let mut most = 0;
        for text in queries {
            let words = Words::of(text);
            for (at, whom) in sees.into_iter().enumerate() {
                for kind in [None, Some(Kind::Video)] {
                    for after in [None, Some(shelf::place(&kept[at * 83 + 40]))] {
                        let expected: Vec<Place> = kept
                            .iter()
                            .filter(|one| whom.sees_listed(one.visibility, one.owner))
                            .filter(|one| kind.is_none_or(|kind| kind == one.kind))
                            .filter(|one| after.is_none_or(|after| after < shelf::place(one)))
                            .filter(|one| words.are_in(&one.title, &one.slug))
                            .map(shelf::place)
                            .collect();
                        let wanted = Wanted {
                            words: &words,
                            whom,
                            kind,
                            after,
                        };
                        let grown: Vec<Place> = titles.find(&wanted).collect();
                        assert_eq!(grown, expected, "{text:?} {whom:?}");
                        let made: Vec<Place> = loaded.find(&wanted).collect();
                        assert_eq!(made, expected, "{text:?} {whom:?}");
                        most = most.max(expected.len());
                    }
                }
            }
        }
        assert!(most > 2 * BLOCK_MAX, "several blocks were searched");
        for stored in &kept {
            titles.take(stored);
        }
        assert!(titles.0.is_empty());
    }

    #[test]
    fn words_are_found_in_capitals_and_small_letters_of_any_script_and_not_across_titles() {
        let (first, second) = (item(5, "ÜBER Ποταμούς"), item(2, "Straße"));
        let titles = Titles::of([&first, &second].into_iter());
        for (words, expected) in [
            ("über", vec![&first]),
            ("ΠΟΤΑΜΟΎΣ", vec![&first]),
            ("ПОТАМ", vec![]),
            ("STRAßE", vec![&second]),
            ("item", vec![&first, &second]),
            ("ITEM-5", vec![&first]),
            ("item-5 straße", vec![]),
            ("item-5\nstraße", vec![]),
            (" \u{2003} ", vec![&first, &second]),
        ] {
            let expected: Vec<Place> = expected.into_iter().map(shelf::place).collect();
            assert_eq!(found(&titles, words), expected, "{words:?}");
        }
    }

    #[test]
    fn search_goes_on_in_what_it_took_with_it() {
        let (first, second) = (item(5, "Bread"), item(2, "Bread"));
        let mut titles = Titles::of([&first, &second].into_iter());
        let taken = titles.clone();
        titles.take(&first);
        assert_eq!(found(&taken, "bread").len(), 2);
        assert_eq!(found(&titles, "bread"), [shelf::place(&second)]);
    }
}
