//! What hyper takes and this server does not: heads after the first one on a connection are read by hyper, which is lenient
//! where a proxy in front may read otherwise (RFC 9112, 6.1 and 11.2).

use http::{HeaderMap, Request, StatusCode, Version, header};

use super::head::TARGET_BYTES_MAX;

/// Why a request is refused, if it is.
pub(super) fn refusal<B>(request: &Request<B>) -> Option<StatusCode> {
    let headers = request.headers();
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if target > TARGET_BYTES_MAX {
        return Some(StatusCode::URI_TOO_LONG);
    }
    if is_http1(request) {
        let hosts = headers.get_all(header::HOST).iter().count();
        let is_one = hosts == 1 || (hosts == 0 && request.version() == Version::HTTP_10);
        if !is_one || is_ambiguous(headers) {
            return Some(StatusCode::BAD_REQUEST);
        }
    }
    None
}

/// Whether the connection ends with this request. hyper drops a `Content-Length` beside a `Transfer-Encoding` without a word;
/// a proxy that went by the length would take what follows for a request of its own, so nothing may follow.
pub(super) fn is_last<B>(request: &Request<B>) -> bool {
    is_http1(request) && request.headers().contains_key(header::TRANSFER_ENCODING)
}

fn is_http1<B>(request: &Request<B>) -> bool {
    request.version() <= Version::HTTP_11
}

fn is_ambiguous(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::TRANSFER_ENCODING);
    let mut codings = codings.iter();
    let is_chunked = codings
        .next()
        .is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    !is_chunked
        || codings.next().is_some()
        || headers.contains_key(header::TRANSFER_ENCODING)
            && headers.contains_key(header::CONTENT_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().uri("/login").version(version);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    #[test]
    fn ambiguous_requests_are_refused_and_chunked_ones_are_the_last() {
        let one = [("host", "a")];
        let two = [("host", "a"), ("host", "b")];
        let chunked = [("host", "a"), ("transfer-encoding", "chunked")];
        let gzip = [("host", "a"), ("transfer-encoding", "gzip, chunked")];
        let both = [
            ("host", "a"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
        ];
        let bad = Some(StatusCode::BAD_REQUEST);
        for (version, headers, refused, last) in [
            (Version::HTTP_11, &one[..], None, false),
            (Version::HTTP_11, &[], bad, false),
            (Version::HTTP_10, &[], None, false),
            (Version::HTTP_2, &[], None, false),
            (Version::HTTP_11, &two, bad, false),
            (Version::HTTP_11, &chunked, None, true),
            (Version::HTTP_11, &gzip, bad, true),
            (Version::HTTP_11, &both, bad, true),
        ] {
            let request = request(version, headers);
            assert_eq!(
                (refusal(&request), is_last(&request)),
                (refused, last),
                "{version:?} {headers:?}"
            );
        }
        let long = Request::builder()
            .uri(format!("/{}", "a".repeat(9000)))
            .header("host", "a")
            .body(())
            .unwrap();
        assert_eq!(refusal(&long), Some(StatusCode::URI_TOO_LONG));
    }
}
