//! The RTMP handshake: three packets each way, simple (RTMP 1.0, section 5.2) or with digests (Flash Player 9 and later).
//!
//! A server answers in the manner of the C1 it got: FFmpeg and Flash put an HMAC-SHA-256 digest into C1 in one of two
//! places and some check ours; OBS and most hardware send plain bytes and get them echoed.
//! C2 and S2 are taken whatever they hold: real peers fill them wrongly, and nothing depends on them.
//! RTMPE (versions 6 and 8) is not spoken.

use std::mem;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::{Closed, Spoken};

/// Bytes of C1, S1, C2 and S2.
const PACKET_BYTES: usize = 1536;
const DIGEST_BYTES: usize = 32;
const VERSION: u8 = 3;

/// The last 32 bytes of both long keys.
const KEY_TAIL: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57,
    0x6e, 0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];
const CLIENT_KEY: &[u8] = b"Genuine Adobe Flash Player 001";
const SERVER_KEY: &[u8] = b"Genuine Adobe Flash Media Server 001";

/// What a server calls itself in S1 when it answers a digest; old clients check that it is not zero.
const SERVER_VERSION: [u8; 4] = [5, 0, 17, 1];

/// How far an input brought the handshake.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More bytes are needed.
    More,
    /// Send these bytes; more are needed.
    Answer(Vec<u8>),
    /// Send these bytes (none at the server); what is left of the input is chunks.
    Done(Vec<u8>),
}

/// The server's half.
pub(crate) struct Server {
    state: ServerState,
    packet: Vec<u8>,
    seed: [u8; 32],
}

enum ServerState {
    C0,
    C1,
    C2 { left: usize },
}

impl Server {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self {
            state: ServerState::C0,
            packet: Vec::new(),
            seed,
        }
    }

    /// Takes what it can use from the front of `input`.
    pub(crate) fn receive(&mut self, input: &mut &[u8]) -> Result<Progress, Closed> {
        if matches!(self.state, ServerState::C0) {
            let Some(version) = input.split_off_first() else {
                return Ok(Progress::More);
            };
            if let Some(spoken) = not_rtmp(*version) {
                return Err(Closed::NotRtmp(spoken));
            }
            self.state = ServerState::C1;
        }
        if matches!(self.state, ServerState::C1) {
            fill(&mut self.packet, input);
            if self.packet.len() < PACKET_BYTES {
                return Ok(Progress::More);
            }
            self.state = ServerState::C2 { left: PACKET_BYTES };
            return Ok(Progress::Answer(answer(
                &mem::take(&mut self.packet),
                self.seed,
            )));
        }
        if let ServerState::C2 { left } = &mut self.state {
            let taken = (*left).min(input.len());
            *input = input.get(taken..).unwrap_or_default();
            *left -= taken;
            if *left == 0 {
                return Ok(Progress::Done(Vec::new()));
            }
        }
        Ok(Progress::More)
    }
}

/// The client's half; always the simple kind, which every server takes.
pub(crate) struct Client {
    version_seen: bool,
    packets: Vec<u8>,
}

impl Client {
    /// The half and the bytes to send first (C0 and C1).
    pub(crate) fn new(seed: [u8; 32]) -> (Self, Vec<u8>) {
        let mut hello = Vec::with_capacity(1 + PACKET_BYTES);
        hello.push(VERSION);
        hello.extend([0; 8]);
        noise(&mut hello, 1 + PACKET_BYTES, seed);
        (
            Self {
                version_seen: false,
                packets: Vec::new(),
            },
            hello,
        )
    }

    /// Takes what it can use from the front of `input`.
    pub(crate) fn receive(&mut self, input: &mut &[u8]) -> Result<Progress, Closed> {
        if !self.version_seen {
            let Some(version) = input.split_off_first() else {
                return Ok(Progress::More);
            };
            if let Some(spoken) = not_rtmp(*version) {
                return Err(Closed::NotRtmp(spoken));
            }
            self.version_seen = true;
        }
        let wanted = (2 * PACKET_BYTES)
            .saturating_sub(self.packets.len())
            .min(input.len());
        let (taken, rest) = input.split_at_checked(wanted).unwrap_or((input, &[]));
        self.packets.extend_from_slice(taken);
        *input = rest;
        if self.packets.len() < 2 * PACKET_BYTES {
            return Ok(Progress::More);
        }
        let mut echo = mem::take(&mut self.packets);
        echo.truncate(PACKET_BYTES);
        Ok(Progress::Done(echo))
    }
}

/// What a first byte other than RTMP's tells; HTTP's methods begin with these letters.
fn not_rtmp(version: u8) -> Option<Spoken> {
    match version {
        VERSION => None,
        0x16 => Some(Spoken::Tls),
        6 | 8 => Some(Spoken::Rtmpe),
        b'G' | b'P' | b'H' | b'O' | b'D' | b'C' | b'T' => Some(Spoken::Http),
        other => Some(Spoken::Unknown(other)),
    }
}

fn fill(packet: &mut Vec<u8>, input: &mut &[u8]) {
    let wanted = PACKET_BYTES.saturating_sub(packet.len()).min(input.len());
    let (taken, rest) = input.split_at_checked(wanted).unwrap_or((input, &[]));
    packet.extend_from_slice(taken);
    *input = rest;
}

/// S0, S1 and S2 for a C1.
fn answer(c1: &[u8], seed: [u8; 32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + 2 * PACKET_BYTES);
    out.push(VERSION);
    let Some((place, client_digest)) = find_digest(c1, CLIENT_KEY) else {
        out.extend([0; 8]);
        noise(&mut out, 1 + PACKET_BYTES, seed);
        out.extend_from_slice(c1);
        return out;
    };
    let mut s1 = Vec::with_capacity(PACKET_BYTES);
    s1.extend([0; 4]);
    s1.extend(SERVER_VERSION);
    noise(&mut s1, PACKET_BYTES, seed);
    sign(&mut s1, place, SERVER_KEY);

    let mut long_key = SERVER_KEY.to_vec();
    long_key.extend(KEY_TAIL);
    let key = hmac(&long_key, &[&client_digest]);
    let mut s2 = Vec::with_capacity(PACKET_BYTES);
    noise(&mut s2, PACKET_BYTES - DIGEST_BYTES, hmac(&seed, &[b"S2"]));
    let signature = hmac(&key, &[&s2]);
    s2.extend(signature);

    out.extend(s1);
    out.extend(s2);
    out
}

/// The two places of a digest: in the first or the second half of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    FirstHalf,
    SecondHalf,
}

impl Place {
    /// Where the four bytes stand whose sum gives the place within the half.
    fn base(self) -> usize {
        match self {
            Self::FirstHalf => 8,
            Self::SecondHalf => 772,
        }
    }

    /// The packet cut at its digest: before, digest, after.
    fn cut(self, packet: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
        let (_, half) = packet.split_at_checked(self.base())?;
        let sum: usize = half.get(..4)?.iter().map(|byte| usize::from(*byte)).sum();
        let (before, rest) = packet.split_at_checked(self.base() + 4 + sum % 728)?;
        let (digest, after) = rest.split_at_checked(DIGEST_BYTES)?;
        Some((before, digest, after))
    }
}

/// The digest of a packet and its place, if it has a true one. Packets with version 0 have none.
fn find_digest(packet: &[u8], key: &[u8]) -> Option<(Place, [u8; DIGEST_BYTES])> {
    if packet.get(4..8)? == [0; 4] {
        return None;
    }
    [Place::SecondHalf, Place::FirstHalf]
        .into_iter()
        .find_map(|place| {
            let (before, digest, after) = place.cut(packet)?;
            let true_digest = hmac(key, &[before, after]);
            (digest == true_digest).then_some((place, true_digest))
        })
}

/// Writes the digest of a packet into its place.
fn sign(packet: &mut [u8], place: Place, key: &[u8]) {
    let Some((before, _, after)) = place.cut(packet) else {
        return;
    };
    let (at, digest) = (before.len(), hmac(key, &[before, after]));
    if let Some(target) = packet.get_mut(at..at + DIGEST_BYTES) {
        target.copy_from_slice(&digest);
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Fills `out` up to `len` bytes from the seed: SHA-256 of seed and counter. Not for keys; only a peer's echo needs it.
fn noise(out: &mut Vec<u8>, len: usize, seed: [u8; 32]) {
    for counter in 0u32.. {
        let missing = len.saturating_sub(out.len());
        if missing == 0 {
            return;
        }
        let block = Sha256::new()
            .chain_update(seed)
            .chain_update(counter.to_be_bytes())
            .finalize();
        out.extend(block.into_iter().take(missing));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(server: &mut Server, bytes: &[u8], piece: usize) -> (Vec<u8>, bool) {
        let (mut sent, mut done) = (Vec::new(), false);
        for mut input in bytes.chunks(piece) {
            loop {
                match server.receive(&mut input).unwrap() {
                    Progress::More => break,
                    Progress::Answer(answer) => sent.extend(answer),
                    Progress::Done(answer) => {
                        sent.extend(answer);
                        done = true;
                        break;
                    }
                }
            }
        }
        (sent, done)
    }

    #[test]
    fn simple_handshake_echoes_c1_whatever_the_pieces() {
        let (_, mut hello) = Client::new([7; 32]);
        hello.extend([0; PACKET_BYTES]);
        for piece in [1, 7, 1537, 10_000] {
            let (sent, done) = run(&mut Server::new([1; 32]), &hello, piece);
            assert!(done);
            assert_eq!(sent.len(), 1 + 2 * PACKET_BYTES);
            assert_eq!(sent[0], 3);
            assert_eq!(sent[1 + PACKET_BYTES..], hello[1..1 + PACKET_BYTES]);
        }
    }

    #[test]
    fn digest_handshake_is_answered_in_its_place_with_verifiable_digests() {
        for place in [Place::FirstHalf, Place::SecondHalf] {
            let mut c1 = vec![0, 0, 0, 0, 9, 0, 124, 2];
            noise(&mut c1, PACKET_BYTES, [3; 32]);
            sign(&mut c1, place, CLIENT_KEY);
            let (_, client_digest) = find_digest(&c1, CLIENT_KEY).unwrap();
            let out = answer(&c1, [1; 32]);
            let (s1, s2) = (&out[1..1 + PACKET_BYTES], &out[1 + PACKET_BYTES..]);
            assert_eq!(
                find_digest(s1, SERVER_KEY).map(|found| found.0),
                Some(place)
            );
            let key = hmac(&[SERVER_KEY, &KEY_TAIL].concat(), &[&client_digest]);
            assert_eq!(
                s2[PACKET_BYTES - 32..],
                hmac(&key, &[&s2[..PACKET_BYTES - 32]])
            );
        }
    }

    #[test]
    fn wrong_digest_gets_the_simple_answer() {
        let mut c1 = vec![0, 0, 0, 0, 9, 0, 124, 2];
        noise(&mut c1, PACKET_BYTES, [3; 32]);
        assert_eq!(answer(&c1, [1; 32])[1 + PACKET_BYTES..], c1);
    }

    #[test]
    fn other_protocols_are_named_at_their_first_byte() {
        let table: [(&[u8], Spoken); 6] = [
            (b"GET / HTTP/1.1\r\n", Spoken::Http),
            (b"POST /", Spoken::Http),
            (&[0x16, 3, 1], Spoken::Tls),
            (&[6], Spoken::Rtmpe),
            (&[0], Spoken::Unknown(0)),
            (b"\xff\xff", Spoken::Unknown(0xff)),
        ];
        for (mut input, spoken) in table {
            assert_eq!(
                Server::new([0; 32]).receive(&mut input),
                Err(Closed::NotRtmp(spoken))
            );
        }
    }

    #[test]
    fn client_and_server_finish_with_each_other() {
        let (mut client, hello) = Client::new([7; 32]);
        let mut server = Server::new([1; 32]);
        let (sent, _) = run(&mut server, &hello, 100);
        let mut input = sent.as_slice();
        let Progress::Done(c2) = client.receive(&mut input).unwrap() else {
            panic!("client not done")
        };
        assert_eq!(c2, sent[1..1 + PACKET_BYTES]);
        let (_, done) = run(&mut server, &c2, 100);
        assert!(done);
    }
}
