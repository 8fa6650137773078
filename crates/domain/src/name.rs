//! Names and titles that people give: text for people, never part of an address or a path.

/// The name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given that can be seen.
    #[error("give it a name")]
    Empty,
    /// It is too long.
    #[error("it can have {max} characters at most")]
    TooLong {
        /// The bound, in characters.
        max: usize,
    },
    /// It holds a line break or another control character, which would forge lines in logs and lists.
    #[error("it holds a character that cannot be shown, such as a line break")]
    Control,
}

/// Characters that a name of a key may have.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters that a title may have.
pub const TITLE_CHARS_MAX: usize = 200;

/// Characters that a file's name is kept with: what file systems take.
pub const FILE_NAME_CHARS_MAX: usize = 255;
/// Longest ending of a file's name that is kept where the name is cut.
const ENDING_CHARS_MAX: usize = 8;

/// The name without spaces around it, of 1 to `max` characters.
///
/// # Errors
/// [`NameError`] says what to change.
pub fn parse(text: &str, max: usize) -> Result<String, NameError> {
    let text = text.trim();
    if text.chars().all(|c| c.is_whitespace() || shows_nothing(c)) {
        return Err(NameError::Empty);
    }
    if text.chars().nth(max).is_some() {
        return Err(NameError::TooLong { max });
    }
    if text.chars().any(is_invisible) {
        return Err(NameError::Control);
    }
    Ok(text.to_owned())
}

/// A longer text without spaces around it, of at most `max` characters, with line breaks as `\n` and no other control characters; may be
/// empty. `None` when it is too long.
#[must_use]
pub fn long(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    // Before the copy, so that a megabyte of anything costs nothing.
    if text.chars().nth(2 * max).is_some() {
        return None;
    }
    let text = text.replace("\r\n", "\n");
    let kept: String = text
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !is_invisible(*c))
        .collect();
    kept.chars().nth(max).is_none().then_some(kept)
}

/// What a file was called, fit to be shown in one line and to name a download: the last part of a path of any system, without what cannot
/// be shown or turns a line around, of at most [`FILE_NAME_CHARS_MAX`] characters with its ending; may be empty.
#[must_use]
pub fn of_file(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_shown =
        |c: &char| !is_invisible(*c) && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{feff}');
    let name: String = last.chars().filter(is_shown).collect();
    let name = name.trim();
    if name.chars().nth(FILE_NAME_CHARS_MAX).is_none() {
        return name.to_owned();
    }
    let ending = match name.rsplit_once('.') {
        Some((_, ending)) if ending.chars().nth(ENDING_CHARS_MAX).is_none() => format!(".{ending}"),
        _ => String::new(),
    };
    let kept = FILE_NAME_CHARS_MAX - ending.chars().count();
    name.chars().take(kept).chain(ending.chars()).collect()
}

/// Whether it takes no room: marks, joiners, fillers and variants (`Default_Ignorable_Code_Point` of Unicode, and the blank of Braille). They
/// are part of what people write, but a name of nothing else is a link that nobody can see.
fn shows_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether it is a control character, or one that turns the direction of the text around it: both let a name pretend
/// to be something else in a list or a log.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse case G13: what a file is called.
    #[test]
    fn name_of_a_file_is_one_harmless_line() {
        for (sent, kept) in [
            ("lesson.mp4", "lesson.mp4"),
            ("C:\\films\\lesson.mp4", "lesson.mp4"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nSet-Cookie: x.mp4", "aSet-Cookie: x.mp4"),
            ("a\tb\u{2028}c.mp4", "abc.mp4"),
            ("say \"hello\".mp4", "say \"hello\".mp4"),
            ("\u{202e}4pm.exe", "4pm.exe"),
            ("\u{feff} a.mp4 ", "a.mp4"),
            ("films/", ""),
        ] {
            assert_eq!(of_file(sent), kept, "{sent:?}");
        }
        let long = format!("{}.mp4", "é".repeat(251));
        assert_eq!(of_file(&long), long);
        let longer = of_file(&format!("{}.mp4", "é".repeat(1000)));
        assert_eq!(longer, long, "its ending stays");
        let other = of_file(&format!("a.{}", "é".repeat(1000)));
        assert_eq!(other.chars().count(), FILE_NAME_CHARS_MAX);
    }

    /// Abuse case H5: no name forges a line, turns what stands beside it, or cannot be seen.
    #[test]
    fn names_are_what_can_be_seen_in_one_line() {
        let long = "\u{5d0}".repeat(100);
        for (text, expected) in [
            (" Main hall ", Ok("Main hall")),
            ("<b>&\"'", Ok("<b>&\"'")),
            // Marks of direction and joiners within words are how these are written.
            (
                "\u{5e9}\u{5dc}\u{5d5}\u{5dd} OBS\u{200f}",
                Ok("\u{5e9}\u{5dc}\u{5d5}\u{5dd} OBS\u{200f}"),
            ),
            (
                "\u{645}\u{6cc}\u{200c}\u{62e}",
                Ok("\u{645}\u{6cc}\u{200c}\u{62e}"),
            ),
            (long.as_str(), Ok(long.as_str())),
            ("", Err(NameError::Empty)),
            (" \u{a0}\u{2003}", Err(NameError::Empty)),
            (
                "\u{200b}\u{200e}\u{200f}\u{feff}\u{2060}",
                Err(NameError::Empty),
            ),
            ("\u{3164}\u{2800}\u{e0041}", Err(NameError::Empty)),
            ("a\nb", Err(NameError::Control)),
            ("a\u{85}b", Err(NameError::Control)),
            ("a\u{2028}b", Err(NameError::Control)),
            ("gnp\u{202e}exe", Err(NameError::Control)),
            ("a\u{2067}b\u{2069}", Err(NameError::Control)),
        ] {
            let read = parse(text, NAME_CHARS_MAX);
            assert_eq!(read.as_deref(), expected.as_ref().copied(), "{text:?}");
        }
        let longer = format!("{long}\u{5d0}");
        assert_eq!(
            parse(&longer, NAME_CHARS_MAX),
            Err(NameError::TooLong {
                max: NAME_CHARS_MAX
            })
        );
    }
}
