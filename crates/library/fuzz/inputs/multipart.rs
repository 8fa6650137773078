//! Any bytes as a form, cut in two ways: it is read alike, and within its bounds.

use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::stream;
use library::upload::form::{FIELD_BYTES_MAX, Form, PARTS_MAX, Part};

/// Panics where the way a form is cut changes what it holds, or a part leaves its bounds.
pub fn run(data: &[u8]) {
    let (whole, cut) = (read(data, 1 << 20), read(data, 7));
    if let (Ok(whole), Ok(cut)) = (whole, cut) {
        assert_eq!(whole, cut);
    }
}

/// Parts with the bytes of their files.
fn read(data: &[u8], piece: usize) -> Result<Vec<(Part, Vec<u8>)>, ()> {
    let pieces: Vec<Result<Bytes, Infallible>> = data
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let media_type = "multipart/form-data; boundary=XX";
    let mut form = Form::begin(media_type, stream::iter(pieces)).expect("a boundary");
    let mut parts = Vec::new();
    finish(async {
        while let Some(part) = form.next().await.map_err(drop)? {
            if let Part::Field { value, .. } = &part {
                assert!(value.len() <= FIELD_BYTES_MAX);
            }
            let mut file = Vec::new();
            while let Some(bytes) = form.chunk().await.map_err(drop)? {
                file.extend_from_slice(&bytes);
            }
            parts.push((part, file));
            assert!(parts.len() <= PARTS_MAX);
        }
        Ok(())
    })?;
    let length: usize = parts.iter().map(|(_, file)| file.len()).sum();
    assert!(length <= data.len());
    Ok(parts)
}

/// Runs a future that never waits for anything but its own next turn.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10_000_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("it comes to no end");
}
