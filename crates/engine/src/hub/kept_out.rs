//! Whom the owner of a stream has just sent away, and until when they are not let in again.
//!
//! Encoders come back by themselves after a cut: OBS after 2 s, then each time half as long again. Letting them in would make the
//! end of a broadcast the beginning of the next. So who was sent away has to be quiet for a while first; each try makes that at least
//! twice as long as it took to come, which a program that slows down by less than that never reaches, and a person does.

use std::time::Duration;

use domain::publish::Credential;

/// Quiet that is asked for at least.
const QUIET: Duration = Duration::from_secs(15);

/// Somebody who was sent away.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptOut {
    credential: Credential,
    tried: Duration,
    until: Duration,
}

impl KeptOut {
    /// Sent away at this time of the engine's clock.
    pub(super) fn new(credential: Credential, now: Duration) -> Self {
        Self {
            credential,
            tried: now,
            until: now + QUIET,
        }
    }

    /// Whether somebody with this credential is still to stay away; asking counts as a try.
    pub(super) fn refuses(&mut self, credential: Credential, now: Duration) -> bool {
        if credential != self.credential || now >= self.until {
            return false;
        }
        let came_after = now.saturating_sub(self.tried);
        self.tried = now;
        self.until = now + QUIET.max(came_after * 2);
        true
    }
}

#[cfg(test)]
mod tests {
    use domain::stream::KeyId;

    use super::*;

    const KEY: Credential = Credential::Key(KeyId::from_number(1));

    #[test]
    fn program_that_comes_back_ever_more_slowly_stays_out() {
        let mut kept = KeptOut::new(KEY, Duration::ZERO);
        let (mut now, mut delay) = (0.0, 2.0);
        for _ in 0..25 {
            now += delay;
            delay *= 1.5;
            assert!(kept.refuses(KEY, Duration::from_secs_f64(now)), "{now}");
        }
    }

    #[test]
    fn who_was_quiet_is_let_in_and_others_at_once() {
        let mut kept = KeptOut::new(KEY, Duration::ZERO);
        let other = Credential::Key(KeyId::from_number(2));
        assert!(!kept.refuses(other, Duration::from_secs(1)));
        assert!(kept.refuses(KEY, Duration::from_secs(2)));
        assert!(kept.refuses(KEY, Duration::from_secs(5)));
        assert!(!kept.refuses(KEY, Duration::from_secs(20)));
    }
}
