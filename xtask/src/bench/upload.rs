//! Memory and time of a large upload and of its packaging.

use std::{
    fs::{self, File},
    io::Read as _,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{
    client::{Body, Client},
    folder,
    process::{self, Server},
};
use crate::{run, tools};

/// Bytes of a part of the upload.
const PART_BYTES: u64 = 64 << 20;
/// Until a film is packaged. Closes: one that never is.
const PACKAGED: Duration = Duration::from_secs(1800);
/// Until an item is there, after the last byte of its upload.
const HANDED_OVER: Duration = Duration::from_secs(30);
/// `filename big.mp4`, `slug big` and `visibility private`, as tus writes them.
const METADATA: &str = "filename YmlnLm1wNA==,slug Ymln,visibility cHJpdmF0ZQ==";

/// Prints peaks of resident memory over the idle server.
pub fn run(gigabytes: u64) -> Result<()> {
    let binary = process::binary()?;
    let place = folder("upload")?;
    let film = place.join("big.mp4");
    make(&film, gigabytes)?;
    process::pin_self()?;
    let data = place.join("data");
    let key = Server::start(&binary, &data)?.user("bench", true)?;
    // Anew: a password that was hashed leaves memory behind that would be taken for idle.
    let server = Server::start(&binary, &data)?;
    let result = measure(&server, &key, &film);
    // Gigabytes are not left lying.
    drop(server);
    fs::remove_dir_all(&place)?;
    result
}

fn measure(server: &Server, key: &str, film: &Path) -> Result<()> {
    let running = &server.running;
    thread::sleep(Duration::from_secs(2));
    let idle = running.kilobytes("VmRSS")?;
    println!("idle: {idle} kB");
    let told = |what: &str, start: Instant, cpu: (f64, f64)| -> Result<()> {
        let peak = running.kilobytes("VmHWM")?;
        let now = running.cpu_s()?;
        println!(
            "{what}: peak {peak} kB, {} kB over idle; {:.1} s, CPU {:.1} s in user space, {:.1} s in the kernel",
            peak.saturating_sub(idle),
            start.elapsed().as_secs_f64(),
            now.0 - cpu.0,
            now.1 - cpu.1
        );
        running.forget_peak()
    };
    running.forget_peak()?;
    let (start, cpu) = (Instant::now(), running.cpu_s()?);
    let bytes = send(server, key, film)?;
    told(&format!("upload of {bytes} bytes"), start, cpu)?;

    let (start, cpu) = (Instant::now(), running.cpu_s()?);
    let mut client = Client::connect(&server.address)?;
    let bearer = format!("authorization: Bearer {key}\r\n");
    loop {
        let answer = client.get("/api/videos/big", &bearer, Body::Kept)?;
        let facts: serde_json::Value = serde_json::from_slice(&answer.body)?;
        match facts["status"].as_str() {
            Some("ready") => break,
            Some("processing") if start.elapsed() < PACKAGED => {}
            None if start.elapsed() < HANDED_OVER => {}
            _ => {
                let uploads = client.get("/api/uploads", &bearer, Body::Kept)?;
                let uploads = String::from_utf8_lossy(&uploads.body);
                bail!("the film was not packaged: {facts}; {uploads}")
            }
        }
        thread::sleep(Duration::from_millis(200));
    }
    told("packaging, from the end of the upload", start, cpu)
}

/// Sends a file by tus, in parts; its bytes.
fn send(server: &Server, key: &str, film: &Path) -> Result<u64> {
    let mut file = File::open(film)?;
    let length = file.metadata()?.len();
    let common = format!("authorization: Bearer {key}\r\ntus-resumable: 1.0.0\r\n");
    let mut client = Client::connect(&server.address)?;
    let fields = format!(
        "{common}upload-length: {length}\r\nupload-metadata: {METADATA}\r\ncontent-length: 0\r\n"
    );
    client.send("POST", "/api/uploads", &fields, &[])?;
    let made = client.answer(Body::Kept)?;
    let target = made
        .field("location")
        .with_context(|| format!("no upload: {}", made.head))?
        .to_owned();
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0;
    while offset < length {
        let part = PART_BYTES.min(length - offset);
        let fields = format!(
            "{common}upload-offset: {offset}\r\ncontent-type: application/offset+octet-stream\r\ncontent-length: {part}\r\n"
        );
        client.send("PATCH", &target, &fields, &[])?;
        let mut left = part;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let most = most.min(buffer.len());
            let room = buffer.get_mut(..most).unwrap_or_default();
            file.read_exact(room)?;
            client.send_more(room)?;
            left -= most as u64;
        }
        let answer = client.answer(Body::Kept)?;
        if answer.status != 204 {
            bail!("a part was refused: {}", answer.head);
        }
        offset += part;
    }
    Ok(length)
}

/// A film of about so many gigabytes, its index at the end: a minute of noise, again and again.
fn make(out: &Path, gigabytes: u64) -> Result<()> {
    let ffmpeg = tools::system_ffmpeg()?;
    let minute = out.with_file_name("minute.mp4");
    let mut command = Command::new(&ffmpeg);
    command.args("-hide_banner -loglevel error -y -f lavfi -i testsrc2=s=1280x720:r=30,noise=alls=60:allf=t -f lavfi -i sine=r=48000".split(' '));
    command.args("-t 60 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -b:v 40M -maxrate 40M -bufsize 40M -g 60 -c:a aac -b:a 128k".split(' '));
    run::run("a minute of noise", command.arg(&minute))?;
    let times = (gigabytes * 1_000_000_000 / fs::metadata(&minute)?.len()).to_string();
    let mut command = Command::new(&ffmpeg);
    command.args([
        "-hide_banner",
        "-loglevel",
        "error",
        "-y",
        "-stream_loop",
        &times,
        "-i",
    ]);
    command.arg(&minute).args(["-c", "copy"]).arg(out);
    run::run(&format!("a film of {gigabytes} GB"), &mut command)?;
    Ok(fs::remove_file(minute)?)
}
