//! What a page costs those who open it: bytes on the way, and time at the server.

use std::time::Instant;

use axum::http::StatusCode;

use crate::site::{Ask, Site};

/// Promised for a public watch page, compressed.
const WATCH_BYTES_MAX: usize = 220_000;

/// The addresses that a page names in `src` and `href` of its elements, without what a `#` follows.
fn loaded(page: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in page.split(['"']) {
        let path = piece.split('#').next().unwrap_or_default();
        if path.starts_with("/assets/") && !found.iter().any(|known| known == path) {
            found.push(path.to_owned());
        }
    }
    found
}

#[tokio::test]
async fn public_watch_page_loads_no_more_than_promised() {
    let site = Site::new();
    let page = site.send(Ask::get("/watch/open")).await;
    let names = loaded(&page.body);
    for wanted in ["style-", "site-", "player-", "sprite-", "icon-"] {
        let named = names.iter().any(|name| name.contains(wanted));
        assert!(named, "{wanted} in {names:?}");
    }
    let mut sum = page.body.len();
    for name in names {
        let ask = Ask::get(&name).header("accept-encoding", "gzip, br");
        let (status, headers, bytes) = site.send_raw(ask).await;
        assert_eq!(status, StatusCode::OK, "{name}");
        let packed = headers.get("content-encoding").is_some();
        assert!(packed || bytes.len() < 400, "{name} goes out as it is");
        sum += bytes.len();
    }
    assert!(sum <= WATCH_BYTES_MAX, "{sum} bytes");
    println!("a public watch page loads {sum} bytes");
}

#[tokio::test]
async fn front_end_files_are_sent_as_they_are_to_who_takes_no_gzip() {
    let site = Site::new();
    let page = site.send(Ask::get("/")).await;
    for name in loaded(&page.body) {
        let (_, packed, small) = site
            .send_raw(Ask::get(&name).header("accept-encoding", "gzip"))
            .await;
        let (_, plain, large) = site.send_raw(Ask::get(&name)).await;
        assert!(plain.get("content-encoding").is_none(), "{name}");
        assert_eq!(plain.get("vary"), packed.get("vary"), "{name}");
        assert!(small.len() <= large.len(), "{name}");
    }
}

/// Promised: 20 ms. A loaded machine and a build without optimisation are given the fivefold.
#[tokio::test]
async fn pages_are_answered_soon() {
    let site = Site::new();
    for path in ["/", "/watch/open", "/test", "/login"] {
        site.send(Ask::get(path)).await;
        let best = {
            let mut best = u128::MAX;
            for _ in 0..5 {
                let begun = Instant::now();
                site.send(Ask::get(path)).await;
                best = best.min(begun.elapsed().as_millis());
            }
            best
        };
        assert!(best <= 100, "{path} took {best} ms");
    }
}
