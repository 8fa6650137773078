//! Whether viewers of files that are not in memory hold up others: small answers from memory beside them, on a disk that is made slow.
//!
//! The server is pinned to one core and so has one thread that answers. Its reads are throttled by a control group of its own, which needs root
//! and the first version of such groups for disks (`blkio`). Two binaries take turns on the same data.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{
    Spread,
    client::{Body, Client},
    folder,
    load::{self, Request},
    process::{self, Server},
    vod::film,
};
use crate::{run, tools};

/// Rounds of each binary in each case.
const ROUNDS: usize = 5;
/// Seconds of a round, and until the last answer of it.
const ROUND: Duration = Duration::from_secs(5);
/// Viewers of files, each with one of its own.
const VIEWERS: usize = 50;
/// Bytes a second that the disk gives.
const DISK_BYTES_PER_S: u64 = 40_000_000;
/// From one small answer to the next.
const EVERY: Duration = Duration::from_millis(4);
/// Where groups are made that throttle disks.
const GROUPS: &str = "/sys/fs/cgroup/blkio";

/// Prints how long small answers took, beside files in memory and beside files that are not; of ours and of another binary.
pub fn run(other: Option<&Path>) -> Result<()> {
    let place = folder("cold")?;
    let data = place.join("data");
    let mut binaries = vec![("ours", process::binary()?)];
    binaries.extend(other.map(|path| ("other", path.to_owned())));
    let source = place.join("film.mp4");
    film(&tools::system_ffmpeg()?, &source, 60)?;
    process::pin_self()?;
    let group = Group::new(&place)?;
    let server = Server::start(&binaries[0].1, &data)?;
    server.user("bench", true)?;
    let source = source.to_string_lossy();
    for number in 0..VIEWERS {
        let slug = format!("film-{number}");
        let words = ["upload", &source, "--slug", &slug, "--user", "bench"];
        server.cli(&[&words[..], &["--visibility", "public"]].concat(), "")?;
    }
    drop(server);
    run::output(&mut Command::new("sync"))?;
    for is_cold in [false, true] {
        let mut rounds: Vec<_> = binaries.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for ((_, binary), rounds) in binaries.iter().zip(&mut rounds) {
                rounds.push(round(binary, &data, &group, is_cold)?);
            }
        }
        let what = if is_cold {
            "not in memory"
        } else {
            "in memory"
        };
        println!(
            "\nsmall answers beside {VIEWERS} viewers of files that are {what}, ms, of {ROUNDS} rounds"
        );
        for ((name, _), rounds) in binaries.iter().zip(&rounds) {
            let of = |figure: fn(&Seen) -> f64| Spread::of(rounds.iter().map(figure));
            println!(
                "  {name:<6} median {}; p99 {}; slowest {}; files at {} MB a second; {} answers a round",
                of(|seen| seen.at(0.5)),
                of(|seen| seen.at(0.99)),
                of(|seen| seen.at(1.0)),
                of(|seen| seen.megabytes_per_s),
                of(|seen| seen.times.len() as f64),
            );
        }
    }
    Ok(())
}

/// What a round gave.
struct Seen {
    /// Milliseconds of each small answer, in rising order.
    times: Vec<f64>,
    /// What viewers of files took.
    megabytes_per_s: f64,
}

impl Seen {
    fn at(&self, share: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let at = (last as f64 * share).ceil() as usize;
        self.times.get(at).copied().unwrap_or(f64::NAN)
    }
}

fn round(binary: &Path, data: &Path, group: &Group, is_cold: bool) -> Result<Seen> {
    let server = Server::start(binary, data)?;
    let mut requests: Vec<Vec<Request>> = Vec::new();
    let mut small = String::new();
    for number in 0..VIEWERS {
        let (playlist, segments) = pieces(&server, &format!("film-{number}"))?;
        small = playlist;
        let plain = segments.into_iter().map(|target| (target, String::new()));
        requests.push(plain.collect());
    }
    for file in files(&data.join("storage/library"))? {
        let mut cache = Command::new("dd");
        cache.arg(format!("if={}", file.display()));
        // What is read by `dd` afterwards stays; with no bytes to read and this flag, all of the file is dropped.
        match is_cold {
            true => cache.args(["iflag=nocache", "count=0"]),
            false => cache.args(["of=/dev/null", "bs=1M"]),
        };
        run::output(cache.arg("status=none"))?;
    }
    if is_cold {
        group.take(server.running.id())?;
    }
    // Each begins with a film of its own, and goes on to the others.
    let all = requests.concat();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking = scope.spawn(|| -> Result<Vec<f64>> {
            let mut client = Client::connect(&server.address)?;
            let mut times = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let start = Instant::now();
                let answer = client.get(&small, "", Body::Counted)?;
                if answer.status != 200 {
                    bail!("{small}: {}", answer.head);
                }
                times.push(start.elapsed().as_secs_f64() * 1e3);
                thread::sleep(EVERY.saturating_sub(start.elapsed()));
            }
            times.sort_by(f64::total_cmp);
            Ok(times)
        });
        let loaded = load::run(&server.running, &server.address, &all, VIEWERS, ROUND);
        is_over.store(true, Ordering::Relaxed);
        let times = asking.join().ok().context("the small one panicked")??;
        let loaded = loaded?;
        Ok(Seen {
            times,
            megabytes_per_s: loaded.bytes as f64 / 1e6 / loaded.seconds,
        })
    })
}

/// A film's playlist of segments, and these.
fn pieces(server: &Server, slug: &str) -> Result<(String, Vec<String>)> {
    let mut client = Client::connect(&server.address)?;
    let mut names = |target: &str| -> Result<Vec<String>> {
        let answer = client.get(target, "", Body::Kept)?;
        if answer.status != 200 {
            bail!("{target}: {}", answer.head);
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let names = text.lines().filter(|line| !line.starts_with('#'));
        Ok(names.map(str::to_owned).collect())
    };
    let index = names(&format!("/hls/{slug}/index.m3u8"))?;
    let playlist = format!("/hls/{slug}/{}", index.first().context("no playlist")?);
    let (base, _) = playlist.rsplit_once('/').context("no folder")?;
    let segments = names(&playlist)?;
    let segments = segments.iter().map(|name| format!("{base}/{name}"));
    let segments = segments.collect();
    Ok((playlist, segments))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => all.extend(files(&entry.path())?),
            false => all.push(entry.path()),
        }
    }
    Ok(all)
}

/// A group of processes whose reads are throttled. It goes with this value, when its processes have ended.
struct Group(PathBuf);

impl Group {
    /// For reads from the disk on which this lies.
    fn new(place: &Path) -> Result<Self> {
        let path = Path::new(GROUPS).join(format!("bench-cold-{}", std::process::id()));
        fs::create_dir(&path)
            .with_context(|| format!("{}: no disk can be throttled here", path.display()))?;
        let group = Self(path);
        let device = fs::metadata(place)?.dev();
        // As the kernel packs them (`makedev(3)`).
        let (major, minor) = (
            (device >> 8) & 0xfff,
            (device & 0xff) | ((device >> 12) & 0xfff00),
        );
        let limit = format!("{major}:{minor} {DISK_BYTES_PER_S}");
        fs::write(group.0.join("blkio.throttle.read_bps_device"), limit)?;
        Ok(group)
    }

    fn take(&self, process: u32) -> Result<()> {
        Ok(fs::write(self.0.join("cgroup.procs"), process.to_string())?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
