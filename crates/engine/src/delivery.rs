//! From a request to bytes: asks the window, and where the answer is not there yet, waits for the one wake-up that all share.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use domain::engine::{Chunk, Fetch, Medium, Range, Reply, Status};
use hls::{Answer, Kind, Request};
use tokio::time::{Instant, timeout_at};

use crate::hub::Stream;

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
const MP4: &str = "video/mp4";
/// How long a request for the index waits for the first playable moment of a stream that is starting.
const INDEX_WAIT: Duration = Duration::from_secs(8);

/// Answers a request for a piece.
pub(crate) fn fetch(stream: Arc<Stream>, piece: &str, query: &str) -> Fetch {
    let since = stream.shared().mono();
    match ask(&stream, piece, query, since) {
        Asked::Reply(reply) => Fetch::Ready(reply),
        Asked::Wait(deadline) => {
            let (piece, query) = (piece.to_owned(), query.to_owned());
            Fetch::Wait(Box::pin(wait(stream, piece, query, since, deadline)))
        }
    }
}

enum Asked {
    Reply(Reply),
    Wait(Duration),
}

async fn wait(
    stream: Arc<Stream>,
    piece: String,
    query: String,
    since: Duration,
    mut deadline: Duration,
) -> Reply {
    let mut versions = stream.versions();
    loop {
        // Subscribed first, asked after it: a change in between is seen.
        match ask(&stream, &piece, &query, since) {
            Asked::Reply(reply) => return reply,
            Asked::Wait(until) => deadline = deadline.min(until),
        }
        let _ = timeout_at(
            Instant::from_std(stream.shared().start + deadline),
            versions.changed(),
        )
        .await;
    }
}

fn ask(stream: &Stream, piece: &str, query: &str, since: Duration) -> Asked {
    let now = stream.shared().now();
    let answer = stream.window().answer(
        &Request {
            piece,
            query,
            since,
        },
        now,
    );
    let (status, max_age_s, reason) = match answer {
        Answer::Ready(reply) => {
            if let Kind::Playlist { blocking } = reply.kind {
                count(stream, query, blocking, now.mono);
            }
            return Asked::Reply(ready(reply));
        }
        Answer::Wait { deadline } => return Asked::Wait(deadline),
        Answer::NotFound { max_age_s } => (Status::NotFound, max_age_s, "there is no such piece"),
        Answer::Gone { max_age_s } => (Status::Gone, max_age_s, "this piece has left the window"),
        Answer::BadRequest { why, max_age_s } => (Status::BadRequest, max_age_s, why),
        Answer::Unavailable { max_age_s } => (
            Status::Unavailable,
            max_age_s,
            "what was asked for did not come in time",
        ),
    };
    let retry_after_s = (status == Status::Unavailable).then_some(1);
    Asked::Reply(Reply {
        max_age_s,
        retry_after_s,
        ..Reply::refused(status, reason)
    })
}

fn ready(reply: hls::Reply) -> Reply {
    let (media_type, immutable) = match reply.kind {
        Kind::Playlist { .. } => (PLAYLIST, false),
        Kind::Init | Kind::Segment | Kind::Part => (MP4, true),
    };
    Reply {
        status: Status::Ok,
        media_type,
        body: reply.body.chunks().iter().map(chunk).collect(),
        gzip: reply.gzip,
        max_age_s: reply.max_age_s,
        immutable,
        retry_after_s: None,
        reason: None,
        version: None,
    }
}

fn chunk(chunk: &hls::Chunk) -> Chunk {
    match chunk.clone() {
        hls::Chunk::Slice(slice) => Chunk::Slice(slice),
        hls::Chunk::Stored { file, offset, len } => Chunk::Stored(Range {
            file,
            offset,
            len,
            medium: Medium::Memory,
        }),
    }
}

/// Counts who watches: see [`crate::hub`]'s presence.
fn count(stream: &Stream, query: &str, blocking: bool, now: Duration) {
    let settings = &stream.shared().settings.hls;
    let ms = match (blocking, query.contains("_HLS_part=")) {
        (true, true) => {
            let part_target_us = stream.window().part_target_us();
            part_target_us.map_or(settings.part_ms, |us| {
                u32::try_from(us / 1000).unwrap_or(settings.part_ms)
            })
        }
        (true, false) => settings.segment_ms,
        // Players without blocking reload ask once a target duration or two; a player that begins asks once and then blocks.
        (false, _) => settings.target_duration_s * 250,
    };
    stream.presence.covered(now, ms);
}

/// The multivariant playlist, once there is one; waits a little while a broadcast is starting.
pub(crate) fn index(stream: Arc<Stream>, prefix: &str) -> Fetch {
    if let Some(playlist) = current(&stream, prefix) {
        return Fetch::Ready(multivariant(playlist));
    }
    let prefix = prefix.to_owned();
    Fetch::Wait(Box::pin(async move {
        let mut versions = stream.versions();
        let deadline = Instant::now() + INDEX_WAIT;
        loop {
            if let Some(playlist) = current(&stream, &prefix) {
                return multivariant(playlist);
            }
            if stream.snapshot().is_none()
                || timeout_at(deadline, versions.changed()).await.is_err()
            {
                return not_live();
            }
        }
    }))
}

/// The playlist of what is on now. A presentation that has ended is still answered to those who come late, but not to those who
/// come for the next broadcast, which is about to begin.
fn current(stream: &Stream, prefix: &str) -> Option<Bytes> {
    let has_ended = stream.window().has_ended();
    if has_ended && stream.snapshot().is_some() {
        return None;
    }
    stream.window().multivariant(prefix)
}

fn multivariant(playlist: Bytes) -> Reply {
    Reply {
        status: Status::Ok,
        media_type: PLAYLIST,
        body: playlist.into(),
        gzip: None,
        max_age_s: 0,
        immutable: false,
        retry_after_s: None,
        reason: None,
        version: None,
    }
}

/// The answer for a stream that nobody publishes to.
pub(crate) fn not_live() -> Reply {
    Reply {
        max_age_s: 1,
        ..Reply::refused(Status::NotFound, "the stream is not live")
    }
}
