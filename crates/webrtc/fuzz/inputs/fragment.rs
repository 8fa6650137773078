//! A fragment of trickle ICE.

use webrtc::sdp::Fragment;

/// Panics where credentials are taken that would not fit a line or a check.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(fragment) = Fragment::parse(text) else {
        return;
    };
    if let Some(credentials) = fragment.credentials {
        for part in [&credentials.ufrag, &credentials.pass] {
            assert!((4..=256).contains(&part.len()), "{part:?}");
            assert!(part.bytes().all(|byte| byte.is_ascii_graphic()), "{part:?}");
        }
    }
}
