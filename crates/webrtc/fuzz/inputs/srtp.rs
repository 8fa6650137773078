//! A profile and what to do, then packets, each with its length before it.
//!
//! Forged packets cannot be found authentic by chance, so that half of the inputs are protected first.

use webrtc::srtp::{Profile, Role, contexts};

/// Panics where a packet that nobody protected is taken, a protected one is refused, or one is taken twice.
pub fn run(data: &[u8]) {
    let Some((choice, mut rest)) = data.split_first() else {
        return;
    };
    let profile = Profile::ALL[usize::from(*choice) % Profile::ALL.len()];
    let material = vec![7; profile.keying_bytes()];
    let (mut sender, _) = contexts(profile, Role::Server, &material).expect("the length is right");
    let (_, mut receiver) =
        contexts(profile, Role::Client, &material).expect("the length is right");
    let mut out = Vec::new();
    while let Some((length, behind)) = rest.split_first() {
        let (packet, behind) = behind.split_at(behind.len().min(usize::from(*length)));
        rest = behind;
        if choice & 0x80 == 0 {
            assert!(receiver.unprotect_rtp(&mut packet.to_vec()).is_err());
            assert!(receiver.unprotect_rtcp(&mut packet.to_vec()).is_err());
            continue;
        }
        out.clear();
        if sender.protect_rtcp(packet, &mut out).is_ok() {
            let mut again = out.clone();
            if let Ok(plain) = receiver.unprotect_rtcp(&mut out) {
                assert_eq!(plain, packet);
                assert!(receiver.unprotect_rtcp(&mut again).is_err());
            }
        }
        // The packet's own header, as long as it says it is.
        let Ok((_, length)) = webrtc::rtp::Header::read(packet) else {
            continue;
        };
        let (header, payload) = packet.split_at(length);
        out.clear();
        if sender.protect(header, &[payload], &mut out).is_ok() {
            let mut again = out.clone();
            if let Ok(plain) = receiver.unprotect_rtp(&mut out) {
                assert_eq!(plain, packet);
                assert!(receiver.unprotect_rtp(&mut again).is_err());
            }
        }
    }
}
