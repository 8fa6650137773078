//! The page of abuse cases against the tests: each case of the page is named by a test, and each case that a test names is on the page.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, bail};

use crate::run;

const PAGE: &str = "docs/abuse-cases.md";
/// How a test's first lines name its cases.
const WORDS: &str = "/// Abuse case";

/// Fails on a case without a test, and on one that the page does not tell.
pub fn check() -> Result<()> {
    let root = run::root();
    let page = fs::read_to_string(root.join(PAGE)).with_context(|| format!("no {PAGE}"))?;
    let told = told(&page);
    let mut named = BTreeMap::new();
    for folder in ["crates", "tests/e2e"] {
        read(&root.join(folder), &mut named)?;
    }
    let missing = missing(&told, &named);
    if !missing.is_empty() {
        bail!("{}", missing.join("\n"));
    }
    eprintln!("{} abuse cases have a test each", told.len());
    Ok(())
}

/// The cases of the page: the first cell of each row.
fn told(page: &str) -> BTreeSet<String> {
    let cells = page.lines().filter_map(|line| line.split('|').nth(1));
    cells.flat_map(cases).collect()
}

/// The cases in a text: a letter and a number; `C1 to C4` are four.
fn cases(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut to = false;
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        let letter = letters.next().filter(char::is_ascii_uppercase);
        let number: Option<u32> = letters.as_str().parse().ok();
        if let Some((letter, number)) = letter.zip(number) {
            let last = found.last().and_then(|last| last.get(1..)?.parse().ok());
            let from = if to {
                last.unwrap_or(number) + 1
            } else {
                number
            };
            found.extend((from..=number).map(|number| format!("{letter}{number}")));
        }
        to = word == "to";
    }
    found
}

fn read(folder: &Path, named: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "node_modules" && name != "target" {
                read(&path, named)?;
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path)?;
            let lines = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix(WORDS));
            for line in lines {
                // What follows a colon is a sentence, in which a letter with a number may be anything.
                let ids = line.split(':').next().unwrap_or(line);
                for case in cases(ids) {
                    named.insert(case, path.display().to_string());
                }
            }
        }
    }
    Ok(())
}

fn missing(told: &BTreeSet<String>, named: &BTreeMap<String, String>) -> Vec<String> {
    let untested = told.iter().filter(|case| !named.contains_key(*case));
    let untold = named.iter().filter(|(case, _)| !told.contains(*case));
    untested
        .map(|case| format!("{PAGE} tells {case}, and no test names it"))
        .chain(untold.map(|(case, path)| format!("{path} names {case}, and {PAGE} does not")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_read_alone_listed_and_in_ranges() {
        assert_eq!(cases(" A1."), ["A1"]);
        assert_eq!(cases("s A4, A12."), ["A4", "A12"]);
        assert_eq!(cases("s C1 to C4."), ["C1", "C2", "C3", "C4"]);
        assert_eq!(cases("| case |---"), Vec::<String>::new());
    }

    #[test]
    fn case_without_a_test_and_case_without_a_row_are_told() {
        let told = told("| case | what |\n|---|---|\n| A1 | half a head |\n| A2 | H264 |\n");
        let named = [("A1", "a.rs"), ("C3", "c.rs")];
        let named = named.map(|(case, path)| (case.to_owned(), path.to_owned()));
        assert_eq!(
            missing(&told, &named.into()),
            [
                "docs/abuse-cases.md tells A2, and no test names it",
                "c.rs names C3, and docs/abuse-cases.md does not"
            ]
        );
    }
}
