//! A blocking HTTP/1.1 client: one connection a request, nothing followed, nothing hidden.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// No request of the stories takes longer: playlists are held for some target durations at most.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Header fields as they were sent, in order.
    pub headers: Vec<(String, String)>,
    /// Body without its framing.
    pub body: Vec<u8>,
    /// From before the connection until the last byte.
    pub took: Duration,
}

impl Answer {
    /// The first field of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON ({error}): status {}, {}", self.status, self.text()),
        }
    }
}

/// Asks one server, with the same fields each time.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    fields: Vec<(String, String)>,
}

impl Client {
    /// A client with no fields of its own.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            fields: Vec::new(),
        }
    }

    /// The same client with one more field on each request.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.fields.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client with the cookie of a login.
    ///
    /// # Panics
    /// Where the answer sets none.
    #[must_use]
    pub fn with_cookie_of(&self, login: &Answer) -> Self {
        let cookie = login
            .header("set-cookie")
            .and_then(|cookie| cookie.split(';').next());
        match cookie {
            Some(cookie) => self.with("Cookie", cookie),
            None => panic!(
                "the answer {} sets no cookie: {:?}",
                login.status, login.headers
            ),
        }
    }

    /// `GET`.
    ///
    /// # Panics
    /// Where no whole answer comes.
    #[must_use]
    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[], b"")
    }

    /// `POST` of a form that is already encoded.
    ///
    /// # Panics
    /// Where no whole answer comes.
    #[must_use]
    pub fn post_form(&self, target: &str, form: &str) -> Answer {
        self.ask(
            "POST",
            target,
            &[("Content-Type", "application/x-www-form-urlencoded")],
            form.as_bytes(),
        )
    }

    /// Any method with a body of JSON.
    ///
    /// # Panics
    /// Where no whole answer comes.
    #[must_use]
    pub fn send_json(&self, method: &str, target: &str, body: &serde_json::Value) -> Answer {
        self.ask(
            method,
            target,
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    /// Any method.
    ///
    /// # Panics
    /// Where no whole answer comes.
    #[must_use]
    pub fn ask(&self, method: &str, target: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        match self.try_ask(method, target, fields, body) {
            Ok(answer) => answer,
            Err(error) => panic!("{method} {target}: {error:#}"),
        }
    }

    /// Like [`Client::ask`], where a lost connection is an answer too.
    ///
    /// # Errors
    /// Where no whole answer comes.
    pub fn try_ask(
        &self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        let start = Instant::now();
        let mut stream = TcpStream::connect_timeout(&self.address, TIMEOUT).context("connect")?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        let own = self
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(fields.iter().copied()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).context("read")?;
        let mut answer = parse(&bytes)?;
        answer.took = start.elapsed();
        Ok(answer)
    }
}

fn parse(bytes: &[u8]) -> Result<Answer> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        bail!("no whole head in {} bytes", bytes.len());
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok())
        .context("no status line")?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
        took: Duration::ZERO,
    };
    if answer
        .header("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    {
        answer.body = joined(&answer.body)?;
    } else if let Some(length) = answer
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok())
        && status != 304
        && answer.body.len() != length
    {
        bail!("{} of {length} bytes of the body", answer.body.len());
    }
    Ok(answer)
}

fn joined(mut chunks: &[u8]) -> Result<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = chunks
            .windows(2)
            .position(|window| window == b"\r\n")
            .context("a chunk without its length")?;
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..line])?.trim(), 16)?;
        if length == 0 {
            return Ok(whole);
        }
        let from = line + 2;
        whole.extend_from_slice(
            chunks
                .get(from..from + length)
                .context("a chunk that is cut short")?,
        );
        chunks = chunks
            .get(from + length + 2..)
            .context("no chunk after a chunk")?;
    }
}
