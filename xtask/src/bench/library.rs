//! Pages, start and memory of a library of 100 items and of 100,000.

use std::{path::Path, process::Command, time::Instant};

use anyhow::{Context as _, Result, bail};

use super::{
    Spread,
    client::{Body, Client},
    folder,
    process::{self, Server},
};
use crate::{run, tools};

/// Sizes of the library.
const SIZES: [u32; 2] = [100, 100_000];
/// Requests of each kind.
const REQUESTS: usize = 300;
/// Starts of each size.
const STARTS: usize = 5;

/// Prints times of pages in milliseconds, starts and memory.
pub fn run() -> Result<()> {
    let binary = process::binary()?;
    process::pin_self()?;
    for size in SIZES {
        let data = folder(&format!("library-{size}"))?.join("data");
        let server = Server::start(&binary, &data)?;
        let administrator = server.user("anna", true)?;
        let member = server.user("ben", false)?;
        let picture = data.with_file_name("picture.png");
        let mut draw = Command::new(tools::system_ffmpeg()?);
        draw.args(
            "-hide_banner -loglevel error -y -f lavfi -i color=s=64x64 -frames:v 1".split(' '),
        );
        run::run("a picture", draw.arg(&picture))?;
        let picture = picture.to_string_lossy();
        server.cli(
            &["upload", &picture, "--slug", "first", "--user", "ben"],
            "",
        )?;
        drop(server);
        fill(&data.join("media.db"), size)?;
        println!("\n{size} items");
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let server = Server::start(&binary, &data)?;
            starts.push(server.ready.as_secs_f64() * 1e3);
        }
        println!("  start to ready, ms: {}", Spread::of(starts));
        let server = Server::start(&binary, &data)?;
        let resident = server.running.kilobytes("VmRSS")?;
        println!("  resident after the start: {resident} kB");
        pages(&server, &administrator, &member)?;
    }
    Ok(())
}

fn pages(server: &Server, administrator: &str, member: &str) -> Result<()> {
    let mut client = Client::connect(&server.address)?;
    let key = |key: &str| format!("authorization: Bearer {key}\r\n");
    for (who, fields) in [
        ("administrator", key(administrator)),
        ("member", key(member)),
        ("nobody", String::new()),
    ] {
        let middle = middle(&mut client, &fields)?;
        for (what, target) in [
            ("first page", "/api/videos?limit=50".to_owned()),
            ("page in the middle", middle),
            (
                "word that nothing has",
                "/api/videos?limit=50&q=zebra".to_owned(),
            ),
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
            println!("  {who}, {what}: {} ms, CPU {cpu:.2} ms", Spread::of(times));
        }
    }
    Ok(())
}

/// A page in the middle of what somebody sees.
fn middle(client: &mut Client, fields: &str) -> Result<String> {
    let mut targets = vec!["/api/videos?limit=50".to_owned()];
    loop {
        let target = targets.last().context("no page")?;
        let answer = client.get(target, fields, Body::Kept)?;
        let page: serde_json::Value = serde_json::from_slice(&answer.body)?;
        match page["next_cursor"].as_str() {
            Some(next) => targets.push(format!("/api/videos?limit=50&cursor={next}")),
            None => break,
        }
    }
    Ok(targets.swap_remove(targets.len() / 2))
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
