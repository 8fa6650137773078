//! An offer, read strictly where it decides something and leniently elsewhere. Untrusted: every count has a bound.
//!
//! Candidates in it are passed over. The server sends nothing to an address from which no authenticated check came, so that an offer
//! cannot make it knock at somebody's door; a client that reaches one of the server's addresses is found by that (RFC 8445, 7.3.1.3).

use std::str::FromStr as _;

use is::IceCreds;

use super::MediaKind;

/// Longest offer in bytes; browsers send about 6 KB.
pub const BYTES_MAX: usize = 64 * 1024;
/// Lines of an offer that are read.
const LINES_MAX: usize = 4096;
/// Sections (`m=` lines) of an offer.
const SECTIONS_MAX: usize = 8;
/// Payload types of a section.
const PAYLOADS_MAX: usize = 128;
/// Header extensions of a section that are read; browsers name about 15.
const EXTENSIONS_MAX: usize = 32;
/// Longest name of a header extension.
const URI_BYTES_MAX: usize = 128;
/// Sources of a section that are read: three layers with their repairs, and some to spare.
const SOURCES_MAX: usize = 16;
/// Layers of one picture; clients have two or three.
const LAYERS_MAX: usize = 4;
/// Longest name of a layer that is taken; it travels in packets.
const LAYER_BYTES_MAX: usize = 8;
/// Longest credential of ICE (RFC 8839, 5.4 and 5.5: 256 characters).
const CREDENTIAL_BYTES_MAX: usize = 256;

/// Why an offer cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not a session description, or lacks what every offer of WebRTC has.
    #[error("the offer cannot be read: {0}")]
    Malformed(&'static str),
    /// It is one, and asks for something that is not to be had here.
    #[error("the offer cannot be accepted: {0}")]
    Unacceptable(&'static str),
}

/// Which side begins the DTLS handshake (RFC 5763, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The client does.
    Active,
    /// The server must.
    Passive,
    /// Either may.
    ActPass,
}

/// Which way media flow, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The client sends and receives.
    SendRecv,
    /// The client sends.
    SendOnly,
    /// The client receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// A payload type that the client can take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// Its number, 0 to 127.
    pub number: u8,
    /// The encoding's name as written, such as `H264`.
    pub name: String,
    /// Ticks per second.
    pub clock_rate: u32,
    /// The parameters of its `fmtp` line, unread.
    pub parameters: String,
    /// Whether it takes generic NACKs.
    pub nack: bool,
    /// Whether it asks for pictures by PLI.
    pub pli: bool,
    /// Whether it takes feedback on the arrival of packets over the whole transport (`transport-cc`).
    pub transport_cc: bool,
}

impl Payload {
    /// A parameter of the `fmtp` line by its name, in any case (RFC 6184, 8.1).
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One `m=` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Pictures or sound; `None` for anything else, such as a data channel.
    pub kind: Option<MediaKind>,
    /// The first words of its `m=` line, to answer it in the same form: kind, protocol, formats.
    pub media: String,
    /// The transport protocol as written.
    pub protocol: String,
    /// The formats as written.
    pub formats: Vec<String>,
    /// Its name in the bundle.
    pub mid: String,
    /// Which way media flow.
    pub direction: Direction,
    /// Whether the client has switched it off (port 0 outside a bundle-only section).
    pub rejected: bool,
    /// What the client can take, in its order of preference.
    pub payloads: Vec<Payload>,
    /// Header extensions (RFC 8285, 5): number and name, those that are plain tokens.
    pub extensions: Vec<(u8, String)>,
    /// Layers that the client would send (RFC 8853, 5.1), by their names (RFC 8851), as they stand in `a=simulcast`.
    pub layers: Vec<String>,
    /// Sources that the client announces (RFC 5576, 4.1), those of repairs too.
    pub sources: Vec<u32>,
    /// Sources, and those that repeat what is lost of them (RFC 5576, 4.2; `FID`).
    pub repairs: Vec<(u32, u32)>,
}

/// What a client offers.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its sections in order.
    pub sections: Vec<Section>,
    /// Its credentials for ICE.
    pub credentials: IceCreds,
    /// SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Which side begins.
    pub setup: Setup,
}

/// What is gathered of the session and of its first section: one transport carries all.
#[derive(Default)]
struct Transport {
    ufrag: Option<String>,
    password: Option<String>,
    fingerprint: Option<[u8; 32]>,
    setup: Option<Setup>,
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it is no offer of WebRTC, [`Error::Unacceptable`] where it asks for transports that are not
    /// bundled or not encrypted, or for two pictures or sounds.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > BYTES_MAX {
            return Err(Error::Malformed("it is too long"));
        }
        let mut lines = text.lines().map(str::trim_end);
        if lines.next() != Some("v=0") {
            return Err(Error::Malformed("it does not begin with v=0"));
        }
        let mut sections: Vec<Section> = Vec::new();
        let mut transport = Transport::default();
        for (count, line) in lines.enumerate() {
            if count > LINES_MAX {
                return Err(Error::Malformed("it has too many lines"));
            }
            if let Some(media) = line.strip_prefix("m=") {
                if sections.len() == SECTIONS_MAX {
                    return Err(Error::Unacceptable("it has too many sections"));
                }
                sections.push(section(media)?);
                continue;
            }
            let Some(attribute) = line.strip_prefix("a=") else {
                continue;
            };
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            match (name, sections.last_mut()) {
                ("ice-ufrag", _) => transport.ufrag = transport.ufrag.or(Some(credential(value)?)),
                ("ice-pwd", _) => {
                    transport.password = transport.password.or(Some(credential(value)?));
                }
                ("fingerprint", _) => {
                    transport.fingerprint = transport.fingerprint.or(fingerprint(value));
                }
                ("setup", _) => transport.setup = transport.setup.or(Some(setup(value)?)),
                (_, Some(section)) => attribute_of(section, name, value)?,
                _ => {}
            }
        }
        if sections.is_empty() {
            return Err(Error::Malformed("it has no media"));
        }
        let is_nameless = |section: &Section| !section.rejected && section.mid.is_empty();
        if sections.iter().any(is_nameless) {
            return Err(Error::Malformed("a section has no mid"));
        }
        for kind in [MediaKind::Video, MediaKind::Audio] {
            let of_kind = |section: &&Section| section.kind == Some(kind) && !section.rejected;
            if sections.iter().filter(of_kind).count() > 1 {
                return Err(Error::Unacceptable(
                    "it has more than one section of a kind",
                ));
            }
        }
        let (Some(ufrag), Some(pass)) = (transport.ufrag, transport.password) else {
            return Err(Error::Malformed("it has no credentials of ICE"));
        };
        Ok(Self {
            sections,
            credentials: IceCreds { ufrag, pass },
            fingerprint: transport
                .fingerprint
                .ok_or(Error::Malformed("it has no SHA-256 fingerprint"))?,
            setup: transport.setup.unwrap_or(Setup::ActPass),
        })
    }

    /// The section of this kind that the client wants to use.
    #[must_use]
    pub fn section(&self, kind: MediaKind) -> Option<&Section> {
        self.sections
            .iter()
            .find(|section| section.kind == Some(kind) && !section.rejected)
    }
}

fn section(media: &str) -> Result<Section, Error> {
    let mut words = media.split_ascii_whitespace();
    let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next())
    else {
        return Err(Error::Malformed("an m= line is cut short"));
    };
    let formats: Vec<String> = words.take(PAYLOADS_MAX).map(str::to_owned).collect();
    let media_kind = match kind {
        "video" => Some(MediaKind::Video),
        "audio" => Some(MediaKind::Audio),
        _ => None,
    };
    if media_kind.is_some() && !matches!(protocol, "UDP/TLS/RTP/SAVPF" | "TCP/TLS/RTP/SAVPF") {
        return Err(Error::Unacceptable("its media are not encrypted by DTLS"));
    }
    let payloads = formats
        .iter()
        .filter_map(|format| u8::from_str(format).ok().filter(|number| *number < 128))
        .map(|number| Payload {
            number,
            ..Payload::default()
        });
    Ok(Section {
        kind: media_kind,
        media: kind.to_owned(),
        protocol: protocol.to_owned(),
        mid: String::new(),
        direction: Direction::SendRecv,
        rejected: port == "0",
        payloads: payloads.collect(),
        formats,
        extensions: Vec::new(),
        layers: Vec::new(),
        sources: Vec::new(),
        repairs: Vec::new(),
    })
}

fn attribute_of(section: &mut Section, name: &str, value: &str) -> Result<(), Error> {
    match name {
        "mid" if is_token(value) => value.clone_into(&mut section.mid),
        "mid" => return Err(Error::Malformed("a mid is no token")),
        // A bundle-only section has port 0 and is wanted all the same (RFC 8843, 6).
        "bundle-only" => section.rejected = false,
        "sendrecv" => section.direction = Direction::SendRecv,
        "sendonly" => section.direction = Direction::SendOnly,
        "recvonly" => section.direction = Direction::RecvOnly,
        "inactive" => section.direction = Direction::Inactive,
        "rtpmap" => {
            if let Some((payload, map)) = of_payload(section, value) {
                let mut parts = map.split('/');
                payload.name = parts.next().unwrap_or_default().to_owned();
                payload.clock_rate = parts.next().and_then(|rate| rate.parse().ok()).unwrap_or(0);
            }
        }
        "fmtp" => {
            if let Some((payload, parameters)) = of_payload(section, value) {
                parameters.clone_into(&mut payload.parameters);
            }
        }
        "rtcp-fb" => {
            let all = value.starts_with('*');
            let feedback = value.split_once(' ').map_or("", |(_, rest)| rest.trim());
            let number = value.split(' ').next().and_then(|n| n.parse::<u8>().ok());
            for payload in &mut section.payloads {
                if all || Some(payload.number) == number {
                    payload.nack |= feedback == "nack";
                    payload.pli |= feedback == "nack pli";
                    payload.transport_cc |= feedback == "transport-cc";
                }
            }
        }
        "extmap" if section.extensions.len() < EXTENSIONS_MAX => {
            section.extensions.extend(extension(value));
        }
        "simulcast" => section.layers = layers(value)?,
        "ssrc" => {
            if let Some(source) = value.split(' ').next().and_then(|n| n.parse().ok()) {
                announce(section, source);
            }
        }
        "ssrc-group" => {
            let mut words = value.split_ascii_whitespace();
            let is_repair = words.next() == Some("FID");
            let mut next = || words.next().and_then(|n| n.parse().ok());
            if let (true, Some(source), Some(repair)) = (is_repair, next(), next())
                && section.repairs.len() < SOURCES_MAX
            {
                section.repairs.push((source, repair));
                // FFmpeg names its repairs here alone.
                announce(section, source);
                announce(section, repair);
            }
        }
        _ => {}
    }
    Ok(())
}

fn announce(section: &mut Section, source: u32) {
    if section.sources.len() < SOURCES_MAX && !section.sources.contains(&source) {
        section.sources.push(source);
    }
}

/// A header extension: `3 urn:…` or `3/recvonly urn:…`; `None` for what a packet cannot hold or no name is.
fn extension(value: &str) -> Option<(u8, String)> {
    let mut words = value.split_ascii_whitespace();
    let number = words.next()?.split('/').next()?.parse().ok()?;
    let name = words.next().filter(|name| name.len() <= URI_BYTES_MAX)?;
    let is_plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b));
    (number > 0 && is_plain).then(|| (number, name.to_owned()))
}

/// The layers of `send a;b,~c`: of alternatives the first, without the mark for one that is paused.
fn layers(value: &str) -> Result<Vec<String>, Error> {
    let mut words = value.split_ascii_whitespace();
    while let Some(direction) = words.next() {
        let list = words.next().unwrap_or_default();
        if direction != "send" {
            continue;
        }
        let mut layers: Vec<String> = Vec::new();
        for layer in list.split(';').take(LAYERS_MAX + 1) {
            let first = layer.split(',').next().unwrap_or_default();
            let name = first.trim_start_matches('~');
            // RFC 8852, 3.3: letters and digits; as header extensions carry it.
            let is_name = (1..=LAYER_BYTES_MAX).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric());
            if !is_name || layers.iter().any(|known| known == name) {
                return Err(Error::Malformed("a layer of its simulcast is odd"));
            }
            layers.push(name.to_owned());
        }
        if layers.len() > LAYERS_MAX {
            return Err(Error::Unacceptable("it has too many layers of simulcast"));
        }
        return Ok(layers);
    }
    Ok(Vec::new())
}

/// The payload that an attribute's value begins with, and the rest of it.
fn of_payload<'a, 'v>(
    section: &'a mut Section,
    value: &'v str,
) -> Option<(&'a mut Payload, &'v str)> {
    let (number, rest) = value.split_once(' ')?;
    let number: u8 = number.parse().ok()?;
    let payload = section.payloads.iter_mut().find(|p| p.number == number)?;
    Some((payload, rest.trim()))
}

/// A token of SDP (RFC 8866, 9), bounded.
fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&b))
}

/// ICE characters (RFC 8839, 5.4): letters, digits, `+` and `/`; browsers keep to it, some clients also send `-` and `_`.
pub(super) fn credential(value: &str) -> Result<String, Error> {
    let is_good = (4..=CREDENTIAL_BYTES_MAX).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b));
    is_good
        .then(|| value.to_owned())
        .ok_or(Error::Malformed("its credentials of ICE are odd"))
}

/// The bytes of a SHA-256 fingerprint (RFC 8122, 5); `None` for other hashes.
fn fingerprint(value: &str) -> Option<[u8; 32]> {
    let (hash, hex) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut pairs = hex.trim().split(':');
    for byte in &mut bytes {
        let pair = pairs.next().filter(|pair| pair.len() == 2)?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    pairs.next().is_none().then_some(bytes)
}

fn setup(value: &str) -> Result<Setup, Error> {
    match value {
        "active" => Ok(Setup::Active),
        "passive" => Ok(Setup::Passive),
        "actpass" => Ok(Setup::ActPass),
        _ => Err(Error::Malformed("its setup is none that exists")),
    }
}
