//! The words of pages and scripts: every one that is asked for exists, and every one that exists is asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Families of messages whose names are put together from a word; each with how its name is written where that happens.
const FAMILIES: &[(&str, &str)] = &[
    ("api-noun-", "\"api-noun-{"),
    ("visibility-", "\"visibility-{"),
    ("error-", "\"error-{"),
    ("codes-filter-", "\"codes-filter-{"),
    ("warning-", "\"warning-{"),
    ("check-", "\"check-{"),
    ("golive-advice-", "\"golive-advice-{"),
    ("golive-ask-", "\"golive-ask-{"),
    ("golive-line-", "\"golive-line-{"),
    ("health-protocol-", "\"health-protocol-{"),
    ("unit-month-", "\"unit-month-{"),
    ("setting-", "\"setting-{"),
    ("settings-fixed-", "\"settings-fixed-{"),
    ("settings-from-", "\"settings-from-{"),
    ("admin-check-verdict-", "\"admin-check-verdict-{"),
    ("admin-protocol-", "\"admin-protocol-{"),
    ("test-side-", "\"test-side-{"),
    ("admin-tile-", "\"admin-tile-{"),
    ("audit-action-", "\"audit-action-{"),
    ("audit-via-", "\"audit-via-{"),
    ("account-scope-", "\"account-scope-{"),
];

/// Attributes that are chosen by a variable.
const CHOSEN: &[&str] = &["streams-ask-delete.live", "streams-ask-delete.offline"];

struct Source {
    name: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Templates, handlers, scripts, and the command line, which says some of the same.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for (folder, ending) in [
        ("crates/web/templates", "html"),
        ("crates/web/src", "rs"),
        ("crates/server/src", "rs"),
        ("web-ui/src", "ts"),
    ] {
        walk(&root().join(folder), ending, &mut found);
    }
    found
}

fn walk(folder: &Path, ending: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if path.is_dir() {
            walk(&path, ending, found);
        } else if name.ends_with(&format!(".{ending}")) && !name.ends_with(".test.ts") {
            let text = fs::read_to_string(&path).unwrap();
            // Tests at the end of a file ask for words that are not there, too; remarks of templates ask for nothing.
            let text = text.split("#[cfg(test)]").next().unwrap();
            let parts = text.split("{#").map(|part| match part.split_once("#}") {
                Some((_, after)) => after,
                None => part,
            });
            let text = parts.collect();
            found.push(Source { name, text });
        }
    }
}

/// Messages with their attributes, from all files of the language.
fn messages() -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates/web/locales/en")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut last = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, _)) = line.split_once(" =") else {
                continue;
            };
            if let Some(attribute) = name.trim_start().strip_prefix('.') {
                messages
                    .get_mut(&last)
                    .unwrap()
                    .insert(attribute.to_owned());
            } else if is_id(name) {
                last = name.to_owned();
                messages.entry(last.clone()).or_default();
            }
        }
    }
    messages
}

fn is_id(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

/// What is asked for by name: `msg("id")` with `.attr("a")` behind its values, and `say("id.a")`.
fn asked(source: &Source) -> Vec<(String, Option<String>)> {
    let mut asked = Vec::new();
    let call = if source.name.ends_with(".ts") {
        "say(\""
    } else {
        "msg(\""
    };
    for (at, _) in source.text.match_indices(call) {
        // `this.#say("player", …)` is somebody else's.
        if source.text[..at].ends_with('#') {
            continue;
        }
        let rest = &source.text[at + call.len()..];
        let Some((id, rest)) = rest.split_once('"') else {
            continue;
        };
        match id.split_once('.') {
            Some((id, attribute)) => asked.push((id.to_owned(), Some(attribute.to_owned()))),
            None => asked.push((id.to_owned(), attribute(rest))),
        }
    }
    asked
}

/// The attribute of a call whose closing parenthesis `rest` begins with, past any values.
fn attribute(rest: &str) -> Option<String> {
    let mut rest = rest.strip_prefix(')')?.trim_start();
    while let Some(values) = rest.strip_prefix(".arg(") {
        let mut depth = 1;
        let end = values.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        })?;
        rest = values[end + 1..].trim_start();
    }
    let (name, _) = rest.strip_prefix(".attr(\"")?.split_once('"')?;
    Some(name.to_owned())
}

#[test]
fn every_word_that_is_asked_for_exists() {
    let messages = messages();
    let mut missing = Vec::new();
    for source in sources() {
        for (id, attribute) in asked(&source) {
            let has = messages
                .get(&id)
                .is_some_and(|known| attribute.as_ref().is_none_or(|a| known.contains(a)));
            if !has {
                missing.push(format!("{}: {id} {attribute:?}", source.name));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_word_that_exists_is_asked_for() {
    let sources = sources();
    let says = |what: &str| sources.iter().any(|source| source.text.contains(what));
    let mut idle = Vec::new();
    for (id, attributes) in messages() {
        let family = FAMILIES.iter().find(|(prefix, _)| id.starts_with(prefix));
        if let Some((_, spelled)) = family {
            assert!(says(spelled), "nothing says {spelled}");
            continue;
        }
        if !says(&format!("\"{id}\"")) {
            idle.push(id.clone());
        }
        for attribute in attributes {
            let by_script = format!("\"{id}.{attribute}\"");
            let chosen = CHOSEN.contains(&by_script.trim_matches('"'));
            if !chosen && !says(&by_script) && !says(&format!(".attr(\"{attribute}\")")) {
                idle.push(format!("{id}.{attribute}"));
            }
        }
    }
    assert_eq!(idle, Vec::<String>::new(), "words that nothing says");
}

#[test]
fn chains_of_calls_are_read_to_their_attribute() {
    assert_eq!(
        attribute(r#").arg("a", f(x)).arg("b", y).attr("fix") }}"#),
        Some("fix".to_owned())
    );
    assert_eq!(attribute(r#").arg("a", x) }}"#), None);
    assert_eq!(attribute(" + x)"), None);
}
