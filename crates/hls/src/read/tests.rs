//! Playlists whole, malformed and damaged.

use proptest::prelude::*;

use super::*;

const LIVE: &str = r#"#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-PART-INF:PART-TARGET=0.2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,CAN-SKIP-DATERANGES=YES,HOLD-BACK=12,PART-HOLD-BACK=0.6
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-MAP:URI="init1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:09.250Z
#EXTINF:1.00000,a title
s7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-24T17:25:10.250Z
#EXT-X-PART:DURATION=0.20000,URI="s8p0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.1,URI="s8p1.m4s",GAP=YES
#EXTINF:0.3,
s8.m4s
# a comment
#EXT-X-SOMETHING-NEW:x
#EXT-X-PART:DURATION=0.2,URI="s9p0.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s9p1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=LATER,URI="x"
#EXT-X-RENDITION-REPORT:URI="../b.m3u8",LAST-MSN=9,LAST-PART=0
"#;

#[test]
fn a_live_playlist_is_read_whole() {
    let media = media(LIVE.as_bytes()).unwrap();
    assert_eq!(
        (media.version, media.target_duration_s, media.media_sequence),
        (9, 4, 7)
    );
    assert_eq!((media.discontinuity_sequence, media.next_msn()), (1, 9));
    assert_eq!(media.part_target, Some(Duration::from_millis(200)));
    let control = media.server_control.as_ref().unwrap();
    assert!(control.can_block_reload && control.can_skip_dateranges);
    assert_eq!(control.can_skip_until, Some(Duration::from_secs(24)));
    let [first, second] = &media.segments[..] else {
        panic!("two segments")
    };
    assert_eq!(
        (first.msn, first.uri.as_str(), first.duration),
        (7, "s7.m4s", Duration::from_secs(1))
    );
    assert_eq!(first.program_date_time_ms, Some(1_795_541_109_250));
    assert_eq!(first.map.as_ref().unwrap().uri, "init1.mp4");
    assert!(second.discontinuity && second.map.as_ref().unwrap().uri == "init2.mp4");
    assert!(second.parts[0].independent && !second.parts[0].gap && second.parts[1].gap);
    assert_eq!((media.open.msn, media.open.parts.len()), (9, 1));
    assert_eq!(media.open.map, second.map);
    assert_eq!(
        media.hints,
        [Hint {
            map: false,
            uri: "s9p1.m4s".to_owned(),
            byte_range_start: None
        }]
    );
    assert_eq!(media.reports[0].last_part, Some(0));
    assert_eq!(media.duration(), Duration::from_millis(1500));
    assert!(media.late_tags.is_empty() && !media.endlist && media.skip.is_none());
}

#[test]
fn a_delta_counts_its_skipped_segments() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-SKIP:SKIPPED-SEGMENTS=20\n\
                #EXTINF:4,\na\n#EXTINF:4,\nb\n";
    let media = media(text.as_bytes()).unwrap();
    assert_eq!(
        media
            .segments
            .iter()
            .map(|segment| segment.msn)
            .collect::<Vec<_>>(),
        [120, 121]
    );
    assert!(media.skip.unwrap().after_sequences);
}

#[test]
fn sequence_tags_behind_the_skip_are_noticed() {
    for text in [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXT-X-MEDIA-SEQUENCE:1\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n\
         #EXT-X-DISCONTINUITY-SEQUENCE:3\n",
    ] {
        assert!(
            !media(text.as_bytes())
                .unwrap()
                .skip
                .unwrap()
                .after_sequences,
            "{text}"
        );
    }
}

#[test]
fn a_multivariant_playlist_is_read_whole() {
    let text = "#EXTM3U\r\n#EXT-X-INDEPENDENT-SEGMENTS\r\n\
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"sound\",URI=\"a.m3u8\"\r\n\
                #EXT-X-STREAM-INF:BANDWIDTH=5,AVERAGE-BANDWIDTH=4,CODECS=\"avc1.64001f,mp4a.40.2\",\
                RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO=\"a\"\r\nv.m3u8\r\n";
    let Ok(Playlist::Multivariant(playlist)) = playlist(text.as_bytes()) else {
        panic!("multivariant")
    };
    let variant = &playlist.variants[0];
    assert_eq!((variant.uri.as_str(), variant.bandwidth), ("v.m3u8", 5));
    assert_eq!(variant.codecs, ["avc1.64001f", "mp4a.40.2"]);
    assert_eq!(
        (variant.resolution, variant.frame_rate_milli),
        (Some((640, 360)), Some(29_970))
    );
    assert_eq!(playlist.renditions[0].uri.as_deref(), Some("a.m3u8"));
    assert!(playlist.independent_segments);
}

#[test]
fn malformed_playlists_are_refused_with_the_line() {
    let head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
    let cases: &[(&str, usize, Problem)] = &[
        ("", 1, Problem::Header),
        ("\u{feff}#EXTM3U\n", 1, Problem::Encoding),
        (
            "#EXTM3U\n#EXTINF:1,\na\n",
            3,
            Problem::MissingTag {
                tag: "EXT-X-TARGETDURATION",
            },
        ),
        (
            "#EXTM3U\n#EXT-X-TARGETDURATION:0\n",
            2,
            Problem::Value {
                tag: "EXT-X-TARGETDURATION",
            },
        ),
        (
            "#EXTM3U\n#EXT-X-TARGETDURATION:+4\n",
            2,
            Problem::Value {
                tag: "EXT-X-TARGETDURATION",
            },
        ),
        ("HEAD#EXTINF:x,\na\n", 3, Problem::Value { tag: "EXTINF" }),
        ("HEADa\n", 3, Problem::LoneUri),
        ("HEAD#EXTINF:1,\n", 3, Problem::LoneUri),
        ("HEAD#EXTINF:1,\n#EXTINF:1,\na\n", 4, Problem::LoneUri),
        (
            "HEAD#EXT-X-TARGETDURATION:4\n",
            3,
            Problem::Misplaced {
                tag: "EXT-X-TARGETDURATION",
            },
        ),
        (
            "HEAD#EXTINF:1,\na\n#EXT-X-MEDIA-SEQUENCE:1\n",
            5,
            Problem::Misplaced {
                tag: "EXT-X-MEDIA-SEQUENCE",
            },
        ),
        (
            "HEAD#EXT-X-PART:DURATION=1\n",
            3,
            Problem::MissingAttribute { name: "URI" },
        ),
        (
            "HEAD#EXT-X-PART:DURATION=\"1\",URI=\"a\"\n",
            3,
            Problem::Attribute { name: "DURATION" },
        ),
        (
            "HEAD#EXT-X-PART:DURATION=1,URI=\"a\",GAP=MAYBE\n",
            3,
            Problem::Attribute { name: "GAP" },
        ),
        ("HEAD#EXT-X-PART:URI\n", 3, Problem::AttributeList),
        (
            "HEAD#EXT-X-STREAM-INF:BANDWIDTH=1\n",
            3,
            Problem::WrongKind {
                tag: "EXT-X-STREAM-INF",
            },
        ),
    ];
    for (text, line, problem) in cases {
        let text = text.replace("HEAD", head);
        let error = media(text.as_bytes()).unwrap_err();
        assert_eq!((error.line, &error.problem), (*line, problem), "{text}");
    }
    assert_eq!(
        media(b"#EXTM3U\n\xff").unwrap_err().problem,
        Problem::Encoding
    );
    assert_eq!(
        media(&vec![b'#'; PLAYLIST_BYTES_MAX + 1])
            .unwrap_err()
            .problem,
        Problem::TooLong
    );
    let lone = multivariant(b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n").unwrap_err();
    assert_eq!(lone.problem, Problem::LoneUri);
}

proptest! {
    #[test]
    fn noise_and_damage_never_panic(noise in "(#EXT[A-Z-]{1,12}:?|[A-Z]{1,5}=|\"|,|\n|[0-9.]{1,30}|\\PC){0,60}", at in 0_usize..1000, by in any::<u8>()) {
        let _ = playlist(format!("#EXTM3U\n{noise}").as_bytes());
        let _ = media(format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{noise}").as_bytes());
        let mut damaged = LIVE.as_bytes().to_vec();
        let place = at % damaged.len();
        damaged[place] = by;
        let _ = media(&damaged);
    }
}
