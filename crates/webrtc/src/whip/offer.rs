//! What of an offer is taken, and the same in words of our own.
//!
//! One picture and one sound that the client sends, over one bundled transport; anything else is refused, never answered in part
//! (RFC 9725, 4.2). Which codecs are taken is decided by [`codec`] alone: there the next ones come in.
//!
//! `str0m` sees nothing that a client wrote but what was understood here, each number once: its reader trusts more than an open door may.

use std::fmt::Write as _;

use is::IceCreds;
use str0m::{
    format::{Codec, CodecConfig, FormatParams},
    media::{Frequency, Mid},
};

use super::sources::Expected;
use crate::sdp::{self, Direction, Error, MediaKind, Offer, Payload, Section, Setup};

/// Header extensions that are used: which section and which layer a packet is of, and feedback on the whole transport.
const EXTENSIONS: [&str; 4] = [
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
];
/// Header extensions with one byte of head have these numbers (RFC 8285, 4.2).
const EXTENSION_NUMBERS: std::ops::RangeInclusive<u8> = 1..=14;
/// Longest name of a section; it travels in packets.
const MID_BYTES_MAX: usize = 16;
/// Formats of one codec that are taken; browsers offer eight of H.264.
const FORMATS_MAX: usize = 16;

/// Why an offer to publish is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Its form.
    #[error(transparent)]
    Sdp(#[from] Error),
    /// What it would send.
    #[error("{what} {fix}")]
    Codec {
        /// What is wrong, as a sentence.
        what: String,
        /// What to do, as a sentence.
        fix: String,
    },
}

/// Codecs that a publisher may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    H264,
    Opus,
}

/// The seam: whether a format is one that we take, and as what.
fn codec(kind: MediaKind, payload: &Payload) -> Option<Known> {
    let is = |name: &str| payload.name.eq_ignore_ascii_case(name);
    match kind {
        MediaKind::Video if is("H264") && payload.clock_rate == 90_000 => Some(Known::H264),
        MediaKind::Audio if is("opus") && payload.clock_rate == 48_000 => Some(Known::Opus),
        _ => None,
    }
}

/// A format that is taken.
struct Format {
    payload: Payload,
    codec: Known,
    /// Payload type of repairs (RFC 4588).
    repair: Option<u8>,
}

/// A section that is taken.
struct Part {
    kind: MediaKind,
    /// Where it stands in the offer.
    at: usize,
    mid: Mid,
    formats: Vec<Format>,
    extensions: Vec<(u8, &'static str)>,
}

/// What of an offer is taken.
pub(super) struct Taken {
    parts: Vec<Part>,
}

impl Taken {
    pub(super) fn of(offer: &Offer) -> Result<Self, NotTaken> {
        let mut numbers = Numbers::default();
        let mut parts: Vec<Part> = Vec::new();
        for (at, section) in offer.sections.iter().enumerate() {
            let part = part(at, section, &mut numbers)?;
            if parts.iter().any(|known| known.mid == part.mid) {
                return Err(Error::Malformed("two sections have one mid").into());
            }
            if parts.iter().any(|known| known.kind == part.kind) {
                return Err(Error::Unacceptable("it has more than one section of a kind").into());
            }
            parts.push(part);
        }
        Ok(Self { parts })
    }

    fn part(&self, kind: MediaKind) -> Option<&Part> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    pub(super) fn has_picture(&self) -> bool {
        self.part(MediaKind::Video).is_some()
    }

    pub(super) fn has_sound(&self) -> bool {
        self.part(MediaKind::Audio).is_some()
    }

    /// The picture's section, where its client sends key frames when it is asked to (RFC 4585, 6.3.1).
    pub(super) fn picture_on_demand(&self) -> Option<Mid> {
        let part = self.part(MediaKind::Video)?;
        let answers = |format: &Format| format.payload.pli;
        part.formats.iter().any(answers).then_some(part.mid)
    }

    /// What a section carries.
    pub(super) fn kind(&self, mid: Mid) -> Option<MediaKind> {
        let part = self.parts.iter().find(|part| part.mid == mid);
        part.map(|part| part.kind)
    }

    /// What is known of the sources of packets with this payload type; `None` where nothing has it.
    pub(super) fn expected<'a>(&self, offer: &'a Offer, payload: u8) -> Option<Expected<'a>> {
        self.parts.iter().find_map(|part| {
            let mut formats = part.formats.iter();
            let is_media = formats.any(|format| format.payload.number == payload);
            let mut formats = part.formats.iter();
            let is_repair = formats.any(|format| format.repair == Some(payload));
            let section = offer.sections.get(part.at)?;
            (is_media || is_repair).then_some(Expected {
                kind: part.kind,
                is_media,
                streams: section.layers.len().max(1),
                announced: if section.layers.is_empty() {
                    &section.sources
                } else {
                    &[]
                },
            })
        })
    }

    /// Sections whose client answers NACKs and has no stream of repairs for it.
    pub(super) fn repaired_in_place(&self) -> impl Iterator<Item = Mid> {
        let in_place = |part: &&Part| {
            part.formats.iter().any(|f| f.payload.nack)
                && part.formats.iter().all(|f| f.repair.is_none())
        };
        self.parts.iter().filter(in_place).map(|part| part.mid)
    }

    /// Makes `str0m` know the formats, in the client's order.
    pub(super) fn configure(&self, config: &mut CodecConfig) {
        config.clear();
        for format in self.parts.iter().flat_map(|part| &part.formats) {
            let number = format.payload.number.into();
            let repair = format.repair.map(Into::into);
            match format.codec {
                Known::H264 => {
                    let [profile, constraints, level] = sdp::profile_of(&format.payload);
                    let profile = u32::from_be_bytes([0, profile, constraints, level]);
                    config.add_h264(number, repair, is_fragmented(&format.payload), profile);
                }
                Known::Opus => config.add_config(
                    number,
                    None,
                    Codec::Opus,
                    Frequency::FORTY_EIGHT_KHZ,
                    Some(2),
                    FormatParams {
                        min_p_time: Some(10),
                        use_inband_fec: Some(true),
                        ..FormatParams::default()
                    },
                ),
            }
        }
    }

    /// Whether feedback as a line names it (`96 nack`) was offered.
    pub(super) fn has_feedback(&self, feedback: &str) -> bool {
        let Some((number, kind)) = feedback.split_once(' ') else {
            return false;
        };
        let mut formats = self.parts.iter().flat_map(|part| &part.formats);
        let format = formats.find(|format| format.payload.number.to_string() == number);
        format.is_some_and(|format| format.feedback().any(|offered| offered == kind))
    }

    /// The offer in our own words, with these credentials of its client.
    pub(super) fn describe(&self, offer: &Offer, credentials: &IceCreds) -> String {
        let mut text = String::with_capacity(2048);
        text.push_str("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
        for part in &self.parts {
            let _ = write!(text, " {}", part.mid);
        }
        text.push_str("\r\n");
        for part in &self.parts {
            if let Some(section) = offer.sections.get(part.at) {
                part.describe(section, offer, credentials, &mut text);
            }
        }
        text
    }
}

impl Part {
    fn describe(
        &self,
        section: &Section,
        offer: &Offer,
        credentials: &IceCreds,
        text: &mut String,
    ) {
        let _ = write!(text, "m={} 9 UDP/TLS/RTP/SAVPF", self.kind.word());
        for format in &self.formats {
            let _ = write!(text, " {}", format.payload.number);
            if let Some(repair) = format.repair {
                let _ = write!(text, " {repair}");
            }
        }
        let setup = match offer.setup {
            Setup::Active => "active",
            Setup::Passive => "passive",
            Setup::ActPass => "actpass",
        };
        let _ = write!(
            text,
            "\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{setup}\r\na=sendonly\r\na=rtcp-mux\r\n",
            self.mid,
            credentials.ufrag,
            credentials.pass,
            sdp::colons(&offer.fingerprint),
        );
        for (number, name) in &self.extensions {
            let _ = write!(text, "a=extmap:{number} {name}\r\n");
        }
        for format in &self.formats {
            format.describe(text);
        }
        for layer in &section.layers {
            let _ = write!(text, "a=rid:{layer} send\r\n");
        }
        if !section.layers.is_empty() {
            let _ = write!(text, "a=simulcast:send {}\r\n", section.layers.join(";"));
        }
        for (source, repair) in &section.repairs {
            let _ = write!(text, "a=ssrc-group:FID {source} {repair}\r\n");
        }
        for source in &section.sources {
            let _ = write!(text, "a=ssrc:{source} cname:{}\r\n", sdp::answer::CNAME);
        }
    }
}

impl Format {
    /// The feedback that the client takes, of what we send.
    fn feedback(&self) -> impl Iterator<Item = &'static str> {
        let payload = &self.payload;
        [
            ("transport-cc", payload.transport_cc),
            ("nack", payload.nack),
            ("nack pli", payload.pli),
        ]
        .into_iter()
        .filter_map(|(feedback, is_offered)| is_offered.then_some(feedback))
    }

    fn describe(&self, text: &mut String) {
        let number = self.payload.number;
        match self.codec {
            Known::H264 => {
                let [profile, constraints, level] = sdp::profile_of(&self.payload);
                let mode = u8::from(is_fragmented(&self.payload));
                let _ = write!(
                    text,
                    "a=rtpmap:{number} H264/90000\r\na=fmtp:{number} level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={profile:02x}{constraints:02x}{level:02x}\r\n"
                );
            }
            Known::Opus => {
                let _ = write!(
                    text,
                    "a=rtpmap:{number} opus/48000/2\r\na=fmtp:{number} minptime=10;useinbandfec=1\r\n"
                );
            }
        }
        for feedback in self.feedback() {
            let _ = write!(text, "a=rtcp-fb:{number} {feedback}\r\n");
        }
        if let Some(repair) = self.repair {
            let _ = write!(
                text,
                "a=rtpmap:{repair} rtx/90000\r\na=fmtp:{repair} apt={number}\r\n"
            );
        }
    }
}

/// Numbers that stand for one thing alone in a bundle (RFC 8843, 9.1 and 10.1).
#[derive(Default)]
struct Numbers {
    payloads: Vec<u8>,
    extensions: Vec<(u8, String)>,
}

impl Numbers {
    fn take(&mut self, payload: u8) -> bool {
        let is_new = !self.payloads.contains(&payload);
        self.payloads.push(payload);
        is_new
    }
}

fn part(at: usize, section: &Section, numbers: &mut Numbers) -> Result<Part, NotTaken> {
    let kind = section
        .kind
        .ok_or(Error::Unacceptable("it holds more than pictures and sound"))?;
    if section.rejected || matches!(section.direction, Direction::RecvOnly | Direction::Inactive) {
        return Err(Error::Unacceptable("a section of it sends nothing").into());
    }
    if section.mid.len() > MID_BYTES_MAX {
        return Err(Error::Malformed("a mid is too long").into());
    }
    let formats = formats(kind, section, numbers)?;
    if formats.is_empty() {
        return Err(not_ours(kind, section));
    }
    let mut extensions = Vec::new();
    for (number, name) in &section.extensions {
        let known = EXTENSIONS.iter().find(|known| *known == name);
        let Some(known) = known.filter(|_| EXTENSION_NUMBERS.contains(number)) else {
            continue;
        };
        let clashes = |(other, named): &(u8, String)| (other == number) != (named == name);
        if numbers.extensions.iter().any(clashes) {
            return Err(Error::Malformed("a header extension has two numbers").into());
        }
        numbers.extensions.push((*number, name.clone()));
        if !extensions.iter().any(|(other, _)| other == number) {
            extensions.push((*number, *known));
        }
    }
    Ok(Part {
        kind,
        at,
        mid: section.mid.as_str().into(),
        formats,
        extensions,
    })
}

/// The formats that we take, in the client's order. H.264 in fragments is preferred; failing that it comes unit by unit.
fn formats(
    kind: MediaKind,
    section: &Section,
    numbers: &mut Numbers,
) -> Result<Vec<Format>, Error> {
    let ours = |payload: &&Payload| {
        // Others are taken for RTCP (RFC 5761, 4).
        !(64..96).contains(&payload.number) && codec(kind, payload).is_some()
    };
    let has_fragmented = section.payloads.iter().filter(ours).any(is_fragmented);
    let wanted =
        section.payloads.iter().filter(ours).filter(|payload| {
            kind == MediaKind::Audio || !has_fragmented || is_fragmented(payload)
        });
    let mut formats = Vec::new();
    for payload in wanted.take(FORMATS_MAX) {
        let repair = sdp::repair_of(section, payload.number)
            .filter(|repair| kind == MediaKind::Video && !(64..96).contains(repair));
        let Some(codec) = codec(kind, payload) else {
            continue;
        };
        let is_new = numbers.take(payload.number) && repair.is_none_or(|n| numbers.take(n));
        if !is_new {
            return Err(Error::Malformed("a payload type stands for two things"));
        }
        formats.push(Format {
            payload: payload.clone(),
            codec,
            repair,
        });
    }
    Ok(formats)
}

fn is_fragmented(payload: &Payload) -> bool {
    payload.parameter("packetization-mode") == Some("1")
}

/// Says by name what was offered instead of what we take.
fn not_ours(kind: MediaKind, section: &Section) -> NotTaken {
    let helpers = [
        "rtx",
        "red",
        "ulpfec",
        "flexfec-03",
        "telephone-event",
        "CN",
    ];
    let mut names: Vec<String> = Vec::new();
    for payload in &section.payloads {
        let name: String = payload
            .name
            .chars()
            .filter(|c| c.is_ascii_graphic())
            .take(16)
            .collect();
        let is_helper = helpers
            .iter()
            .any(|helper| helper.eq_ignore_ascii_case(&name));
        let is_known = names.iter().any(|known| known.eq_ignore_ascii_case(&name));
        if !name.is_empty() && !is_helper && !is_known && names.len() < 8 {
            names.push(name);
        }
    }
    let offered = if names.is_empty() {
        "nothing that is named".to_owned()
    } else {
        names.join(", ")
    };
    let (what, wanted) = match kind {
        MediaKind::Video => ("The picture", "H.264"),
        MediaKind::Audio => ("The sound", "Opus"),
    };
    NotTaken::Codec {
        what: format!("{what} is offered as {offered}; over WHIP this server takes {wanted}."),
        fix: format!("Set the encoder to {wanted}."),
    }
}
