//! A payload size, a length size, whether decoding can start, then an access unit.

use media::{
    Frame, Timestamp, TrackId,
    h264::{Config, ParameterSets},
};
use webrtc::rtp::h264::{MAX_PAYLOAD_LEAST, Packetiser, is_disposable};

/// x264, Main profile, 320x180.
const SPS: &[u8] = &[
    0x67, 0x4d, 0x40, 0x0d, 0xec, 0xa0, 0xa0, 0xcf, 0xcf, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00, 0x08,
    0x00, 0x00, 0x03, 0x01, 0xe0, 0x78, 0xa1, 0x4c, 0xb0,
];
const PPS: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x20];

/// Panics where a packet is empty or too long, carries a type that is not sent, or the mark is not on the last one alone.
pub fn run(data: &[u8]) {
    let Some(([size, choice], unit)) = data.split_first_chunk() else {
        return;
    };
    let sets = ParameterSets {
        sps: vec![SPS.to_vec().into()],
        pps: vec![PPS.to_vec().into()],
    };
    let config = Config::from_parameter_sets(sets).expect("the sets are whole");
    // Of a record with this length size.
    let mut record = config.record().to_vec();
    record[4] = 0xfc | choice & 3;
    let config = Config::parse(record.into()).expect("the record is whole");
    let frame = Frame {
        track: TrackId::VIDEO,
        dts: Timestamp::from_ms(0),
        pts: Timestamp::from_ms(0),
        key: choice & 0x80 != 0,
        data: unit.to_vec().into(),
    };
    let max_payload = usize::from(*size) * 4;
    let mut packets = Vec::new();
    Packetiser::new(&config, max_payload).packetise(&frame, &mut packets);
    is_disposable(&frame, config.nal_length_size());
    for (at, packet) in packets.iter().enumerate() {
        assert!((1..=max_payload.max(MAX_PAYLOAD_LEAST)).contains(&packet.len()));
        assert_eq!(packet.marker, at + 1 == packets.len());
        let [prefix, payload] = packet.slices();
        let kind = prefix.first().or(payload.first()).map(|byte| byte & 0x1f);
        assert!(matches!(kind, Some(1..=8 | 13..=24 | 28)));
    }
}
