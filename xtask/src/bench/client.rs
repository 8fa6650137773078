//! As much of HTTP/1.1 as a measurement needs: requests over one connection that stays open, answers with a length.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

/// Longest head of an answer. Closes: a server that never ends it.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Longest chunk of a body. Closes: one that never ends.
const BODY_BYTES_MAX: usize = 16 << 20;
/// Without a byte for so long, a measurement is over.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head as it came.
    pub head: String,
    /// Bytes of its body.
    pub length: u64,
    /// The body, where it was wanted.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first field of this name, in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Whether the body is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Kept,
    Counted,
}

impl Client {
    /// Connects to a host and port.
    pub fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| address.to_owned())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; 256 * 1024],
        })
    }

    /// Asks for a target with further fields, each with its line end.
    pub fn get(&mut self, target: &str, fields: &str, body: Body) -> Result<Answer> {
        self.send("GET", target, fields, &[])?;
        self.answer(body)
    }

    /// Sends a request with what there is of a body; the fields tell its length.
    pub fn send(&mut self, method: &str, target: &str, fields: &str, body: &[u8]) -> Result<()> {
        let head = format!("{method} {target} HTTP/1.1\r\nhost: bench\r\n{fields}\r\n");
        self.stream.write_all(head.as_bytes())?;
        Ok(self.stream.write_all(body)?)
    }

    /// Sends more of a body.
    pub fn send_more(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Reads an answer.
    pub fn answer(&mut self, wanted: Body) -> Result<Answer> {
        let mut filled = 0;
        let end = loop {
            let seen = self.buffer.get(..filled).unwrap_or_default();
            if let Some(at) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if filled > HEAD_BYTES_MAX {
                bail!("a head without an end");
            }
            let room = self.buffer.get_mut(filled..).unwrap_or_default();
            match self.stream.read(room)? {
                0 => bail!("the connection ended in a head"),
                read => filled += read,
            }
        };
        let (head, first) = self.buffer[..filled].split_at(end);
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        let mut answer = Answer {
            status,
            head,
            length: 0,
            body: Vec::new(),
        };
        if answer.field("transfer-encoding").is_some() {
            answer.body = self.chunks(end, filled)?;
            answer.length = answer.body.len() as u64;
            return Ok(answer);
        }
        answer.length = match answer.field("content-length") {
            Some(text) => text.parse()?,
            None if status == 204 => 0,
            None => bail!("an answer without a length: {}", answer.head),
        };
        let mut left = answer.length.saturating_sub(first.len() as u64);
        if wanted == Body::Kept {
            answer.body.extend_from_slice(first);
        }
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let most = most.min(self.buffer.len());
            let room = self.buffer.get_mut(..most).unwrap_or_default();
            let read = self.stream.read(room)?;
            if read == 0 {
                bail!("the connection ended in a body");
            }
            if wanted == Body::Kept {
                answer.body.extend_from_slice(&self.buffer[..read]);
            }
            left -= read as u64;
        }
        Ok(answer)
    }

    /// Reads a body in chunks, of which the bytes from `from` to `to` of the buffer have come; it is kept.
    fn chunks(&mut self, from: usize, to: usize) -> Result<Vec<u8>> {
        let mut come = self.buffer.get(from..to).unwrap_or_default().to_vec();
        let mut body = Vec::new();
        loop {
            let line = come.windows(2).position(|two| two == b"\r\n");
            let size = match line {
                Some(at) => {
                    let text = String::from_utf8_lossy(&come[..at]).into_owned();
                    let size = usize::from_str_radix(text.trim(), 16)?;
                    (come.len() >= at + 2 + size + 2).then_some((at + 2, size))
                }
                None => None,
            };
            match size {
                Some((_, 0)) => return Ok(body),
                Some((start, size)) => {
                    body.extend_from_slice(&come[start..start + size]);
                    come.drain(..start + size + 2);
                }
                None if come.len() > BODY_BYTES_MAX => bail!("a body without an end"),
                None => {
                    let read = self.stream.read(&mut self.buffer)?;
                    if read == 0 {
                        bail!("the connection ended in a body");
                    }
                    come.extend_from_slice(&self.buffer[..read]);
                }
            }
        }
    }
}
