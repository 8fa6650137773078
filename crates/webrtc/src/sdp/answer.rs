//! The answer to a viewer: one picture and one sound that the server sends, over one bundled transport that the client begins.

use std::{fmt::Write as _, net::SocketAddr};

use is::IceCreds;

use super::{
    MediaKind,
    offer::{Direction, Error, Offer, Payload, Section, Setup},
};

/// What the server has to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The picture's `profile-level-id` (RFC 6184, 8.1): profile, constraints and level as in its SPS; `None` without a picture.
    pub h264: Option<[u8; 3]>,
    /// Whether there is sound, as Opus.
    pub opus: bool,
}

/// How the server is reached.
#[derive(Clone, Debug)]
pub struct Local<'a> {
    /// Its credentials for this session.
    pub credentials: &'a IceCreds,
    /// SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Its addresses, the best first; each is offered over UDP.
    pub udp: &'a [SocketAddr],
    /// Its addresses where it takes connections, offered as passive ICE-TCP (RFC 6544).
    pub tcp: &'a [SocketAddr],
    /// Whether it answers checks only (RFC 8445, 2.5).
    pub is_lite: bool,
    /// A random number that names the session in the description.
    pub session: u64,
    /// Synchronisation sources for picture, its repair, and sound.
    pub ssrcs: [u32; 3],
}

/// How one kind of media is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Payload type.
    pub payload: u8,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Payload type and source of retransmissions (RFC 4588), where the client takes them.
    pub repair: Option<(u8, u32)>,
}

/// An answer and what it promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The description.
    pub text: String,
    /// How pictures are sent.
    pub video: Option<Sent>,
    /// How sound is sent.
    pub audio: Option<Sent>,
    /// Whether the server begins the DTLS handshake.
    pub is_active: bool,
}

/// Answers an offer with what there is to send.
///
/// # Errors
/// [`Error::Unacceptable`] where the client takes nothing of it.
pub fn answer(offer: &Offer, wish: &Wish, local: &Local<'_>) -> Result<Answer, Error> {
    let [video_ssrc, repair_ssrc, audio_ssrc] = local.ssrcs;
    let receives = |kind| {
        offer.section(kind).filter(|section| {
            matches!(section.direction, Direction::RecvOnly | Direction::SendRecv)
        })
    };
    let video = wish.h264.and_then(|profile| {
        let section = receives(MediaKind::Video)?;
        let (payload, profile) = choose_h264(section, profile)?;
        let repair = repair_of(section, payload.number).map(|number| (number, repair_ssrc));
        let sent = Sent {
            payload: payload.number,
            ssrc: video_ssrc,
            repair,
        };
        Some((sent, profile))
    });
    let audio = wish.opus.then(|| receives(MediaKind::Audio)).flatten();
    let audio = audio.and_then(choose_opus).map(|payload| Sent {
        payload: payload.number,
        ssrc: audio_ssrc,
        repair: None,
    });
    if wish.h264.is_some() && video.is_none() && receives(MediaKind::Video).is_some() {
        return Err(Error::Unacceptable(
            "it takes no H.264 in packetization mode 1",
        ));
    }
    if video.is_none() && audio.is_none() {
        return Err(Error::Unacceptable(
            "it asks for nothing that this stream has",
        ));
    }
    let is_active = offer.setup == Setup::Passive;

    let mut text = String::with_capacity(2048);
    let mut bundle = String::new();
    for section in &offer.sections {
        if is_answered(section, video.is_some(), audio.is_some()) {
            let _ = write!(bundle, " {}", section.mid);
        }
    }
    let _ = write!(
        text,
        "v=0\r\no=- {} 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{}a=group:BUNDLE{bundle}\r\na=msid-semantic:WMS *\r\n",
        local.session >> 1,
        if local.is_lite { "a=ice-lite\r\n" } else { "" },
    );
    let mut has_transport = false;
    for section in &offer.sections {
        if !is_answered(section, video.is_some(), audio.is_some()) {
            let format = section.formats.first().map_or("0", String::as_str);
            let _ = write!(
                text,
                "m={} 0 {} {format}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n",
                section.media, section.protocol
            );
            if !section.mid.is_empty() {
                let _ = write!(text, "a=mid:{}\r\n", section.mid);
            }
            continue;
        }
        match (section.kind, video, audio) {
            (Some(MediaKind::Video), Some((sent, profile)), _) => {
                begin(&mut text, section, &sent, local, is_active);
                write_h264(&mut text, section, &sent, profile);
                write_source(&mut text, &sent, "video");
            }
            (Some(MediaKind::Audio), _, Some(sent)) => {
                begin(&mut text, section, &sent, local, is_active);
                let _ = write!(
                    text,
                    "a=rtpmap:{0} opus/48000/2\r\na=fmtp:{0} minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n",
                    sent.payload
                );
                write_source(&mut text, &sent, "audio");
            }
            _ => {}
        }
        // Candidates stand once: one transport carries all.
        if !has_transport {
            has_transport = true;
            write_candidates(&mut text, local.udp, local.tcp);
        }
    }
    Ok(Answer {
        text,
        video: video.map(|(sent, _)| sent),
        audio,
        is_active,
    })
}

fn is_answered(section: &Section, video: bool, audio: bool) -> bool {
    let wanted = match section.kind {
        Some(MediaKind::Video) => video,
        Some(MediaKind::Audio) => audio,
        None => false,
    };
    wanted
        && !section.rejected
        && matches!(section.direction, Direction::RecvOnly | Direction::SendRecv)
}

/// The lines that every section begins with.
fn begin(text: &mut String, section: &Section, sent: &Sent, local: &Local<'_>, is_active: bool) {
    let repair = sent
        .repair
        .map_or_else(String::new, |(number, _)| format!(" {number}"));
    let _ = write!(
        text,
        "m={} 9 {} {}{repair}\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\na=fingerprint:sha-256 {}\r\na=setup:{}\r\na=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
        section.media,
        section.protocol,
        sent.payload,
        section.mid,
        local.credentials.ufrag,
        local.credentials.pass,
        colons(&local.fingerprint),
        if is_active { "active" } else { "passive" },
    );
}

fn write_h264(text: &mut String, section: &Section, sent: &Sent, profile: [u8; 3]) {
    let number = sent.payload;
    let [idc, constraints, level] = profile;
    let _ = write!(
        text,
        "a=rtpmap:{number} H264/90000\r\na=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={idc:02x}{constraints:02x}{level:02x}\r\n"
    );
    let offered = section.payloads.iter().find(|p| p.number == number);
    if offered.is_some_and(|payload| payload.nack) {
        let _ = write!(text, "a=rtcp-fb:{number} nack\r\n");
    }
    if offered.is_some_and(|payload| payload.pli) {
        let _ = write!(text, "a=rtcp-fb:{number} nack pli\r\n");
    }
    if let Some((repair, _)) = sent.repair {
        let _ = write!(
            text,
            "a=rtpmap:{repair} rtx/90000\r\na=fmtp:{repair} apt={number}\r\n"
        );
    }
}

/// Sources and the one stream that picture and sound belong to, so that players keep them in step.
fn write_source(text: &mut String, sent: &Sent, track: &str) {
    let _ = write!(text, "a=msid:live {track}\r\n");
    if let Some((_, repair)) = sent.repair {
        let _ = write!(text, "a=ssrc-group:FID {} {repair}\r\n", sent.ssrc);
    }
    for ssrc in [Some(sent.ssrc), sent.repair.map(|(_, ssrc)| ssrc)]
        .into_iter()
        .flatten()
    {
        let _ = write!(text, "a=ssrc:{ssrc} cname:{CNAME}\r\n");
    }
}

/// The canonical name of every source of a session: one clock drives them all (RFC 7022 wants it random; it is within an encrypted
/// session with one sender, where there is nothing to tell apart).
pub const CNAME: &str = "live";

/// The server's addresses as lines of a section, and that they are all.
pub(crate) fn write_candidates(text: &mut String, udp: &[SocketAddr], tcp: &[SocketAddr]) {
    for (n, address) in udp.iter().enumerate() {
        let _ = write!(text, "a={}\r\n", candidate(*address, n, Carrier::Udp));
    }
    for (n, address) in tcp.iter().enumerate() {
        let _ = write!(text, "a={}\r\n", candidate(*address, n, Carrier::Tcp));
    }
    text.push_str("a=end-of-candidates\r\n");
}

/// By what media reach the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// Datagrams.
    Udp,
    /// A connection that the client opens (RFC 6544).
    Tcp,
}

/// A host candidate as in SDP (RFC 8839, 5.1; RFC 6544, 4.5), the `n`-th of its kind: earlier ones are preferred, UDP over TCP.
#[must_use]
pub fn candidate(address: SocketAddr, n: usize, carrier: Carrier) -> String {
    let (ip, port) = (address.ip(), address.port());
    let preference = 65_535 - u32::try_from(n.min(8_191)).unwrap_or(0);
    // RFC 8445, 5.1.2.1: type preference of a host; RFC 6544, 4.2: passive connections have direction preference 4.
    let priority = |kind: u32, local: u32| (kind << 24) | (local << 8) | 255;
    match carrier {
        Carrier::Udp => format!(
            "candidate:u{n} 1 udp {} {ip} {port} typ host",
            priority(126, preference)
        ),
        Carrier::Tcp => format!(
            "candidate:t{n} 1 tcp {} {ip} {port} typ host tcptype passive",
            priority(90, (4 << 13) | (preference & 0x1fff))
        ),
    }
}

/// What the picture is sent as: the payload type that the client offers for its very profile, with what its SPS says; failing that
/// the highest that it offers, as it offers it.
fn choose_h264(section: &Section, profile: [u8; 3]) -> Option<(&Payload, [u8; 3])> {
    let offered: Vec<(&Payload, [u8; 3])> = section
        .payloads
        .iter()
        .filter(|payload| {
            payload.name.eq_ignore_ascii_case("H264")
                && payload.parameter("packetization-mode") == Some("1")
        })
        .map(|payload| (payload, profile_of(payload)))
        .collect();
    let same = |theirs: &[u8; 3]| family(*theirs) == family(profile);
    if let Some((payload, _)) = offered.iter().find(|(_, theirs)| same(theirs)) {
        return Some((payload, profile));
    }
    offered
        .into_iter()
        .max_by_key(|(_, theirs)| rank(family(*theirs)))
}

/// The `profile-level-id`; constrained baseline at level 1 where none stands (RFC 6184, 8.1).
pub(crate) fn profile_of(payload: &Payload) -> [u8; 3] {
    let read = |text: &str| -> Option<[u8; 3]> {
        if text.len() != 6 || !text.is_ascii() {
            return None;
        }
        u32::from_str_radix(text, 16)
            .ok()
            .map(|number| [(number >> 16) as u8, (number >> 8) as u8, number as u8])
    };
    payload
        .parameter("profile-level-id")
        .and_then(read)
        .unwrap_or([0x42, 0xc0, 0x0a])
}

/// Profiles that one decoder plays (RFC 6184, table 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Other,
    ConstrainedBaseline,
    Baseline,
    Main,
    High,
}

fn family([idc, constraints, _]: [u8; 3]) -> Family {
    match idc {
        0x42 if constraints & 0x40 != 0 => Family::ConstrainedBaseline,
        0x4d if constraints & 0x80 != 0 => Family::ConstrainedBaseline,
        0x42 => Family::Baseline,
        0x4d => Family::Main,
        0x64 => Family::High,
        _ => Family::Other,
    }
}

const fn rank(family: Family) -> u8 {
    family as u8
}

fn choose_opus(section: &Section) -> Option<&Payload> {
    section
        .payloads
        .iter()
        .find(|payload| payload.name.eq_ignore_ascii_case("opus") && payload.clock_rate == 48_000)
}

/// The payload type of retransmissions of another one (RFC 4588, 8.1).
pub(crate) fn repair_of(section: &Section, number: u8) -> Option<u8> {
    section
        .payloads
        .iter()
        .find(|payload| {
            payload.name.eq_ignore_ascii_case("rtx")
                && payload.parameter("apt").and_then(|apt| apt.parse().ok()) == Some(number)
        })
        .map(|payload| payload.number)
}

/// `AB:CD:…`
pub(crate) fn colons(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (n, byte) in bytes.iter().enumerate() {
        let _ = write!(text, "{}{byte:02X}", if n == 0 { "" } else { ":" });
    }
    text
}
