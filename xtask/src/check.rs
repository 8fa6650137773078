//! `cargo xtask check`: what can be judged without running the program's tests.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{abuse, arch, run, tools};

/// Everything, cheapest first.
pub fn all() -> Result<()> {
    run::run("format", &mut run::cargo(&["fmt", "--all", "--check"]))?;
    arch::check()?;
    abuse::check()?;
    run::run(
        "lints",
        &mut run::cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    web_ui_is_built()?;
    pages_are_generated()?;
    if run::has("cargo-deny") {
        run::run(
            "licences and advisories",
            &mut run::cargo(&["deny", "check"]),
        )?;
    } else {
        eprintln!("cargo-deny is not installed: licences and advisories were not checked");
    }
    Ok(())
}

/// Writes every generated file anew.
pub fn generate() -> Result<()> {
    build_web_ui(&run::root().join("crates/web/dist"))?;
    for (path, words) in GENERATED {
        let text = generated(words)?;
        std::fs::write(run::root().join(path), text)?;
    }
    Ok(())
}

/// Generated page and the words that make the program print it.
const GENERATED: &[(&str, &[&str])] = &[
    ("docs/ref/config.md", &["config", "reference"]),
    ("docs/ref/media-server.toml", &["config", "sample"]),
    ("docs/ref/openapi.json", &["openapi"]),
];

fn generated(words: &[&str]) -> Result<String> {
    let program = ["run", "--quiet", "--locked", "--package", "server", "--"];
    run::output(&mut run::cargo(&[&program[..], words].concat()))
}

fn pages_are_generated() -> Result<()> {
    for (path, words) in GENERATED {
        let committed = std::fs::read_to_string(run::root().join(path)).unwrap_or_default();
        if committed != generated(words)? {
            bail!("{path} is not what the program says; run `cargo xtask generate` and commit");
        }
    }
    eprintln!("generated pages are as committed");
    Ok(())
}

fn build_web_ui(into: &Path) -> Result<()> {
    tools::npm_ci("web-ui")?;
    run::run(
        "web-ui: types",
        run::command("npm", &["run", "--silent", "check"]).current_dir(run::root().join("web-ui")),
    )?;
    run::run(
        "web-ui: build",
        run::command("npm", &["run", "--silent", "build"])
            .current_dir(run::root().join("web-ui"))
            .env("DIST", into),
    )
}

fn web_ui_is_built() -> Result<()> {
    let fresh = tools::folder("web-ui-dist")?;
    std::fs::remove_dir_all(&fresh)?;
    std::fs::create_dir_all(&fresh)?;
    build_web_ui(&fresh)?;
    run::run(
        "web-ui: committed build is equal",
        &mut run::command("diff", &["-r", "crates/web/dist", &fresh.to_string_lossy()]),
    )
}
