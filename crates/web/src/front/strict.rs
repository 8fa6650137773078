//! What hyper takes and this server does not. Requests that follow one with a body on their connection are read by hyper, which is
//! lenient where a proxy in front may read otherwise (RFC 9112, 3.2 and 6.1). A length beside a transfer coding needs nothing
//! here: hyper goes by the coding and closes after the answer.

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
        if !is_one || is_oddly_coded(headers) {
            return Some(StatusCode::BAD_REQUEST);
        }
    }
    None
}

fn is_http1<B>(request: &Request<B>) -> bool {
    request.version() <= Version::HTTP_11
}

/// Whether the body is framed by anything but one plain `chunked`.
fn is_oddly_coded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let first = codings.next();
    codings.next().is_some()
        || first.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
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
    fn what_can_be_read_in_two_ways_is_refused() {
        let one = [("host", "a")];
        let two = [("host", "a"), ("host", "b")];
        let chunked = [("host", "a"), ("transfer-encoding", "chunked")];
        let gzip = [("host", "a"), ("transfer-encoding", "gzip, chunked")];
        let twice = [
            ("host", "a"),
            ("transfer-encoding", "chunked"),
            ("transfer-encoding", "chunked"),
        ];
        let bad = Some(StatusCode::BAD_REQUEST);
        for (version, headers, refused) in [
            (Version::HTTP_11, &one[..], None),
            (Version::HTTP_11, &[], bad),
            (Version::HTTP_10, &[], None),
            (Version::HTTP_2, &[], None),
            (Version::HTTP_11, &two, bad),
            (Version::HTTP_11, &chunked, None),
            (Version::HTTP_11, &gzip, bad),
            (Version::HTTP_11, &twice, bad),
        ] {
            assert_eq!(
                refusal(&request(version, headers)),
                refused,
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
