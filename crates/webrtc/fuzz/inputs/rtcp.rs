//! A compound RTCP packet, as it comes out of SRTCP.

use webrtc::rtcp::{Compound, Event, LOST_MAX, Ntp, round_trip};

/// Panics where a packet says more than its bytes can hold.
pub fn run(data: &[u8]) {
    let Ok(compound) = Compound::read(data) else {
        return;
    };
    let (mut count, mut named) = (0, 0);
    for event in compound.events() {
        count += 1;
        match event {
            Event::Nack { lost, .. } => named += lost.count(),
            Event::Report(block) => {
                let trip = round_trip(Ntp(0x1234_5678_9abc_def0), &block);
                assert!(trip.is_none_or(|trip| trip.as_secs() < 32_768));
            }
            _ => {}
        }
    }
    assert!(count <= data.len() / 4 && named <= LOST_MAX);
}
