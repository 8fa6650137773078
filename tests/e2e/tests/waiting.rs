//! Many viewers who wait for the same part: one wake-up answers all, and nobody waits for a publisher who is gone.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use e2e::{Answer, Encoder, Ffmpeg, Media, Server, playlist::Viewer};

/// Three target durations (4 s by default): no request is held longer (RFC 8216bis, 6.2.5.2). Twofold slack for busy machines.
const RELEASED: Duration = Duration::from_secs(24);

/// Sends so many blocking requests at once; the answers come through the channel.
fn crowd(server: &Server, path: &str, query: &str, size: usize) -> mpsc::Receiver<Answer> {
    let (answers, arrived) = mpsc::channel();
    for _ in 0..size {
        let (client, answers) = (server.client(), answers.clone());
        let target = format!("{path}{query}");
        let spawned = thread::Builder::new()
            .stack_size(128 * 1024)
            .spawn(move || {
                let _ = answers.send(client.get(&target));
            });
        assert!(spawned.is_ok(), "no thread for a viewer");
    }
    arrived
}

/// Abuse case F2.
#[test]
fn crowd_that_waits_for_one_part_is_answered_alike() {
    const CROWD: usize = 800;
    let (server, publisher, _) = Server::live(&[], &Encoder::new(Ffmpeg::Modern));
    let viewer = Viewer::join(&server.client(), "live");
    let before = server.memory();
    // Two segments ahead, the furthest that may be asked for: everybody has arrived before it is there.
    let next = viewer.look().last() + 2;
    let query = format!("?_HLS_msn={next}&_HLS_part=0");
    let answers: Vec<Answer> = crowd(&server, viewer.path(), &query, CROWD)
        .iter()
        .collect();
    assert_eq!(answers.len(), CROWD);
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(Media::of(answer).last() + 1 >= next);
    }
    let same = answers.iter().filter(|a| a.body == answers[0].body).count();
    assert!(
        same > CROWD / 2,
        "one text for those whom one part answered: {same} of {CROWD}"
    );
    assert!(
        server.memory() < before + (64 << 20),
        "{before} to {}",
        server.memory()
    );
    publisher.kill();
}

/// Abuse case F3.
#[test]
fn those_who_wait_are_released_when_the_publisher_is_gone() {
    const CROWD: usize = 200;
    let (server, publisher, _) =
        Server::live(&["publish.grace_s=1"], &Encoder::new(Ffmpeg::Modern));
    let viewer = Viewer::join(&server.client(), "live");
    let next = viewer.look().last() + 2;
    let arrived = crowd(&server, viewer.path(), &format!("?_HLS_msn={next}"), CROWD);
    publisher.kill();
    let gone = Instant::now();
    for n in 0..CROWD {
        let left = RELEASED.saturating_sub(gone.elapsed());
        match arrived.recv_timeout(left) {
            Ok(answer) => assert!(
                matches!(answer.status, 200 | 404 | 410 | 503),
                "{}",
                answer.text()
            ),
            Err(error) => panic!("{n} of {CROWD} were released: {error}"),
        }
    }
}
