//! What protecting one RTP packet costs: 500 contexts in turn, as a fan-out uses them, 1,172 bytes of payload.
//!
//! `cargo run --release -p webrtc --example throughput`: nanoseconds a packet, for each profile the median of seven runs and
//! their extremes. The first line is the copy alone.

use std::{hint::black_box, time::Instant};

use webrtc::{
    rtp::{Extensions, Header, PAYLOAD_BYTES},
    srtp::{Profile, Role, Sender, contexts},
};

const CONTEXTS: u32 = 500;
/// Packets that go out together for a viewer, as a GSO send takes them.
const BATCH: u16 = 16;
const BATCHES: u16 = 20;
const RUNS: usize = 7;

fn main() -> Result<(), webrtc::srtp::Error> {
    let payload = vec![0x5a; PAYLOAD_BYTES];
    let mut out = Vec::with_capacity(usize::from(BATCH) * 1_500);
    print("header and copy alone", || {
        run(|header, _| {
            if header.sequence % BATCH == 0 {
                out.clear();
            }
            out.extend_from_slice(&header.write(&Extensions::NONE));
            out.extend_from_slice(&payload);
            black_box(&out);
            Ok(())
        })
    })?;
    for profile in Profile::ALL {
        let mut senders = (0..CONTEXTS)
            .map(|number| sender(profile, number))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rollovers = 0_u16;
        print(&format!("{profile:?}"), || {
            rollovers += 1;
            run(|mut header, viewer| {
                if header.sequence % BATCH == 0 {
                    out.clear();
                }
                // Each run goes on where the last one ended: no number comes twice.
                header.sequence += rollovers * BATCH * BATCHES;
                let (prefix, rest) = payload.split_at(2);
                if let Some(sender) = senders.get_mut(viewer as usize) {
                    sender.protect(&header.write(&Extensions::NONE), &[prefix, rest], &mut out)?;
                }
                black_box(&out);
                Ok(())
            })
        })?;
    }
    Ok(())
}

fn sender(profile: Profile, number: u32) -> Result<Sender, webrtc::srtp::Error> {
    let material: Vec<u8> = (0..profile.keying_bytes())
        .map(|at| (number as usize + at * 31) as u8)
        .collect();
    contexts(profile, Role::Server, &material).map(|(sender, _)| sender)
}

/// Calls `send` for each packet; answers nanoseconds a packet.
#[expect(
    clippy::disallowed_methods,
    reason = "an example measures; the crate itself has no clock"
)]
fn run(
    mut send: impl FnMut(Header, u32) -> Result<(), webrtc::srtp::Error>,
) -> Result<f64, webrtc::srtp::Error> {
    let start = Instant::now();
    for batch in 0..BATCHES {
        for viewer in 0..CONTEXTS {
            for packet in 0..BATCH {
                let header = Header {
                    payload_type: 96,
                    sequence: batch * BATCH + packet,
                    ssrc: viewer,
                    ..Header::default()
                };
                send(header, viewer)?;
            }
        }
    }
    let packets = f64::from(BATCHES) * f64::from(CONTEXTS) * f64::from(BATCH);
    Ok(start.elapsed().as_secs_f64() * 1e9 / packets)
}

fn print(
    name: &str,
    mut run: impl FnMut() -> Result<f64, webrtc::srtp::Error>,
) -> Result<(), webrtc::srtp::Error> {
    let mut runs = (0..RUNS).map(|_| run()).collect::<Result<Vec<_>, _>>()?;
    runs.sort_by(f64::total_cmp);
    if let (Some(least), Some(median), Some(most)) = (runs.first(), runs.get(RUNS / 2), runs.last())
    {
        println!("{name}: {median:.0} ns a packet ({least:.0} to {most:.0}, {RUNS} runs)");
    }
    Ok(())
}
