//! A door of mischief: passes one publisher on to the server, until it is told to go wrong between the two.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
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
