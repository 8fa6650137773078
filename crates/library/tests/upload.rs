//! Uploads over real files: what is acknowledged is there, whatever happens to the request, the process or the disk.

#![expect(
    clippy::unwrap_used,
    reason = "a rig that cannot be built is a failed test"
)]

use std::{
    fs, io,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use domain::{clock::Clock, user::UserId};
use library::upload::{Ended, Id, Kind, Limits, New, Ports, Refused, State, Uploads, Wanted};
use tempfile::TempDir;
use testkit::{FixedClock, Seeded};

const ANN: UserId = UserId::from_number(1);
const BOB: UserId = UserId::from_number(2);
/// Which child of a story this process is.
const CHILD: &str = "UPLOAD_STORY_FOLDER";

struct Rig {
    folder: TempDir,
    clock: FixedClock,
    free: Arc<AtomicU64>,
    limits: Limits,
    uploads: Uploads,
}

impl Rig {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = FixedClock::default();
        let free = Arc::new(AtomicU64::new(1 << 50));
        let uploads = open(folder.path(), &clock, &free, &limits);
        Self {
            folder,
            clock,
            free,
            limits,
            uploads,
        }
    }

    /// As after a restart.
    fn again(&mut self) {
        self.uploads = open(self.folder.path(), &self.clock, &self.free, &self.limits);
    }

    async fn create(&self, owner: UserId, length: u64) -> Result<Id, Refused> {
        let wanted = Wanted::read([("filename", "lesson.mp4"), ("title", "Lesson")]).unwrap();
        let new = New {
            owner,
            length,
            wanted,
            metadata: "filename bGVzc29uLm1wNA==".to_owned(),
        };
        self.uploads.create(new).await.map(|status| status.id)
    }

    /// Appends these bytes in small pieces.
    async fn append(&self, id: Id, offset: u64, bytes: &[u8]) -> Result<u64, Refused> {
        let mut appending = self.uploads.append(id, ANN, offset).await?;
        for piece in bytes.chunks(10_000) {
            if let Err(refused) = appending.push(Bytes::copy_from_slice(piece)).await {
                let _ = appending.settle().await;
                return Err(refused);
            }
        }
        appending.settle().await
    }

    fn offset(&self, id: Id) -> u64 {
        self.uploads.find(id, ANN).unwrap().offset
    }

    fn data(&self, id: Id) -> PathBuf {
        self.folder.path().join(id.to_string()).join("data")
    }

    fn folders(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }
}

fn open(folder: &Path, clock: &FixedClock, free: &Arc<AtomicU64>, limits: &Limits) -> Uploads {
    let free = free.clone();
    let ports = Ports {
        random: Arc::new(Seeded::new(
            fs::read_dir(folder).unwrap().count() as u64 + 1,
        )),
        clock: Arc::new(clock.clone()),
        free_bytes: Arc::new(move |_| Ok(free.load(Ordering::SeqCst))),
    };
    Uploads::open(folder, ports, limits.clone()).unwrap()
}

/// Bytes that tell where they belong.
fn pattern(from: u64, length: u64) -> Vec<u8> {
    (from..from + length)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

async fn until(what: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.expect("it comes about");
}

#[tokio::test]
async fn bytes_that_come_in_many_requests_are_one_file() {
    let rig = Rig::new();
    let id = rig.create(ANN, 3_000_000).await.unwrap();
    let whole = pattern(0, 3_000_000);
    let mut offset = 0;
    for length in [1, 700_000, 1_299_999, 1_000_000] {
        let end = offset as usize + length;
        assert!(rig.uploads.take(id).is_none(), "not whole at {offset}");
        offset = rig
            .append(id, offset, &whole[offset as usize..end])
            .await
            .unwrap();
        assert_eq!(offset, end as u64);
        assert_eq!(rig.offset(id), offset);
    }
    let taken = rig.uploads.take(id).unwrap();
    assert!(fs::read(&taken.path).unwrap() == whole);
    assert_eq!(taken.wanted.filename, "lesson.mp4");
    assert_eq!((taken.owner, taken.length), (ANN, 3_000_000));
}

/// Abuse case G16.
#[tokio::test]
async fn whole_upload_is_taken_once_however_often_it_is_asked_for() {
    let rig = Rig::new();
    let id = rig.create(ANN, 5).await.unwrap();
    rig.append(id, 0, b"12345").await.unwrap();
    let takers: Vec<_> = (0..50)
        .map(|_| {
            let uploads = rig.uploads.clone();
            std::thread::spawn(move || uploads.take(id).is_some())
        })
        .collect();
    let taken = takers.into_iter().map(|taker| taker.join().unwrap());
    assert_eq!(taken.filter(|taken| *taken).count(), 1);
    let again = rig.append(id, 5, b"").await;
    assert!(matches!(again, Err(Refused::Ended)), "{again:?}");
    // Nothing could be made of it now: the next one may.
    rig.uploads.give_back(id, "The disk is full.".into());
    let status = rig.uploads.find(id, ANN).unwrap();
    assert_eq!(status.setback.as_deref(), Some("The disk is full."));
    assert_eq!(rig.append(id, 5, b"").await.unwrap(), 5);
    assert!(rig.uploads.take(id).is_some());
}

/// Abuse case G11.
#[tokio::test]
async fn false_offsets_and_lengths_are_refused_and_nothing_is_written() {
    let rig = Rig::with(Limits {
        length_max: 1_000,
        ..Limits::default()
    });
    let long = rig.create(ANN, 1_001).await;
    assert!(
        matches!(long, Err(Refused::TooLong { max: 1_000 })),
        "{long:?}"
    );
    let empty = rig.create(ANN, 0).await;
    assert!(matches!(empty, Err(Refused::Empty)), "{empty:?}");
    assert_eq!(rig.folders(), 0);

    let id = rig.create(ANN, 10).await.unwrap();
    rig.append(id, 0, b"0123").await.unwrap();
    for offset in [0, 3, 5, u64::MAX] {
        let wrong = rig.append(id, offset, b"xx").await;
        assert!(
            matches!(wrong, Err(Refused::WrongOffset { offset: 4 })),
            "{offset}: {wrong:?}"
        );
    }
    let over = rig.append(id, 4, b"456789x").await;
    assert!(matches!(over, Err(Refused::Overrun)), "{over:?}");
    assert_eq!(rig.offset(id), 4);
    assert_eq!(fs::read(rig.data(id)).unwrap(), b"0123");
}

/// Abuse case G11.
#[tokio::test]
async fn of_two_at_the_same_offset_one_wins() {
    let rig = Rig::new();
    let id = rig.create(ANN, 8).await.unwrap();
    let mut first = rig.uploads.append(id, ANN, 0).await.unwrap();
    first.push(Bytes::from_static(b"aaaa")).await.unwrap();
    let second = rig.uploads.append(id, ANN, 0).await;
    assert!(matches!(second, Err(Refused::Busy)), "busy");
    assert_eq!(first.settle().await.unwrap(), 4);
    let late = rig.append(id, 0, b"bbbb").await;
    assert!(
        matches!(late, Err(Refused::WrongOffset { offset: 4 })),
        "{late:?}"
    );
    assert_eq!(rig.append(id, 4, b"cccc").await.unwrap(), 8);
    assert_eq!(fs::read(rig.data(id)).unwrap(), b"aaaacccc");
}

#[tokio::test]
async fn append_that_fell_silent_gives_way_and_keeps_what_it_brought() {
    let rig = Rig::new();
    let id = rig.create(ANN, 8).await.unwrap();
    let mut lost = rig.uploads.append(id, ANN, 0).await.unwrap();
    lost.push(Bytes::from_static(b"aaa")).await.unwrap();
    let reader = tokio::spawn(async move {
        lost.stopped().await;
        lost.settle().await.unwrap()
    });
    rig.clock.advance(Duration::from_secs(4));
    // The sender is back; it believed the offset to be that of the last answer, and is told the true one.
    let back = rig.append(id, 0, b"aaa").await;
    assert!(
        matches!(back, Err(Refused::WrongOffset { offset: 3 })),
        "{back:?}"
    );
    assert_eq!(reader.await.unwrap(), 3);
    assert_eq!(rig.append(id, 3, b"bbbbb").await.unwrap(), 8);
    assert_eq!(fs::read(rig.data(id)).unwrap(), b"aaabbbbb");
}

#[tokio::test]
async fn request_that_is_given_up_leaves_what_it_brought() {
    let rig = Rig::new();
    let id = rig.create(ANN, 2_000_000).await.unwrap();
    let mut appending = rig.uploads.append(id, ANN, 0).await.unwrap();
    appending.push(pattern(0, 900_000).into()).await.unwrap();
    appending.push(pattern(900_000, 5).into()).await.unwrap();
    drop(appending);
    until(|| rig.offset(id) == 900_005).await;
    let rest = pattern(900_005, 1_099_995);
    assert_eq!(rig.append(id, 900_005, &rest).await.unwrap(), 2_000_000);
    assert!(fs::read(rig.data(id)).unwrap() == pattern(0, 2_000_000));
}

/// Abuse case G12.
#[tokio::test]
async fn uploads_of_others_are_none() {
    let rig = Rig::new();
    let id = rig.create(ANN, 4).await.unwrap();
    assert!(rig.uploads.find(id, BOB).is_none());
    assert!(rig.uploads.list(BOB).is_empty());
    let append = rig.uploads.append(id, BOB, 0).await;
    assert!(matches!(append, Err(Refused::NotFound)), "not theirs");
    let remove = rig.uploads.remove(id, BOB).await;
    assert!(matches!(remove, Err(Refused::NotFound)), "{remove:?}");
    assert_eq!(rig.uploads.list(ANN).len(), 1);
}

/// Abuse case G12.
#[tokio::test]
async fn a_thousand_abandoned_uploads_meet_a_bound_and_are_cleared() {
    let rig = Rig::with(Limits {
        open_per_user: 20,
        bytes_per_user: 1_000,
        ..Limits::default()
    });
    let mut made = 0;
    for _ in 0..1_000 {
        match rig.create(ANN, 10).await {
            Ok(_) => made += 1,
            Err(Refused::TooMany { max: 20 }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((made, rig.folders()), (20, 20));
    // Others are not kept out, and their bytes have a bound as well.
    let bob = rig.create(BOB, 600).await.unwrap();
    let more = rig.create(BOB, 500).await;
    assert!(
        matches!(more, Err(Refused::TooManyBytes { max: 1_000 })),
        "{more:?}"
    );

    rig.clock.advance(Duration::from_secs(23 * 3600));
    assert_eq!(rig.uploads.tend().await, 0);
    let mut going = rig.uploads.append(bob, BOB, 0).await.unwrap();
    going.push(Bytes::from_static(b"12")).await.unwrap();
    rig.clock.advance(Duration::from_secs(3600));
    assert_eq!(
        rig.uploads.tend().await,
        20,
        "all but the one that is sent to"
    );
    assert_eq!(rig.folders(), 1);
    going.settle().await.unwrap();
    rig.clock.advance(Duration::from_secs(23 * 3600));
    assert_eq!(
        rig.uploads.tend().await,
        0,
        "a byte keeps it for another day"
    );
    rig.clock.advance(Duration::from_secs(3600));
    assert_eq!((rig.uploads.tend().await, rig.folders()), (1, 0));
}

#[tokio::test]
async fn removed_upload_is_gone_also_while_it_is_sent_to() {
    let rig = Rig::new();
    let id = rig.create(ANN, 8).await.unwrap();
    let mut appending = rig.uploads.append(id, ANN, 0).await.unwrap();
    appending.push(Bytes::from_static(b"aaa")).await.unwrap();
    let reader = tokio::spawn(async move {
        appending.stopped().await;
        appending.settle().await
    });
    rig.uploads.remove(id, ANN).await.unwrap();
    reader.await.unwrap().unwrap();
    assert!(rig.uploads.find(id, ANN).is_none());
    assert_eq!(rig.folders(), 0);
    let again = rig.uploads.remove(id, ANN).await;
    assert!(matches!(again, Err(Refused::NotFound)), "{again:?}");
}

#[tokio::test]
async fn full_disk_is_told_with_what_is_missing_and_it_goes_on_when_there_is_room() {
    let rig = Rig::with(Limits {
        reserve_bytes: 1_000,
        ..Limits::default()
    });
    rig.free.store(1_500, Ordering::SeqCst);
    let none = rig.create(ANN, 600).await;
    assert!(
        matches!(none, Err(Refused::Full { missing: 100 })),
        "{none:?}"
    );
    assert_eq!(rig.folders(), 0);

    let id = rig.create(ANN, 500).await.unwrap();
    rig.append(id, 0, &pattern(0, 200)).await.unwrap();
    // Something else filled the disk.
    rig.free.store(900, Ordering::SeqCst);
    let full = rig.append(id, 200, &pattern(200, 300)).await;
    assert!(
        matches!(full, Err(Refused::Full { missing: 400 })),
        "{full:?}"
    );
    assert_eq!(rig.offset(id), 200);
    rig.free.store(10_000, Ordering::SeqCst);
    assert_eq!(rig.append(id, 200, &pattern(200, 300)).await.unwrap(), 500);
    assert!(fs::read(rig.data(id)).unwrap() == pattern(0, 500));
}

/// The kernel says so: a device that is always full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn full_disk_that_only_the_write_meets_is_told_alike() {
    let rig = Rig::new();
    let id = rig.create(ANN, 50_000).await.unwrap();
    fs::remove_file(rig.data(id)).unwrap();
    std::os::unix::fs::symlink("/dev/full", rig.data(id)).unwrap();
    let full = rig.append(id, 0, &pattern(0, 40_000)).await;
    assert!(matches!(full, Err(Refused::Full { .. })), "{full:?}");
    assert_eq!(rig.offset(id), 0);
}

#[tokio::test]
async fn restart_knows_what_there_was() {
    let mut rig = Rig::new();
    let half = rig.create(ANN, 10).await.unwrap();
    rig.append(half, 0, b"01234").await.unwrap();
    let whole = rig.create(ANN, 4).await.unwrap();
    rig.append(whole, 0, b"0123").await.unwrap();
    let item = Ended::Item {
        kind: Kind::Video,
        slug: "lesson".parse().unwrap(),
    };
    let refused = Ended::Refused("It holds ProRes video.".into());
    let mut ended = Vec::new();
    for end in [Some(item), Some(refused), None] {
        let id = rig.create(ANN, 2).await.unwrap();
        rig.append(id, 0, b"ab").await.unwrap();
        let taken = rig.uploads.take(id).unwrap();
        match end {
            Some(end) => {
                rig.uploads.end(id, end.clone()).await.unwrap();
                assert!(!taken.path.exists());
                ended.push((id, end));
            }
            // Moved away, and the process ended before it could tell.
            None => fs::remove_file(taken.path).unwrap(),
        }
    }
    // What a stop in the middle of a creation leaves, and what is not ours.
    fs::create_dir(rig.folder.path().join("0".repeat(32))).unwrap();
    fs::create_dir(rig.folder.path().join("lost+found")).unwrap();
    let garbled = rig.create(ANN, 2).await.unwrap();
    fs::write(rig.data(garbled).with_file_name("info"), b"{").unwrap();

    rig.again();
    assert_eq!(rig.uploads.whole(), [whole]);
    assert_eq!(rig.offset(half), 5);
    let status = rig.uploads.find(half, ANN).unwrap();
    assert_eq!(status.wanted.title.as_deref(), Some("Lesson"));
    assert_eq!(status.metadata, "filename bGVzc29uLm1wNA==");
    assert_eq!(rig.append(half, 5, b"56789").await.unwrap(), 10);
    for (id, end) in &ended {
        let status = rig.uploads.find(*id, ANN).unwrap();
        assert_eq!(status.state, State::Ended(end.clone()));
    }
    assert_eq!(rig.uploads.list(ANN).len(), 4);
    assert_eq!(rig.folders(), 5, "four, and what is not ours");
}

#[tokio::test]
async fn request_with_a_whole_file_leaves_all_or_nothing() {
    let rig = Rig::new();
    let mut given_up = rig.uploads.receive(ANN, Some(1_000_000)).await.unwrap();
    given_up.push(pattern(0, 600_000).into()).await.unwrap();
    assert_eq!(rig.folders(), 1);
    drop(given_up);
    until(|| rig.folders() == 0).await;

    let empty = rig.uploads.receive(ANN, Some(10)).await.unwrap();
    let empty = empty.seal(Wanted::default()).await;
    assert!(matches!(empty, Err(Refused::Empty)), "empty");
    until(|| rig.folders() == 0).await;

    let mut receiving = rig.uploads.receive(ANN, None).await.unwrap();
    receiving.push(pattern(0, 700_000).into()).await.unwrap();
    let whole = receiving.seal(Wanted::default()).await.unwrap();
    assert_eq!(whole.length, 700_000);
    assert!(fs::read(&whole.path).unwrap() == pattern(0, 700_000));
    assert!(rig.uploads.list(ANN).is_empty(), "it cannot be resumed");
    let item = Ended::Item {
        kind: Kind::Image,
        slug: "logo".parse().unwrap(),
    };
    rig.uploads.end(whole.id, item).await.unwrap();
    assert_eq!(rig.folders(), 0);
}

/// Many senders at once hold no more than the places allow; the rest wait for theirs.
#[tokio::test]
async fn appends_that_write_at_once_have_a_bound() {
    let rig = Rig::with(Limits {
        appends: 2,
        ..Limits::default()
    });
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(rig.create(ANN, 4).await.unwrap());
    }
    let first = rig.uploads.append(ids[0], ANN, 0).await.unwrap();
    let _second = rig.uploads.append(ids[1], ANN, 0).await.unwrap();
    let uploads = rig.uploads.clone();
    let third = ids[2];
    let waiting = tokio::spawn(async move { uploads.append(third, ANN, 0).await.map(drop) });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    first.settle().await.unwrap();
    waiting.await.unwrap().unwrap();
}

/// What the story's child does: appends without an end, and says what was acknowledged.
#[test]
fn child_of_the_story_of_the_killed_process() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let ports = Ports {
            random: Arc::new(Seeded::new(99)),
            clock: Arc::new(FixedClock::default()),
            free_bytes: Arc::new(library::upload::free_bytes),
        };
        let uploads = Uploads::open(Path::new(&folder), ports, Limits::default()).unwrap();
        let status = match uploads.list(ANN).pop() {
            Some(status) => status,
            None => {
                let new = New {
                    owner: ANN,
                    length: 10_000_000_000,
                    wanted: Wanted::default(),
                    metadata: String::new(),
                };
                uploads.create(new).await.unwrap()
            }
        };
        let mut offset = status.offset;
        say(&format!("begins {offset}"));
        loop {
            let mut appending = uploads.append(status.id, ANN, offset).await.unwrap();
            for _ in 0..20 {
                let bytes = pattern(offset, 77_777);
                offset += bytes.len() as u64;
                appending.push(bytes.into()).await.unwrap();
            }
            let acknowledged = appending.settle().await.unwrap();
            assert_eq!(acknowledged, offset);
            say(&format!("has {acknowledged}"));
        }
    });
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "STORY {line}").unwrap();
    out.flush().unwrap();
}

/// The process is killed again and again, whenever; what it acknowledged is there each time, and what is there is what was sent.
/// Abuse case G11.
#[test]
fn killed_process_has_lost_no_byte_that_it_acknowledged() {
    let folder = TempDir::new().unwrap();
    let mut acknowledged = 0;
    for round in 0..6u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_of_the_story_of_the_killed_process",
                "--nocapture",
            ])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut told = 0;
        for line in out.lines().map_while(Result::ok) {
            let Some((_, said)) = line.split_once("STORY ") else {
                continue;
            };
            let (word, number) = said.split_once(' ').unwrap();
            let number: u64 = number.parse().unwrap();
            assert!(number >= acknowledged, "{said} after {acknowledged}");
            acknowledged = number;
            told += u64::from(word == "has");
            // In the middle of whatever it does next.
            if told > 2 + round {
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
        let data = fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let data = fs::read(data.path().join("data")).unwrap();
        assert!(data.len() as u64 >= acknowledged);
        assert!(data == pattern(0, data.len() as u64), "round {round}");
    }
    assert!(acknowledged > 10_000_000, "{acknowledged}");
}

#[tokio::test]
async fn upload_tells_until_when_it_is_kept() {
    let rig = Rig::new();
    let id = rig.create(ANN, 2).await.unwrap();
    let day = Duration::from_secs(24 * 3600);
    let made = rig.clock.now();
    assert_eq!(rig.uploads.find(id, ANN).unwrap().expires, made.plus(day));
    rig.clock.advance(Duration::from_secs(60));
    rig.append(id, 0, b"a").await.unwrap();
    let status = rig.uploads.find(id, ANN).unwrap();
    assert_eq!(status.created, made);
    assert_eq!(status.expires, rig.clock.now().plus(day));
}
