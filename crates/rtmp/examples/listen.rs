//! Takes one publisher on 127.0.0.1 and prints what the session says: `listen [port] [capture file] [reject]`.
//!
//! With a file name, the bytes that the encoder sent are written to it, to be replayed by tests.
#![expect(
    clippy::disallowed_methods,
    reason = "an example is the shell around the session: it has the socket and the clock"
)]

use std::{
    fs::File,
    io::{self, Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use rtmp::{Event, Limits, Output, Rejection, Session};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1935);
    let mut capture = arguments
        .next()
        .filter(|name| name != "-")
        .map(File::create)
        .transpose()?;
    let reject = arguments.next().is_some();
    let (mut socket, peer) = TcpListener::bind(("127.0.0.1", port))?.accept()?;
    println!("{peer}");
    socket.set_read_timeout(Some(Duration::from_millis(100)))?;

    let start = Instant::now();
    // Only this example may: a real seed is random.
    let mut session = Session::new(Limits::default(), [1; 32], Duration::ZERO);
    let mut buffer = vec![0; 64 << 10];
    let mut frames = [0_u64; 2];
    let mut last = [None; 2];
    loop {
        let deadline = loop {
            match session.poll() {
                Output::Transmit(bytes) => socket.write_all(&bytes)?,
                Output::Event(Event::Frame(frame)) => {
                    let track = usize::from(frame.track.0).min(1);
                    frames[track] += 1;
                    last[track] = Some(frame.dts.ticks());
                    if frames[track] == 1 {
                        println!(
                            "first frame of {:?} at {} ms, key {}",
                            frame.track,
                            frame.dts.ticks(),
                            frame.key
                        );
                    }
                }
                Output::Event(Event::PublishRequested(publish)) => {
                    println!("{publish:?}");
                    if reject {
                        session.reject(&Rejection::bad_name("The key is not known here."));
                    } else {
                        session.accept();
                    }
                }
                Output::Event(event) => println!("{event:?}"),
                Output::Closed(closed) => {
                    println!("closed: {closed}");
                    println!(
                        "{frames:?} frames, last at {last:?} ms, {:?}",
                        session.counts()
                    );
                    return Ok(());
                }
                Output::Timeout(deadline) => break deadline,
            }
        };
        match socket.read(&mut buffer) {
            Ok(0) => {
                println!(
                    "the encoder closed; {frames:?} frames, last at {last:?} ms, {:?}",
                    session.counts()
                );
                return Ok(());
            }
            Ok(length) => {
                let bytes = &buffer[..length];
                if let Some(capture) = &mut capture {
                    capture.write_all(bytes)?;
                }
                session.receive(start.elapsed(), bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if deadline.is_some_and(|deadline| start.elapsed() >= deadline) {
                    session.handle_timeout(start.elapsed());
                }
            }
            Err(error) => return Err(error),
        }
    }
}
