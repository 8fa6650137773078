//! The multivariant playlist (RFC 8216bis, 4.4.6).

use std::fmt::Write as _;

use media::{Codec, Track};

use crate::packager::Timing;

/// One variant stream.
pub(crate) struct Variant<'a> {
    /// Address, without prefix.
    pub uri: &'a str,
    /// Peak bits a second.
    pub bandwidth: u64,
    /// Mean bits a second.
    pub average_bandwidth: u64,
    pub tracks: &'a [Track],
    pub timing: Timing,
}

/// The playlist with `prefix` before each address.
pub(crate) fn multivariant(prefix: &str, variants: &[Variant<'_>]) -> String {
    // Version 6 is what EXT-X-MAP of the media playlists asks of a client at least.
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:6\n");
    for variant in variants {
        let Variant {
            uri,
            bandwidth,
            average_bandwidth,
            tracks,
            timing,
        } = variant;
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average_bandwidth},CODECS=\""
        );
        for (at, track) in tracks.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(text, "{comma}{}", track.codec_string());
        }
        text.push('"');
        let picture = tracks
            .iter()
            .find_map(|track| Some((&track.codec, track.codec.size()?)));
        if let Some((codec, (width, height))) = picture {
            if width > 0 && height > 0 {
                let _ = write!(text, ",RESOLUTION={width}x{height}");
            }
            let rate = match (timing, codec) {
                (Timing::Constant { num, den }, _) => Some((*num, *den)),
                (_, Codec::H264(config)) => config.frame_rate(),
                _ => None,
            };
            if let Some((num, den)) = rate.filter(|&(_, den)| den > 0) {
                let _ = write!(text, ",FRAME-RATE={:.3}", f64::from(num) / f64::from(den));
            }
        }
        let _ = write!(text, "\n{prefix}{uri}\n");
    }
    text
}
