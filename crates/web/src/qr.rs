//! QR codes as SVG, made here so that no link is shown to anybody else's service.
//!
//! By `qrcodegen` (ISO/IEC 18004). The picture stands alone: no style, no script, no size of its own, so that it passes any content
//! policy and fills what the page gives it. Role and title are the page's. White lies under it, since cameras find dark on light alone
//! and pages can be dark.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Bytes of text at most. A link with a code has about 100; cameras at arm's length give up on much denser ones than this makes.
const TEXT_MAX: usize = 1024;
/// Light modules around the code, as many as the standard demands.
const QUIET: i32 = 4;

/// The code for a text, with error correction M or better; `None` for an empty text and one that is longer than a link may be.
pub(crate) fn svg(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > TEXT_MAX {
        return None;
    }
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * QUIET;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\""
    );
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let length = (x..code.size())
                .take_while(|x| code.get_module(*x, y))
                .count();
            // A row has 177 modules at most.
            let length = i32::try_from(length).unwrap_or_default();
            if length > 0 {
                // Writing to a string cannot fail.
                let _ = write!(out, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
            }
            x += length.max(1);
        }
    }
    out.push_str("\"/></svg>");
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels a module in the tests' picture: as much as a camera would want.
    const SCALE: usize = 4;

    /// Draws what the path says, and nothing else, and reads it as a camera would.
    fn read(svg: &str) -> String {
        let side: usize = between(svg, "viewBox=\"0 0 ", " ").parse().unwrap();
        let path = between(svg, "fill=\"#000\" d=\"", "\"");
        let mut dark = vec![false; side * side];
        for bar in path.split('M').filter(|bar| !bar.is_empty()) {
            let (x, rest) = bar.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, rest) = rest.split_once('v').unwrap();
            assert_eq!(rest, format!("1h-{length}z"));
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            for x in x..x + length.parse::<usize>().unwrap() {
                assert!((4..side - 4).contains(&x) && (4..side - 4).contains(&y));
                dark[y * side + x] = true;
            }
        }
        let mut picture =
            rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, |x, y| {
                if dark[y / SCALE * side + x / SCALE] {
                    0
                } else {
                    255
                }
            });
        let grids = picture.detect_grids();
        assert_eq!(grids.len(), 1);
        let (found, text) = grids[0].decode().unwrap();
        // In the format's own order: 0 is M, 3 is Q, 2 is H; 1 would be L.
        assert_ne!(found.ecc_level, 1, "as good as M at least");
        text
    }

    fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
        let (_, rest) = text.split_once(start).unwrap();
        rest.split_once(end).unwrap().0
    }

    #[test]
    fn links_are_read_back_from_the_picture() {
        let long = format!("https://media.example.org/watch/{}", "a1".repeat(300));
        for text in [
            "https://media.example.org/watch/welcome?code=website2024&t=90",
            "HTTPS://EXAMPLE.ORG/",
            "x",
            "https://example.org/ü?<>&\"'",
            long.as_str(),
        ] {
            assert_eq!(read(&svg(text).unwrap()), text);
        }
    }

    #[test]
    fn the_text_never_stands_in_the_picture() {
        let made = svg("\"><script>alert(1)</script>").unwrap();
        assert!(!made.contains("script") && !made.contains("style"));
    }

    #[test]
    fn empty_and_endless_texts_have_no_code() {
        assert_eq!(svg(""), None);
        assert!(svg(&"x".repeat(TEXT_MAX)).is_some());
        assert_eq!(svg(&"x".repeat(TEXT_MAX + 1)), None);
    }
}
