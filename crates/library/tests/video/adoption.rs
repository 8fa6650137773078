//! Folders of HLS that FFmpeg made, adopted and served; hostile ones, refused by name.

use std::{fs, os::unix::fs::symlink, path::Path};

use domain::engine::{Chunk, Fetch, Status};
use library::video::{
    Facts, Place,
    adopt::{self, Refused},
    place::Visibility,
};

use crate::rig::{Storage, bytes, copy, names, prepared};

fn look(folder: &Path) -> Result<Facts, Refused> {
    adopt::look(folder).map(|adopted| adopted.facts)
}

#[test]
fn folders_tell_what_their_playlists_and_initialisation_segments_tell() {
    let h264_aac = vec!["avc1.64000b".to_owned(), "mp4a.40.2".to_owned()];
    for (name, files, size, codecs) in [
        ("ts", 3, None, vec![]),
        ("fmp4", 4, Some((128, 72)), h264_aac.clone()),
        ("one-file", 2, Some((128, 72)), h264_aac.clone()),
        ("ts-master", 4, Some((128, 72)), vec![]),
        ("fmp4-master", 9, Some((128, 72)), h264_aac),
    ] {
        let adopted = adopt::look(&prepared(name)).expect(name);
        assert_eq!(adopted.files(), files, "{name}");
        assert_eq!(adopted.facts.duration_ms, 2000, "{name}");
        assert_eq!(adopted.facts.size, size, "{name}");
        assert_eq!(adopted.facts.codecs, codecs, "{name}");
        let picture = (!codecs.is_empty()).then_some("H.264");
        assert_eq!(adopted.facts.picture.as_deref(), picture, "{name}");
        assert!(adopted.facts.bytes > 16_000, "{name}");
    }
}

#[tokio::test]
async fn every_named_file_is_served_below_the_prefix() {
    let storage = Storage::new();
    for name in ["ts", "fmp4", "one-file", "ts-master", "fmp4-master"] {
        let place = storage.put(name, name);
        let list = storage.multivariant(&place, "/hls/x/~t/").await;
        let read = hls::read::multivariant(list.as_bytes()).expect("a multivariant playlist");
        assert!(!read.variants.is_empty(), "{name}");
        for variant in &read.variants {
            let path = variant.uri.strip_prefix("/hls/x/~t/").expect("the prefix");
            let playlist = storage.get(&place, path).await;
            assert_eq!(playlist.status, Status::Ok, "{name}: {path}");
            let media = hls::read::media(&bytes(&playlist)).expect("a media playlist");
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut measured = 0;
            for segment in &media.segments {
                let map = segment.map.iter().map(|map| map.uri.as_str());
                for uri in map.chain([segment.uri.as_str()]) {
                    let path = format!("{folder}/{uri}");
                    let path = path.trim_start_matches('/');
                    let reply = storage.get(&place, path).await;
                    let held = fs::read(storage.path(&place).join(path)).expect("the file");
                    assert!(bytes(&reply) == held, "{name}: {path}");
                    assert!(!reply.immutable, "somebody may put another one there");
                    let wanted = if path.ends_with(".ts") {
                        "video/mp2t"
                    } else {
                        "video/mp4"
                    };
                    assert_eq!(reply.media_type, wanted);
                    // Open now: answered at once.
                    assert!(matches!(storage.shelf.fetch(&place, path), Fetch::Ready(_)));
                    measured = measured.max(held.len() as u64 * 8);
                }
            }
            if media
                .segments
                .iter()
                .all(|segment| segment.byte_range.is_none())
            {
                let declared = variant.bandwidth;
                let is_ours = !storage.path(&place).join("master.m3u8").exists();
                assert!(!is_ours || declared >= measured, "{declared} of {measured}");
            }
        }
    }
}

#[tokio::test]
async fn only_addresses_are_written_anew() {
    let storage = Storage::new();
    let place = storage.put("film", "fmp4-master");
    let master = "#EXTM3U\n#EXT-X-VERSION:7\n# a comment, URI=\"kept\"\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"URI\",URI=\"low/list.m3u8\",DEFAULT=YES\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\",CODECS=\"x\"\n./high/list.m3u8\n";
    fs::write(storage.path(&place).join("master.m3u8"), master).expect("a playlist");
    let list = storage.multivariant(&place, "/p/").await;
    let wanted = master
        .replace("\"low/", "\"/p/low/")
        .replace("\n./high", "\n/p/./high");
    assert_eq!(list, wanted);
}

#[tokio::test]
async fn a_copy_holds_what_is_named_and_nothing_else() {
    let storage = Storage::new();
    let from = tempfile::tempdir().expect("a folder");
    copy(&prepared("fmp4-master"), from.path());
    fs::write(from.path().join("notes.txt"), "private").expect("a file");
    fs::write(from.path().join("high/.hidden.m4s"), "private").expect("a file");
    let place = Place::Library(5);
    let into = storage.path(&place);
    let facts = adopt::copy(from.path(), &into).expect("it is taken");
    assert_eq!(names(&into), ["hls"]);
    assert_eq!(names(&into.join("hls")), ["high", "low", "master.m3u8"]);
    assert_eq!(
        names(&into.join("hls/high")),
        ["init_0.mp4", "list.m3u8", "s0.m4s", "s1.m4s"]
    );
    assert_eq!(storage.shelf.facts(&place).await, Some(facts));
    let reply = storage.get(&place, "low/s1.m4s").await;
    let held = fs::read(from.path().join("low/s1.m4s")).expect("the file");
    assert!(bytes(&reply) == held && reply.immutable);
    let list = storage.multivariant(&place, "").await;
    let source = fs::read_to_string(from.path().join("master.m3u8")).expect("a playlist");
    assert_eq!(list, source);
    // Once more, over what is there.
    adopt::copy(&prepared("ts"), &into).expect("it is taken");
    assert_eq!(names(&into.join("hls")), ["index.m3u8", "s0.ts", "s1.ts"]);
    let refused = adopt::copy(Path::new("/nowhere"), &into);
    assert!(matches!(refused, Err(Refused::Read(_))));
    assert_eq!(names(&into), ["hls"]);
}

#[tokio::test]
async fn ranges_of_one_file_are_served_from_it() {
    let storage = Storage::new();
    let place = storage.put("film", "one-file");
    let reply = storage.get(&place, "index.m4s").await;
    assert!(matches!(&reply.body.chunks[..], [Chunk::Stored(_)]));
    let list = fs::read_to_string(storage.path(&place).join("index.m3u8")).expect("a playlist");
    let past = list.replace("8436@9750", "8437@9750");
    fs::write(storage.path(&place).join("index.m3u8"), past).expect("a playlist");
    let refused = look(&storage.path(&place));
    assert!(matches!(refused, Err(Refused::Range { .. })), "{refused:?}");
}

#[test]
fn folders_in_the_storage_are_found() {
    let storage = Storage::new();
    storage.put("welcome", "ts");
    copy(
        &prepared("fmp4"),
        &storage.folder.path().join("private/lesson1"),
    );
    copy(
        &prepared("fmp4"),
        &storage.folder.path().join("private/.hidden"),
    );
    fs::write(storage.folder.path().join("public/readme.txt"), "a file").expect("a file");
    symlink(prepared("ts"), storage.folder.path().join("public/link")).expect("a link");
    let found = adopt::scan(storage.folder.path()).expect("a storage");
    let told: Vec<_> = (found.iter())
        .map(|found| {
            (
                found.visibility,
                found.slug_text.as_str(),
                found.place.to_string(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Visibility::Public, "welcome", "public/welcome".to_owned()),
            (Visibility::Private, "lesson1", "private/lesson1".to_owned()),
        ]
    );
    assert!(found.iter().all(|found| look(&found.folder).is_ok()));
    let bare = tempfile::tempdir().expect("a folder");
    assert_eq!(adopt::scan(bare.path()).expect("nothing"), []);
}

/// A folder with a segment, whose playlist is made of these lines.
fn with_lines(lines: &str) -> Result<Facts, Refused> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.ts"), "G").expect("a segment");
    let outside = folder.path().join("a.txt");
    fs::write(outside, "text").expect("a file");
    symlink("/etc/hostname", folder.path().join("link.ts")).expect("a link");
    fs::create_dir(folder.path().join("folder.ts")).expect("a folder");
    let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{lines}");
    fs::write(folder.path().join("index.m3u8"), text).expect("a playlist");
    look(folder.path())
}

const END: &str = "#EXT-X-ENDLIST\n";

/// Abuse cases B1 and B2 in playlists.
#[test]
fn addresses_that_leave_the_folder_are_refused() {
    assert!(with_lines(&format!("#EXTINF:4,\na.ts\n{END}")).is_ok());
    for uri in [
        "../a.ts",
        "b/../../a.ts",
        "/etc/passwd.ts",
        "//host/a.ts",
        "http://169.254.169.254/a.ts",
        "file:///etc/passwd.ts",
        "%2e%2e/a.ts",
        "..%2fa.ts",
        "..\\a.ts",
        ".a.ts",
        "a.ts?token=x",
        "a.ts#x",
        "a .ts",
        "data:video/mp2t,x.ts",
    ] {
        let refused = with_lines(&format!("#EXTINF:4,\n{uri}\n{END}"));
        let Err(Refused::Outside { line: 4, .. }) = refused else {
            panic!("{uri}: {refused:?}");
        };
        let map = with_lines(&format!(
            "#EXT-X-MAP:URI=\"{uri}\"\n#EXTINF:4,\na.ts\n{END}"
        ));
        let is_refused = matches!(map, Err(Refused::Outside { .. } | Refused::Tag { .. }));
        assert!(is_refused, "{uri}: {map:?}");
    }
    assert_eq!(
        with_lines(&format!("#EXTINF:4,\n../a.ts\n{END}"))
            .expect_err("outside")
            .to_string(),
        "Line 4 of index.m3u8 names \"../a.ts\". Files must lie in the folder, with names of letters, digits, '.', '-', '_' and '~'."
    );
    for uri in ["link.ts", "folder.ts", "none.ts"] {
        let refused = with_lines(&format!("#EXTINF:4,\n{uri}\n{END}"));
        assert!(
            matches!(refused, Err(Refused::Missing { .. })),
            "{uri}: {refused:?}"
        );
    }
    for uri in ["a.txt", "a", "index", "index.m3u8", "a.html", "a.svg"] {
        let refused = with_lines(&format!("#EXTINF:4,\n{uri}\n{END}"));
        assert!(
            matches!(refused, Err(Refused::Extension { .. })),
            "{uri}: {refused:?}"
        );
    }
}

#[test]
fn what_is_live_or_encrypted_or_empty_is_refused_by_name() {
    let segment = "#EXTINF:4,\na.ts\n";
    for (lines, words) in [
        (
            segment.to_owned(),
            "index.m3u8 has no EXT-X-ENDLIST: it is a live stream, or was not finished. Finish it, then bring it again.",
        ),
        (END.to_owned(), "index.m3u8 lists no segments."),
        (
            format!("#EXT-X-KEY:METHOD=AES-128,URI=\"a.key\"\n{segment}{END}"),
            "index.m3u8 is encrypted (EXT-X-KEY). This server decides itself who may watch; bring it without encryption.",
        ),
        (
            format!(
                "#EXT-X-DATERANGE:ID=\"ad\",X-ASSET-URI=\"https://ads/x.m3u8\"\n{segment}{END}"
            ),
            "Line 3 of index.m3u8, EXT-X-DATERANGE, may lead players elsewhere. Take it out.",
        ),
        (
            format!("#EXTINF:four,\na.ts\n{END}"),
            "index.m3u8 is not a playlist that players understand: line 3: the value of EXTINF is malformed.",
        ),
    ] {
        assert_eq!(
            with_lines(&lines).expect_err("it is refused").to_string(),
            words
        );
    }
    assert!(with_lines(&format!("#EXT-X-KEY:METHOD=NONE\n{segment}{END}")).is_ok());
    let empty = tempfile::tempdir().expect("a folder");
    assert_eq!(
        look(empty.path()).expect_err("nothing").to_string(),
        "The folder has neither master.m3u8 nor index.m3u8. Name the playlist it is played by so."
    );
}

/// Abuse case G10: playlists that name each other, or themselves.
#[test]
fn playlists_within_playlists_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmaster.m3u8\n";
    fs::write(folder.path().join("master.m3u8"), master).expect("a playlist");
    let refused = look(folder.path());
    assert!(
        matches!(refused, Err(Refused::Missing { .. })),
        "{refused:?}"
    );
    let one = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nother.m3u8\n";
    fs::write(folder.path().join("master.m3u8"), one).expect("a playlist");
    fs::write(folder.path().join("other.m3u8"), master).expect("a playlist");
    let refused = look(folder.path());
    assert!(
        matches!(refused, Err(Refused::Playlist { .. })),
        "{refused:?}"
    );
    let many: String = (0..65)
        .map(|at| format!("#EXT-X-STREAM-INF:BANDWIDTH=1\n{at}.m3u8\n"))
        .collect();
    fs::write(
        folder.path().join("master.m3u8"),
        format!("#EXTM3U\n{many}"),
    )
    .expect("a playlist");
    let refused = look(folder.path());
    assert!(
        matches!(refused, Err(Refused::TooMuch { what: "playlists" })),
        "{refused:?}"
    );
}
