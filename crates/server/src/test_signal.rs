//! The test signal: a short loop of picture and tone that is part of the program, published through the real RTMP door.
//!
//! Its times go on from loop to loop, so that viewers see one endless broadcast. Made by `cargo xtask fixtures`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use domain::{random::Random, secret::Secret};
use media::{Codec, Frame, Timestamp, Track, TrackId, aac, h264};
use rtmp::client::{Event, Output, Session, Target};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, sleep_until},
};

const LOOP: &[u8] = include_bytes!("../assets/test-signal.flv");
/// Length of the loop: 240 pictures at 30 a second, 375 frames of 1024 samples at 48 kHz.
const LOOP_MS: i64 = 8000;
const RETRY: Duration = Duration::from_secs(2);

/// The loop, read once.
struct Signal {
    tracks: Vec<Track>,
    frames: Vec<Frame>,
}

/// Publishes to `rtmp://address/live` with this key until the task is dropped; comes back after every loss.
pub async fn run(address: SocketAddr, key: Secret, random: Arc<dyn Random>) {
    let signal = match Signal::read(LOOP) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::error!(%error, "the built-in test signal cannot be read");
            return;
        }
    };
    loop {
        if let Err(error) = publish(&signal, address, &key, &*random).await {
            tracing::debug!(%error, "the test signal was cut; coming back");
        }
        sleep(RETRY).await;
    }
}

/// Publishes to `rtmp://address/live` with this key until the connection is over, or the future is dropped.
///
/// # Errors
/// Always in the end: why it is over.
pub async fn once(address: SocketAddr, key: &Secret, random: &dyn Random) -> Result<()> {
    publish(&Signal::read(LOOP)?, address, key, random).await
}

async fn publish(
    signal: &Signal,
    address: SocketAddr,
    key: &Secret,
    random: &dyn Random,
) -> Result<()> {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut seed = [0; 32];
    random.fill(&mut seed);
    let target = Target {
        app: "live".to_owned(),
        tc_url: format!("rtmp://{address}/live"),
        // The key alone: it says which stream.
        name: key.expose().to_owned(),
        chunk_size: 65_536,
        encoder: "Media Server test signal".to_owned(),
    };
    let mut session = Session::new(target, seed, start.elapsed());
    let mut buffer = [0; 4096];
    let mut began = None;
    let mut next = 0usize;
    loop {
        let timeout = loop {
            match session.poll() {
                Output::Transmit(bytes) => stream.write_all(&bytes).await?,
                Output::Event(Event::Publishing) => {
                    began = Some(Instant::now());
                    for track in &signal.tracks {
                        session.send_track(track)?;
                    }
                }
                Output::Event(Event::Rejected { description, .. }) => {
                    bail!("refused: {description}")
                }
                Output::Event(_) => {}
                Output::Closed(closed) => bail!("closed: {closed}"),
                Output::Timeout(at) => break at,
            }
        };
        let due = began.map(|began| (began, signal.at(next)));
        let wake = due.as_ref().map(|(began, frame)| {
            *began + Duration::from_millis(u64::try_from(frame.dts.ticks()).unwrap_or(0))
        });
        let wake = [wake, timeout.map(|at| start + at)]
            .into_iter()
            .flatten()
            .min();
        tokio::select! {
            read = stream.read(&mut buffer) => match read? {
                0 => bail!("the server closed the connection"),
                n => session.receive(start.elapsed(), &buffer[..n]),
            },
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                session.handle_timeout(start.elapsed());
                if let Some((began, frame)) = due
                    && began.elapsed().as_millis() >= u128::try_from(frame.dts.ticks()).unwrap_or(0)
                {
                    session.send_frame(&frame)?;
                    next += 1;
                }
            }
        }
    }
}

impl Signal {
    /// The frame of this number, as if the loop were endless.
    fn at(&self, number: usize) -> Frame {
        let mut frame = self.frames[number % self.frames.len()].clone();
        let rounds = i64::try_from(number / self.frames.len()).unwrap_or(0);
        let shift = |time: Timestamp| Timestamp::from_ms(time.ticks() + rounds * LOOP_MS);
        (frame.dts, frame.pts) = (shift(frame.dts), shift(frame.pts));
        frame
    }

    /// Reads an FLV file of H.264 and AAC (Adobe FLV 10.1, annex E).
    fn read(file: &'static [u8]) -> Result<Self> {
        let mut rest = file
            .strip_prefix(b"FLV")
            .and_then(|rest| rest.get(10..))
            .context("no FLV header")?;
        let (mut tracks, mut frames) = (Vec::new(), Vec::new());
        while let Some(header) = rest.get(..11) {
            let size =
                usize::from(header[1]) << 16 | usize::from(header[2]) << 8 | usize::from(header[3]);
            let ms = i64::from(u32::from_be_bytes([
                header[7], header[4], header[5], header[6],
            ]));
            let body = rest.get(11..11 + size).context("a tag is cut off")?;
            rest = rest.get(11 + size + 4..).unwrap_or_default();
            match (header[0], body) {
                (9, [kind, 0, _, _, _, config @ ..]) if kind & 15 == 7 => {
                    tracks.push(Track {
                        id: TrackId::VIDEO,
                        codec: Codec::H264(h264::Config::parse(Bytes::from_static(config))?),
                    });
                }
                (9, [kind, 1, _, _, _, data @ ..]) => {
                    frames.push(frame(TrackId::VIDEO, ms, kind >> 4 == 1, data))
                }
                (8, [_, 0, config @ ..]) => {
                    tracks.push(Track {
                        id: TrackId::AUDIO,
                        codec: Codec::Aac(aac::Config::parse(Bytes::from_static(config))?),
                    });
                }
                (8, [_, 1, data @ ..]) => frames.push(frame(TrackId::AUDIO, ms, true, data)),
                _ => {}
            }
        }
        frames.retain(|frame: &Frame| frame.dts.ticks() < LOOP_MS);
        frames.sort_by_key(|frame| frame.dts.ticks());
        if tracks.len() != 2 || frames.is_empty() {
            return Err(anyhow!("not one picture and one sound track"));
        }
        Ok(Self { tracks, frames })
    }
}

fn frame(track: TrackId, ms: i64, key: bool, data: &'static [u8]) -> Frame {
    let at = Timestamp::from_ms(ms);
    Frame {
        track,
        dts: at,
        pts: at,
        key,
        data: Bytes::from_static(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loop_is_whole_and_its_times_go_on() {
        let signal = Signal::read(LOOP).unwrap();
        let of = |id| signal.frames.iter().filter(|f| f.track == id).count();
        assert_eq!(of(TrackId::VIDEO), 240);
        assert!(
            (374..=376).contains(&of(TrackId::AUDIO)),
            "{}",
            of(TrackId::AUDIO)
        );
        let times: Vec<i64> = (0..3 * signal.frames.len())
            .map(|n| signal.at(n).dts.ticks())
            .collect();
        assert!(times.is_sorted());
        let first_key = signal
            .frames
            .iter()
            .find(|f| f.track == TrackId::VIDEO)
            .unwrap();
        assert!(first_key.key);
    }
}
