//! What must hold for every event of a packager and every playlist of a window.

use std::collections::BTreeMap;

use hls::Output;
use hls::packager::{Part, SegmentBegun};
use media::fmp4::read;

/// What must hold for every event and every playlist.
#[derive(Default)]
pub struct Rules {
    /// Odd input: holes between fragments are not judged.
    pub lenient: bool,
    part_target_us: u64,
    target_us: u64,
    inits: BTreeMap<u32, read::Init>,
    begun: Option<SegmentBegun>,
    next: Option<u64>,
    parts: Vec<(u64, bool, bool)>,
    /// Where each track's next fragment must begin.
    decode: BTreeMap<u32, u64>,
    /// A part shorter than 85 %, excused only if a gap or the segment's end follows.
    short: bool,
    last_playlist: Option<(u32, Listing)>,
}

/// What promises are about in a playlist.
struct Listing {
    head: Vec<String>,
    msn: u64,
    discontinuities: u64,
    segments: Vec<String>,
}

impl Rules {
    pub fn output(&mut self, output: &Output) {
        match output {
            Output::Epoch(epoch) => {
                self.part_target_us = epoch.part_target_us;
                self.target_us = u64::from(epoch.target_duration_s) * 1_000_000;
                self.next = Some(epoch.first_msn);
                self.decode.clear();
                self.inits.clear();
                self.last_playlist = None;
            }
            Output::Init(init) => {
                let bytes = init.body.to_vec();
                let known = self.inits.insert(init.number, read::init(&bytes).unwrap());
                assert!(known.is_none(), "init {} came twice", init.number);
            }
            Output::SegmentBegun(begun) => {
                assert_eq!(
                    Some(begun.msn),
                    self.next,
                    "media sequence numbers follow each other"
                );
                assert!(self.begun.is_none(), "segment begun inside another");
                self.begun = Some(*begun);
                self.parts.clear();
                if begun.discontinuity {
                    self.decode.clear();
                }
            }
            Output::Part(part) => self.part(part),
            Output::SegmentDone(done) => {
                let begun = self.begun.take().expect("a segment is open");
                assert_eq!(begun.msn, done.msn);
                let sum: u64 = self.parts.iter().map(|part| part.0).sum();
                assert_eq!(sum, done.duration_us, "a segment is as long as its parts");
                assert!(
                    done.duration_us <= self.target_us,
                    "segment of {} us",
                    done.duration_us
                );
                self.next = Some(done.msn + 1);
                self.short = false;
            }
            Output::Ended => assert!(self.begun.is_none(), "ended inside a segment"),
        }
    }

    fn part(&mut self, part: &Part) {
        let begun = self.begun.expect("a part lies in a segment");
        assert_eq!(
            (part.msn, part.index as usize),
            (begun.msn, self.parts.len())
        );
        assert_eq!(part.gap, begun.gap, "a segment holds media or gaps");
        assert!(
            part.duration_us > 0 && part.duration_us <= self.part_target_us,
            "part of {} us",
            part.duration_us
        );
        assert!(
            !self.short || part.gap,
            "short part inside segment {}",
            part.msn
        );
        self.short =
            part.duration_us * 100 < self.part_target_us * 85 && !part.independent && !part.gap;
        self.parts
            .push((part.duration_us, part.independent, part.gap));
        assert_eq!(part.gap, part.body.is_empty());
        if part.gap {
            return;
        }
        let bytes = part.body.to_vec();
        let init = self.inits.get(&begun.init).expect("init before its media");
        let fragments = read::fragments(&bytes, init).expect("a readable fragment");
        assert_eq!(fragments.len(), 1);
        let mut key = false;
        for track in &fragments[0].tracks {
            let base = track.base_decode_time.unwrap();
            if let Some(expected) = self.decode.insert(track.track_id, base + track.duration()) {
                let fits = base == expected || (self.lenient && base > expected);
                assert!(
                    fits,
                    "track {} of part {}.{} at {base}, not {expected}",
                    track.track_id, part.msn, part.index
                );
            }
            let sound_alone = init.tracks.len() == 1 && track.track_id == 2;
            key |= (track.track_id == 1 || sound_alone)
                && track.samples.iter().any(|sample| sample.is_sync());
        }
        assert_eq!(
            part.independent, key,
            "INDEPENDENT is true of {}.{}",
            part.msn, part.index
        );
    }

    pub fn playlist(&mut self, epoch: u32, text: &str) {
        let value = |tag: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(tag))
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        let head = [
            "#EXT-X-VERSION",
            "#EXT-X-TARGETDURATION",
            "#EXT-X-SERVER-CONTROL",
            "#EXT-X-PART-INF",
        ];
        let listing = Listing {
            head: text
                .lines()
                .filter(|line| head.iter().any(|tag| line.starts_with(tag)))
                .map(String::from)
                .collect(),
            msn: value("#EXT-X-MEDIA-SEQUENCE:"),
            discontinuities: value("#EXT-X-DISCONTINUITY-SEQUENCE:"),
            segments: segments(text),
        };
        if let Some((before_epoch, before)) = &self.last_playlist
            && *before_epoch == epoch
        {
            assert_eq!(before.head, listing.head, "promises do not change");
            assert!(listing.msn >= before.msn && listing.discontinuities >= before.discontinuities);
            let gone = (listing.msn - before.msn) as usize;
            let removed = &before.segments[..gone.min(before.segments.len())];
            let marks = removed
                .iter()
                .filter(|segment| segment.contains("#EXT-X-DISCONTINUITY\n"))
                .count() as u64;
            assert_eq!(
                listing.discontinuities - before.discontinuities,
                marks,
                "removed discontinuities are counted"
            );
            let kept = before.segments.iter().skip(gone);
            for (old, new) in kept.zip(&listing.segments) {
                assert!(
                    is_successor(old, new),
                    "a listed segment changed:\n{old}\n->\n{new}"
                );
            }
        }
        self.last_playlist = Some((epoch, listing));
    }
}

/// The lines of each segment, the open one last; maps do not count, since the first segment listed always has one.
fn segments(text: &str) -> Vec<String> {
    let mut list = vec![String::new()];
    let body = text
        .lines()
        .skip_while(|line| !line.starts_with("#EXT-X-DISCONTINUITY-SEQUENCE"))
        .skip(1);
    for line in body.filter(|line| {
        !line.starts_with("#EXT-X-PRELOAD-HINT")
            && !line.starts_with("#EXT-X-MAP")
            && *line != "#EXT-X-ENDLIST"
    }) {
        let last = list.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
        if !line.starts_with('#') {
            list.push(String::new());
        }
    }
    list.retain(|segment| !segment.is_empty());
    list
}

/// The same lines with more at the end, or without its parts.
fn is_successor(old: &str, new: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with("#EXT-X-PART:"))
            .map(String::from)
            .collect()
    };
    new.starts_with(old) || (!new.contains("#EXT-X-PART:") && plain(old) == plain(new))
}
