//! A client by `str0m` and a session of ours, with a link between them that loses and delays, on a clock that the story moves.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use is::{Candidate, IceCreds};
use media::{Frame, Track, TrackId};
use str0m::{
    Event, Input, Output as Polled, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    media::{Direction, MediaKind, MediaTime, Mid, Rid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
    rtp::Extension,
};

use crate::{
    peer::{Closed, Identity, Route},
    sdp::{Carrier, Offer},
    whip::{Door, Output, Session},
};

/// Parameter sets of x264, Main profile: 320x180 and 640x360.
pub const SETS_180: [&[u8]; 2] = [
    &[
        0x67, 0x4d, 0x40, 0x0d, 0xec, 0xa0, 0xa0, 0xcf, 0xcf, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00,
        0x08, 0x00, 0x00, 0x03, 0x01, 0xe0, 0x78, 0xa1, 0x4c, 0xb0,
    ],
    &[0x68, 0xeb, 0xe3, 0xcb, 0x20],
];
pub const SETS_360: [&[u8]; 2] = [
    &[
        0x67, 0x4d, 0x40, 0x1e, 0xec, 0xa0, 0x50, 0x17, 0xfc, 0xb8, 0x08, 0x80, 0x00, 0x00, 0x03,
        0x00, 0x80, 0x00, 0x00, 0x19, 0x07, 0x8b, 0x16, 0xcb,
    ],
    &[0x68, 0xeb, 0xe3, 0xcb, 0x20],
];
const CLIENT: &str = "192.0.2.7:5000";
const SERVER: &str = "192.0.2.1:8189";
const STEP: Duration = Duration::from_millis(5);
/// The time of flight of a datagram.
const FLIGHT: Duration = Duration::from_millis(20);

/// What becomes of datagrams on their way.
#[derive(Clone, Copy, Default)]
pub struct Weather {
    /// Of a thousand, so many are lost; of those to the server alone.
    pub lost: u64,
    /// Each takes up to so much longer.
    pub late_ms: u64,
}

struct Sent {
    at: Instant,
    to_server: bool,
    bytes: Vec<u8>,
}

pub struct Pair {
    pub now: Instant,
    pub started: Instant,
    pub client: Rtc,
    pub session: Session,
    pub weather: Weather,
    /// Datagrams to the server of this size or more are lost: the picture goes dark and the checks live on.
    pub drops_from_bytes: Option<usize>,
    /// Before each datagram of the client come some that are not its own.
    pub is_forged: bool,
    /// Before each datagram of the client come copies of it with other bytes.
    pub is_mangled: bool,
    is_layered: bool,
    pub video: Option<Mid>,
    pub audio: Option<Mid>,
    pub frames: Vec<(Instant, Frame)>,
    pub tracks: Vec<Track>,
    pub closed: Option<Closed>,
    pub is_connected: bool,
    /// When the client was asked for key frames, and of which layer.
    pub asked: Vec<(Instant, Option<Rid>)>,
    /// Where the dice stand (SplitMix64).
    dice: u64,
    link: Vec<Sent>,
}

/// What a client offers.
pub fn client(now: Instant, layers: &[&str], has_sound: bool) -> (Rtc, Offering) {
    let mut client = Rtc::builder()
        .clear_codecs()
        .enable_h264(true)
        .enable_opus(true, false)
        .build(now);
    let candidate = Candidate::host(address(CLIENT), "udp").unwrap();
    client.add_local_candidate(candidate);
    let mut api = client.sdp_api();
    let simulcast = (!layers.is_empty()).then(|| {
        let mut simulcast = Simulcast::new();
        for layer in layers {
            simulcast.add_send_layer(SimulcastLayer::new(layer));
        }
        simulcast
    });
    let video = api.add_media(MediaKind::Video, Direction::SendOnly, None, None, simulcast);
    let audio =
        has_sound.then(|| api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None));
    let (offer, pending) = api.apply().unwrap();
    let offering = Offering {
        text: offer.to_sdp_string(),
        pending,
        is_layered: !layers.is_empty(),
        video,
        audio,
    };
    (client, offering)
}

pub struct Offering {
    pub text: String,
    pending: SdpPendingOffer,
    is_layered: bool,
    video: Mid,
    audio: Option<Mid>,
}

/// Answers a text as an open door does.
pub fn answered(text: &str, now: Instant) -> Result<(Session, String), String> {
    let identity = Identity::generate().unwrap();
    let offer = Offer::parse(text).map_err(|error| error.to_string())?;
    let door = Door {
        identity: &identity,
        credentials: IceCreds {
            ufrag: "srv1".into(),
            pass: "abcdefghijklmnopqrstuvwx".into(),
        },
        udp: &[address(SERVER)],
        tcp: &[address(SERVER)],
    };
    Session::answer(offer, &door, now).map_err(|error| error.to_string())
}

/// When a story begins.
#[expect(
    clippy::disallowed_methods,
    reason = "no moment can be made of nothing; the story moves it on"
)]
pub fn start() -> Instant {
    Instant::now()
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

impl Pair {
    /// A client that sends a picture, of these layers, and sound.
    pub fn new(layers: &[&str], has_sound: bool) -> Self {
        let now = start();
        let (client, offering) = client(now, layers, has_sound);
        Self::of(now, client, offering)
    }

    /// The same, and the source of repairs is named as FFmpeg does: as the second of a pair, and nowhere else.
    pub fn with_repairs_in_a_pair_alone() -> Self {
        let now = start();
        let (client, mut offering) = client(now, &[], true);
        let pair = offering.text.split("a=ssrc-group:FID ").nth(1).unwrap();
        let repair = pair.split_ascii_whitespace().nth(1).unwrap();
        let named = format!("a=ssrc:{repair} ");
        let lines = offering.text.split("\r\n");
        let kept: Vec<&str> = lines.filter(|line| !line.starts_with(&named)).collect();
        offering.text = kept.join("\r\n");
        Self::of(now, client, offering)
    }

    pub fn of(now: Instant, mut client: Rtc, offering: Offering) -> Self {
        let (session, answer) = answered(&offering.text, now).unwrap();
        let accepted = SdpAnswer::from_sdp_string(&answer).unwrap();
        client
            .sdp_api()
            .accept_answer(offering.pending, accepted)
            .unwrap();
        Self {
            now,
            started: now,
            client,
            session,
            weather: Weather::default(),
            drops_from_bytes: None,
            is_forged: false,
            is_mangled: false,
            is_layered: offering.is_layered,
            video: Some(offering.video),
            audio: offering.audio,
            frames: Vec::new(),
            tracks: Vec::new(),
            closed: None,
            is_connected: false,
            asked: Vec::new(),
            dice: 7,
            link: Vec::new(),
        }
    }

    /// A pair that is connected.
    pub fn connected(layers: &[&str], has_sound: bool) -> Self {
        Self::new(layers, has_sound).connect()
    }

    pub fn connect(mut self) -> Self {
        let pair = &mut self;
        for _ in 0..1000 {
            pair.step();
            if pair.is_connected && pair.client.is_connected() {
                // Time for both sides to have their keys.
                for _ in 0..20 {
                    pair.step();
                }
                return self;
            }
        }
        panic!("not connected: {:?}", pair.closed);
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.step();
        }
    }

    pub fn step(&mut self) {
        self.now += STEP;
        let due: Vec<Sent> = {
            let (due, later) = std::mem::take(&mut self.link)
                .into_iter()
                .partition(|sent| sent.at <= self.now);
            self.link = later;
            due
        };
        for sent in due {
            self.arrive(sent);
        }
        self.client.handle_input(Input::Timeout(self.now)).unwrap();
        self.poll_client();
        if self.session.timeout() <= self.now {
            self.session.handle_timeout(self.now);
        }
        self.poll_session();
    }

    fn arrive(&mut self, sent: Sent) {
        if sent.to_server {
            for _ in 0..if self.is_forged { 3 } else { 0 } {
                let random = self.draw().to_be_bytes();
                self.forge(&random);
            }
            let route = Route {
                carrier: Carrier::Udp,
                local: address(SERVER),
                remote: address(CLIENT),
            };
            for _ in 0..if self.is_mangled { 3 } else { 0 } {
                let mut mangled = sent.bytes.clone();
                let draw = self.draw() as usize;
                let at = draw % mangled.len();
                mangled[at] ^= (draw >> 16) as u8 | 1;
                if draw >> 32 & 1 == 1 {
                    mangled.truncate(draw % (mangled.len() + 1));
                }
                self.session.receive(self.now, route, &mangled);
            }
            self.session.receive(self.now, route, &sent.bytes);
            self.poll_session();
        } else if let Ok(received) =
            Receive::new(Protocol::Udp, address(SERVER), address(CLIENT), &sent.bytes)
        {
            let input = Input::Receive(self.now, received);
            self.client.handle_input(input).unwrap();
            self.poll_client();
        }
    }

    fn poll_client(&mut self) {
        loop {
            match self.client.poll_output().unwrap() {
                Polled::Transmit(transmit) => {
                    let bytes = transmit.contents.to_vec();
                    self.send(true, bytes);
                }
                Polled::Event(Event::KeyframeRequest(request)) => {
                    self.asked.push((self.now, request.rid));
                }
                Polled::Event(_) => {}
                Polled::Timeout(_) => return,
            }
        }
    }

    fn poll_session(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Transmit(route, bytes) => {
                    assert_eq!(route.remote, address(CLIENT), "nobody else is written to");
                    self.send(false, bytes);
                }
                Output::Connected => self.is_connected = true,
                Output::Track(track) => self.tracks.push(track),
                Output::Frame(frame) => self.frames.push((self.now, frame)),
                Output::Closed(why) => self.closed = Some(why),
            }
        }
    }

    fn send(&mut self, to_server: bool, bytes: Vec<u8>) {
        let is_media = to_server && matches!(bytes.first(), Some(128..=191));
        let draw = self.draw();
        if is_media && draw % 1000 < self.weather.lost {
            return;
        }
        if is_media
            && self
                .drops_from_bytes
                .is_some_and(|from| bytes.len() >= from)
        {
            return;
        }
        let late = if is_media {
            (draw >> 20) % (self.weather.late_ms + 1)
        } else {
            0
        };
        self.link.push(Sent {
            at: self.now + FLIGHT + Duration::from_millis(late),
            to_server,
            bytes,
        });
    }

    fn draw(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Sends a frame with this number in it; a key frame with its parameter sets before it.
    pub fn picture(&mut self, number: u32, ticks: u64, sets: Option<[&[u8]; 2]>, bytes: usize) {
        self.picture_of(None, number, ticks, sets, bytes);
    }

    pub fn picture_of(
        &mut self,
        layer: Option<Rid>,
        number: u32,
        ticks: u64,
        sets: Option<[&[u8]; 2]>,
        bytes: usize,
    ) {
        let mut data = Vec::new();
        for set in sets.iter().flatten() {
            data.extend([0, 0, 0, 1]);
            data.extend_from_slice(set);
        }
        // A slice of an I or a P picture (ITU-T H.264, 7.3.3), as far as anybody reads it here.
        data.extend([0, 0, 0, 1, if sets.is_some() { 0x65 } else { 0x41 }, 0x9a]);
        data.extend((0..8).map(|at| 0x40 | (number >> (4 * at) & 0xf) as u8));
        data.resize(data.len() + bytes, 0x55);
        let mid = self.video.unwrap();
        let now = self.now;
        let writer = self.client.writer(mid).unwrap();
        let pt = writer.payload_params().next().unwrap().pt();
        let time = MediaTime::from_90khz(ticks);
        let writer = match layer {
            Some(layer) => writer.rid(layer),
            None => writer,
        };
        writer.write(pt, now, time, data).unwrap();
    }

    /// Sends a packet of sound of 20 ms.
    pub fn sound(&mut self, ticks: u64, captured: Instant) {
        let mid = self.audio.unwrap();
        let writer = self.client.writer(mid).unwrap();
        let pt = writer.payload_params().next().unwrap().pt();
        let time = MediaTime::new(ticks, str0m::media::Frequency::FORTY_EIGHT_KHZ);
        writer
            .write(pt, captured, time, vec![0xf8, 0xff, 0xfe])
            .unwrap();
    }

    /// Packets under the client's address that are not the client's: of any source, and of the client's own with a bad seal; each says that it
    /// belongs to the picture.
    fn forge(&mut self, random: &[u8; 8]) {
        let mid = self.video.unwrap().to_string();
        let payload = self.client.media(self.video.unwrap()).unwrap().remote_pts()[0];
        let ids = {
            let media = self.client.media(self.video.unwrap()).unwrap();
            let id = |wanted| media.remote_extmap().id_of(wanted);
            [Extension::RtpMid, Extension::RtpStreamId].map(|wanted| id(wanted).unwrap_or(1))
        };
        let mut packet = vec![0x90, *payload];
        packet.extend_from_slice(&random[..2]);
        packet.extend_from_slice(&random[..4]);
        packet.extend_from_slice(&random[4..]);
        let mut extension = vec![ids[0] << 4 | (mid.len() as u8 - 1)];
        extension.extend_from_slice(mid.as_bytes());
        if self.is_layered {
            extension.extend([ids[1] << 4 | 1, b'h', b'i']);
        }
        extension.resize(extension.len().next_multiple_of(4), 0);
        packet.extend([0xbe, 0xde, 0, (extension.len() / 4) as u8]);
        packet.extend(extension);
        packet.extend([0x55; 40]);
        let route = Route {
            carrier: Carrier::Udp,
            local: address(SERVER),
            remote: address(CLIENT),
        };
        self.session.receive(self.now, route, &packet);
        self.poll_session();
    }

    /// The frames of a track that came.
    pub fn of_track(&self, track: TrackId) -> Vec<&Frame> {
        let frames = self.frames.iter().map(|(_, frame)| frame);
        frames.filter(|frame| frame.track == track).collect()
    }

    /// The numbers of the pictures that came.
    pub fn numbers(&self) -> Vec<u32> {
        let number = |frame: &&Frame| {
            let digits = frame.data.get(6..14).unwrap();
            let digits = digits.iter().rev().map(|digit| u32::from(digit & 0xf));
            digits.fold(0, |number, digit| number << 4 | digit)
        };
        self.of_track(TrackId::VIDEO).iter().map(number).collect()
    }
}
