//! The media playlist and its delta update (RFC 8216bis, 4.4 and 6.2.5.1).
//!
//! A segment's lines are rendered once, when they come to be, and joined on every change; only head, hint and the choice
//! of lines differ between playlists. There is one rendition, so nothing to report on others. INDEPENDENT-SEGMENTS is never claimed: the first segment of an epoch is cut early, and
//! long groups of pictures are cut at the target duration, so it does not hold; INDEPENDENT on parts tells the truth.
//!
//! `EXT-X-PRELOAD-HINT:TYPE=MAP` (4.4.5.3) is not written. A new initialisation segment is known for certain only when the time line that
//! needs it has settled: mostly in the step that lists the last part of the old one, one part before the map itself is listed; after
//! a change of kinds or rate, later than that part's answer went out. Viewers wait in blocking reloads, so the hint could reach them with
//! that one answer at most, and save one round trip for some 700 bytes, once a change, in players that load hints (hls.js does not).
//! `check` judges hints of maps that other servers give.

use std::fmt::Write as _;

use super::{Date, Seconds};
use crate::name::{Name, Piece};
use crate::packager::{Part, SegmentBegun, SegmentDone};

/// What stands before the segments.
pub(crate) struct Head {
    pub target_duration_s: u32,
    pub part_target_us: u64,
    pub media_sequence: u64,
    pub discontinuity_sequence: u64,
}

/// What stands after them.
pub(crate) enum Hint {
    /// The next part, by name.
    Part(Name),
    /// Nothing comes any more.
    End,
}

/// Tags that precede a segment's first part. `with_map` where the map differs from the segment before.
pub(crate) fn segment_head(text: &mut String, epoch: u32, segment: &SegmentBegun, with_map: bool) {
    if segment.discontinuity {
        text.push_str("#EXT-X-DISCONTINUITY\n");
    }
    if with_map {
        let map = Name {
            epoch,
            piece: Piece::Init {
                number: segment.init,
            },
        };
        line(text, format_args!("#EXT-X-MAP:URI=\"{map}\""));
    }
    line(
        text,
        format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", Date(segment.date_ms)),
    );
    if segment.gap {
        text.push_str("#EXT-X-GAP\n");
    }
}

/// The tag of a part.
pub(crate) fn part_line(text: &mut String, name: Name, part: &Part) {
    let flags = match (part.independent, part.gap) {
        (_, true) => ",GAP=YES",
        (true, false) => ",INDEPENDENT=YES",
        (false, false) => "",
    };
    line(
        text,
        format_args!(
            "#EXT-X-PART:DURATION={},URI=\"{name}\"{flags}",
            Seconds(part.duration_us)
        ),
    );
}

/// Duration and address of a complete segment.
pub(crate) fn segment_tail(text: &mut String, epoch: u32, segment: &SegmentDone) {
    let name = Name {
        epoch,
        piece: Piece::Segment { msn: segment.msn },
    };
    line(
        text,
        format_args!("#EXTINF:{},\n{name}", Seconds(segment.duration_us)),
    );
}

/// A whole playlist of these lines.
pub(crate) fn full<'a>(head: &Head, lines: impl Iterator<Item = &'a str>, hint: &Hint) -> String {
    let mut text = String::with_capacity(8 << 10);
    put_head(&mut text, head);
    text.extend(lines);
    put_end(&mut text, hint);
    text
}

/// A delta update that leaves out the first `skipped` segments; `lines` are those of the others.
pub(crate) fn delta<'a>(
    head: &Head,
    skipped: usize,
    lines: impl Iterator<Item = &'a str>,
    hint: &Hint,
) -> String {
    let mut text = String::with_capacity(8 << 10);
    put_head(&mut text, head);
    line(
        &mut text,
        format_args!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"),
    );
    text.extend(lines);
    put_end(&mut text, hint);
    text
}

/// `CAN-SKIP-UNTIL`: six target durations, the least that is allowed.
pub(crate) const SKIP_TARGETS: u64 = 6;

fn put_head(text: &mut String, head: &Head) {
    let target_us = u64::from(head.target_duration_s) * 1_000_000;
    text.push_str("#EXTM3U\n#EXT-X-VERSION:9\n");
    line(
        text,
        format_args!("#EXT-X-TARGETDURATION:{}", head.target_duration_s),
    );
    line(
        text,
        format_args!(
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={},HOLD-BACK={},PART-HOLD-BACK={}",
            Seconds(SKIP_TARGETS * target_us),
            Seconds(3 * target_us),
            Seconds(3 * head.part_target_us),
        ),
    );
    line(
        text,
        format_args!(
            "#EXT-X-PART-INF:PART-TARGET={}",
            Seconds(head.part_target_us)
        ),
    );
    line(
        text,
        format_args!("#EXT-X-MEDIA-SEQUENCE:{}", head.media_sequence),
    );
    line(
        text,
        format_args!(
            "#EXT-X-DISCONTINUITY-SEQUENCE:{}",
            head.discontinuity_sequence
        ),
    );
}

fn put_end(text: &mut String, hint: &Hint) {
    match hint {
        Hint::Part(name) => {
            line(
                text,
                format_args!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{name}\""),
            );
        }
        Hint::End => text.push_str("#EXT-X-ENDLIST\n"),
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = text.write_fmt(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            target_duration_s: 4,
            part_target_us: 200_200,
            media_sequence: 7,
            discontinuity_sequence: 1,
        }
    }

    #[test]
    fn live_playlist_hints_at_the_next_part() {
        let hint = Hint::Part(Name {
            epoch: 3,
            piece: Piece::Part { run: 0, number: 45 },
        });
        insta::assert_snapshot!(full(&head(), ["#EXTINF:1,\nx\n"].into_iter(), &hint), @r#"
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:4
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,HOLD-BACK=12,PART-HOLD-BACK=0.6006
        #EXT-X-PART-INF:PART-TARGET=0.2002
        #EXT-X-MEDIA-SEQUENCE:7
        #EXT-X-DISCONTINUITY-SEQUENCE:1
        #EXTINF:1,
        x
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="e3-r0p45.m4s"
        "#);
    }

    #[test]
    fn ended_playlist_has_no_hint() {
        let text = full(&head(), std::iter::empty(), &Hint::End);
        assert!(text.ends_with("#EXT-X-ENDLIST\n") && !text.contains("HINT"));
    }
}
