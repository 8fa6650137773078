//! Any answers of a server after a handshake. The first byte says how large the pieces are.

use std::time::Duration;

use rtmp::client::{Output, Session, Target};

/// Panics where the session breaks a promise.
pub fn run(data: &[u8]) {
    let target = Target::new("live", "rtmp://h/live", "cam");
    let mut session = Session::new(target, [1; 32], Duration::ZERO);
    let (head, rest) = data
        .split_first()
        .map_or((0, data), |(head, rest)| (*head, rest));
    session.receive(Duration::ZERO, &[3]);
    session.receive(Duration::ZERO, &[0; 3072]);
    for bytes in rest.chunks(usize::from(head) * 16 + 1) {
        session.receive(Duration::ZERO, bytes);
        while !matches!(session.poll(), Output::Timeout(_)) {}
    }
    session.finish();
    while !matches!(session.poll(), Output::Timeout(_)) {}
}
