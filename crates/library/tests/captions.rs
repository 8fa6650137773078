//! Captions as people bring them, and what players are given.
#![expect(clippy::unwrap_used, reason = "the rig may fail the test")]

use library::captions::{
    BYTES_MAX, CUE_BYTES_MAX, CUES_MAX, Captions, Label, Language, Refused, Rendition, playlist,
    renditions,
};

const HEAD: &str = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n";

/// What becomes of a file, behind the head.
fn written(text: &str) -> String {
    let captions = Captions::read(text.as_bytes()).unwrap();
    let out = captions.render();
    let again = Captions::read(out.as_bytes()).unwrap();
    assert_eq!(
        again.render(),
        out,
        "what is written reads back as the same"
    );
    assert_eq!(again.passed_over(), 0);
    out.strip_prefix(HEAD).unwrap().to_owned()
}

/// What becomes of one cue's text.
fn text(text: &str) -> String {
    let out = written(&format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n"));
    out.strip_prefix("\n00:00:01.000 --> 00:00:02.000\n")
        .unwrap()
        .trim_end_matches('\n')
        .to_owned()
}

#[test]
fn webvtt_is_written_anew_without_styles_regions_notes_and_names() {
    let out = written(
        "\u{feff}WEBVTT - a title\r\nKind: captions\r\n\r\nSTYLE\r\n::cue { background: url(https://tracker.example/x) }\r\n\r\nREGION\r\nid:fred\r\n\r\nNOTE made by somebody\r\n\r\nintro\r\n00:01.500 --> 00:00:04.000 region:fred line:0 align:start size:50% position:10%,line-left\r\nHello <b>you</b>\r\nthere\r\n\r\n100:00:00.000 --> 100:00:01.000\r\ntoo late\r\n\r\n00:59:59.999 --> 01:00:02.000 vertical:rl line:-1,end align:middle\r\nA <i>film",
    );
    assert_eq!(
        out,
        "\n00:00:01.500 --> 00:00:04.000 line:0 align:start size:50% position:10%,line-left\nHello <b>you</b>\nthere\n\n00:59:59.999 --> 01:00:02.000 vertical:rl line:-1,end\nA <i>film</i>\n"
    );
}

#[test]
fn subrip_becomes_webvtt() {
    let out = written(
        "\n1\n00:00:01,000 --> 00:00:02,500 X1:40 X2:600\n{\\an8}Above & <font color=\"#ff0000\">red</font>\n\nafter an empty line\n\n2\n0:00:03,5 --> 0:00:04,25\n<i>1 < 2</i>\n3\n00:00:05,000 --> 00:00:06,000\nNo empty line before\n",
    );
    assert_eq!(
        out,
        "\n00:00:01.000 --> 00:00:02.500 line:0\nAbove &amp; red\nafter an empty line\n\n00:00:03.500 --> 00:00:04.250\n<i>1 &lt; 2</i>\n\n00:00:05.000 --> 00:00:06.000\nNo empty line before\n"
    );
}

/// Abuse case H4.
#[test]
fn only_tags_that_every_player_shows_stay() {
    for (brought, kept) in [
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>hi", "hi"),
        ("<b onclick=x>bold</b>", "<b>bold</b>"),
        ("<b><i>crossed</b></i>", "<b><i>crossed</i></b>"),
        ("<b>open", "<b>open</b>"),
        ("closed</b>", "closed"),
        ("<v.loud Mary & <Jo>Hi</v>", "<v Mary &amp; &lt;Jo>Hi</v>"),
        ("<v>nobody", "nobody"),
        ("<v a -\u{2}->x", "<v a ->x</v>"),
        (
            "<c.yellow.bg_blue.evil.yellow>x</c>",
            "<c.yellow.bg_blue>x</c>",
        ),
        ("<lang en-gb>x</lang>", "<lang en-GB>x</lang>"),
        ("<lang \"><b>x", "<b>x</b>"),
        ("<ruby>a<rt>b</rt></ruby>", "<ruby>a<rt>b</rt></ruby>"),
        ("<rt>b</rt>", "b"),
        ("<00:01.500>karaoke", "karaoke"),
        ("1 < 2 > 0 & 3", "1 &lt; 2 &gt; 0 &amp; 3"),
        (
            "&lt;b&gt;&amp;amp;&nbsp;&copy;",
            "&lt;b&gt;&amp;amp;&nbsp;&amp;copy;",
        ),
        ("<b", "&lt;b"),
        ("bell\u{7}\u{1b}[31m", "bell[31m"),
        ("<b>\ntwo\n\u{7}\nlines</b>", "<b>\ntwo\nlines</b>"),
    ] {
        assert_eq!(text(brought), kept, "{brought}");
    }
    let deep = text(&("<b>".repeat(100) + "x"));
    assert_eq!(deep.matches("<b>").count(), 8);
}

#[test]
fn cues_that_cannot_be_shown_are_counted_and_the_first_is_named() {
    let long = "x".repeat(CUE_BYTES_MAX);
    let captions = Captions::read(
        format!("WEBVTT\n\n00:02.000 --> 00:01.000\nbackwards\n\n00:61.000 --> 01:02.000\nno such second\n\n00:01.0000 --> 00:02.000\nfour digits\n\n00:01.000 --> 00:02.000\n{long}\n\n00:03.000 --> 00:04.000\n<b></b>\n\n00:05.000 --> 00:06.000\ngood\n\n00:04.000 --> 00:05.000\nearlier").as_bytes(),
    )
    .unwrap();
    assert_eq!(captions.passed_over(), 4);
    assert_eq!(captions.first_passed_over(), Some(3));
    assert_eq!((captions.count(), captions.end_ms()), (2, 6000));
    let out = captions.render();
    assert!(out.find("earlier").unwrap() < out.find("good").unwrap());
}

/// Abuse case H4.
#[test]
fn letters_are_read_by_their_mark_or_refused() {
    let vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nGrüße 🙂\n";
    let plain = Captions::read(vtt.as_bytes()).unwrap();
    let marked = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{vtt}")
            .encode_utf16()
            .flat_map(bytes)
            .collect()
    };
    assert_eq!(Captions::read(&marked(u16::to_le_bytes)).unwrap(), plain);
    assert_eq!(Captions::read(&marked(u16::to_be_bytes)).unwrap(), plain);
    let latin: Vec<u8> = vtt.replace('🙂', "").chars().map(|c| c as u8).collect();
    assert_eq!(Captions::read(&latin), Err(Refused::NotUnicode));
    let unmarked: Vec<u8> = "WEBVTT\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(Captions::read(&unmarked), Err(Refused::NotUnicode));
    let half = [&marked(u16::to_le_bytes)[..], &[1]].concat();
    assert_eq!(Captions::read(&half), Err(Refused::NotUnicode));
    assert_eq!(
        Captions::read(&[0xff, 0xfe, 0x00, 0xd8]),
        Err(Refused::NotUnicode)
    );
}

#[test]
fn other_files_are_refused_in_words() {
    for (text, found) in [
        ("", "it is empty"),
        (
            "[Script Info]\nTitle: x",
            "it is SubStation Alpha (.ass, .ssa)",
        ),
        ("<SAMI><BODY>", "it is a page, SAMI or TTML"),
        ("{1}{25}Hello", "it is MicroDVD (.sub) or JSON"),
        ("WEBVTTX\n", "it does not begin like either"),
        ("Dear Sir", "it does not begin like either"),
    ] {
        assert_eq!(
            Captions::read(text.as_bytes()),
            Err(Refused::Foreign { found })
        );
    }
    assert_eq!(
        Captions::read(b"WEBVTT\n\nNOTE nothing"),
        Err(Refused::Empty { line: None })
    );
    let refused = Captions::read(b"WEBVTT\n\none --> two\nx").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "There is no caption in this file that could be shown; the first that was passed over is on line 3."
    );
}

/// Abuse case H4.
#[test]
fn size_and_count_are_bounded() {
    assert_eq!(
        Captions::read(&vec![b'\n'; BYTES_MAX + 1]),
        Err(Refused::TooManyBytes)
    );
    let cue = "1:00.0 --> 2:00.0\nx\n";
    // Exactly as many as may be are read.
    let cues = |count: usize| {
        format!(
            "WEBVTT\n\n{}",
            cue.replace("1:00", "01:00")
                .replace("2:00", "02:00")
                .repeat(count)
        )
    };
    assert_eq!(
        Captions::read(cues(CUES_MAX).as_bytes()).unwrap().count(),
        CUES_MAX
    );
    assert_eq!(
        Captions::read(cues(CUES_MAX + 1).as_bytes()),
        Err(Refused::TooManyCues)
    );
}

#[test]
fn files_made_to_be_slow_are_read_at_once() {
    let start = std::time::Instant::now();
    let head = "WEBVTT\n\n00:01.000 --> 00:02.000";
    let most = BYTES_MAX - head.len() - 1;
    for filler in [
        "<a", "<v ", "\n<b>", "&", " line:0", "-->", "\n\n", "{\\", "</b>", "\r",
    ] {
        let _ =
            Captions::read(format!("{head}\n{}", filler.repeat(most / filler.len())).as_bytes());
        let _ = Captions::read(format!("{head}{}", filler.repeat(most / filler.len())).as_bytes());
    }
    // Cues as long as they may be, of tags that never end.
    let cue = format!(
        "\n\n00:01.000 --> 00:02.000\n{}",
        "<a".repeat(CUE_BYTES_MAX / 2 - 1)
    );
    let text = format!("WEBVTT{}", cue.repeat(BYTES_MAX / cue.len() - 1));
    assert!(Captions::read(text.as_bytes()).unwrap().count() > 400);
    // Seconds; hours where every tag without an end is looked for to the end of the file.
    assert!(start.elapsed().as_secs() < 120);
}

#[test]
fn languages_have_the_shape_of_tags() {
    for (brought, tag) in [
        ("en", "en"),
        ("PT-br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("de-ch-1996", "de-CH-1996"),
        ("en-x-PLAIN", "en-x-plain"),
    ] {
        assert_eq!(Language::parse(brought).unwrap().as_str(), tag);
    }
    for other in [
        "",
        "e",
        "en_US",
        "en-",
        "-en",
        "en--US",
        "english!",
        "en-toolongpart",
        "en-x",
        "../en",
        "en\"",
        "é",
        "abcdefghi",
        "en-a-b-c",
    ] {
        assert_eq!(Language::parse(other), None, "{other}");
    }
}

#[test]
fn labels_fit_on_a_line_of_a_playlist() {
    assert_eq!(
        Label::parse(" English \"SDH\" ").unwrap().as_str(),
        "English 'SDH'"
    );
    assert_eq!(Label::parse("日本語").unwrap().as_str(), "日本語");
    let long = "x".repeat(61);
    for other in ["", "  ", "a\nb", "a\u{7}", long.as_str()] {
        assert_eq!(Label::parse(other), None, "{other:?}");
    }
}

#[test]
fn the_playlist_is_one_segment_as_long_as_the_video() {
    assert_eq!(
        playlist("captions.vtt", 61_250),
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:62\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:61.250,\ncaptions.vtt\n#EXT-X-ENDLIST\n"
    );
    assert!(playlist("x", 2000).contains("#EXT-X-TARGETDURATION:2\n"));
    assert!(playlist("x", 0).contains("#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA"));
}

#[test]
fn renditions_have_names_of_their_own_and_one_default() {
    let rendition = |language: &str, label: &str| Rendition {
        language: Language::parse(language).unwrap(),
        label: Label::parse(label).unwrap(),
        is_default: true,
        uri: format!("captions/{language}/index.m3u8"),
    };
    let made = renditions(&[rendition("en", "English"), rendition("en-GB", "English")]);
    assert_eq!(
        made.lines,
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subs\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI=\"captions/en/index.m3u8\"\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subs\",NAME=\"English 2\",LANGUAGE=\"en-GB\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"captions/en-GB/index.m3u8\"\n"
    );
    assert_eq!(made.attribute, ",SUBTITLES=\"subs\"");
    assert_eq!(renditions(&[]), library::captions::Renditions::default());
}
