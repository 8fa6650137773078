//! Limits of the RTMP door that only a real socket reaches; the sessions' own are tested beside their settings.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
};

use e2e::{MOMENT, Server, until};

/// User control message Ping Request (RTMP 1.0, 7.1.7), which is answered with as many bytes.
const PING: &[u8] = &[2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 6, 0, 0, 0, 1];
/// Pings at once.
const PINGS: usize = 500;
/// Past what the buffers of two sockets hold, bytes.
const FLOOD_BYTES_MAX: usize = 64 << 20;

/// A peer that asks without end and reads no answer: neither side can write any more.
struct Deaf {
    stream: TcpStream,
    pings: Vec<u8>,
    /// What is left of the pings that were begun.
    left: usize,
}

impl Deaf {
    fn connect(server: &Server) -> Self {
        let run = || -> std::io::Result<TcpStream> {
            let mut stream = TcpStream::connect(server.rtmp)?;
            stream.write_all(&[&[3][..], &[0; 3072]].concat())?;
            stream.read_exact(&mut [0; 3073])?;
            stream.set_nonblocking(true)?;
            Ok(stream)
        };
        match run() {
            Ok(stream) => Self {
                stream,
                pings: PING.repeat(PINGS),
                left: 0,
            },
            Err(error) => panic!("no connection: {error}"),
        }
    }

    /// Says what can be said; whether the connection is still there.
    fn shouts(&mut self) -> bool {
        let mut said = 0;
        loop {
            assert!(said < FLOOD_BYTES_MAX, "the server takes without end");
            if self.left == 0 {
                self.left = self.pings.len();
            }
            let rest = &self.pings[self.pings.len() - self.left..];
            match self.stream.write(rest) {
                Ok(written) => {
                    said += written;
                    self.left -= written;
                }
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }
}

#[test]
fn publisher_that_takes_no_answer_is_ended_as_soon_as_set() {
    let servers = ["rtmp.send_timeout_s=1", "rtmp.send_timeout_s=60"]
        .map(|set| Server::start(&[set, "rtmp.publish_timeout_s=120"]));
    let [mut short, mut long] = servers.each_ref().map(Deaf::connect);
    until("the end of who takes no answer", MOMENT, || {
        assert!(long.shouts(), "the patient server was not patient");
        (!short.shouts()).then_some(())
    });
    assert!(long.shouts(), "the patient server was not patient");
}
