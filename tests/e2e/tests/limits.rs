//! Limits of the RTMP door that only a real socket reaches; the sessions' own are tested beside their settings.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
};

use e2e::{MOMENT, Server, until};

/// `connect` (RTMP 1.0, 7.2.1.1) without an object. All but the first are refused with ten times as many bytes, which fills the buffers
/// between the two soon.
const CONNECT: &[u8] = b"\x02\0\x07connect\0\x3f\xf0\0\0\0\0\0\0";
/// Calls at once.
const CALLS: usize = 500;
/// Past what the buffers of two sockets hold, bytes.
const FLOOD_BYTES_MAX: usize = 64 << 20;

/// A peer that asks without end and reads no answer: neither side can write any more.
struct Deaf {
    stream: TcpStream,
    calls: Vec<u8>,
    /// What is left of the calls that were begun.
    left: usize,
}

impl Deaf {
    fn connect(server: &Server) -> Self {
        let run = || -> std::io::Result<TcpStream> {
            let mut stream = TcpStream::connect(server.rtmp)?;
            stream.write_all(&[&[3][..], &[0; 3072]].concat())?;
            stream.read_exact(&mut [0; 3073])?;
            // A whole header; what follows repeats it in one byte (5.3.1.2.4).
            stream.write_all(&[3, 0, 0, 0, 0, 0, CONNECT.len() as u8, 20, 0, 0, 0, 0])?;
            stream.write_all(CONNECT)?;
            stream.set_nonblocking(true)?;
            Ok(stream)
        };
        match run() {
            Ok(stream) => Self {
                stream,
                calls: [&[0xc3], CONNECT].concat().repeat(CALLS),
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
                self.left = self.calls.len();
            }
            let rest = &self.calls[self.calls.len() - self.left..];
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
    let servers = ["rtmp.send_timeout_s=1", "rtmp.send_timeout_s=60"].map(|set| {
        Server::start(&[
            set,
            "rtmp.publish_timeout_s=120",
            "rtmp.out_bytes_max=16777216",
        ])
    });
    let [mut short, mut long] = servers.each_ref().map(Deaf::connect);
    until("the end of who takes no answer", MOMENT, || {
        assert!(long.shouts(), "the patient server was not patient");
        (!short.shouts()).then_some(())
    });
    assert!(long.shouts(), "the patient server was not patient");
}
