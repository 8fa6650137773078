//! One session: how it joins, what it is sent, what it asks for again.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{grant::Granted, session::Holder, slug::Slug};
use webrtc::{
    peer::{IceCreds, Peer, Route},
    rtcp,
    rtp::{
        Extensions, Header, Packet,
        history::{Numbering, Rate},
        rtx,
    },
    sdp::{Sent, answer::CNAME},
};

use super::feed::{Coded, Feed, SOUND_RATE, Sound, VIDEO_RATE};
use crate::sessions::{self, Session, Socket};

/// A group is sent to whoever joins at this many times its own pace.
const BURST_PACE: i64 = 8;
/// A session is sent a group or a still at most so often, whatever it asks for.
const RESTART_EVERY: Duration = Duration::from_secs(2);
/// How often a session is told which time its timestamps stand for.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// Frames of a burst that can be asked for again.
const BURST_KEPT: usize = 512;
/// Bytes of retransmission a second that one session may cause, and how many it may save up.
const REPAIR_BYTES_S: u32 = 500_000;
/// A repair packet begins with the original number (RFC 4588, 4).
const RTX_BYTES: usize = 2;

/// Where a session stands with the picture.
enum Join {
    /// Its transport is not ready.
    NotYet,
    /// It is sent the group, squeezed so that it ends at now: this frame next, at this time.
    Burst { next: u64, due: Instant },
    /// It has the key frame as a still, or nothing; motion begins with the next key frame.
    AwaitKey,
    /// It gets each frame as it comes.
    Live,
}

/// A source of packets as the session knows it.
struct Source {
    sent: Sent,
    numbering: Numbering,
    repair_sequence: u16,
    packets: u32,
    octets: u32,
    last_time: u32,
    /// Running number of the packet that follows what was sent.
    next: u64,
}

/// The source of sound as the session knows it.
struct SoundSource {
    sent: Sent,
    sequence: u16,
    packets: u32,
    octets: u32,
}

/// Who watches what, by which leave.
pub(super) struct Watching {
    pub(super) slug: Slug,
    pub(super) token: Arc<str>,
    pub(super) granted: Granted,
}

/// What is random about a session's packets. Numbers begin in the lower half, so that the first wrap leaves no doubt.
pub(super) struct Random {
    pub(super) sequences: [u16; 3],
    pub(super) time_offset: u32,
}

/// One session.
pub(super) struct Viewer {
    pub(super) id: String,
    pub(super) watching: Watching,
    restarts: u64,
    pub(super) peer: Peer,
    pub(super) is_connected: bool,
    video: Option<Source>,
    audio: Option<SoundSource>,
    join: Join,
    /// Added to a feed's time for this session's timestamps: they begin anywhere (RFC 3550, 5.1).
    time_offset: u32,
    /// Frames of a burst, by their first packet, with the timestamps that they were sent with.
    burst: VecDeque<(u64, u32)>,
    /// From this packet on timestamps are the stream's own.
    live_from: u64,
    restarted: Option<Instant>,
    report_due: Instant,
    repair: Rate,
    run: Run,
}

/// Datagrams gathered in the socket's buffer: all of one size, but that the last may be shorter.
#[derive(Default)]
struct Run {
    /// Bytes of each datagram, and of the payload in it.
    segment: usize,
    payload: usize,
    count: usize,
    is_closed: bool,
}

impl Session for Viewer {
    fn holder(&self) -> Option<Holder> {
        Some(Holder::Viewer(self.watching.granted))
    }

    fn etag(&self) -> String {
        format!("ice-{}", self.restarts)
    }

    fn remote_credentials(&self) -> Option<&IceCreds> {
        self.peer.remote_credentials()
    }

    fn restart(&mut self, local: IceCreds, remote: IceCreds, now: Instant) -> bool {
        self.restarts += 1;
        self.peer.restart(local, remote, now);
        true
    }

    fn receive(&mut self, now: Instant, route: Route, datagram: &[u8]) -> bool {
        sessions::receive(&mut self.peer, now, route, datagram)
    }
}

impl Viewer {
    pub(super) fn new(
        id: String,
        watching: Watching,
        peer: Peer,
        (video, audio): (Option<Sent>, Option<Sent>),
        random: &Random,
        now: Instant,
    ) -> Self {
        Self {
            id,
            watching,
            restarts: 0,
            peer,
            is_connected: false,
            video: video.map(|sent| Source {
                sent,
                numbering: Numbering::new(random.sequences[0], 0),
                repair_sequence: random.sequences[1],
                packets: 0,
                octets: 0,
                last_time: random.time_offset,
                next: 0,
            }),
            audio: audio.map(|sent| SoundSource {
                sent,
                sequence: random.sequences[2],
                packets: 0,
                octets: 0,
            }),
            join: Join::NotYet,
            time_offset: random.time_offset,
            burst: VecDeque::new(),
            live_from: 0,
            restarted: None,
            report_due: now,
            repair: Rate::new(REPAIR_BYTES_S, REPAIR_BYTES_S, Duration::ZERO),
            run: Run::default(),
        }
    }

    /// The transport is ready: the first picture at once.
    pub(super) fn connected(&mut self, now: Instant, feed: &Feed, socket: &Socket) {
        self.is_connected = true;
        self.report_due = now;
        self.begin(now, feed, socket);
    }

    /// The client has lost the picture, or has none.
    fn picture_lost(&mut self, now: Instant, feed: &Feed, socket: &Socket) {
        let soon = self.restarted.is_some_and(|at| now < at + RESTART_EVERY);
        if self.is_connected && !soon && !matches!(self.join, Join::Burst { .. }) {
            self.begin(now, feed, socket);
        }
    }

    fn begin(&mut self, now: Instant, feed: &Feed, socket: &Socket) {
        self.restarted = Some(now);
        let (group, is_whole) = feed.group();
        if !is_whole {
            // Motion begins with the next key frame: the sooner the better, where the publisher can be asked.
            feed.stream.want_key_frame();
        }
        let Some(first) = group.front().cloned() else {
            self.join = Join::AwaitKey;
            return;
        };
        // Frames that are sent anew have the numbers that follow.
        if let Some(video) = &mut self.video {
            let sequence = video.numbering.take();
            video.numbering = Numbering::new(sequence, first.first);
            video.next = first.first;
        }
        self.burst.clear();
        self.live_from = u64::MAX;
        if is_whole {
            self.join = Join::Burst {
                next: first.number,
                due: now,
            };
            self.advance(now, feed, socket);
        } else {
            self.send_early(&first, feed.clock(now), socket);
            self.join = Join::AwaitKey;
        }
    }

    /// A slice of a new frame of the stream: these of its packets, in order slice by slice.
    pub(super) fn slice(
        &mut self,
        (coded, slice): (&Coded, Range<usize>),
        now: Instant,
        feed: &Feed,
        socket: &Socket,
    ) {
        match self.join {
            Join::NotYet => {}
            Join::Live => self.send_live(coded, slice, socket),
            // A new group makes the rest of the old one worthless.
            Join::Burst { .. } | Join::AwaitKey if coded.key && slice.start == 0 => {
                self.join = Join::Live;
                self.send_live(coded, slice, socket);
            }
            Join::Burst { .. } => self.advance(now, feed, socket),
            Join::AwaitKey => {}
        }
    }

    /// New sound of the stream.
    pub(super) fn sound(&mut self, sounds: &[Sound], socket: &Socket) {
        if !self.is_connected {
            return;
        }
        for sound in sounds {
            let Some(audio) = &mut self.audio else {
                return;
            };
            let header = Header {
                payload_type: audio.sent.payload,
                marker: sound.packet.marker,
                sequence: audio.sequence,
                timestamp: self.time_offset.wrapping_add(sound.time as u32),
                ssrc: audio.sent.ssrc,
            };
            audio.sequence = audio.sequence.wrapping_add(1);
            audio.packets = audio.packets.wrapping_add(1);
            audio.octets = audio.octets.wrapping_add(sound.packet.len() as u32);
            self.put(&header, None, &sound.packet, socket);
        }
        self.flush(socket);
    }

    /// When something is to be sent that no frame triggers.
    pub(super) fn due(&self) -> Option<Instant> {
        let burst = match self.join {
            Join::Burst { due, .. } => Some(due),
            _ => None,
        };
        let report = self.is_connected.then_some(self.report_due);
        [burst, report].into_iter().flatten().min()
    }

    /// Sends what is due.
    pub(super) fn tick(&mut self, now: Instant, feed: &Feed, socket: &Socket) {
        self.advance(now, feed, socket);
        if self.is_connected && self.report_due <= now {
            self.report_due = now + REPORT_EVERY;
            self.report(now, feed, socket);
        }
    }

    /// The next frames of a burst whose time has come. Each carries the live clock's value at its sending, so that the client sees a
    /// steady stream of many frames that meets the live one.
    fn advance(&mut self, now: Instant, feed: &Feed, socket: &Socket) {
        while let Join::Burst { next, due } = self.join {
            if due > now {
                return;
            }
            let (group, _) = feed.group();
            let at = group
                .front()
                .and_then(|first| next.checked_sub(first.number))
                .and_then(|at| usize::try_from(at).ok());
            let coded = at.and_then(|at| group.get(at)).cloned();
            let following = at.and_then(|at| group.get(at + 1)).map(|next| next.time);
            match (coded, following) {
                (Some(coded), Some(following)) => {
                    self.send_early(&coded, feed.clock(due), socket);
                    let gap = (following - coded.time).clamp(0, VIDEO_RATE) / BURST_PACE;
                    let pause = Duration::from_micros(gap.unsigned_abs() * 100 / 9);
                    self.join = Join::Burst {
                        next: next + 1,
                        due: due + pause,
                    };
                }
                // The newest one is the live one.
                (Some(coded), None) => {
                    self.join = Join::Live;
                    self.send_live(&coded, 0..coded.packets.len(), socket);
                }
                // The group has grown too big: motion begins with the next key frame.
                (None, _) => self.join = Join::AwaitKey,
            }
        }
    }

    fn time_at(&self, time: i64) -> u32 {
        // Wraps on purpose: RTP's clock does.
        self.time_offset.wrapping_add(time as u32)
    }

    /// A slice of a frame with its own time. One that was sent already with the group is left out, and so is the rest of a frame whose
    /// beginning was not sent.
    fn send_live(&mut self, coded: &Coded, slice: Range<usize>, socket: &Socket) {
        let from = coded.first + slice.start as u64;
        let next = self.video.as_ref().map_or(0, |video| video.next);
        if from < next || (slice.start > 0 && from != next) {
            return;
        }
        self.live_from = self.live_from.min(coded.first);
        self.send_packets(coded, slice, self.time_at(coded.time), socket);
    }

    /// A frame with the live clock's time.
    fn send_early(&mut self, coded: &Coded, clock: i64, socket: &Socket) {
        let all = 0..coded.packets.len();
        let time = self.send_packets(coded, all, self.time_at(clock), socket);
        if self.burst.len() == BURST_KEPT {
            self.burst.pop_front();
        }
        self.burst.push_back((coded.first, time));
    }

    /// Sends packets of a frame with this time, or the least one that is not before what was sent last; answers which.
    fn send_packets(
        &mut self,
        coded: &Coded,
        slice: Range<usize>,
        time: u32,
        socket: &Socket,
    ) -> u32 {
        let Some(video) = &mut self.video else {
            return time;
        };
        let is_behind = video.packets > 0 && time.wrapping_sub(video.last_time) > u32::MAX / 2;
        let time = if is_behind {
            video.last_time.wrapping_add(1)
        } else {
            time
        };
        video.last_time = time;
        let first = coded.first + slice.start as u64;
        video.numbering.skip_to(first);
        let packets = coded.packets.get(slice).unwrap_or_default();
        video.next = first + packets.len() as u64;
        for (packet, index) in packets.iter().zip(first..) {
            let Some(video) = &mut self.video else {
                break;
            };
            let Some(sequence) = video.numbering.number(index) else {
                break;
            };
            video.packets = video.packets.wrapping_add(1);
            video.octets = video.octets.wrapping_add(packet.len() as u32);
            let header = Header {
                payload_type: video.sent.payload,
                marker: packet.marker,
                sequence,
                timestamp: time,
                ssrc: video.sent.ssrc,
            };
            self.put(&header, None, packet, socket);
        }
        self.flush(socket);
        time
    }

    /// Adds a packet to what leaves together; sends first what does not fit with it.
    fn put(&mut self, header: &Header, original: Option<u16>, packet: &Packet, socket: &Socket) {
        let payload = packet.len() + original.map_or(0, |_| RTX_BYTES);
        let run = &self.run;
        let fits = run.count == 0
            || (!run.is_closed
                && payload <= run.payload
                && run.count < socket.run_max(run.segment));
        if !fits {
            self.flush(socket);
        }
        let Some((_, sender)) = self.peer.sending() else {
            return;
        };
        let number = original.map(rtx::prefix);
        let [prefix, body] = packet.slices();
        let slices = [number.as_ref().map_or(&[][..], |n| n), prefix, body];
        let header = header.write(&Extensions::NONE);
        let Ok(size) = sender.protect(&header, &slices, &mut socket.gathered()) else {
            return;
        };
        if self.run.count == 0 {
            self.run.payload = payload;
            self.run.segment = size;
        } else if payload < self.run.payload {
            self.run.is_closed = true;
        }
        self.run.count += 1;
    }

    fn flush(&mut self, socket: &Socket) {
        let run = std::mem::take(&mut self.run);
        if run.count > 0
            && let Some((route, _)) = self.peer.sending()
        {
            socket.send(route, &socket.gathered(), run.segment);
        }
        socket.gathered().clear();
    }

    /// What a client says by RTCP.
    pub(super) fn told(&mut self, now: Instant, packet: &[u8], feed: &Feed, socket: &Socket) {
        let Ok(compound) = rtcp::Compound::read(packet) else {
            return;
        };
        let ours = self.video.as_ref().map(|video| video.sent.ssrc);
        let mut has_lost_picture = false;
        for event in compound.events() {
            match event {
                rtcp::Event::Nack { ssrc, lost } if Some(ssrc) == ours => {
                    for sequence in lost {
                        self.repair(now, sequence, feed, socket);
                    }
                }
                rtcp::Event::Pli { ssrc } | rtcp::Event::Fir { ssrc, .. } if Some(ssrc) == ours => {
                    has_lost_picture = true;
                }
                _ => {}
            }
        }
        self.flush(socket);
        if has_lost_picture {
            self.picture_lost(now, feed, socket);
        }
    }

    /// Sends a packet again, within what the session may cause.
    fn repair(&mut self, now: Instant, sequence: u16, feed: &Feed, socket: &Socket) {
        let Some((index, timestamp)) = self.original(sequence, feed) else {
            return;
        };
        let Some(packet) = feed.history.find(index).map(|sent| sent.packet.clone()) else {
            return;
        };
        if !self.repair.take(feed.age(now), packet.len()) {
            return;
        }
        let Some(video) = &mut self.video else {
            return;
        };
        let (payload_type, ssrc, number, original) = match video.sent.repair {
            Some((payload_type, ssrc)) => {
                let number = video.repair_sequence;
                video.repair_sequence = number.wrapping_add(1);
                (payload_type, ssrc, number, Some(sequence))
            }
            // Without a repair stream the same packet goes again, under its own number.
            None => (video.sent.payload, video.sent.ssrc, sequence, None),
        };
        let header = Header {
            payload_type,
            marker: packet.marker,
            sequence: number,
            timestamp,
            ssrc,
        };
        self.put(&header, original, &packet, socket);
    }

    /// The running number and the timestamp of what was sent under this number.
    fn original(&self, sequence: u16, feed: &Feed) -> Option<(u64, u32)> {
        let index = self.video.as_ref()?.numbering.index(sequence)?;
        if index >= self.live_from {
            let time = feed.history.find(index)?.timestamp;
            return Some((index, self.time_offset.wrapping_add(time)));
        }
        let after = self.burst.partition_point(|(first, _)| *first <= index);
        let (_, time) = self.burst.get(after.checked_sub(1)?)?;
        Some((index, *time))
    }

    /// Tells which moment the timestamps stand for (RFC 3550, 6.4.1): by that a client keeps picture and sound in step.
    fn report(&mut self, now: Instant, feed: &Feed, socket: &Socket) {
        let Some(cname) = rtcp::Cname::new(CNAME) else {
            return;
        };
        let (ntp, clock) = (feed.wall_clock(now), feed.clock(now));
        let picture = self.video.as_ref().map(|video| rtcp::SenderReport {
            ssrc: video.sent.ssrc,
            ntp,
            rtp: self.time_at(clock),
            packets: video.packets,
            octets: video.octets,
        });
        let sound = self.audio.as_ref().map(|audio| rtcp::SenderReport {
            ssrc: audio.sent.ssrc,
            ntp,
            rtp: self.time_at(clock * SOUND_RATE / VIDEO_RATE),
            packets: audio.packets,
            octets: audio.octets,
        });
        for report in [picture, sound].into_iter().flatten() {
            let mut packet = Vec::new();
            rtcp::write_sender_report(&report, &cname, &mut packet);
            let mut out = Vec::new();
            if let Some((route, sender)) = self.peer.sending()
                && sender.protect_rtcp(&packet, &mut out).is_ok()
            {
                socket.send(route, &out, out.len());
            }
        }
    }
}
