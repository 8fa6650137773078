//! A small HTTP client for the program's own commands: one request, one answer, plain HTTP.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// An answer is given up after this long; held playlists come within three target durations.
const TIMEOUT: Duration = Duration::from_secs(60);
const BODY_BYTES_MAX: usize = 32 << 20;

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub took: Duration,
}

/// Gets one address.
pub async fn get(url: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    timeout(TIMEOUT, get_now(url, headers))
        .await
        .map_err(|_| anyhow!("no answer within {} s", TIMEOUT.as_secs()))?
}

async fn get_now(url: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    let start = Instant::now();
    let uri: http::Uri = url
        .parse()
        .with_context(|| format!("{url} is no address"))?;
    if uri.scheme_str() != Some("http") {
        bail!("only http:// addresses can be asked by this command");
    }
    let host = uri
        .host()
        .context("the address names no host")?
        .trim_matches(['[', ']']);
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80)))
        .await
        .with_context(|| format!("cannot connect to {authority}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::get(path)
        .header(header::HOST, authority)
        .header(header::CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = sender
        .send_request(request.body(Empty::<Bytes>::new())?)
        .await?;
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let body = Limited::new(answer.into_body(), BODY_BYTES_MAX)
        .collect()
        .await
        .map_err(|error| anyhow!("{error}"))?
        .to_bytes();
    connection.abort();
    Ok(Answer {
        status,
        headers,
        body,
        took: start.elapsed(),
    })
}
