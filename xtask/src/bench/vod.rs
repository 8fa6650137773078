//! Delivery of stored videos: the same segments by our server and by nginx, in turns.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use super::{
    Spread,
    client::{Body, Client},
    folder,
    load::{self, Request, Round},
    process::{self, Running, Server},
};
use crate::{run, tools};

/// Rounds of each server in each case.
const ROUNDS: usize = 5;
/// Seconds of a round.
const ROUND: Duration = Duration::from_secs(5);
/// Connections at once.
const CONNECTIONS: usize = 32;
/// Short videos for the case of many: more than the shelf keeps open.
const MANY: usize = 300;
/// Bytes of a range.
const RANGE_BYTES: u64 = 256 * 1024;

/// Prints bytes per CPU second of both, case by case.
pub fn run() -> Result<()> {
    let binary = process::binary()?;
    let place = folder("vod")?;
    let ffmpeg = tools::system_ffmpeg()?;
    let long = place.join("long.mp4");
    let short = place.join("short.mp4");
    film(&ffmpeg, &long, 120)?;
    film(&ffmpeg, &short, 6)?;
    process::pin_self()?;
    let server = Server::start(&binary, &place.join("data"))?;
    server.user("bench", true)?;
    let web = place.join("web");
    let long = bring(&server, &long, "long", &web)?;
    let mut many = Vec::new();
    for number in 0..MANY {
        many.extend(bring(&server, &short, &format!("short-{number}"), &web)?);
    }
    let (nginx, nginx_address) = nginx(&place, &web)?;
    let plain = |targets: &[String]| -> Vec<Request> {
        let fields = || String::new();
        targets.iter().map(|t| (t.clone(), fields())).collect()
    };
    let ranges: Vec<Request> = long
        .iter()
        .flat_map(|target| {
            (0..4).map(|n| {
                let first = n * RANGE_BYTES;
                let last = first + RANGE_BYTES - 1;
                (target.clone(), format!("range: bytes={first}-{last}\r\n"))
            })
        })
        .collect();
    println!("{}", run::output(Command::new("uname").arg("-mr"))?.trim());
    for (case, requests) in [
        ("segments of one video", plain(&long)),
        ("ranges of 256 KiB", ranges),
        ("segments of 300 videos", plain(&many)),
    ] {
        // Warm on both sides.
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let second = Duration::from_secs(1);
        load::run(
            &server.running,
            &server.address,
            &requests,
            CONNECTIONS,
            second,
        )?;
        load::run(&nginx, &nginx_address, &requests, CONNECTIONS, second)?;
        for _ in 0..ROUNDS {
            ours.push(load::run(
                &server.running,
                &server.address,
                &requests,
                CONNECTIONS,
                ROUND,
            )?);
            theirs.push(load::run(
                &nginx,
                &nginx_address,
                &requests,
                CONNECTIONS,
                ROUND,
            )?);
        }
        tell(case, &ours, &theirs);
    }
    let resident = server.running.kilobytes("VmHWM")?;
    println!("resident at most: {resident} kB");
    Ok(())
}

fn tell(case: &str, ours: &[Round], theirs: &[Round]) {
    println!("\n{case}: GB per CPU second, median (least to most) of {ROUNDS}");
    for (name, rounds) in [("ours", ours), ("nginx", theirs)] {
        let cost = Spread::of(rounds.iter().map(Round::gigabytes_per_cpu_s));
        let each = |seconds: fn(&Round) -> f64| {
            Spread::of(
                rounds
                    .iter()
                    .map(|round| seconds(round) * 1e6 / round.answers as f64),
            )
        };
        let rate = Spread::of(rounds.iter().map(|r| r.bytes as f64 / 1e9 / r.seconds));
        println!(
            "  {name:<6} {cost}; an answer: user {} µs, kernel {} µs; {rate} GB a second by the clock",
            each(|r| r.user_s),
            each(|r| r.kernel_s)
        );
    }
    let ratio = Spread::of(
        ours.iter()
            .zip(theirs)
            .map(|(a, b)| a.gigabytes_per_cpu_s() / b.gigabytes_per_cpu_s()),
    );
    println!("  ours to nginx, round by round: {ratio}");
}

/// A film of 720p at 2.5 Mb/s with sound.
pub(super) fn film(ffmpeg: &Path, out: &Path, seconds: u32) -> Result<()> {
    let seconds = seconds.to_string();
    let mut command = Command::new(ffmpeg);
    command.args("-hide_banner -loglevel error -y -f lavfi -i testsrc2=s=1280x720:r=30 -f lavfi -i sine=r=48000".split(' '));
    command.args(["-t", &seconds]);
    command.args("-c:v libx264 -preset ultrafast -pix_fmt yuv420p -b:v 2500k -minrate 2500k -maxrate 2500k -bufsize 2500k -x264-params nal-hrd=cbr -g 60 -c:a aac -b:a 128k -movflags +faststart".split(' '));
    run::run(&format!("a film of {seconds} s"), command.arg(out))
}

/// Uploads a film, and lays its segments out for nginx at the same addresses; these.
fn bring(server: &Server, film: &Path, slug: &str, web: &Path) -> Result<Vec<String>> {
    let film = film.to_string_lossy();
    server.cli(
        &[
            "upload",
            &film,
            "--slug",
            slug,
            "--user",
            "bench",
            "--visibility",
            "public",
        ],
        "",
    )?;
    let mut client = Client::connect(&server.address)?;
    let mut read = |target: &str| -> Result<Vec<u8>> {
        let answer = client.get(target, "", Body::Kept)?;
        if answer.status != 200 {
            bail!("{target}: {}", answer.head);
        }
        Ok(answer.body)
    };
    let lines = |text: Vec<u8>| -> Vec<String> {
        let text = String::from_utf8_lossy(&text).into_owned();
        let names = text.lines().filter(|line| !line.starts_with('#'));
        names.map(str::to_owned).collect()
    };
    let index = lines(read(&format!("/hls/{slug}/index.m3u8"))?);
    let playlist = index.first().context("no playlist")?;
    let playlist = format!("/hls/{slug}/{playlist}");
    let (base, _) = playlist.rsplit_once('/').context("no folder")?;
    let mut targets = Vec::new();
    for name in lines(read(&playlist)?) {
        let target = format!("{base}/{name}");
        let path = web.join(target.trim_start_matches('/'));
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(path, read(&target)?)?;
        targets.push(target);
    }
    Ok(targets)
}

/// nginx with one process, pinned like ours, that knows open files and logs nothing.
fn nginx(place: &Path, web: &Path) -> Result<(Running, String)> {
    let program = tools::nginx()?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let address = format!("127.0.0.1:{port}");
    let place = place.join("nginx");
    fs::create_dir_all(&place)?;
    let configuration = format!(
        "daemon off; master_process off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10000; open_file_cache_valid 1h;\n\
         client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;\n\
         server {{ listen {address}; root {web}; types {{ video/iso.segment m4s; }} }} }}\n",
        place = place.display(),
        web = web.display(),
    );
    let file = place.join("nginx.conf");
    fs::write(&file, configuration)?;
    let child = process::pinned(&program)
        .arg("-c")
        .arg(&file)
        .stdin(Stdio::null())
        .spawn()?;
    let running = Running::new(child);
    for _ in 0..100 {
        if Client::connect(&address).is_ok() {
            return Ok((running, address));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("nginx does not answer")
}
