//! What protecting one RTP packet costs: 500 contexts in turn, as a fan-out uses them, 1,172 bytes of payload.
//!
//! `cargo run --release -p webrtc --example srtp_cost`: nanoseconds a packet, for each profile the median of seven runs and
//! their extremes; once with a context's turn being one packet, once with sixteen, as one GSO send takes them. The first
//! line is header and copy alone. Of the whole work of a server only this: no sockets, and caches that nothing else uses.

use std::{hint::black_box, time::Instant};

use webrtc::{
    rtp::{Extensions, Header, PAYLOAD_BYTES},
    srtp::{Error, Profile, Role, Sender, contexts},
};

const CONTEXTS: u16 = 500;
/// Packets of one context in a run.
const PACKETS: u16 = 320;
const RUNS: u16 = 7;

fn main() -> Result<(), Error> {
    let payload = vec![0x5a; PAYLOAD_BYTES];
    let mut out = Vec::with_capacity(32 * 1_500);
    for batch in [1, 16] {
        report("header and copy alone", batch, |_| {
            run(batch, |header, first| {
                if first {
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
            report(&format!("{profile:?}"), batch, |number| {
                run(batch, |mut header, first| {
                    if first {
                        out.clear();
                    }
                    // A run goes on where the last one ended: no number comes twice.
                    header.sequence += number * PACKETS;
                    let (prefix, rest) = payload.split_at(2);
                    if let Some(sender) = senders.get_mut(header.ssrc as usize) {
                        let header = header.write(&Extensions::NONE);
                        sender.protect(&header, &[prefix, rest], &mut out)?;
                    }
                    black_box(&out);
                    Ok(())
                })
            })?;
        }
    }
    Ok(())
}

fn sender(profile: Profile, number: u16) -> Result<Sender, Error> {
    let material: Vec<u8> = (0..profile.keying_bytes())
        .map(|at| (usize::from(number) + at * 31) as u8)
        .collect();
    contexts(profile, Role::Server, &material).map(|(sender, _)| sender)
}

/// Calls `send` for each packet, telling whether a context's turn begins; answers nanoseconds a packet.
#[expect(
    clippy::disallowed_methods,
    reason = "an example measures; the crate itself has no clock"
)]
fn run(batch: u16, mut send: impl FnMut(Header, bool) -> Result<(), Error>) -> Result<f64, Error> {
    let start = Instant::now();
    for turn in 0..PACKETS / batch {
        for context in 0..CONTEXTS {
            for packet in 0..batch {
                let header = Header {
                    payload_type: 96,
                    sequence: turn * batch + packet,
                    ssrc: u32::from(context),
                    ..Header::default()
                };
                send(header, packet == 0)?;
            }
        }
    }
    let packets = f64::from(PACKETS) * f64::from(CONTEXTS);
    Ok(start.elapsed().as_secs_f64() * 1e9 / packets)
}

fn report(name: &str, batch: u16, run: impl FnMut(u16) -> Result<f64, Error>) -> Result<(), Error> {
    let mut runs = (0..RUNS).map(run).collect::<Result<Vec<_>, _>>()?;
    runs.sort_by(f64::total_cmp);
    if let (Some(least), Some(median), Some(most)) =
        (runs.first(), runs.get(runs.len() / 2), runs.last())
    {
        println!(
            "{name}, turns of {batch}: {median:.0} ns a packet ({least:.0} to {most:.0}, {RUNS} runs)"
        );
    }
    Ok(())
}
