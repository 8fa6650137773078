//! Pieces whose bytes lie in a file: every way out gives the same bytes, and a viewer who takes none of them harms nobody.

use std::{fs::File, os::unix::fs::FileExt as _, sync::Arc, time::Duration};

use axum::http::Request;
use bytes::Bytes;
use domain::engine::{Body, Chunk, Medium, Range, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;
use web::front::Limits;

use crate::{
    front::{Door, PATIENCE, last_request, limits, request},
    hls::piece,
};

const MEGABYTE: u64 = 1 << 20;

/// A large file that is there: this program.
fn program() -> Arc<File> {
    Arc::new(File::open(std::env::current_exe().unwrap()).unwrap())
}

/// A piece of slices and ranges, and its bytes.
fn stored(ranges: &[(u64, u64)]) -> (Reply, Vec<u8>) {
    let file = program();
    let mut chunks = vec![Chunk::Slice(Bytes::from_static(b"before"))];
    let mut bytes = b"before".to_vec();
    for (offset, len) in ranges.iter().copied() {
        let mut read = vec![0; usize::try_from(len).unwrap()];
        file.read_exact_at(&mut read, offset).unwrap();
        bytes.extend_from_slice(&read);
        let file = file.clone();
        chunks.push(Chunk::Stored(Range {
            file,
            offset,
            len,
            medium: Medium::Disk,
        }));
        chunks.push(Chunk::Slice(Bytes::from_static(b"behind")));
        bytes.extend_from_slice(b"behind");
    }
    let body = Body::from_iter(chunks);
    (Reply { body, ..piece("") }, bytes)
}

async fn path(door: &Door, name: &str) -> String {
    door.piece().await.replace("s1.m4s", name)
}

#[tokio::test]
async fn stored_bytes_are_those_of_the_file_also_to_a_slow_reader() {
    let door = Door::open(limits()).await;
    // Odd places and lengths; none at all; more than any socket takes at once.
    let (reply, bytes) = stored(&[(1, 4097), (5000, 0), (17, MEGABYTE), (3, 3 * MEGABYTE)]);
    door.site.engine.put("open", "big.m4s", reply);
    let mut client = door.connect().await.0;
    let big = path(&door, "big.m4s").await;
    let asked = request(&big) + &last_request(&big);
    client.write_all(asked.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    let mut some = [0; 10_007];
    let reading = async {
        while let 1.. = client
            .read(&mut some[..])
            .await
            .inspect(|n| came.extend_from_slice(&some[..*n]))
            .unwrap()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    let length = format!("content-length: {}\r\n", bytes.len());
    for _ in 0..2 {
        let head = came
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap()
            + 4;
        assert!(String::from_utf8_lossy(&came[..head]).contains(&length));
        assert!(came[head..].starts_with(&bytes), "bytes differ");
        came.drain(..head + bytes.len());
    }
    assert_eq!(came, b"");
}

#[tokio::test]
async fn router_reads_stored_bytes_block_by_block() {
    let door = Door::open(limits()).await;
    let (reply, bytes) = stored(&[(7, 65_536), (99, 65_537), (0, 0), (1, 200_000)]);
    door.site.engine.put("open", "s2.m4s", reply);
    let path = path(&door, "s2.m4s").await;
    for (method, expected) in [("GET", &bytes[..]), ("HEAD", b"")] {
        let asked = Request::builder()
            .method(method)
            .uri(&path)
            .body(axum::body::Body::empty());
        let answer = door
            .site
            .router
            .clone()
            .oneshot(asked.unwrap())
            .await
            .unwrap();
        let length = answer.headers()["content-length"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(length, bytes.len().to_string());
        let came = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        assert!(
            came == expected,
            "{} bytes of {}",
            came.len(),
            expected.len()
        );
    }
}

#[tokio::test]
async fn viewers_who_take_nothing_of_a_file_are_cut_and_others_are_served_meanwhile() {
    let door = Door::open(Limits {
        connections: 11,
        send_timeout: Duration::from_millis(500),
        ..limits()
    })
    .await;
    let (reply, _) = stored(&[(0, 3 * MEGABYTE); 16]);
    door.site.engine.put("open", "big.m4s", reply);
    let (reply, bytes) = stored(&[(5, 66_000)]);
    door.site.engine.put("open", "s2.m4s", reply);
    let (big, small) = (path(&door, "big.m4s").await, path(&door, "s2.m4s").await);
    let mut stuck = Vec::new();
    for _ in 0..10 {
        let mut client = door.connect().await;
        client.send(&request(&big)).await;
        // It is being sent.
        client.0.read_exact(&mut [0; 8]).await.unwrap();
        stuck.push(client);
    }
    let served = door.ask(&last_request(&small)).await;
    assert!(
        served.starts_with("HTTP/1.1 200")
            && served.contains(&format!("content-length: {}\r\n", bytes.len()))
    );
    // Their places come back though they never left.
    for _ in 0..11 {
        let mut client = door.connect().await;
        client.send(&request(&small)).await;
        let first = tokio::time::timeout(PATIENCE, client.0.read_exact(&mut [0; 8])).await;
        first.unwrap().unwrap();
        stuck.push(client);
    }
}
