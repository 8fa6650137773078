//! Words that somebody looks for in titles and names.

use memchr::memmem::Finder;

use crate::slug::Slug;

/// Words that one search looks for, the longest ones; a word that stands in another one is looked for with it. Closes: a query of
/// thousands of letters, each of which is looked for in every title.
const WORDS_MAX: usize = 32;

/// Words as they stand in a folded text.
pub(super) struct Words(Vec<Finder<'static>>);

impl Words {
    /// What is written between spaces, folded; the longest first, which is found where the fewest are.
    pub fn of(text: &str) -> Self {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut kept: Vec<String> = Vec::new();
        for word in words {
            if kept.len() < WORDS_MAX && !kept.iter().any(|longer| longer.contains(&word)) {
                kept.push(word);
            }
        }
        let finder = |word: &String| Finder::new(word).into_owned();
        Self(kept.iter().map(finder).collect())
    }

    /// The longest one, and the others; `None` where there are none, which everything holds.
    pub fn split(&self) -> Option<(&Finder<'static>, &[Finder<'static>])> {
        self.0.split_first()
    }

    /// Whether a title or a name holds all of them; all hold none.
    pub fn are_in(&self, title: &str, slug: &Slug) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let text = folded(title, slug);
        let holds = |word: &Finder<'_>| word.find(text.as_bytes()).is_some();
        self.0.iter().all(holds)
    }
}

/// A title and a name in the form in which words are looked for, in lower case by Unicode, each with a line break behind it. No word reaches
/// past that, since words are what is written between spaces.
pub(super) fn folded(title: &str, slug: &Slug) -> String {
    let mut text = title.to_lowercase();
    text.push('\n');
    text.push_str(slug.as_str());
    text.push('\n');
    text
}
