//! Any bytes after a handshake. The first one says how large the pieces are and whether a publish is accepted.

use std::time::Duration;

use rtmp::{Event, Limits, Output, Rejection, Session};

/// Panics where the session breaks a promise.
pub fn run(data: &[u8]) {
    let Some((control, rest)) = data.split_first() else {
        return;
    };
    let limits = Limits {
        partial_bytes_max: 1 << 20,
        message_bytes_max: 1 << 19,
        ..Limits::default()
    };
    let mut session = Session::new(limits, [1; 32], Duration::ZERO);
    session.receive(Duration::ZERO, &[3]);
    session.receive(Duration::ZERO, &[0; 3072]);
    let mut sent = 0_usize;
    let piece = usize::from(control >> 1) * 16 + 1;
    for (count, bytes) in rest.chunks(piece).enumerate() {
        session.receive(Duration::from_millis(count as u64), bytes);
        let mut closed = false;
        loop {
            match session.poll() {
                Output::Transmit(bytes) => {
                    assert!(!closed, "bytes after the end");
                    sent += bytes.len();
                }
                Output::Event(Event::PublishRequested(_)) if control & 1 == 1 => session.accept(),
                Output::Event(Event::PublishRequested(_)) => {
                    session.reject(&Rejection::bad_name("no"))
                }
                Output::Event(_) => assert!(!closed, "an event after the end"),
                Output::Closed(_) => closed = true,
                Output::Timeout(deadline) => {
                    assert!(
                        closed != deadline.is_some(),
                        "a deadline exactly while open"
                    );
                    break;
                }
            }
        }
        if closed {
            break;
        }
    }
    // Answers are a fixed multiple of what is asked at the most: the longest are those to `connect` and `FCPublish`.
    assert!(
        sent <= 4096 + data.len() * 40,
        "{sent} bytes for {}",
        data.len()
    );
}
