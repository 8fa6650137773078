//! Who holds a port: Linux tells in `/proc/net` and in the open files of each process, as far as this user may look.
//!
//! Formats: `Documentation/networking/proc_net_tcp.rst` of the kernel. Addresses are words of 32 bits in the byte order of the
//! machine. Elsewhere nobody tells without the rights of root and calls that are not safe here; the port is then said to be taken.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// Which protocol a port belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tcp,
    Udp,
}

/// Who holds a port, as far as it can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A process.
    Process { name: String, id: u32 },
    /// A process of this user that may not be looked at.
    User(u32),
    /// Nobody could be found.
    Unknown,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { name, id } => write!(f, "{name} (process {id})"),
            Self::User(user) => write!(f, "a program of user {user}"),
            Self::Unknown => f.write_str("another program"),
        }
    }
}

/// A socket that waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Socket {
    local: SocketAddr,
    user: u32,
    inode: u64,
}

/// Reads a table of sockets, and leaves out connections: what waits for others, or (UDP) is bound.
fn parse(table: &str, kind: Kind) -> Vec<Socket> {
    // TCP_LISTEN, and TCP_CLOSE, in which UDP sockets without a peer are: include/net/tcp_states.h.
    let waiting = match kind {
        Kind::Tcp => "0A",
        Kind::Udp => "07",
    };
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let local = address(fields.nth(1)?)?;
            let state = fields.nth(1)?;
            // Queues, timer, retransmissions; then the user, a timeout and the inode.
            let user = fields.nth(3)?.parse().ok()?;
            let inode = fields.nth(1)?.parse().ok()?;
            (state == waiting).then_some(Socket { local, user, inode })
        })
        .collect()
}

fn address(field: &str) -> Option<SocketAddr> {
    let (ip, port) = field.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok();
    let ip = match ip.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(0)?.to_ne_bytes())),
        32 => {
            let mut bytes = [0; 16];
            for (at, quarter) in bytes.chunks_exact_mut(4).enumerate() {
                quarter.copy_from_slice(&word(at)?.to_ne_bytes());
            }
            IpAddr::from(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Whether a socket stands in the way of listening on an address.
fn overlaps(socket: SocketAddr, wanted: SocketAddr) -> bool {
    let (there, here) = (socket.ip(), wanted.ip().to_canonical());
    socket.port() == wanted.port()
        && (there == here || there.is_unspecified() || here.is_unspecified())
}

#[cfg(target_os = "linux")]
pub use linux::holder;

#[cfg(not(target_os = "linux"))]
/// Who holds a port; not told on this system.
pub fn holder(_: SocketAddr, _: Kind, _: std::time::Instant) -> Holder {
    Holder::Unknown
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs::{self, File},
        io::Read as _,
        net::SocketAddr,
        time::Instant,
    };

    use super::{Holder, Kind, overlaps, parse};

    /// Bytes of a table that are read: sockets that listen come first in it, connections after them.
    const TABLE_BYTES_MAX: u64 = 1 << 20;

    /// Who holds a port; processes are looked through until `until`.
    pub fn holder(wanted: SocketAddr, kind: Kind, until: Instant) -> Holder {
        let tables = match kind {
            Kind::Tcp => ["/proc/net/tcp", "/proc/net/tcp6"],
            Kind::Udp => ["/proc/net/udp", "/proc/net/udp6"],
        };
        let mut sockets = tables.iter().flat_map(|path| parse(&read(path), kind));
        let Some(socket) = sockets.find(|socket| overlaps(socket.local, wanted)) else {
            return Holder::Unknown;
        };
        process(socket.inode, until).unwrap_or(Holder::User(socket.user))
    }

    fn read(path: &str) -> String {
        let mut bytes = Vec::new();
        if let Ok(file) = File::open(path) {
            // What was read until an error is as good.
            let _ = file.take(TABLE_BYTES_MAX).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The process that has a socket open. With several (parent and children) the first one.
    fn process(inode: u64, until: Instant) -> Option<Holder> {
        let wanted = format!("socket:[{inode}]");
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            if Instant::now() > until {
                return None;
            }
            let Some(id) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
                continue;
            };
            let Ok(open) = fs::read_dir(entry.path().join("fd")) else {
                continue;
            };
            let has_it = open
                .flatten()
                .any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to.as_os_str() == &*wanted));
            if has_it {
                let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
                let name = super::super::tame(name.trim_end());
                return Some(Holder::Process { name, id });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11223344 1 0000000000000000 100 0 0 10 0
   1: 00000000:078F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 55 1 0000000000000000 100 0 0 10 0
   2: 0100007F:0BB8 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 99 1 0000000000000000 20 4 30 10 -1
   3: nonsense
";
    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 7 1 0000000000000000 100 0 0 10 0
   1: B80D0120000000000000000001000000:0BB9 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 8 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:0BBA 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 9 1 0000000000000000 100 0 0 10 0
";
    const UDP: &str = "\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  312: 00000000:1FFD 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 4711 2 0000000000000000 0
";

    #[cfg(target_endian = "little")]
    #[test]
    fn tables_of_the_kernel_are_read_without_connections() {
        let read = |table, kind| -> Vec<(String, u32, u64)> {
            let sockets = parse(table, kind).into_iter();
            sockets
                .map(|s| (s.local.to_string(), s.user, s.inode))
                .collect()
        };
        assert_eq!(
            read(TCP, Kind::Tcp),
            [
                ("127.0.0.1:3000".to_owned(), 1000, 11_223_344),
                ("0.0.0.0:1935".to_owned(), 0, 55)
            ]
        );
        assert_eq!(
            read(TCP6, Kind::Tcp),
            [
                ("[::]:3000".to_owned(), 33, 7),
                ("[2001:db8::1]:3001".to_owned(), 33, 8),
                ("127.0.0.1:3002".to_owned(), 33, 9)
            ]
        );
        assert_eq!(
            read(UDP, Kind::Udp),
            [("0.0.0.0:8189".to_owned(), 101, 4711)]
        );
        assert!(parse(UDP, Kind::Tcp).is_empty());
        assert!(parse("", Kind::Tcp).is_empty());
    }

    #[test]
    fn address_stands_in_the_way_of_itself_and_of_all() {
        for (there, wanted, expected) in [
            ("127.0.0.1:3000", "127.0.0.1:3000", true),
            ("127.0.0.1:3000", "[::]:3000", true),
            ("[::]:3000", "127.0.0.1:3000", true),
            ("127.0.0.1:3000", "[::ffff:127.0.0.1]:3000", true),
            ("127.0.0.1:3000", "127.0.0.2:3000", false),
            ("127.0.0.1:3000", "127.0.0.1:3001", false),
        ] {
            let (there, wanted) = (there.parse().unwrap(), wanted.parse().unwrap());
            assert_eq!(overlaps(there, wanted), expected, "{there} {wanted}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn port_of_this_process_is_traced_to_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for (address, kind) in [
            (listener.local_addr().unwrap(), Kind::Tcp),
            (udp.local_addr().unwrap(), Kind::Udp),
        ] {
            let until = Instant::now() + Duration::from_secs(60);
            let found = holder(address, kind, until);
            let Holder::Process { id, name } = found else {
                panic!("{kind:?}: {found:?}");
            };
            assert_eq!(id, std::process::id());
            assert!(!name.is_empty());
        }
    }
}
