//! The settings of the RTMP door as its sessions take them: each of their bounds is a setting, and none keeps a default of its own.

use super::Config;

impl Config {
    /// Bounds of one RTMP connection: `rtmp.*`.
    pub fn rtmp_limits(&self) -> rtmp::Limits {
        // Every field by name: a new bound does not build before it has a setting.
        rtmp::Limits {
            handshake_ms: self.ms("rtmp.handshake_timeout_s"),
            connect_to_publish_ms: self.ms("rtmp.publish_timeout_s"),
            idle_ms: self.ms("rtmp.idle_timeout_s"),
            chunk_size_max: self.whole32("rtmp.chunk_size_max"),
            message_bytes_max: self.whole32("rtmp.message_bytes_max"),
            chunk_streams_max: self.size("rtmp.chunk_streams_max"),
            message_streams_max: self.whole32("rtmp.message_streams_max"),
            partial_bytes_max: self.size("rtmp.partial_bytes_max"),
            amf_depth_max: self.size("rtmp.amf_depth_max"),
            amf_keys_max: self.size("rtmp.amf_keys_max"),
            amf_values_max: self.size("rtmp.amf_values_max"),
            amf_string_bytes_max: self.size("rtmp.amf_string_bytes_max"),
            bytes_per_second_max: self.whole("rtmp.bit_rate_max") / 8,
            frames_per_second_max: self.whole("rtmp.frames_per_second_max"),
            rate_window_ms: self.ms("rtmp.rate_window_s"),
            out_bytes_max: self.size("rtmp.out_bytes_max"),
            held_bytes_max: self.size("rtmp.held_bytes_max"),
        }
    }

    fn ms(&self, seconds: &str) -> u64 {
        // Bounds in the registry keep it far below the end of the type.
        self.whole(seconds).saturating_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rtmp::{Closed, Event, Output, Session};

    use super::super::{Config, resolve::Resolved};

    /// Chunk stream 3, which is enough for what a test says.
    const CHUNK_STREAM: u8 = 3;
    const SET_CHUNK_SIZE: u8 = 1;
    const PING: &[u8] = &[2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 6, 0, 0, 0, 1];
    const COMMAND: u8 = 20;
    const DATA: u8 = 18;

    fn config(flags: &[&str]) -> Config {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Config::new(Resolved::new(None, std::iter::empty(), &flags).unwrap())
    }

    /// A connection under such settings, handshake done, chunks of up to 1 MiB announced.
    struct Peer {
        session: Session,
        published: bool,
        sent: Vec<u8>,
        closed: Option<Closed>,
    }

    impl Peer {
        fn new(flags: &[&str]) -> Self {
            let limits = config(flags).rtmp_limits();
            let mut peer = Self {
                session: Session::new(limits, [1; 32], Duration::ZERO),
                published: false,
                sent: Vec::new(),
                closed: None,
            };
            peer.says(0, &[&[3][..], &[0; 3072]].concat());
            peer.message(SET_CHUNK_SIZE, 0, &(1u32 << 20).to_be_bytes());
            peer
        }

        /// `connect`, `createStream` and `publish` are sent; nobody has answered the last.
        fn asking(flags: &[&str]) -> Self {
            let mut peer = Self::new(flags);
            peer.connects();
            peer.message(COMMAND, 0, &command("createStream", 2.0));
            let publish = [
                &command("publish", 3.0)[..],
                &[5],
                &text("cam"),
                &text("live"),
            ];
            peer.message(COMMAND, 1, &publish.concat());
            assert!(peer.published, "{:?}", peer.closed);
            peer
        }

        fn connects(&mut self) {
            let object = [&[3, 0, 3][..], b"app", &text("live"), &[0, 0, 9]].concat();
            self.message(
                COMMAND,
                0,
                &[&command("connect", 1.0)[..], &object].concat(),
            );
        }

        fn message(&mut self, kind: u8, stream: u8, body: &[u8]) {
            let length = u32::try_from(body.len()).unwrap().to_be_bytes();
            let head = [CHUNK_STREAM, 0, 0, 0, length[1], length[2], length[3], kind];
            self.says(0, &[&head[..], &[stream, 0, 0, 0], body].concat());
        }

        fn says(&mut self, ms: u64, bytes: &[u8]) {
            self.session.receive(Duration::from_millis(ms), bytes);
            loop {
                match self.session.poll() {
                    Output::Transmit(bytes) => self.sent.extend_from_slice(&bytes),
                    Output::Event(Event::PublishRequested(_)) => self.published = true,
                    Output::Event(_) => {}
                    Output::Closed(closed) => self.closed = Some(closed),
                    Output::Timeout(_) => return,
                }
            }
        }
    }

    fn text(text: &str) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        [&[2][..], &length, text.as_bytes()].concat()
    }

    fn command(name: &str, transaction: f64) -> Vec<u8> {
        [&text(name)[..], &[0], &transaction.to_be_bytes()].concat()
    }

    #[test]
    fn default_settings_are_within_the_bounds_that_sessions_are_built_for() {
        let limits = config(&[]).rtmp_limits();
        assert!(limits.message_bytes_max as usize <= limits.partial_bytes_max);
        assert_eq!((limits.idle_ms, limits.rate_window_ms), (10_000, 10_000));
        assert_eq!(
            rtmp::Limits {
                idle_ms: 15_000,
                partial_bytes_max: 12 << 20,
                ..limits
            },
            rtmp::Limits::default(),
            "a server's defaults and a library's differ in nothing else"
        );
    }

    #[test]
    fn number_of_amf_values_is_bounded_as_set() {
        // A data message is advisory, so its excess is ignored; a command's ends the connection.
        let many = [&command("connect", 1.0)[..], &[5; 200]].concat();
        for (flags, closes) in [(&[][..], false), (&["rtmp.amf_values_max=100"], true)] {
            let mut peer = Peer::new(flags);
            peer.message(DATA, 0, &[5; 200]);
            assert_eq!(peer.closed, None);
            peer.message(COMMAND, 0, &many);
            assert_eq!(
                matches!(&peer.closed, Some(Closed::Protocol(why)) if why.contains("values")),
                closes,
                "{:?}",
                peer.closed
            );
        }
    }

    #[test]
    fn burst_above_the_rate_lasts_as_long_as_set() {
        for (flags, closed) in [
            (&["rtmp.bit_rate_max=800000"][..], None),
            (
                &["rtmp.bit_rate_max=800000", "rtmp.rate_window_s=1"],
                Some(Closed::TooFast { what: "bytes" }),
            ),
        ] {
            // 100 kB/s are allowed; 300 kB come at once, and that is three seconds' worth.
            let mut peer = Peer::new(flags);
            peer.message(9, 0, &[0; 300_000]);
            assert_eq!(peer.closed, closed);
        }
    }

    #[test]
    fn what_comes_before_the_answer_is_kept_as_far_as_set() {
        for (flags, closed) in [
            (&[][..], None),
            (&["rtmp.held_bytes_max=65536"], Some(Closed::HeldFull)),
        ] {
            let mut peer = Peer::asking(flags);
            peer.says(1, &[0; 65_536]);
            assert_eq!(peer.closed, None);
            peer.says(2, &[0]);
            assert_eq!(peer.closed, closed);
        }
    }

    #[test]
    fn answers_wait_as_far_as_set() {
        for (flags, closed) in [
            (&[][..], None),
            (&["rtmp.out_bytes_max=16384"], Some(Closed::OutputFull)),
        ] {
            let mut peer = Peer::new(flags);
            peer.says(1, &PING.repeat(4000));
            assert_eq!(peer.closed, closed);
        }
    }

    #[test]
    fn message_streams_are_made_as_far_as_set() {
        for (flags, refused) in [(&[][..], false), (&["rtmp.message_streams_max=2"], true)] {
            let mut peer = Peer::new(flags);
            peer.connects();
            for _ in 0..3 {
                peer.message(COMMAND, 0, &command("createStream", 2.0));
            }
            let told = peer.sent.windows(6).any(|word| word == b"_error");
            assert_eq!((told, peer.closed), (refused, None));
        }
    }
}
