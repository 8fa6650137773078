//! How much of a body somebody wants: all, one range, or nothing where they have it already (RFC 9110, 13 and 14).
//!
//! One set of rules for both ways out, the hot loop's and the router's. Several ranges are answered with the whole, which is allowed and which
//! no player asks for. `If-Match` and `If-Unmodified-Since` guard writes, and are passed over.

use axum::http::{HeaderMap, header};
use domain::engine::{Body, Chunk, Reply, Version};

use super::{http_time, read_http_time};

/// The fields of a request that decide on how much is sent, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    range: Option<Vec<u8>>,
    if_range: Option<Vec<u8>>,
    if_none_match: Option<Vec<u8>>,
    if_modified_since: Option<Vec<u8>>,
}

/// How much is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// From this byte, so many: 206.
    Part(u64, u64),
    /// There are no such bytes: 416.
    Beyond,
    /// Nothing: the asker has this version. 304.
    Known,
}

impl Wanted {
    /// `Content-Range` of an answer about a body of `total` bytes, where it has one.
    pub(crate) fn content_range(self, total: u64) -> Option<String> {
        match self {
            Self::Part(from, length) => {
                let last = from + length.saturating_sub(1);
                Some(format!("bytes {from}-{last}/{total}"))
            }
            Self::Beyond => Some(format!("bytes */{total}")),
            Self::Whole | Self::Known => None,
        }
    }
}

impl Conditions {
    /// Those of a request that the router sees.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut conditions = Self::default();
        for (name, value) in headers {
            if let Some(field) = field(name.as_str()) {
                conditions.add(field, value.as_bytes());
            }
        }
        conditions
    }

    /// Takes a field. Of one that comes twice the first counts; tags are a list, which may come in several lines (RFC 9110, 5.3).
    pub(super) fn add(&mut self, field: Field, value: &[u8]) {
        let place = match field {
            Field::Range => &mut self.range,
            Field::IfRange => &mut self.if_range,
            Field::IfNoneMatch => &mut self.if_none_match,
            Field::IfModifiedSince => &mut self.if_modified_since,
        };
        match place {
            None => *place = Some(value.to_vec()),
            Some(tags) if field == Field::IfNoneMatch => {
                tags.push(b',');
                tags.extend_from_slice(value);
            }
            Some(_) => {}
        }
    }

    /// How much of a reply is sent: only what has a version, and is not packed, is sent in part or not at all.
    pub(crate) fn wanted_of(&self, reply: &Reply, is_get: bool) -> Wanted {
        match &reply.version {
            Some(version) if reply.gzip.is_none() => {
                self.wanted(is_get, Some(version), reply.body.len)
            }
            _ => Wanted::Whole,
        }
    }

    /// How much of `total` bytes is sent. Only a GET asks for ranges.
    pub(crate) fn wanted(&self, is_get: bool, version: Option<&Version>, total: u64) -> Wanted {
        if version.is_some_and(|version| self.has(version)) {
            return Wanted::Known;
        }
        let range = self.range.as_deref().filter(|_| is_get);
        match range.and_then(text) {
            Some(range) if self.is_of(version) => range_in(range, total),
            _ => Wanted::Whole,
        }
    }

    /// Whether the asker has this version already.
    fn has(&self, version: &Version) -> bool {
        if let Some(tags) = &self.if_none_match {
            // Compared weakly: a proxy may have weakened it (RFC 9110, 13.1.2).
            let mut named = tags.split(|byte| *byte == b',').map(|tag| {
                let tag = tag.trim_ascii();
                tag.strip_prefix(b"W/").unwrap_or(tag)
            });
            return named.any(|tag| tag == b"*" || tag == version.etag.as_bytes());
        }
        let since = self.if_modified_since.as_deref().and_then(text);
        let since = since.and_then(read_http_time);
        since.is_some_and(|since| version.modified.seconds() <= since.seconds())
    }

    /// Whether a range is asked of this version.
    fn is_of(&self, version: Option<&Version>) -> bool {
        match (&self.if_range, version) {
            (None, _) => true,
            (Some(tag), Some(version)) => {
                tag == version.etag.as_bytes() || tag == http_time(version.modified).as_bytes()
            }
            (Some(_), None) => false,
        }
    }
}

/// A field that is one of [`Conditions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Range,
    IfRange,
    IfNoneMatch,
    IfModifiedSince,
}

/// Which field has this name, in whatever letters.
pub(super) fn field(name: &str) -> Option<Field> {
    // Most names are told from these by their length.
    let (known, field) = match name.len() {
        5 => (header::RANGE, Field::Range),
        8 => (header::IF_RANGE, Field::IfRange),
        13 => (header::IF_NONE_MATCH, Field::IfNoneMatch),
        17 => (header::IF_MODIFIED_SINCE, Field::IfModifiedSince),
        _ => return None,
    };
    name.eq_ignore_ascii_case(known.as_str()).then_some(field)
}

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// The one range in a `Range` field; what is not one range of bytes is passed over (RFC 9110, 14.2).
fn range_in(range: &str, total: u64) -> Wanted {
    let parse = || -> Option<Wanted> {
        let (from, to) = range.strip_prefix("bytes=")?.trim().split_once('-')?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(from) || !is_number(to) {
            return None;
        }
        if from.is_empty() {
            let last: u64 = to.parse().ok()?;
            let from = total.saturating_sub(last);
            return Some(match total - from {
                0 => Wanted::Beyond,
                length => Wanted::Part(from, length),
            });
        }
        let from: u64 = from.parse().ok()?;
        let to = match to {
            "" => u64::MAX,
            to => to.parse().ok().filter(|to| from <= *to)?,
        };
        let Some(last) = total.checked_sub(1).filter(|last| from <= *last) else {
            return Some(Wanted::Beyond);
        };
        Some(Wanted::Part(from, to.min(last) - from + 1))
    };
    parse().unwrap_or(Wanted::Whole)
}

/// What of a body is sent.
pub(crate) fn cut(body: Body, wanted: Wanted) -> Body {
    let (mut skip, mut left) = match wanted {
        Wanted::Whole => return body,
        Wanted::Part(from, length) => (from, length),
        Wanted::Beyond | Wanted::Known => return Body::default(),
    };
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
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::clock::Time;

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
            ("bytes=100-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=-99999999999999999999999", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
        ] {
            assert_eq!(range_in(value, 100), expected, "{value}");
        }
        assert_eq!(range_in("bytes=0-", 0), Wanted::Beyond);
    }

    #[test]
    fn what_is_known_or_stale_decides_before_the_range() {
        let version = Version {
            etag: "\"a\"".into(),
            modified: Time::from_ms(784_111_777_999),
        };
        let (then, before) = (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:36 GMT",
        );
        let range = ("Range", "bytes=1-2");
        let part = Wanted::Part(1, 2);
        for (fields, expected) in [
            (&[][..], Wanted::Whole),
            (&[range], part),
            (&[range, ("Range", "bytes=3-4")], part),
            (&[range, ("if-range", "\"a\"")], part),
            (&[range, ("if-range", then)], part),
            (&[range, ("if-range", "\"b\"")], Wanted::Whole),
            (&[range, ("if-range", "W/\"a\"")], Wanted::Whole),
            (&[range, ("if-range", before)], Wanted::Whole),
            (&[range, ("if-none-match", "\"a\"")], Wanted::Known),
            (&[range, ("if-none-match", "\"b\"")], part),
            (&[("IF-NONE-MATCH", "\"b\" , W/\"a\"")], Wanted::Known),
            (
                &[("if-none-match", "\"b\""), ("if-none-match", "\"a\"")],
                Wanted::Known,
            ),
            (&[("if-none-match", "*")], Wanted::Known),
            (&[("if-none-match", "a")], Wanted::Whole),
            (&[("if-modified-since", then)], Wanted::Known),
            (&[("if-modified-since", before)], Wanted::Whole),
            (&[("if-modified-since", "yesterday")], Wanted::Whole),
            // The tag is what counts where both are there.
            (
                &[("if-modified-since", then), ("if-none-match", "\"b\"")],
                Wanted::Whole,
            ),
        ] {
            let mut conditions = Conditions::default();
            for (name, value) in fields {
                conditions.add(field(name).unwrap(), value.as_bytes());
            }
            let wanted = conditions.wanted(true, Some(&version), 9);
            assert_eq!(wanted, expected, "{fields:?}");
            let wanted = conditions.wanted(false, Some(&version), 9);
            let of_a_head = match expected {
                Wanted::Known => Wanted::Known,
                _ => Wanted::Whole,
            };
            assert_eq!(wanted, of_a_head, "HEAD {fields:?}");
        }
    }

    #[test]
    fn stretch_of_a_body_is_cut_across_its_chunks() {
        let body = || {
            Body::from(vec![
                Bytes::from_static(b"01234"),
                Bytes::from_static(b"56789"),
            ])
        };
        for (wanted, expected) in [
            (Wanted::Whole, "0123456789"),
            (Wanted::Part(0, 10), "0123456789"),
            (Wanted::Part(3, 4), "3456"),
            (Wanted::Part(5, 1), "5"),
            (Wanted::Part(9, 1), "9"),
            (Wanted::Part(2, 0), ""),
            (Wanted::Beyond, ""),
            (Wanted::Known, ""),
        ] {
            let cut = cut(body(), wanted);
            assert_eq!(cut.len, expected.len() as u64, "{wanted:?}");
            let chunks = cut.chunks.into_iter().flat_map(|chunk| match chunk {
                Chunk::Slice(slice) => slice.to_vec(),
                Chunk::Stored(_) => panic!("not stored"),
            });
            let text: Vec<u8> = chunks.collect();
            assert_eq!(text, expected.as_bytes(), "{wanted:?}");
        }
    }
}
