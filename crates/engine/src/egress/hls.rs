//! The HLS reader of a stream: frames from the ring through the packager into the window.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use hls::{Output, Packager, Window};
use tokio::time::{Instant, sleep_until};

use super::{reel::Reel, sound::Sound};
use crate::hub::{Entry, Reader, Stream};

/// An ended presentation is kept this long for viewers who are still in it, then its memory is given back.
const KEPT_AFTER_END: Duration = Duration::from_secs(120);

/// How often an ended presentation is looked at, to let go of it once its time is over.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Runs as long as the stream is known.
pub(crate) async fn run(stream: Arc<Stream>, mut reader: Reader) {
    let shared = stream.shared().clone();
    let mut packager = Packager::new(shared.settings.hls.clone(), stream.window().resume());
    let mut reel = Reel::default();
    let mut sound = Sound::new(shared.settings.opus_in_hls);
    let mut frames = Vec::new();
    let mut entries = Vec::new();
    let mut dropped_before = (0, 0);
    let mut release_at: Option<Duration> = None;
    loop {
        let look_again = release_at.map(|at| at.min(shared.mono() + LOOK_AGAIN));
        let due = [packager.timeout(), stream.away_until(), look_again]
            .into_iter()
            .flatten()
            .min();
        let at = due.map(|due| Instant::from_std(shared.start + due));
        tokio::select! {
            () = reader.ready() => {}
            () = async { sleep_until(at.unwrap_or_else(Instant::now)).await }, if at.is_some() => {}
        }
        entries.clear();
        reader.read(&mut entries);
        let (mut ended, mut rests) = (false, false);
        for entry in entries.drain(..) {
            let now = shared.now();
            match entry {
                Entry::Start => {
                    release_at = None;
                    (ended, rests) = (false, false);
                    packager.start(now, &[]);
                }
                Entry::Track(track) => packager.track(now, sound.track(track)),
                Entry::Frame(frame) => sound.frame(frame, &mut frames),
                Entry::Away | Entry::End => {
                    sound.flush(&mut frames);
                    frames.drain(..).for_each(|frame| packager.push(now, frame));
                    ended = matches!(entry, Entry::End);
                    rests = true;
                    if ended {
                        packager.end(now);
                    } else {
                        packager.interrupt(now);
                    }
                }
            }
            frames.drain(..).for_each(|frame| packager.push(now, frame));
        }
        if packager.timeout().is_some_and(|due| due <= shared.mono()) {
            packager.handle_timeout(shared.now());
        }
        if stream.is_forgotten() {
            stream.came_to_rest();
            return;
        }
        publish(&stream, &mut packager, &mut reel);
        stream.end_if_overdue();
        if ended {
            release_at = Some(shared.mono() + KEPT_AFTER_END);
            stream.ring().clear();
        }
        if rests {
            stream.came_to_rest();
        }
        if release_at.is_some() && stream.window().facts().is_some() {
            stream.change_window(|window| window.expire(shared.now()));
        }
        if release_at.is_some_and(|at| at <= shared.mono()) {
            release_at = None;
            let resume = stream.window().resume();
            packager = Packager::new(shared.settings.hls.clone(), resume.clone());
            stream
                .change_window(|window| *window = Window::new(shared.settings.hls.clone(), resume));
        }
        let dropped = (reader.dropped, packager.counters().dropped);
        shared
            .counters
            .ring_dropped
            .fetch_add(dropped.0 - dropped_before.0, Ordering::Relaxed);
        shared.counters.packager_dropped.fetch_add(
            dropped.1.saturating_sub(dropped_before.1),
            Ordering::Relaxed,
        );
        dropped_before = dropped;
    }
}

/// Takes what the packager says into the window, and wakes viewers once.
fn publish(stream: &Stream, packager: &mut Packager, reel: &mut Reel) {
    // Written before the window is locked: nobody waits for that.
    let outputs: Vec<Output> = std::iter::from_fn(|| packager.poll())
        .map(|output| reel.take(&stream.shared().reels, output))
        .collect();
    if outputs.is_empty() {
        return;
    }
    let now = stream.shared().now();
    let mut save = false;
    stream.change_window(|window| {
        for output in outputs {
            save |= matches!(
                output,
                Output::SegmentDone(_) | Output::Ended | Output::Epoch(_)
            );
            window.apply(now, output);
        }
    });
    if save && let Some(resume) = stream.window().resume() {
        stream.shared().saver.save(stream.slug(), resume);
    }
}
