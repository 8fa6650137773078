//! The text of a caption: a few tags and escapes, read and written anew.

/// Tags in one another at most; deeper ones are left out. Nobody writes more than three.
const DEPTH_MAX: usize = 8;

/// The classes that every player has a colour for; all others belong to styles, which are gone.
const COLOURS: [&str; 8] = [
    "white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black",
];

/// The tags that stay.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Tag {
    Bold,
    Italic,
    Underline,
    Voice,
    Class,
    Language,
    Ruby,
    RubyText,
}

impl Tag {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "b" => Self::Bold,
            "i" => Self::Italic,
            "u" => Self::Underline,
            "v" => Self::Voice,
            "c" => Self::Class,
            "lang" => Self::Language,
            "ruby" => Self::Ruby,
            "rt" => Self::RubyText,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bold => "b",
            Self::Italic => "i",
            Self::Underline => "u",
            Self::Voice => "v",
            Self::Class => "c",
            Self::Language => "lang",
            Self::Ruby => "ruby",
            Self::RubyText => "rt",
        }
    }
}

/// Writes a cue's lines anew: known tags, balanced; everything else as text, or left out where it was a tag of another kind. No line
/// is empty, since an empty one ends a cue.
pub fn clean(lines: &[&str]) -> String {
    let text = lines.join("\n");
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Tag> = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        if first == '<'
            && let Some((inside, behind)) = tag(rest)
        {
            match inside.strip_prefix('/') {
                Some(name) => close(&mut out, &mut open, name.trim()),
                None => begin(&mut out, &mut open, inside),
            }
            rest = behind;
        } else if first == '&'
            && let Some((letter, behind)) = escaped(rest)
        {
            push(&mut out, letter);
            rest = behind;
        } else {
            push(&mut out, first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    while let Some(tag) = open.pop() {
        end(&mut out, tag);
    }
    let written: Vec<&str> = out
        .split('\n')
        .map(|line| line.trim_matches([' ', '\t']))
        .filter(|line| !line.is_empty())
        .collect();
    if written.iter().any(|line| has_letters(line)) {
        written.join("\n")
    } else {
        String::new()
    }
}

/// Whether anything is seen of a line that was written anew, where `<` begins a tag and nothing else.
fn has_letters(line: &str) -> bool {
    let mut outside = line.split('<');
    let seen = |text: &str| !text.trim().is_empty();
    outside.next().is_some_and(seen)
        || outside.any(|rest| rest.split_once('>').is_some_and(|(_, text)| seen(text)))
}

/// What stands inside a tag that begins here, and what follows it. A `<` before anything but a name is text, as in "1 < 2".
fn tag(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('<')?;
    let is_tag = inside.starts_with(|first: char| first == '/' || first.is_ascii_alphanumeric());
    if !is_tag {
        return None;
    }
    inside.split_once('>')
}

fn begin(out: &mut String, open: &mut Vec<Tag>, inside: &str) {
    let (head, annotation) = match inside.split_once([' ', '\t', '\n']) {
        Some((head, annotation)) => (head, annotation),
        None => (inside, ""),
    };
    let mut classes = head.split('.');
    let Some(tag) = classes.next().and_then(Tag::parse) else {
        return;
    };
    // Text above letters stands nowhere but in a ruby.
    if open.len() >= DEPTH_MAX || (tag == Tag::RubyText && open.last() != Some(&Tag::Ruby)) {
        return;
    }
    let annotation = match tag {
        Tag::Voice => spoken(annotation),
        Tag::Language => match super::Language::parse(annotation.trim()) {
            Some(language) => language.as_str().to_owned(),
            None => return,
        },
        _ => String::new(),
    };
    if tag == Tag::Voice && annotation.is_empty() {
        return;
    }
    open.push(tag);
    out.extend(["<", tag.name()]);
    let mut written = Vec::new();
    for class in classes {
        let colour = class.strip_prefix("bg_").unwrap_or(class);
        if COLOURS.contains(&colour) && !written.contains(&class) {
            written.push(class);
            out.extend([".", class]);
        }
    }
    if !annotation.is_empty() {
        out.extend([" ", &annotation]);
    }
    out.push('>');
}

/// Who speaks, on one line and without anything that could end the tag.
fn spoken(annotation: &str) -> String {
    let mut out = String::new();
    let mut rest = annotation;
    while let Some(first) = rest.chars().next() {
        let (letter, behind) = match escaped(rest) {
            Some(read) => read,
            None => (first, rest.get(first.len_utf8()..).unwrap_or_default()),
        };
        push(&mut out, if letter == '\n' { ' ' } else { letter });
        rest = behind;
    }
    let mut name = out.split_whitespace().collect::<Vec<_>>().join(" ");
    // With the end of its tag it would be an arrow, and the line one of times.
    while name.ends_with("--") {
        name.pop();
    }
    name
}

/// Ends the innermost tag of this name, and those that were left open inside it.
fn close(out: &mut String, open: &mut Vec<Tag>, name: &str) {
    let Some(tag) = Tag::parse(name) else {
        return;
    };
    if !open.contains(&tag) {
        return;
    }
    while let Some(inner) = open.pop() {
        end(out, inner);
        if inner == tag {
            break;
        }
    }
}

fn end(out: &mut String, tag: Tag) {
    out.extend(["</", tag.name(), ">"]);
}

/// The letter that an escape stands for, and what follows it.
fn escaped(text: &str) -> Option<(char, &str)> {
    [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&nbsp;", '\u{a0}'),
        ("&lrm;", '\u{200e}'),
        ("&rlm;", '\u{200f}'),
        ("&quot;", '"'),
        ("&#39;", '\''),
    ]
    .into_iter()
    .find_map(|(escape, letter)| text.strip_prefix(escape).map(|behind| (letter, behind)))
}

/// Writes a letter, escaped where it would mean something. Letters that control a terminal mean nothing here.
fn push(out: &mut String, letter: char) {
    match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\u{a0}' => out.push_str("&nbsp;"),
        '\n' => out.push('\n'),
        '\t' => out.push(' '),
        letter if letter.is_control() => {}
        letter => out.push(letter),
    }
}
