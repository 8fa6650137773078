//! Answers with a version: single ranges, and nothing where the asker has it already (RFC 9110, 13 and 14).

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use domain::engine::{self, Chunk, Version};

use crate::front::{http_time, of_chunks, read_http_time};

/// What is asked, as far as it decides on how much is sent.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
}

impl Asked<'_> {
    fn text(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the asker has this version already.
    fn has(&self, version: &Version) -> bool {
        if self.headers.contains_key(header::IF_NONE_MATCH) {
            // Compared weakly: a proxy may have weakened it (RFC 9110, 13.1.2).
            let lines = self.headers.get_all(header::IF_NONE_MATCH).iter();
            let mut named = lines
                .filter_map(|line| line.to_str().ok())
                .flat_map(|line| line.split(','))
                .map(|tag| tag.trim().trim_start_matches("W/"));
            return named.any(|tag| tag == "*" || tag == &*version.etag);
        }
        let since = self
            .text(header::IF_MODIFIED_SINCE)
            .and_then(read_http_time);
        since.is_some_and(|since| version.modified.seconds() <= since.seconds())
    }

    /// The part that is asked for, where it is asked of this version.
    fn range(&self, version: Option<&Version>, total: u64) -> Wanted {
        let asked = self
            .text(header::RANGE)
            .filter(|_| *self.method == Method::GET)
            .filter(|_| match (self.text(header::IF_RANGE), version) {
                (None, _) => true,
                (Some(tag), Some(version)) => {
                    tag == &*version.etag || tag == http_time(version.modified)
                }
                (Some(_), None) => false,
            });
        asked.map_or(Wanted::Whole, |value| range(value, total))
    }
}

/// How much is sent.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// From this byte, so many.
    Part(u64, u64),
    /// There are no such bytes.
    None,
}

/// The one range in a `Range` header; what is not one range of bytes is passed over (RFC 9110, 14.2).
fn range(value: &str, total: u64) -> Wanted {
    let parse = || -> Option<Wanted> {
        let (from, to) = value.strip_prefix("bytes=")?.trim().split_once('-')?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(from) || !is_number(to) {
            return None;
        }
        if from.is_empty() {
            let last: u64 = to.parse().ok()?;
            let from = total.saturating_sub(last);
            return Some(match total - from {
                0 => Wanted::None,
                length => Wanted::Part(from, length),
            });
        }
        let from: u64 = from.parse().ok()?;
        let to = match to {
            "" => u64::MAX,
            to => to.parse().ok().filter(|to| from <= *to)?,
        };
        let Some(last) = total.checked_sub(1).filter(|last| from <= *last) else {
            return Some(Wanted::None);
        };
        Some(Wanted::Part(from, to.min(last) - from + 1))
    };
    parse().unwrap_or(Wanted::Whole)
}

/// A stretch of a body.
fn cut(body: engine::Body, from: u64, length: u64) -> Vec<Chunk> {
    let (mut skip, mut left) = (from, length);
    let mut out = Vec::new();
    for chunk in body.chunks {
        let all = chunk.len();
        if skip >= all {
            skip -= all;
            continue;
        }
        let take = (all - skip).min(left);
        if take == 0 {
            break;
        }
        out.push(match chunk {
            Chunk::Slice(slice) => {
                let from = usize::try_from(skip).unwrap_or(usize::MAX);
                let to = usize::try_from(skip + take).unwrap_or(usize::MAX);
                Chunk::Slice(slice.slice(from..to))
            }
            Chunk::Stored(mut range) => {
                range.offset += skip;
                range.len = take;
                Chunk::Stored(range)
            }
        });
        skip = 0;
        left -= take;
    }
    out
}

/// Answers with a body or what of it is wanted; without caching and what else belongs to the thing. The bytes that go out are the second.
pub(crate) fn answer(
    body: engine::Body,
    media_type: &str,
    version: Option<&Version>,
    asked: &Asked<'_>,
) -> (Response, u64) {
    let total = body.len;
    let is_known = version.is_some_and(|version| asked.has(version));
    let wanted = match is_known {
        true => Wanted::Whole,
        false => asked.range(version, total),
    };
    let (status, chunks, length) = match wanted {
        _ if is_known => (StatusCode::NOT_MODIFIED, Vec::new(), 0),
        Wanted::Whole => (StatusCode::OK, body.chunks, total),
        Wanted::Part(from, length) => {
            let chunks = cut(body, from, length);
            (StatusCode::PARTIAL_CONTENT, chunks, length)
        }
        Wanted::None => (StatusCode::RANGE_NOT_SATISFIABLE, Vec::new(), 0),
    };
    let sent = if *asked.method == Method::HEAD {
        0
    } else {
        length
    };
    let mut response = match sent {
        0 => Response::default(),
        _ => of_chunks(chunks.into_iter().collect()),
    };
    *response.status_mut() = status;
    let out = response.headers_mut();
    let mut put = |name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(name, value);
        }
    };
    if let Some(version) = version {
        put(header::ETAG, &version.etag);
        put(header::LAST_MODIFIED, &http_time(version.modified));
    }
    put(header::ACCEPT_RANGES, "bytes");
    match wanted {
        Wanted::Part(from, length) => {
            let last = from + length - 1;
            put(
                header::CONTENT_RANGE,
                &format!("bytes {from}-{last}/{total}"),
            );
        }
        Wanted::None => put(header::CONTENT_RANGE, &format!("bytes */{total}")),
        Wanted::Whole => {}
    }
    if status != StatusCode::NOT_MODIFIED {
        put(header::CONTENT_TYPE, media_type);
        put(header::CONTENT_LENGTH, &length.to_string());
    }
    (response, sent)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn one_range_is_read_and_everything_else_is_the_whole() {
        for (value, expected) in [
            ("bytes=0-", Wanted::Part(0, 100)),
            ("bytes=0-1", Wanted::Part(0, 2)),
            ("bytes=90-900", Wanted::Part(90, 10)),
            ("bytes=-10", Wanted::Part(90, 10)),
            ("bytes=-900", Wanted::Part(0, 100)),
            ("bytes=99-", Wanted::Part(99, 1)),
            ("bytes=100-", Wanted::None),
            ("bytes=-0", Wanted::None),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=-99999999999999999999999", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
        ] {
            assert_eq!(range(value, 100), expected, "{value}");
        }
        assert_eq!(range("bytes=0-", 0), Wanted::None);
    }

    #[test]
    fn stretch_of_a_body_is_cut_across_its_chunks() {
        let body = || {
            engine::Body::from(vec![
                Bytes::from_static(b"01234"),
                Bytes::from_static(b"56789"),
            ])
        };
        for (from, length, expected) in [
            (0, 10, "0123456789"),
            (3, 4, "3456"),
            (5, 1, "5"),
            (9, 1, "9"),
            (2, 0, ""),
        ] {
            let text: Vec<u8> = cut(body(), from, length)
                .into_iter()
                .flat_map(|chunk| match chunk {
                    Chunk::Slice(slice) => slice.to_vec(),
                    Chunk::Stored(_) => panic!("not stored"),
                })
                .collect();
            assert_eq!(text, expected.as_bytes(), "{from} {length}");
        }
    }
}
