//! Many streams at once, each its own, also beside one that misbehaves.

use std::{fs, path::PathBuf};

use e2e::{
    Client, Encoder, Ffmpeg, MOMENT, Mischief, Publisher, Relay, Server,
    encoder::{copy, flood},
    playlist::Viewer,
    server::{state, wait_until_gone, wait_until_receiving},
    until,
};
use serde_json::Value;

const STREAMS: usize = 50;
/// What every key frame of a stream carries; the digits become the stream's number.
const MARK: &str = "mark-of-cam";
const DIGITS: &str = "000";
/// File that every stream's media is made of.
const BASE: &str = "base.flv";
/// One loop of the media.
const SECONDS: u32 = 8;

/// A server and what fifty streams send to it.
struct Studio {
    server: Server,
    operator: Client,
    folder: tempfile::TempDir,
    names: Vec<String>,
    keys: Vec<String>,
    publishers: Vec<Publisher>,
}

impl Studio {
    /// All streams exist; the first `live` of them have a publisher.
    fn open(settings: &[&str], live: usize) -> Self {
        // All come from one address here, which is not what the limit on addresses is made for.
        let server = Server::start(&[&["limits.publishers_per_address=0"], settings].concat());
        let operator = server.operator();
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no directory: {error}"));
        Encoder::new(Ffmpeg::Modern)
            .marked(&format!("{MARK}{DIGITS}"))
            .write(SECONDS, &folder.path().join(BASE));
        let names: Vec<String> = (0..STREAMS).map(|number| format!("cam{number}")).collect();
        let keys = names
            .iter()
            .map(|name| server.add_stream(name, "public"))
            .collect();
        let mut studio = Self {
            server,
            operator,
            folder,
            names,
            keys,
            publishers: Vec::new(),
        };
        studio.publishers = (0..live)
            .map(|number| {
                let url = studio.server.rtmp_url(&studio.path(number));
                copy(Ffmpeg::Modern, &studio.media(number), &url)
            })
            .collect();
        for name in &studio.names[..live] {
            wait_until_receiving(&studio.operator, name);
        }
        studio
    }

    /// The base with this stream's mark, as a file.
    fn media(&self, number: usize) -> PathBuf {
        let mut bytes = fs::read(self.folder.path().join(BASE))
            .unwrap_or_else(|error| panic!("no media: {error}"));
        let places = places(&bytes);
        assert!(places.len() >= SECONDS as usize, "a mark each second");
        for at in places {
            let digits = at + MARK.len()..at + MARK.len() + DIGITS.len();
            bytes[digits].copy_from_slice(format!("{number:03}").as_bytes());
        }
        let file = self.folder.path().join(format!("{number}.flv"));
        fs::write(&file, bytes).unwrap_or_else(|error| panic!("no media: {error}"));
        file
    }

    fn path(&self, number: usize) -> String {
        format!("live/{}?token={}", self.names[number], self.keys[number])
    }

    fn viewer(&self, number: usize) -> Viewer {
        Viewer::join(&self.server.client(), &self.names[number])
    }
}

/// Where marks begin.
fn places(bytes: &[u8]) -> Vec<usize> {
    let mark = MARK.as_bytes();
    let at = |place: usize| bytes.get(place..place + mark.len()) == Some(mark);
    (0..bytes.len()).filter(|place| at(*place)).collect()
}

/// The segments of the playlist carry this stream's mark and no other's. A broadcast's first segments are cut short, so one of
/// them may be without a key frame.
fn carries_its_own(client: &Client, viewer: &Viewer, number: usize) {
    let media = viewer.wait_for(viewer.look().sequence() + 3);
    let mut marks = Vec::new();
    for name in media.segments() {
        let segment = viewer.beside(name);
        let piece = client.get(&segment);
        assert_eq!(piece.status, 200, "{segment}");
        assert_eq!(piece.body.get(4..8), Some(&b"moof"[..]), "{segment}");
        marks.extend(places(&piece.body).into_iter().map(|at| {
            let digits = at + MARK.len()..at + MARK.len() + DIGITS.len();
            String::from_utf8_lossy(piece.body.get(digits).unwrap_or_default()).into_owned()
        }));
    }
    let own = format!("{number:03}");
    assert!(
        marks.len() >= 2 && marks.iter().all(|mark| *mark == own),
        "stream {number} carries {marks:?}"
    );
}

#[test]
fn fifty_publishers_at_once_each_carry_their_own_media() {
    let mut studio = Studio::open(&[], STREAMS);
    for number in 0..STREAMS {
        carries_its_own(&studio.server.client(), &studio.viewer(number), number);
    }
    let listed = studio.operator.get("/api/streams").json();
    let live = listed["streams"].as_array().map_or(0, |streams| {
        streams
            .iter()
            .filter(|s| s["live"] == Value::Bool(true))
            .count()
    });
    assert_eq!(live, STREAMS, "{listed}");
    assert!(studio.publishers.iter_mut().all(Publisher::runs));
    studio.publishers.clear();
    until("all are away", MOMENT, || {
        studio
            .names
            .iter()
            .all(|name| state(&studio.operator, name).as_deref() != Some("receiving"))
            .then_some(())
    });
}

/// One stream's publisher goes wrong in this way and is ended, while all others go on.
type Harm = fn(&Studio, usize);

fn sends_garbage(studio: &Studio, number: usize) {
    through_relay(studio, number, Mischief::Garbage);
}

fn falls_silent(studio: &Studio, number: usize) {
    through_relay(studio, number, Mischief::Silence);
}

fn through_relay(studio: &Studio, number: usize, mischief: Mischief) {
    let name = &studio.names[number];
    let relay = Relay::to(studio.server.rtmp);
    let url = format!("rtmp://{}/{}", relay.address, studio.path(number));
    let media = studio.media(number);
    let publisher = copy(Ffmpeg::Modern, &media, &url);
    wait_until_receiving(&studio.operator, name);
    relay.set(mischief);
    wait_until_gone(&studio.operator, name, MOMENT);
    let (status, words) = publisher.end();
    assert!(!status.success(), "{mischief:?} is taken: {words}");
}

fn floods(studio: &Studio, number: usize) {
    let media = studio.media(number);
    let url = studio.server.rtmp_url(&studio.path(number));
    let (status, words) = flood(Ffmpeg::Modern, &media, &url).end();
    assert!(!status.success(), "a flood is taken: {words}");
    wait_until_gone(&studio.operator, &studio.names[number], MOMENT);
}

#[test]
fn one_that_misbehaves_harms_none_of_forty_nine() {
    let last = STREAMS - 1;
    let mut studio = Studio::open(&["rtmp.idle_timeout_s=2"], last);
    let viewers: Vec<Viewer> = (0..last).map(|number| studio.viewer(number)).collect();
    let harms: [(&str, Harm); 3] = [
        ("garbage", sends_garbage),
        ("silence", falls_silent),
        ("a flood", floods),
    ];
    for (what, harm) in harms {
        let before: Vec<u64> = viewers.iter().map(|viewer| viewer.look().last()).collect();
        harm(&studio, last);
        for (number, viewer) in viewers.iter().enumerate() {
            let media = viewer.wait_for(before[number] + 2);
            assert!(
                !media.has("EXT-X-DISCONTINUITY") && !media.has_gap(),
                "{what} harmed stream {number}:\n{}",
                media.text
            );
        }
        assert!(
            studio.publishers.iter_mut().all(Publisher::runs),
            "{what} ended another"
        );
    }
    for number in [0, last / 2, last - 1] {
        carries_its_own(&studio.server.client(), &viewers[number], number);
    }
    // And the stream that was misused is not spoilt for good.
    let media = studio.media(last);
    let _better = copy(
        Ffmpeg::Modern,
        &media,
        &studio.server.rtmp_url(&studio.path(last)),
    );
    wait_until_receiving(&studio.operator, &studio.names[last]);
}
