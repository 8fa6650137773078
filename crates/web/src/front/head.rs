//! The head of an HTTP/1.1 request, read strictly (RFC 9112): what is ambiguous is refused, so that no proxy in front can see other
//! requests than this server does.

use std::mem::MaybeUninit;

use super::conditions::{self, Conditions};

/// Longest head that is read, in bytes.
pub(super) const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Longest request target, in bytes; past it the answer is 414.
pub(super) const TARGET_BYTES_MAX: usize = 8 * 1024;
pub(super) const HEADERS_MAX: usize = 100;

/// What the bytes read so far are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read<'a> {
    /// More bytes are needed.
    Partial,
    /// A whole head.
    Whole(Head<'a>),
    /// The HTTP/2 preface has begun.
    Http2,
    /// Refused with this status.
    Refused(u16),
}

/// What the hot loop needs of a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    /// Bytes of the head with its empty line.
    pub(super) length: usize,
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) keep_alive: bool,
    pub(super) gzip: bool,
    /// What decides on how much is sent, where there is any of it.
    pub(super) conditions: Option<Box<Conditions>>,
    /// A body follows, or the connection is to change: not for the hot loop.
    pub(super) special: bool,
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Looks at the bytes read so far.
pub(super) fn read(bytes: &[u8]) -> Read<'_> {
    if !bytes.is_empty() && bytes.starts_with(&PREFACE[..bytes.len().min(PREFACE.len())]) {
        // The first letter alone could still be POST or PUT.
        return if bytes.len() >= 3 {
            Read::Http2
        } else {
            Read::Partial
        };
    }
    let Some(end) = find(bytes, b"\r\n\r\n") else {
        // An empty line of bare line feeds would end the head for a lenient reader.
        let lenient = find(bytes, b"\n\n").is_some()
            || find(bytes, b"\n\r\n").is_some_and(|at| at == 0 || bytes[at - 1] != b'\r');
        return match () {
            () if lenient => Read::Refused(400),
            () if bytes.len() > HEAD_BYTES_MAX => {
                Read::Refused(if bytes.contains(&b'\n') { 431 } else { 414 })
            }
            () if bytes
                .first()
                .is_some_and(|b| !b.is_ascii_uppercase() && *b != b'\r') =>
            {
                Read::Refused(400)
            }
            () => Read::Partial,
        };
    };
    let length = end + 4;
    if length > HEAD_BYTES_MAX {
        return Read::Refused(431);
    }
    let head = &bytes[..length];
    if head
        .iter()
        .enumerate()
        .any(|(at, b)| *b == b'\n' && (at == 0 || head[at - 1] != b'\r'))
    {
        return Read::Refused(400);
    }
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, &mut headers) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Read::Refused(431),
        _ => return Read::Refused(400),
    }
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Read::Refused(400);
    };
    if target.len() > TARGET_BYTES_MAX {
        return Read::Refused(414);
    }
    if target.bytes().any(|b| b <= b' ' || b >= 0x7f) {
        return Read::Refused(400);
    }
    judge(length, method, target, version, request.headers)
}

/// Whether bytes that were [`Read::Partial`] up to `seen` can be more than that by now: an empty line has come, or too much.
pub(super) fn may_be_decided(bytes: &[u8], seen: usize) -> bool {
    let new = bytes.get(seen.saturating_sub(3)..).unwrap_or_default();
    bytes.len() > HEAD_BYTES_MAX
        || bytes.len() <= PREFACE.len()
        || find(new, b"\n\r\n").is_some()
        || find(new, b"\n\n").is_some()
}

fn judge<'a>(
    length: usize,
    method: &'a str,
    target: &'a str,
    version: u8,
    headers: &[httparse::Header<'_>],
) -> Read<'a> {
    let mut head = Head {
        length,
        method,
        target,
        keep_alive: version == 1,
        gzip: false,
        conditions: None,
        special: version == 0,
    };
    let (mut lengths, mut codings, mut hosts) = (0, 0, 0);
    for header in headers {
        let name = header.name;
        let value = header.value;
        if name.eq_ignore_ascii_case("host") {
            hosts += 1;
        } else if name.eq_ignore_ascii_case("content-length") {
            lengths += 1;
            if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                return Read::Refused(400);
            }
            head.special = true;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            codings += 1;
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Read::Refused(400);
            }
            head.special = true;
        } else if name.eq_ignore_ascii_case("upgrade") || name.eq_ignore_ascii_case("expect") {
            head.special = true;
        } else if name.eq_ignore_ascii_case("connection") {
            if contains(value, "close") {
                head.keep_alive = false;
            } else if version == 0 && contains(value, "keep-alive") {
                // An old client; hyper knows the manners.
                head.special = true;
            }
        } else if name.eq_ignore_ascii_case("accept-encoding") {
            head.gzip = accepts_gzip(value);
        } else if let Some(field) = conditions::field(name) {
            head.conditions.get_or_insert_default().add(field, value);
        }
    }
    let ambiguous =
        lengths > 1 || codings > 1 || (lengths > 0 && codings > 0) || (version == 0 && codings > 0);
    if ambiguous || hosts > 1 || (version == 1 && hosts == 0) {
        return Read::Refused(400);
    }
    Read::Whole(head)
}

/// Whether a header of comma-separated words holds this one.
fn contains(value: &[u8], word: &str) -> bool {
    value
        .split(|b| *b == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether `Accept-Encoding` allows gzip (RFC 9110, 12.5.3): named or starred, and not with quality 0.
pub(crate) fn accepts_gzip(value: &[u8]) -> bool {
    let mut starred = false;
    for item in value.split(|b| *b == b',') {
        let mut pieces = item.split(|b| *b == b';').map(<[u8]>::trim_ascii);
        let coding = pieces.next().unwrap_or_default();
        let refused = pieces.any(|p| {
            p.strip_prefix(b"q=")
                .is_some_and(|q| q.starts_with(b"0") && q.iter().all(|b| *b == b'0' || *b == b'.'))
        });
        if coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip") {
            return !refused;
        }
        starred |= coding == b"*" && !refused;
    }
    starred
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What looks like heads, with line ends of every kind.
    const HEADS: &str = "(GET|PRI|PUT|get) (/a|\\*|/b?c) HTTP/(1\\.1|1\\.0|2\\.0)(\r\n|\n|\r)((Host: a|X:b|Content-Length: 1|SM)(\r\n|\n|\r|\r\n\r\n)){0,4}(\r\n|\n)?";

    fn refused(text: &str) -> Option<u16> {
        match read(text.as_bytes()) {
            Read::Refused(status) => Some(status),
            _ => None,
        }
    }

    #[test]
    fn plain_request_is_read_whole() {
        let text = b"GET /hls/live/x.m3u8?_HLS_msn=1 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip\r\n\r\nGET";
        let Read::Whole(head) = read(text) else {
            panic!("not whole")
        };
        assert_eq!(
            (head.method, head.target),
            ("GET", "/hls/live/x.m3u8?_HLS_msn=1")
        );
        assert!(head.keep_alive && head.gzip && !head.special);
        assert_eq!(&text[head.length..], b"GET");
    }

    #[test]
    fn ambiguous_requests_are_refused() {
        for text in [
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
            "\u{16}\u{3}\u{1}",
            "nonsense\r\n\r\n",
        ] {
            assert_eq!(refused(text), Some(400), "{text:?}");
        }
        assert_eq!(
            refused(&format!(
                "GET /{} HTTP/1.1\r\nHost: a\r\n\r\n",
                "a".repeat(9000)
            )),
            Some(414)
        );
        assert_eq!(
            refused(&format!(
                "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
                "a".repeat(40_000)
            )),
            Some(431)
        );
    }

    #[test]
    fn http2_is_recognised_and_post_is_not_mistaken_for_it() {
        assert_eq!(read(PREFACE), Read::Http2);
        assert_eq!(read(b"PR"), Read::Partial);
        assert_eq!(read(b"POST / HT"), Read::Partial);
    }

    #[test]
    fn gzip_is_taken_only_where_allowed() {
        for (value, yes) in [
            ("gzip", true),
            ("br;q=1, gzip;q=0", false),
            ("*", true),
            ("identity", false),
            ("gzip;q=0.5", true),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(value.as_bytes()), yes, "{value}");
        }
    }

    proptest! {
        #[test]
        fn head_in_pieces_is_decided_as_in_one(text in HEADS, cuts in proptest::collection::vec(0_usize..80, 0..8)) {
            let bytes = text.as_bytes();
            let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            ends.push(bytes.len());
            ends.sort_unstable();
            let mut seen = 0;
            for end in ends {
                let so_far = &bytes[..end];
                let is_decided = read(so_far) != Read::Partial;
                prop_assert_eq!(is_decided, is_decided && (seen == 0 || may_be_decided(so_far, seen)), "{:?} at {}", text, end);
                if is_decided {
                    break;
                }
                seen = end;
            }
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in HEADS) {
            for bytes in [&bytes[..], text.as_bytes()] {
                if let Read::Whole(head) = read(bytes) {
                    prop_assert!(head.length <= bytes.len());
                    prop_assert!(head.target.bytes().all(|b| b.is_ascii_graphic()));
                    prop_assert!(bytes[..head.length].ends_with(b"\r\n\r\n"));
                }
            }
        }
    }
}
