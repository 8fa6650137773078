//! Words that somebody looks for in titles and names.

use crate::slug::Slug;

/// Words in lower case.
pub(super) struct Words(Vec<String>);

impl Words {
    pub fn of(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_lowercase).collect())
    }

    /// Whether a title or a name holds all of them; all hold none.
    pub fn are_in(&self, title: &str, slug: &Slug) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let title = title.to_lowercase();
        let holds = |word: &String| title.contains(word) || slug.as_str().contains(word.as_str());
        self.0.iter().all(holds)
    }
}
