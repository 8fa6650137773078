//! A publisher's hold on a stream: frames go in, and its end is noticed however it comes.

use std::{sync::Arc, time::Duration};

use domain::publish::{Admitted, Refused};
use media::{Frame, Track};
use tokio::sync::watch;

use super::{Origin, Stream};

/// Why the server ends a publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Its key was revoked, its stream deleted and the like; in words for the person.
    Closed(String),
    /// Another publisher took over.
    TakenOver,
    /// The server stops.
    ShuttingDown,
}

/// The one publisher of a stream. Dropping it lets the grace begin.
pub(crate) struct Publishing {
    stream: Arc<Stream>,
    number: u64,
    end: watch::Receiver<Option<EndReason>>,
}

impl Publishing {
    pub(super) fn begin(
        stream: Arc<Stream>,
        admitted: Admitted,
        origin: Origin,
    ) -> Result<Self, Refused> {
        let (number, end) = stream.take(admitted, origin)?;
        Ok(Self {
            stream,
            number,
            end,
        })
    }

    /// A track's configuration came or changed.
    pub(crate) fn track(&self, track: Track) {
        self.stream.announce(self.number, &track);
    }

    /// What the encoder says it sends, kilobits a second.
    pub(crate) fn told(&self, picture_kbit: Option<f64>, sound_kbit: Option<f64>) {
        self.stream.told(self.number, picture_kbit, sound_kbit);
    }

    /// A frame came.
    pub(crate) fn frame(&self, now: Duration, frame: Frame) {
        self.stream.push(self.number, now, frame);
    }

    /// Why the server has ended this publisher, if it has.
    pub(crate) fn end(&self) -> Option<EndReason> {
        self.end.borrow().clone()
    }

    /// Whether somebody has wished for a key frame since this was asked last.
    pub(crate) fn key_frame_is_wanted(&self) -> bool {
        self.stream.key_frame_was_wanted()
    }

    /// Resolves when the server ends this publisher.
    pub(crate) async fn ended(&mut self) -> EndReason {
        match self.end.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or(EndReason::ShuttingDown),
            Err(_) => EndReason::ShuttingDown,
        }
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        self.stream.leave(self.number);
    }
}
