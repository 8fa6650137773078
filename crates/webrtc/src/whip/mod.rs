//! A publisher's session (WHIP, RFC 9725): from its offer to tracks and frames, by the crate `str0m`. Sans-IO.
//!
//! `str0m` takes the transport (ICE, DTLS, SRTP), asks again for what is lost (NACK, RFC 4585; RFC 4588) and puts frames together.
//! Ours is what comes before and after: the offer is read by [`crate::sdp`] and handed on in words of our own ([`offer`]), pictures
//! become access units with their configuration (`picture`), and picture and sound share one time line (`line`).
//!
//! As with viewers, the server knocks at no door: candidates of offers are passed over, and an address is answered only after a check
//! from it carried the session's password. To publishers it is the lite side of ICE (RFC 8445, 2.5), which says just that: FFmpeg
//! answers checks without the address that they came from (5.1.2), so that a full agent would never find it reachable.

mod line;
pub mod offer;
mod picture;
mod sources;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use is::IceCreds;
use media::{Codec, Frame, Timestamp, Track, TrackId, opus};
use str0m::{
    Event, IceConnectionState, Input, Output as Polled, Rtc,
    change::SdpOffer,
    config::DtlsCert,
    media::{KeyframeRequestKind, MediaData, Mid, SenderFeedback},
    net::Receive,
};

use crate::{
    peer::{CONNECT_WITHIN, Closed, Identity, Locals, Route, carrier, protocol},
    rtp::{h264 as video, opus as sound},
    sdp::{self, MediaKind},
};
use line::{Line, Report, Source};
use offer::{NotTaken, Taken};
use picture::Picture;
use sources::Sources;

/// A client from which no media have come for so long is gone, when its checks have stayed away as well (for 15 s, by the crate `is`).
/// Some never check again while they send.
const SILENT_AFTER: Duration = Duration::from_secs(10);
/// Sound without a picture is left out for so long where a picture was offered: a broadcast begins with its first key frame.
const WAIT_FOR_PICTURE: Duration = Duration::from_secs(5);
/// Sound that is missing is waited for so long; repairing it would take longer than it is worth.
const SOUND_REORDER: Duration = Duration::from_millis(200);

/// What a session wants done.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Route, Vec<u8>),
    /// The transport is ready; media may come from now on.
    Connected,
    /// A track's configuration came or changed.
    Track(Track),
    /// A frame.
    Frame(Frame),
    /// It is over.
    Closed(Closed),
}

/// How the server takes a publisher in.
pub struct Door<'a> {
    /// The server's certificate, the same for all sessions.
    pub identity: &'a Identity,
    /// The server's side of ICE for this session.
    pub credentials: IceCreds,
    /// Its addresses, the best first; each is offered over UDP.
    pub udp: &'a [SocketAddr],
    /// Its addresses where it takes connections (RFC 6544).
    pub tcp: &'a [SocketAddr],
}

/// One publisher.
pub struct Session {
    rtc: Rtc,
    offer: sdp::Offer,
    taken: Taken,
    sources: Sources,
    picture: Picture,
    sound: Option<opus::Config>,
    line: Line,
    connected: Option<Instant>,
    has_begun: bool,
    /// When media came last.
    heard: Instant,
    /// No check has come for a while.
    is_unchecked: bool,
    locals: Locals,
    outputs: VecDeque<Output>,
    timeout: Instant,
    give_up: Instant,
    is_closed: bool,
}

impl Session {
    /// Answers an offer; the session waits for its client's first check.
    ///
    /// # Errors
    /// [`NotTaken`] says what is wrong with the offer, in words for whoever sends.
    pub fn answer(
        offer: sdp::Offer,
        door: &Door<'_>,
        now: Instant,
    ) -> Result<(Self, String), NotTaken> {
        let taken = Taken::of(&offer)?;
        let certificate = door.identity.certificate();
        let mut config = Rtc::builder()
            .set_dtls_cert(DtlsCert {
                certificate: certificate.certificate.clone(),
                private_key: certificate.private_key.clone(),
            })
            .set_local_ice_credentials(door.credentials.clone())
            .set_ice_lite(true)
            .set_reordering_timeout_audio(Some(SOUND_REORDER))
            .clear_codecs();
        taken.configure(config.codec_config());
        let mut rtc = config.build(now);
        let text = accept(&mut rtc, &taken.describe(&offer, &offer.credentials))?;
        let mut session = Self {
            rtc,
            offer,
            sources: Sources::default(),
            picture: Picture::new(),
            sound: taken.has_sound().then(|| opus::Config::new(2, 0)),
            taken,
            line: Line::new(now),
            connected: None,
            has_begun: false,
            heard: now,
            is_unchecked: false,
            locals: Locals::default(),
            outputs: VecDeque::new(),
            timeout: now,
            give_up: now + CONNECT_WITHIN,
            is_closed: false,
        };
        session.ask_for_repairs();
        session.handle_timeout(now);
        let text = finished(&text, &session.taken, door);
        Ok((session, text))
    }

    /// A datagram; whether it was a check (STUN) of this session's client, so that what follows from there is its own.
    pub fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) -> bool {
        if self.is_closed {
            return false;
        }
        let Ok(received) =
            Receive::new(protocol(route.carrier), route.remote, route.local, datagram)
        else {
            return false;
        };
        if let Some((payload, number)) = sources::head(datagram) {
            let expected = self.taken.expected(&self.offer, payload);
            if expected.is_none_or(|expected| !self.sources.admits(now, number, &expected)) {
                return false;
            }
        }
        let is_check = matches!(datagram.first(), Some(0..=3));
        let input = Input::Receive(now, received);
        if is_check {
            if !self.rtc.accepts(&input) {
                return false;
            }
            if let Some(candidate) = self.locals.learn(route) {
                let _ = self.rtc.add_local_candidate(candidate);
            }
        }
        if self.rtc.handle_input(input).is_err() {
            self.close(Closed::Handshake);
            return false;
        }
        self.drive(now);
        is_check
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.is_closed {
            return;
        }
        if self.connected.is_none() && now >= self.give_up {
            return self.close(Closed::Never);
        }
        if self.is_unchecked
            && self.connected.is_some()
            && now.saturating_duration_since(self.heard) > SILENT_AFTER
        {
            return self.close(Closed::Lost);
        }
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            return self.close(Closed::Handshake);
        }
        self.drive(now);
    }

    /// When [`Session::handle_timeout`] is due next.
    #[must_use]
    pub const fn timeout(&self) -> Instant {
        self.timeout
    }

    /// What is to be done next, if anything.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether the transport is ready.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// Asks the client for a key frame: now, or as soon as a second has passed since it was asked last.
    pub fn want_key_frame(&mut self, now: Instant) {
        self.picture.want_key_frame();
        self.handle_timeout(now);
    }

    /// The credentials that the client has.
    #[must_use]
    pub const fn remote_credentials(&self) -> &IceCreds {
        &self.offer.credentials
    }

    /// Other credentials of the client begin a restart of ICE (RFC 8445, 2.4); media go on meanwhile.
    ///
    /// # Errors
    /// [`NotTaken`] where the client's credentials are none.
    pub fn restart(
        &mut self,
        local: IceCreds,
        remote: IceCreds,
        now: Instant,
    ) -> Result<(), NotTaken> {
        accept(&mut self.rtc, &self.taken.describe(&self.offer, &remote))?;
        self.rtc.direct_api().set_local_ice_credentials(local);
        self.offer.credentials = remote;
        self.handle_timeout(now);
        Ok(())
    }

    /// Says goodbye; [`Session::poll`] yields what is to be sent for it.
    pub fn leave(&mut self, now: Instant) {
        if self.is_closed {
            return;
        }
        if self.rtc.handle_input(Input::Timeout(now)).is_ok() && self.rtc.close().is_ok() {
            self.drive(now);
        }
        self.is_closed = true;
    }

    fn drive(&mut self, now: Instant) {
        loop {
            self.ask_for_key_frames(now);
            match self.rtc.poll_output() {
                Ok(Polled::Transmit(transmit)) => {
                    let route = Route {
                        carrier: carrier(transmit.proto),
                        local: transmit.source,
                        remote: transmit.destination,
                    };
                    let bytes = transmit.contents.to_vec();
                    self.outputs.push_back(Output::Transmit(route, bytes));
                }
                Ok(Polled::Event(event)) => self.event(now, event),
                Ok(Polled::Timeout(at)) => {
                    let end = self.connected.is_none().then_some(self.give_up);
                    let ask = self.picture.ask_due();
                    let ask = ask.filter(|_| self.taken.picture_on_demand().is_some());
                    let lost = self.is_unchecked.then_some(self.heard + SILENT_AFTER);
                    self.timeout = [end, ask, lost]
                        .into_iter()
                        .flatten()
                        .fold(at, Instant::min)
                        .max(now + Duration::from_millis(1));
                    return;
                }
                Err(_) => return self.close(Closed::Handshake),
            }
            if self.is_closed {
                return;
            }
        }
    }

    fn event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected if self.connected.is_none() => {
                self.connected = Some(now);
                self.outputs.push_back(Output::Connected);
            }
            Event::IceConnectionStateChange(state) => {
                self.is_unchecked = state == IceConnectionState::Disconnected;
            }
            Event::Closed => self.close(Closed::ByClient),
            Event::MediaData(data) => self.media(now, &data),
            Event::SenderFeedback(feedback) => self.report(&feedback),
            _ => {}
        }
    }

    fn media(&mut self, now: Instant, data: &MediaData) {
        let Some(kind) = self.taken.kind(data.mid) else {
            return;
        };
        let source = Source {
            kind,
            layer: data.rid,
        };
        let Ok(ticks) = i64::try_from(data.time.numer()) else {
            return;
        };
        let arrival = data.network_time;
        self.heard = self.heard.max(arrival);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx_by_mid(data.mid, data.rid);
        let number = stream.map(|stream| *stream.ssrc());
        self.sources.hear(arrival, kind, data.rid, number);
        match kind {
            MediaKind::Video => {
                if self.picture.is_new(data.rid) {
                    self.ask_for_repairs();
                }
                let Some(shown) = self.picture.push(now, data) else {
                    return;
                };
                let time = self.line.place(source, ticks, arrival);
                let (decode, present) = self.picture.order(time);
                if let Some(config) = shown.config {
                    self.announce(TrackId::VIDEO, Codec::H264(config));
                }
                self.begin();
                self.outputs.push_back(Output::Frame(Frame {
                    track: TrackId::VIDEO,
                    dts: Timestamp::new(decode, video::CLOCK),
                    pts: Timestamp::new(present, video::CLOCK),
                    key: shown.key,
                    data: shown.data,
                }));
            }
            MediaKind::Audio => {
                let time = self.line.place(source, ticks, arrival);
                // RFC 6716, 3.1: a packet has at least its first byte; anything else is no sound.
                if opus::packet_samples(&data.data).is_none() {
                    return;
                }
                if !self.has_begun {
                    let since = self.connected.unwrap_or(now);
                    if self.taken.has_picture() && now < since + WAIT_FOR_PICTURE {
                        return;
                    }
                    self.begin();
                }
                let at = Timestamp::new(time, sound::CLOCK);
                self.outputs.push_back(Output::Frame(Frame {
                    track: TrackId::AUDIO,
                    dts: at,
                    pts: at,
                    key: true,
                    data: Bytes::copy_from_slice(&data.data),
                }));
            }
        }
    }

    /// The broadcast begins: with its sound, if that was offered.
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true)
            && let Some(config) = self.sound
        {
            self.announce(TrackId::AUDIO, Codec::Opus(config));
        }
    }

    fn announce(&mut self, id: TrackId, codec: Codec) {
        self.outputs.push_back(Output::Track(Track { id, codec }));
    }

    fn report(&mut self, feedback: &SenderFeedback) {
        let Some(kind) = self.taken.kind(feedback.mid) else {
            return;
        };
        let info = &feedback.sender_info;
        let source = Source {
            kind,
            layer: feedback.rid,
        };
        if let Some(wall_us) = micros(info.ntp_time) {
            let report = Report {
                // The lower 32 bits are what stood in the packet.
                rtp: info.rtp_time.numer() as u32,
                wall_us,
            };
            self.line.report(source, report);
        }
    }

    /// Lost packets are asked for also where they come again as they were, without a stream of repairs: OBS does that.
    fn ask_for_repairs(&mut self) {
        let mids: Vec<Mid> = self.taken.repaired_in_place().collect();
        let layers = self.picture.layers();
        for mid in mids {
            let mut api = self.rtc.direct_api();
            for layer in layers.iter().copied().chain([None]) {
                if let Some(stream) = api.stream_rx_by_mid(mid, layer) {
                    stream.suppress_nack(false);
                }
            }
        }
    }

    fn ask_for_key_frames(&mut self, now: Instant) {
        let Some(mid) = self.taken.picture_on_demand() else {
            return;
        };
        if self.connected.is_none() {
            return;
        }
        while let Some(layer) = self.picture.next_to_ask(now) {
            if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, layer) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
        }
    }

    fn close(&mut self, why: Closed) {
        if !self.is_closed {
            self.is_closed = true;
            self.outputs.push_back(Output::Closed(why));
        }
    }
}

/// Hands an offer of our own words to `str0m`; its answer as text.
fn accept(rtc: &mut Rtc, text: &str) -> Result<String, NotTaken> {
    let broken = |_| NotTaken::Sdp(sdp::Error::Malformed("it is not understood"));
    let offer = SdpOffer::from_sdp_string(text).map_err(broken)?;
    let answer = rtc.sdp_api().accept_offer(offer);
    let answer =
        answer.map_err(|_| NotTaken::Sdp(sdp::Error::Unacceptable("it cannot be answered")))?;
    Ok(answer.to_sdp_string())
}

/// The answer as it goes out: without what is no business of a client that only sends, with no feedback that was not offered
/// (RFC 4585, 4.2), and with the server's addresses in its first section, since one transport carries all.
fn finished(answer: &str, taken: &Taken, door: &Door<'_>) -> String {
    let mut text = String::with_capacity(answer.len() + 1024);
    let mut sections = 0;
    let mut end_first = |text: &mut String| {
        sections += 1;
        if sections == 2 {
            sdp::write_candidates(text, door.udp, door.tcp);
        }
    };
    for line in answer.split("\r\n").filter(|line| !line.is_empty()) {
        if line.starts_with("m=") {
            end_first(&mut text);
        }
        if let Some(origin) = line.strip_prefix("o=") {
            let numbers = origin.split_once(' ').map_or("", |(_, numbers)| numbers);
            text.push_str("o=- ");
            text.push_str(numbers);
        } else if line.starts_with("a=msid")
            || line
                .strip_prefix("a=rtcp-fb:")
                .is_some_and(|feedback| !taken.has_feedback(feedback))
        {
            continue;
        } else {
            text.push_str(line);
        }
        text.push_str("\r\n");
    }
    if sections < 2 {
        sdp::write_candidates(&mut text, door.udp, door.tcp);
    }
    text
}

/// Microseconds since 1970; `None` where the sender has no clock (RFC 3550, 6.4.1: zero).
fn micros(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}
