//! Pages, start and memory of a library of 100 items and of 100,000, and of one with next to nothing in it; of this build alone, or beside
//! other builds, in turns.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{
    Spread,
    client::{Body, Client},
    folder,
    process::{self, Server},
};
use crate::{run, tools};

/// Items of the library beside the one that all are made of.
const SIZES: [u32; 3] = [0, 100, 100_000];
/// Items on a page: so many that every caller's page is full with 100 items in the library, or pages of different lengths are compared.
const LIMIT: usize = 20;
/// Requests of each kind in a round.
const REQUESTS: usize = 300;
/// Rounds of each size.
const ROUNDS: usize = 3;
/// Starts of each size.
const STARTS: usize = 9;
/// Until the memory of a server is looked at.
const SETTLED: Duration = Duration::from_secs(3);

/// A build, with its data directory of the size at hand.
struct Build {
    binary: PathBuf,
    data: PathBuf,
    administrator: String,
    member: String,
}

/// Prints times of pages in milliseconds, starts and memory.
pub fn run(others: &[&str]) -> Result<()> {
    let mut binaries = vec![process::binary()?];
    binaries.extend(others.iter().map(PathBuf::from));
    process::pin_self()?;
    for size in SIZES {
        let mut builds = Vec::new();
        for (number, binary) in binaries.iter().enumerate() {
            let data = folder(&format!("library-{size}-{number}"))?.join("data");
            builds.push(build(binary, data, size)?);
        }
        println!("\n{size} items");
        starts(&builds)?;
        if size > 0 {
            for round in 0..ROUNDS {
                println!("  round {round}");
                for build in &builds {
                    println!("    {}", build.binary.display());
                    pages(build)?;
                }
            }
        }
    }
    Ok(())
}

/// A library of this size.
fn build(binary: &Path, data: PathBuf, size: u32) -> Result<Build> {
    let server = Server::start(binary, &data)?;
    let administrator = server.user("anna", true)?;
    let member = server.user("ben", false)?;
    let picture = data.with_file_name("picture.png");
    let mut draw = Command::new(tools::system_ffmpeg()?);
    draw.args("-hide_banner -loglevel error -y -f lavfi -i color=s=64x64 -frames:v 1".split(' '));
    run::run("a picture", draw.arg(&picture))?;
    let picture = picture.to_string_lossy();
    server.cli(
        &["upload", &picture, "--slug", "first", "--user", "ben"],
        "",
    )?;
    drop(server);
    fill(&data.join("media.db"), size)?;
    Ok(Build {
        binary: binary.to_owned(),
        data,
        administrator,
        member,
    })
}

/// Prints what starts take, and the memory a few seconds after them: the look of the server at itself is over then.
fn starts(builds: &[Build]) -> Result<()> {
    let mut figures: Vec<[Vec<f64>; 3]> = builds.iter().map(|_| Default::default()).collect();
    for _ in 0..STARTS {
        for (build, [ready, all, own]) in builds.iter().zip(&mut figures) {
            let server = Server::start(&build.binary, &build.data)?;
            ready.push(server.ready.as_secs_f64() * 1e3);
            std::thread::sleep(SETTLED);
            all.push(server.running.kilobytes("VmRSS")? as f64);
            own.push(server.running.kilobytes("RssAnon")? as f64);
        }
    }
    for (build, [ready, all, own]) in builds.iter().zip(figures) {
        println!("  {}", build.binary.display());
        println!("    start to ready, ms: {}", Spread::of(ready));
        println!("    resident, kB: {}", Spread::of(all));
        println!("    of it not pages of files, kB: {}", Spread::of(own));
    }
    Ok(())
}

fn pages(build: &Build) -> Result<()> {
    let server = Server::start(&build.binary, &build.data)?;
    let mut client = Client::connect(&server.address)?;
    let key = |key: &str| format!("authorization: Bearer {key}\r\n");
    for (who, fields) in [
        ("administrator", key(&build.administrator)),
        ("member", key(&build.member)),
        ("nobody", String::new()),
    ] {
        let first = format!("/api/videos?limit={LIMIT}");
        let middle = middle(&mut client, &first, &fields)?;
        for (what, target) in [
            ("first page", first.clone()),
            ("page in the middle", middle),
            ("word that nothing has", format!("{first}&q=zebra")),
        ] {
            let mut times = Vec::new();
            let cpu = server.running.cpu_s()?;
            for _ in 0..REQUESTS {
                let start = Instant::now();
                let answer = client.get(&target, &fields, Body::Counted)?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
                if answer.status != 200 {
                    bail!("{target}: {}", answer.head);
                }
            }
            let now = server.running.cpu_s()?;
            let cpu = (now.0 + now.1 - cpu.0 - cpu.1) * 1e3 / REQUESTS as f64;
            let times = Spread::of(times);
            println!("      {who}, {what}: {times} ms, CPU {cpu:.2} ms");
        }
    }
    Ok(())
}

/// A page in the middle of what somebody sees, never the last one, which is not full.
fn middle(client: &mut Client, first: &str, fields: &str) -> Result<String> {
    let mut targets = vec![first.to_owned()];
    loop {
        let target = targets.last().context("no page")?;
        let answer = client.get(target, fields, Body::Kept)?;
        let page: serde_json::Value = serde_json::from_slice(&answer.body)?;
        match page["next_cursor"].as_str() {
            Some(next) => targets.push(format!("{first}&cursor={next}")),
            None => break,
        }
    }
    Ok(targets.swap_remove((targets.len() - 1) / 2))
}

/// Makes so many videos of the one picture's row: a quarter of each visibility, half of them the administrator's.
fn fill(database: &Path, items: u32) -> Result<()> {
    let columns = "description, generation, state, reason, place, bytes, duration_ms, width, height, codecs, form, file_name, has_original, downloadable, sites";
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {items})
         INSERT INTO stored (id, kind, slug, title, owner, visibility, created, changed, {columns})
         SELECT 1000 + i, 'video', printf('item-%06d', i), printf('Lecture %d of the course', i),
             CASE WHEN i / 4 % 2 THEN owner ELSE (SELECT id FROM users WHERE name = 'anna') END,
             CASE i % 4 WHEN 0 THEN 'public' WHEN 1 THEN 'unlisted' WHEN 2 THEN 'members' ELSE 'private' END,
             created + i, changed + i, {columns}
         FROM n, stored WHERE slug = 'first';"
    );
    let mut command = Command::new(tools::sqlite()?);
    run::output(command.arg(database).arg(sql)).map(drop)
}
