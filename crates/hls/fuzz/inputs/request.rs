//! Any piece name and query, a line each, against windows that live and that have ended. The first byte says which and since when.

use std::{sync::OnceLock, time::Duration};

use hls::{Answer, Request, Settings, name::Name};

use crate::rig::{Rig, Source};

/// One with two epochs, the first ended; one that has ended; one after a restart whose publisher is awaited; an empty one.
fn rigs() -> &'static [Rig; 4] {
    static RIGS: OnceLock<[Rig; 4]> = OnceLock::new();
    RIGS.get_or_init(|| {
        let mut live = Rig::new();
        live.publish(&Source::default(), 0, 3000);
        live.end();
        live.publish(&Source::default(), 0, 2500);
        let mut ended = Rig::new();
        ended.publish(&Source::default(), 0, 1500);
        ended.end();
        let awaited = Rig::with(Settings::default(), live.window.resume());
        [live, ended, awaited, Rig::new()]
    })
}

/// Panics where an answer contradicts itself.
pub fn run(data: &[u8]) {
    let Some((control, rest)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let (piece, query) = text.split_once('\n').unwrap_or((&text, ""));
    let rig = &rigs()[usize::from(control % 4)];
    let since = rig.now.mono - Duration::from_millis(u64::from(control >> 2) * 250);
    let request = Request {
        piece,
        query,
        since,
    };
    let answer = rig.window.answer(&request, rig.now);
    assert_eq!(answer, rig.window.answer(&request, rig.now));
    let understood = Name::parse(piece);
    if let Some(name) = understood {
        assert_eq!(name.to_string(), piece, "one way to write a name");
    }
    match answer {
        Answer::Ready(reply) => assert!(understood.is_some() && !reply.body.is_empty()),
        Answer::Wait { deadline } => {
            assert!(understood.is_some() && deadline > rig.now.mono);
            assert!(deadline <= since + Duration::from_secs(12));
            let mut then = rig.now;
            then.mono = deadline;
            let late = rig.window.answer(&request, then);
            assert!(
                !matches!(late, Answer::Wait { .. }),
                "nobody waits past the deadline"
            );
        }
        _ => {}
    }
}
