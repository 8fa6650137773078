//! The pseudo-locale: every Latin letter becomes another that looks like it.

use std::borrow::Cow;

/// Applied to the text of messages, not to the values in them.
pub(super) fn transform(text: &str) -> Cow<'_, str> {
    Cow::Owned(text.chars().map(letter).collect())
}

/// Letters of the same shape outside ASCII, so that a page stays readable and a test can tell.
fn letter(c: char) -> char {
    const LOWER: &str = "áƀćđéƒǵĥíĵķĺḿńóṕɋŕśţúṽŵẋýź";
    const UPPER: &str = "ÁɃĆĐÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŢÚṼŴẊÝŹ";
    let nth = |letters: &str, first: char| {
        let place = u32::from(c).wrapping_sub(u32::from(first)) as usize;
        letters.chars().nth(place).unwrap_or(c)
    };
    match c {
        'a'..='z' => nth(LOWER, 'a'),
        'A'..='Z' => nth(UPPER, 'A'),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_changes_and_nothing_else_does() {
        let said = transform("Key frames, 2 s: az AZ <b>");
        assert_eq!(said, "Ķéý ƒŕáḿéś, 2 ś: áź ÁŹ <ƀ>");
    }
}
