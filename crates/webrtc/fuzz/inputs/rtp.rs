//! The number of an extension, then an RTP packet.

use webrtc::rtp::{Header, Received, rtx};

/// Panics where a part lies outside the packet, or header and packet are read differently.
pub fn run(data: &[u8]) {
    let Some((id, packet)) = data.split_first() else {
        return;
    };
    let Ok(received) = Received::read(packet) else {
        return;
    };
    let (header, length) = Header::read(packet).expect("the whole packet was read");
    assert_eq!(header, received.header);
    assert!(length + received.payload.len() <= packet.len());
    let value = received.extension(*id);
    assert!(value.is_none_or(|value| value.len() + 12 < length));
    rtx::read(received.payload);
}
