//! The arrows between crates, as docs/architecture.md draws them, held against what cargo knows.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::run;

/// Every allowed arrow. A crate that is not listed here may not exist.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("media", &[]),
    ("rtmp", &["media"]),
    ("hls", &["media"]),
    ("webrtc", &["media"]),
    ("record", &["media"]),
    ("engine", &["domain", "hls", "media", "rtmp", "webrtc"]),
    ("library", &["domain", "hls", "media", "record"]),
    ("store", &["domain"]),
    ("web", &["domain", "library"]),
    (
        "server",
        &[
            "domain", "engine", "hls", "library", "media", "rtmp", "store", "web",
        ],
    ),
    ("testkit", &["domain"]),
    ("e2e", &[]),
    ("xtask", &[]),
];

/// Crates without I/O, and what none of them may reach, however far down.
const PURE: &[&str] = &["domain", "media", "rtmp", "hls", "webrtc", "record"];
const IMPURE: &[&str] = &[
    "tokio",
    "axum",
    "hyper",
    "sqlx",
    "socket2",
    "mio",
    "getrandom",
    "async-std",
    "smol",
    "reqwest",
];

/// What a pure crate reaches all the same: the crates that make handshakes and checks draw their own random numbers.
const DRAWN_IN: &[(&str, &str)] = &[("webrtc", "getrandom")];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

/// Fails when an arrow was added, when one is listed that does not exist, or when a pure crate reaches I/O.
pub fn check() -> Result<()> {
    let text = run::output(&mut run::cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--locked",
    ]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("cargo metadata")?;
    let problems = judge(&metadata);
    if !problems.is_empty() {
        bail!(
            "the house differs from its drawing (docs/architecture.md, xtask/src/arch.rs):\n  {}",
            problems.join("\n  ")
        );
    }
    eprintln!(
        "arch: {} crates, every arrow as drawn",
        metadata.workspace_members.len()
    );
    Ok(())
}

fn judge(metadata: &Metadata) -> Vec<String> {
    let names: BTreeMap<&str, &str> = metadata
        .packages
        .iter()
        .map(|p| (p.id.as_str(), p.name.as_str()))
        .collect();
    let members: BTreeSet<&str> = metadata
        .workspace_members
        .iter()
        .map(String::as_str)
        .collect();
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in &metadata.resolve.nodes {
        // Build scripts and dev-dependencies are not part of what runs.
        let normal = node
            .deps
            .iter()
            .filter(|d| d.dep_kinds.iter().any(|k| k.kind.is_none()))
            .map(|d| d.pkg.as_str());
        edges.insert(&node.id, normal.collect());
    }
    let mut problems = Vec::new();
    for member in &members {
        let name = names.get(member).copied().unwrap_or(member);
        let found: BTreeSet<&str> = edges
            .get(member)
            .into_iter()
            .flatten()
            .filter(|id| members.contains(*id))
            .filter_map(|id| names.get(id).copied())
            .collect();
        let Some((_, drawn)) = ARROWS.iter().find(|(n, _)| *n == name) else {
            problems.push(format!("crate `{name}` is not drawn"));
            continue;
        };
        let drawn: BTreeSet<&str> = drawn.iter().copied().collect();
        problems.extend(
            found
                .difference(&drawn)
                .map(|to| format!("`{name}` -> `{to}` is not drawn")),
        );
        problems.extend(
            drawn
                .difference(&found)
                .map(|to| format!("`{name}` -> `{to}` is drawn but not there")),
        );
        if PURE.contains(&name) {
            for reached in reach(member, &edges) {
                let reached = names.get(reached).copied().unwrap_or(reached);
                if IMPURE.contains(&reached) && !DRAWN_IN.contains(&(name, reached)) {
                    problems.push(format!("pure crate `{name}` reaches `{reached}`"));
                }
            }
        }
    }
    problems
}

fn reach<'a>(from: &'a str, edges: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for to in edges.get(at).into_iter().flatten() {
            if seen.insert(*to) {
                open.push(to);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(edges: &[(&str, &str)], members: &[&str]) -> Metadata {
        let all: BTreeSet<&str> = edges
            .iter()
            .flat_map(|(a, b)| [*a, *b])
            .chain(members.iter().copied())
            .collect();
        Metadata {
            packages: all
                .iter()
                .map(|n| Package {
                    id: (*n).into(),
                    name: (*n).into(),
                })
                .collect(),
            workspace_members: members.iter().map(|n| (*n).into()).collect(),
            resolve: Resolve {
                nodes: all
                    .iter()
                    .map(|n| Node {
                        id: (*n).into(),
                        deps: edges
                            .iter()
                            .filter(|(a, _)| a == n)
                            .map(|(_, b)| Dependency {
                                pkg: (*b).into(),
                                dep_kinds: vec![DependencyKind { kind: None }],
                            })
                            .collect(),
                    })
                    .collect(),
            },
        }
    }

    #[test]
    fn house_as_drawn_passes() {
        assert!(
            judge(&metadata(
                &[("rtmp", "media"), ("rtmp", "bytes")],
                &["rtmp", "media"]
            ))
            .is_empty()
        );
    }

    #[test]
    fn added_arrow_missing_arrow_and_hidden_io_are_told() {
        let got = judge(&metadata(
            &[
                ("rtmp", "media"),
                ("rtmp", "hls"),
                ("media", "helper"),
                ("helper", "tokio"),
            ],
            &["rtmp", "media", "hls", "extra"],
        ));
        for problem in [
            "`rtmp` -> `hls` is not drawn",
            "`hls` -> `media` is drawn but not there",
            "pure crate `media` reaches `tokio`",
            "crate `extra` is not drawn",
        ] {
            assert!(got.iter().any(|p| p == problem), "{problem} in {got:?}");
        }
    }
}
