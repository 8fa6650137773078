//! Planes of decoded samples to one or two interleaved channels.

use std::f32::consts::FRAC_1_SQRT_2;

use syom::Channel;

/// A sample as an encoder may have it: finite, and within full scale.
///
/// Decoders ring beyond it by nature, and bytes made for it go to infinity.
pub(super) fn bounded(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// Shares of a channel in left and right (ITU-R BS.775-4, annex 4, table 2: two-channel output of 3/2). The channel for effects is
/// left out, as there. Not scaled down afterwards: browsers mix so too (Web Audio API, "down-mix to stereo"), and viewers by HLS and by
/// WebRTC hear the same.
fn shares(channel: Channel) -> [f32; 2] {
    match channel {
        Channel::FrontLeft => [1.0, 0.0],
        Channel::FrontRight => [0.0, 1.0],
        Channel::BackLeft | Channel::SideLeft => [FRAC_1_SQRT_2, 0.0],
        Channel::BackRight | Channel::SideRight => [0.0, FRAC_1_SQRT_2],
        Channel::Lfe => [0.0, 0.0],
        // The centre in front and the one behind, and what has no place.
        _ => [FRAC_1_SQRT_2, FRAC_1_SQRT_2],
    }
}

/// Appends `samples` of each plane, mixed to `channels` (1 or 2) and interleaved. A plane that is shorter is silent at its end.
pub(super) fn interleave(
    planes: &[&[f32]],
    labels: &[Channel],
    channels: usize,
    samples: usize,
    out: &mut Vec<f32>,
) {
    let at = |plane: &[f32], n: usize| bounded(plane.get(n).copied().unwrap_or(0.0));
    match (planes, channels) {
        ([one], 1) => out.extend((0..samples).map(|n| at(one, n))),
        ([one], _) => out.extend((0..samples).flat_map(|n| [at(one, n); 2])),
        ([left, right], 1) => {
            out.extend((0..samples).map(|n| f32::midpoint(at(left, n), at(right, n))));
        }
        ([left, right], _) => {
            out.extend((0..samples).flat_map(|n| [at(left, n), at(right, n)]));
        }
        (many, _) => {
            let shares: Vec<[f32; 2]> = (0..many.len())
                .map(|plane| shares(labels.get(plane).copied().unwrap_or_default()))
                .collect();
            for n in 0..samples {
                let mut sum = [0.0_f32; 2];
                for (plane, share) in many.iter().zip(&shares) {
                    let sample = at(plane, n);
                    sum[0] += sample * share[0];
                    sum[1] += sample * share[1];
                }
                if channels == 1 {
                    out.push(f32::midpoint(sum[0], sum[1]));
                } else {
                    out.extend(sum);
                }
            }
        }
    }
}
