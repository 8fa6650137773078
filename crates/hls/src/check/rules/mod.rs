//! The rules, grouped by what they look at, and how one is judged.

mod change;
mod delivery;
mod pieces;
mod playlist;

use super::{
    Finding, Limits,
    log::{Log, Seen},
};

/// Failures that the evidence quotes; the rest are counted.
const QUOTED_MAX: usize = 5;

/// A rule: its name, its sentence and how it is found out.
pub(super) struct Rule {
    pub id: &'static str,
    pub says: &'static str,
    pub look: fn(&Log, &Limits, &mut Judge),
}

impl Rule {
    pub fn judge(&self, log: &Log, limits: &Limits) -> Finding {
        let mut judge = Judge::default();
        (self.look)(log, limits, &mut judge);
        let (ok, evidence) = judge.verdict();
        Finding {
            rule: self.id,
            says: self.says,
            ok,
            evidence,
        }
    }
}

/// Counts how often a rule held and keeps what broke it.
#[derive(Default)]
pub(super) struct Judge {
    exercised: u64,
    broken: u64,
    quotes: Vec<String>,
    /// Why the stream gives this rule nothing to judge.
    inapplicable: Option<&'static str>,
}

impl Judge {
    /// The rule was exercised; `evidence` is asked for only if it did not hold.
    pub fn expect(&mut self, held: bool, evidence: impl FnOnce() -> String) {
        self.exercised += 1;
        if !held {
            self.broken += 1;
            if self.quotes.len() < QUOTED_MAX {
                self.quotes.push(evidence());
            }
        }
    }

    /// Says that a stream like this one need not exercise the rule.
    pub fn not_needed(&mut self, why: &'static str) {
        self.inapplicable = Some(why);
    }

    /// A stream like this one need not exercise the rule, as far as was said.
    pub fn is_excused(&self) -> bool {
        self.inapplicable.is_some()
    }

    fn verdict(self) -> (bool, String) {
        match (self.exercised, self.broken, self.inapplicable) {
            (0, _, Some(why)) => (true, format!("not applicable: {why}")),
            (0, _, None) => (false, "never exercised".to_owned()),
            (times, 0, _) => (true, format!("held {times} times")),
            (times, broken, _) => {
                let more = broken - self.quotes.len() as u64;
                let tail = if more > 0 {
                    format!("; and {more} more")
                } else {
                    String::new()
                };
                (
                    false,
                    format!(
                        "broken {broken} of {times} times: {}{tail}",
                        self.quotes.join("; ")
                    ),
                )
            }
        }
    }
}

/// Every whole media playlist with its URL.
fn lists(log: &Log) -> impl Iterator<Item = (&str, &Seen)> {
    log.streams
        .iter()
        .flat_map(|(url, stream)| stream.lists.iter().map(move |list| (url.as_str(), list)))
}

/// Every segment is of another format than fragmented MP4, or a range of a file, which is not fetched: nothing in it can be judged.
fn needs_fragments(log: &Log, judge: &mut Judge) {
    let judged = |segment: &crate::read::Segment| {
        segment
            .map
            .as_ref()
            .is_some_and(|map| map.byte_range.is_none())
    };
    let none = |list: &Seen| !list.media.with_open().any(judged);
    if log.is_stored() && lists(log).all(|(_, list)| none(list)) {
        judge.not_needed("its segments are no fragmented MP4 in files of their own");
    }
}

/// Every two whole playlists of a URL that follow each other by what they list.
fn steps(log: &Log) -> impl Iterator<Item = (&str, &Seen, &Seen)> {
    log.streams.iter().flat_map(|(url, stream)| {
        stream
            .lists
            .iter()
            .zip(stream.lists.iter().skip(1))
            .map(move |(earlier, later)| (url.as_str(), earlier, later))
    })
}

macro_rules! rules {
    ($($look:path, $id:literal, $says:literal;)*) => {
        /// All rules, in the order of the report.
        pub(super) const ALL: &[Rule] = &[$(Rule { id: $id, says: $says, look: $look }),*];
    };
}

rules! {
    playlist::readable, "playlist.readable", "Every playlist is well formed.";
    playlist::complete, "run.complete", "The run stayed within the checker's limits.";
    playlist::extinf, "segment.within-target", "No segment, rounded to seconds, is longer than EXT-X-TARGETDURATION.";
    playlist::part_max, "part.duration-max", "No part is longer than PART-TARGET.";
    playlist::part_min, "part.duration-min", "Parts last at least 85 % of PART-TARGET, but for independent, GAP and last ones.";
    playlist::part_sum, "part.sum", "The parts of a segment add up to its duration.";
    playlist::block_reload, "control.block-reload", "A playlist with parts offers CAN-BLOCK-RELOAD.";
    playlist::part_hold_back, "control.part-hold-back", "PART-HOLD-BACK is there and at least twice PART-TARGET.";
    playlist::part_hold_back_advised, "control.part-hold-back-advised", "PART-HOLD-BACK is at least three times PART-TARGET.";
    playlist::hold_back, "control.hold-back", "HOLD-BACK is at least three target durations.";
    playlist::skip_until, "control.can-skip-until", "CAN-SKIP-UNTIL is at least six target durations; CAN-SKIP-DATERANGES comes with it.";
    playlist::date_present, "date.present", "Every playlist has a date, and every discontinuity its own.";
    playlist::date_consistent, "date.consistent", "Dates follow the durations within a second.";
    playlist::late_tags, "part.tags-before", "What describes a segment comes before its first part.";
    playlist::map_present, "map.present", "Every segment has an initialisation segment.";
    playlist::version, "version.enough", "EXT-X-VERSION is what the tags in use need.";
    playlist::vod_type, "vod.type", "What is stored says EXT-X-PLAYLIST-TYPE:VOD.";
    playlist::vod_ended, "vod.ended", "A playlist of type VOD has EXT-X-ENDLIST and no tags of live streams.";
    playlist::hint_one, "hint.one", "A live playlist with parts hints one next part, an ended one none.";
    playlist::part_retention, "part.tags-removed", "Part tags older than three target durations are gone.";
    playlist::gap, "gap.agree", "A segment marked GAP has only GAP parts, and one of GAP parts alone is marked.";
    change::target_duration, "fixed.target-duration", "EXT-X-TARGETDURATION never changes.";
    change::part_target, "fixed.part-target", "PART-TARGET never changes.";
    change::server_control, "fixed.server-control", "EXT-X-SERVER-CONTROL never changes.";
    change::control_same, "control.same", "EXT-X-SERVER-CONTROL and target duration are the same in all media playlists.";
    change::sequence, "sequence.counts-removed", "EXT-X-MEDIA-SEQUENCE grows by one per removed segment.";
    change::no_return, "sequence.never-back", "No answer is older than one received before it was asked for.";
    change::append_only, "playlist.append-only", "What is listed stays as it is until it is removed from the front.";
    change::discontinuity, "discontinuity.counts-removed", "EXT-X-DISCONTINUITY-SEQUENCE counts removed discontinuities.";
    change::window, "window.three-targets", "Removing segments leaves at least three target durations.";
    change::hint_true, "hint.true", "The hinted part is the next part that appears.";
    change::end, "end.final", "Nothing is added after EXT-X-ENDLIST.";
    change::part_cadence, "cadence.part", "The next part is listed within one PART-TARGET.";
    change::segment_cadence, "cadence.segment", "The next segment is listed within 1.5 target durations.";
    change::reports, "report.all", "Each playlist reports every other rendition.";
    delivery::blocking, "blocking.not-early", "A blocking reload is answered with what it waits for.";
    delivery::past_last_part, "blocking.past-last-part", "A part after a segment's last one means the next segment's first.";
    delivery::old, "blocking.removed", "A request for something that is listed or gone is answered at once.";
    delivery::part_alone, "status.part-without-msn", "_HLS_part without _HLS_msn is answered 400.";
    delivery::too_far, "status.msn-too-far", "A media sequence number more than two ahead is answered 400.";
    delivery::part_too_far, "status.part-too-far", "A part beyond the advance part limit is answered 400.";
    delivery::no_number, "status.no-number", "A directive that is no number is answered 400.";
    delivery::missing, "status.missing", "A name that was never listed is answered 404.";
    delivery::available, "piece.available", "What is listed or hinted is delivered.";
    delivery::delta_answered, "delta.answered", "_HLS_skip is answered with a delta where one is offered and pays.";
    delivery::delta_equal, "delta.equal", "A delta and what was known make the whole playlist.";
    delivery::delta_boundary, "delta.boundary", "Only segments further from the end than CAN-SKIP-UNTIL are skipped.";
    delivery::delta_order, "delta.order", "The sequence tags come before EXT-X-SKIP, and the version is 9 or more.";
    delivery::gzip, "transport.gzip", "Playlists are packed for those who ask.";
    delivery::types, "transport.content-type", "Playlists and media have their MIME types.";
    delivery::ranges, "transport.range", "A range of a stored segment is answered 206 with exactly its bytes.";
    delivery::cors, "transport.cors", "Every answer, errors too, may be read by pages of other origins.";
    delivery::cache_playlists, "cache.playlists", "Playlists are cached no longer than the profile says.";
    delivery::cache_media, "cache.media", "Media are cached for at least a target duration.";
    delivery::cache_errors, "cache.errors", "Errors are cached no longer than the profile says.";
    pieces::init_readable, "init.readable", "Initialisation segments hold tracks that are understood.";
    pieces::media_readable, "media.readable", "Parts and segments are whole fragments of the tracks announced.";
    pieces::begins, "media.begins", "Segments begin with styp, or with what may come before moof.";
    pieces::unchanged, "media.unchanged", "The bytes under a name never change.";
    pieces::concat, "media.parts-are-segment", "The parts of a segment, one after the other, are its bytes.";
    pieces::continuity, "media.continuous", "Each track's decode times go on where the part before ended.";
    pieces::durations, "media.durations", "Segments last as long as the playlist says.";
    pieces::independent_true, "independent.true", "A part marked INDEPENDENT has a frame where decoding can start.";
    pieces::independent_marked, "independent.marked", "A part with a key frame is marked INDEPENDENT.";
    pieces::independent_segments, "independent.segments", "EXT-X-INDEPENDENT-SEGMENTS is claimed only if every segment starts with a key frame.";
    pieces::codecs, "multivariant.codecs", "CODECS names what the initialisation segment holds.";
    pieces::resolution, "multivariant.resolution", "RESOLUTION is the picture's size.";
    pieces::bandwidth, "multivariant.bandwidth", "BANDWIDTH is at least the measured peak.";
}
