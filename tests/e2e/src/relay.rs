//! Doors of mischief: each passes one publisher on to the server, until it is told to go wrong between the two.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
};

/// What the server gets of what the publisher sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// All of it, as it is.
    None = 0,
    /// Noise in its place.
    Garbage = 1,
    /// Nothing, with the connection left open.
    Silence = 2,
}

/// A relay for one publisher; ends with either side's connection.
pub struct Relay {
    /// Where the publisher connects to.
    pub address: SocketAddr,
    mode: Arc<AtomicU8>,
}

impl Relay {
    /// A relay on a free port of the loopback.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0));
        let (listener, address) = match listener.and_then(|l| l.local_addr().map(|a| (l, a))) {
            Ok(bound) => bound,
            Err(error) => panic!("no port for the relay: {error}"),
        };
        let mode = Arc::new(AtomicU8::new(Mischief::None as u8));
        let chosen = mode.clone();
        thread::spawn(move || {
            let connected = listener
                .accept()
                .and_then(|(publisher, _)| Ok((publisher, TcpStream::connect(server)?)));
            if let Ok((publisher, server)) = connected {
                pass(publisher, server, &chosen);
            }
        });
        Self { address, mode }
    }

    /// Goes wrong from the next bytes of the publisher on.
    pub fn set(&self, mischief: Mischief) {
        self.mode.store(mischief as u8, Ordering::Relaxed);
    }
}

/// Passes bytes both ways until one side is done.
fn pass(mut publisher: TcpStream, mut server: TcpStream, mode: &AtomicU8) {
    if let (Ok(mut from), Ok(mut to)) = (server.try_clone(), publisher.try_clone()) {
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    let mut buffer = [0; 16 << 10];
    let mut seed = 1_u32;
    while let Ok(length @ 1..) = publisher.read(&mut buffer) {
        let bytes = &mut buffer[..length];
        match mode.load(Ordering::Relaxed) {
            mode if mode == Mischief::Silence as u8 => continue,
            mode if mode == Mischief::Garbage as u8 => {
                for byte in bytes.iter_mut() {
                    // Numerical Recipes' generator: the same noise each time.
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *byte = (seed >> 24) as u8;
                }
            }
            _ => {}
        }
        if server.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

/// What becomes of packets of media on one way; checks and the handshake are spared, which have repairs of their own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// One in so many is lost.
    pub lost_of: Option<u64>,
    /// One in so many is held back until three others have passed.
    pub late_of: Option<u64>,
}

impl Weather {
    /// Two of a hundred are lost, and five come late.
    pub const ROUGH: Self = Self {
        lost_of: Some(50),
        late_of: Some(20),
    };
    /// Five of a hundred are lost.
    pub const LOSSY: Self = Self {
        lost_of: Some(20),
        late_of: None,
    };
}

/// A network for the datagrams of one session of WebRTC.
pub struct Datagrams {
    /// Where the client sends to.
    pub address: SocketAddr,
    front: UdpSocket,
}

impl Datagrams {
    /// A relay on a free port of the loopback, before the server's address is known.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn bind() -> Self {
        let front = UdpSocket::bind(("127.0.0.1", 0));
        match front.and_then(|front| Ok((front.local_addr()?, front))) {
            Ok((address, front)) => Self { address, front },
            Err(error) => panic!("no port for the relay: {error}"),
        }
    }

    /// Begins to pass on, in this weather on the way to the server and back.
    ///
    /// # Panics
    /// Where the server cannot be sent to.
    pub fn pass_to(self, server: SocketAddr, there: Weather, back: Weather) {
        let sockets = || {
            let behind = UdpSocket::bind(("127.0.0.1", 0))?;
            behind.connect(server)?;
            Ok::<_, std::io::Error>((self.front.try_clone()?, behind.try_clone()?, behind))
        };
        let (to_client, from_server, to_server) = match sockets() {
            Ok(sockets) => sockets,
            Err(error) => panic!("no way for the relay: {error}"),
        };
        let (client, is_known) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            let Ok(client) = is_known.recv() else {
                return;
            };
            let mut way = Way::new(back);
            while let Ok(length) = from_server.recv(&mut buffer) {
                way.pass(&buffer[..length], |datagram| {
                    let _ = to_client.send_to(datagram, client);
                });
            }
        });
        let front = self.front;
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            let mut way = Way::new(there);
            while let Ok((length, from)) = front.recv_from(&mut buffer) {
                let _ = client.send(from);
                way.pass(&buffer[..length], |datagram| {
                    let _ = to_server.send(datagram);
                });
            }
        });
    }
}

/// One direction.
struct Way {
    weather: Weather,
    dice: u64,
    held: Option<(Vec<u8>, u32)>,
}

impl Way {
    const fn new(weather: Weather) -> Self {
        Self {
            weather,
            dice: 1,
            held: None,
        }
    }

    fn pass(&mut self, datagram: &[u8], mut send: impl FnMut(&[u8])) {
        // Knuth's generator: the same weather each time.
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let draw = self.dice >> 33;
        let is_media = matches!(datagram.first(), Some(128..=191));
        let hits = |of: Option<u64>| is_media && of.is_some_and(|of| draw.is_multiple_of(of));
        if hits(self.weather.lost_of) {
            return;
        }
        if self.held.is_none() && hits(self.weather.late_of) {
            self.held = Some((datagram.to_vec(), 3));
            return;
        }
        send(datagram);
        if let Some((late, others)) = &mut self.held {
            *others -= 1;
            if *others == 0 {
                send(late);
                self.held = None;
            }
        }
    }
}
