//! What a connection has sent and nobody has read yet, without a buffer for those who are waited for.
//!
//! Bytes are read into a scratch of the thread and judged there; a connection keeps only what is not a whole head yet, or was
//! sent ahead. So a connection that waits, as nearly all do nearly always, costs no read buffer.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead as _, ReadBuf},
    net::TcpStream,
};

/// Bytes of one read. More than a request has, so that a read tells that nothing is left.
pub(super) const READ_BYTES: usize = 8 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8; READ_BYTES]>> = RefCell::new(Box::new([0; READ_BYTES]));
}

/// Bytes that were read and not used.
#[derive(Debug, Default)]
pub(super) struct Input(BytesMut);

impl Input {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first bytes were used.
    pub(super) fn advance(&mut self, used: usize) {
        if used == self.0.len() {
            // Nearly always: what is held is given back.
            self.0 = BytesMut::new();
        } else {
            self.0.advance(used);
        }
    }

    /// All that is left, for whoever goes on.
    pub(super) fn into_bytes(self) -> Bytes {
        self.0.freeze()
    }

    /// Reads once and keeps it; whether anything came before the end of the stream.
    pub(super) async fn read(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        poll_fn(|cx| {
            poll_scratch(stream, cx, |new| {
                self.0.extend_from_slice(new);
                !new.is_empty()
            })
        })
        .await
    }

    /// Reads once and lets `judge` see all that is not used; what it uses is not kept. `Ok(None)` where `judge` wants more,
    /// an error also at the end of the stream. `judge` is told how many of the bytes it has seen before.
    pub(super) fn poll_judged<T>(
        &mut self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
        judge: impl FnOnce(&[u8], usize) -> Option<(T, usize)>,
    ) -> Poll<io::Result<Option<T>>> {
        poll_scratch(stream, cx, |new| {
            if new.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !self.0.is_empty() {
                let seen = self.0.len();
                self.0.extend_from_slice(new);
                let judged = judge(&self.0, seen);
                return Ok(judged.map(|(what, used)| {
                    self.advance(used);
                    what
                }));
            }
            let (judged, used) = judge(new, 0).unzip();
            let rest = new.get(used.unwrap_or(0)..).unwrap_or_default();
            if !rest.is_empty() {
                self.0.extend_from_slice(rest);
            }
            Ok(judged)
        })
        .map(Result::flatten)
    }
}

/// Reads once into the thread's scratch and lets `with` see it; no bytes are the end of the stream.
fn poll_scratch<T>(
    stream: &mut TcpStream,
    cx: &mut Context<'_>,
    with: impl FnOnce(&[u8]) -> T,
) -> Poll<io::Result<T>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let mut read = ReadBuf::new(&mut scratch[..]);
        // Not `try_read`: this one takes a read that was not full as a sign that nothing is left, and saves a call that would say so.
        ready!(Pin::new(stream).poll_read(cx, &mut read))?;
        Poll::Ready(Ok(with(read.filled())))
    })
}
