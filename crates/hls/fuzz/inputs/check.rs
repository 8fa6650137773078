//! Any answers of a foreign server, apart by a byte that no playlist has. The first byte of each says what it answers, the rest of its
//! first line is the URL.

use std::time::Duration;

use bytes::Bytes;
use hls::check::{Checker, Limits, Observation, Plan, RequestKind};

/// Answers looked at.
const ANSWERS_MAX: usize = 16;

/// Panics where a report loses a rule or a plan has no end.
pub fn run(data: &[u8]) {
    let limits = Limits {
        bytes_max: 1 << 20,
        body_max: 1 << 20,
        ..Limits::default()
    };
    let mut checker = Checker::new(limits);
    let rules = checker.report().len();
    let mut plan = Plan::new("http://h/index.m3u8".to_owned());
    for (count, answer) in data
        .split(|byte| *byte == 0xff)
        .take(ANSWERS_MAX)
        .enumerate()
    {
        let Some((control, rest)) = answer.split_first() else {
            continue;
        };
        let mut parts = rest.splitn(2, |byte| *byte == b'\n');
        let url = String::from_utf8_lossy(parts.next().unwrap_or_default());
        let body = parts.next().unwrap_or_default();
        let gzip = control & 0x80 != 0;
        let (kind, status) = match control & 0x0f {
            0 => (RequestKind::Multivariant, 200),
            1..=8 => (RequestKind::Media, 200),
            9 => (RequestKind::Init, 200),
            10 => (RequestKind::Part, 200),
            11 => (RequestKind::Segment, 200),
            12 => (RequestKind::Missing, 404),
            13 => (RequestKind::Media, 400),
            14 => (RequestKind::Part, 410),
            _ => (RequestKind::Range { first: 1, last: 4 }, 206),
        };
        let mut headers = vec![("cache-control".to_owned(), "max-age=2".to_owned())];
        if status == 206 {
            // What a server says comes from outside too.
            let said = String::from_utf8_lossy(body.get(..20).unwrap_or(body)).into_owned();
            headers.push(("content-range".to_owned(), said));
        }
        if gzip {
            headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        checker.observe(Observation {
            at: Duration::from_millis(200 * count as u64),
            took: Duration::from_millis(u64::from(control >> 4)),
            url: format!("http://h/{url}"),
            kind,
            status,
            headers,
            body: Bytes::copy_from_slice(body),
            gzip_asked: gzip,
        });
        assert!(
            plan.next_requests(&checker).len() <= 4096,
            "a plan without end"
        );
    }
    assert_eq!(checker.report().len(), rules);
}
