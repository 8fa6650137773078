use super::super::*;
use super::rig::{ASC, AVCC, IDR, Rig, SLICE};
use crate::{
    amf0::Value,
    message::{Message, command as amf_command, kind},
};
use ::media::{Codec, Timestamp, Track, TrackId};

#[test]
fn frames_carry_track_times_key_and_their_bytes() {
    let mut rig = Rig::publishing();
    rig.configs();
    rig.video(100, b"\x17\x01\0\0\x42", IDR);
    rig.video(133, b"\x27\x01\xff\xff\xdf", SLICE);
    rig.audio(120, b"\xaf\x01", b"aac");
    let found: Vec<_> = rig
        .frames()
        .into_iter()
        .map(|frame| {
            (
                frame.track,
                frame.dts,
                frame.pts,
                frame.key,
                frame.data.to_vec(),
            )
        })
        .collect();
    let ms = Timestamp::from_ms;
    assert_eq!(
        found,
        [
            (TrackId::VIDEO, ms(100), ms(166), true, IDR.to_vec()),
            (TrackId::VIDEO, ms(133), ms(100), false, SLICE.to_vec()),
            (TrackId::AUDIO, ms(120), ms(120), true, b"aac".to_vec()),
        ]
    );
    assert_eq!(rig.session.counts().frames, 3);
}

#[test]
fn a_key_frame_is_one_by_its_tag_and_by_its_idr_picture() {
    let table: [(&[u8], &[u8], bool); 4] = [
        (b"\x17\x01\0\0\0", IDR, true),
        (b"\x17\x01\0\0\0", SLICE, false),
        (b"\x27\x01\0\0\0", IDR, false),
        // A delimiter first.
        (
            b"\x17\x01\0\0\0",
            b"\0\0\0\x02\x09\x10\0\0\0\x02\x65\x88",
            true,
        ),
    ];
    for (head, data, key) in table {
        let mut rig = Rig::publishing();
        rig.configs();
        rig.video(0, head, data);
        assert_eq!(rig.frames()[0].key, key, "{data:?}");
    }
}

#[test]
fn pictures_leave_with_lengths_of_four_bytes_and_without_filler() {
    let mut short = AVCC.to_vec();
    short[4] = 0xfd;
    let table: [(&[u8], &[u8], &[u8]); 4] = [
        (AVCC, b"\0\0\0\x02\x0c\xff\0\0\0\x02\x65\x88", IDR),
        (&short, b"\0\x02\x65\x88", IDR),
        // Nothing is left of filler alone and of a length beyond the end.
        (AVCC, b"\0\0\0\x02\x0c\xff", b""),
        (AVCC, b"\xff\xff\xff\xff\x41", b""),
    ];
    for (config, sent, expected) in table {
        let mut rig = Rig::publishing();
        rig.video(0, b"\x17\0\0\0\0", config);
        rig.video(0, b"\x17\0\0\0\0", config);
        rig.video(0, b"\x17\x01\0\0\0", sent);
        assert_eq!(rig.tracks(), 1);
        let [
            Event::Track(Track {
                codec: Codec::H264(told),
                ..
            }),
            ..,
        ] = &rig.events[..]
        else {
            panic!("{:?}", rig.events)
        };
        assert_eq!(told.nal_length_size(), 4);
        let data: Vec<&[u8]> = rig.frames().iter().map(|frame| &frame.data[..]).collect();
        assert_eq!(data.concat(), expected);
        assert!(rig.frames().iter().all(|frame| frame.key));
    }
}

#[test]
fn configurations_that_repeat_are_silent_and_that_change_are_told() {
    let mut rig = Rig::publishing();
    rig.configs();
    rig.configs();
    assert_eq!(rig.tracks(), 2);
    rig.audio(0, b"\xaf\0", b"\x12\x10");
    rig.video(0, b"\x17\0\0\0\0", &AVCC[..AVCC.len() - 4]);
    assert_eq!(rig.tracks(), 4);
    assert_eq!(rig.closed, None);
}

#[test]
fn frames_before_their_configuration_are_dropped_and_counted() {
    let mut rig = Rig::publishing();
    rig.video(0, b"\x17\x01\0\0\0", IDR);
    rig.audio(0, b"\xaf\x01", b"aac");
    rig.video(0, b"\x17\0\0\0\0", AVCC);
    rig.audio(10, b"\xaf\x01", b"aac");
    rig.video(10, b"\x17\x01\0\0\0", IDR);
    assert_eq!(rig.frames().len(), 1);
    assert_eq!(rig.session.counts().frames_before_config, 3);
}

#[test]
fn silence_ends_of_sequence_and_empty_tags_are_ignored() {
    let mut rig = Rig::publishing();
    rig.configs();
    rig.events.clear();
    let ignored = rig.session.counts().ignored;
    rig.audio(0, b"", b"");
    rig.audio(0, b"\xaf\x01", b"");
    rig.video(0, b"", b"");
    rig.video(0, b"\x17\x02\0\0\0", b"");
    rig.video(0, b"\x17\x01\0\0\0", b"");
    rig.video(0, b"\x57\0", b"");
    assert!(rig.events.is_empty() && rig.closed.is_none());
    assert_eq!(rig.session.counts().ignored, ignored + 6);
}

#[test]
fn media_of_other_streams_and_without_a_publish_is_ignored() {
    let mut rig = Rig::publishing();
    rig.message(&Message::new(kind::AUDIO, 2, 0, [b"\xaf\0", ASC].concat()));
    assert_eq!(rig.tracks(), 0);
    rig.message(&Message::new(kind::AUDIO, 0, 0, [b"\xaf\0", ASC].concat()));
    assert_eq!(rig.tracks(), 1, "some hardware sends media on stream 0");
    let mut rig = Rig::connected();
    rig.configs();
    assert!(rig.events.is_empty());
}

/// Abuse case C9.
#[test]
fn times_go_on_over_the_wrap_and_configurations_do_not_move_them() {
    let mut rig = Rig::publishing();
    rig.configs();
    for time in [0xffff_fff0_u32, 5, 0xffff_fffa, 38] {
        rig.video(0, b"\x17\0\0\0\0", AVCC);
        rig.video(time, b"\x27\x01\0\0\0", SLICE);
    }
    let times: Vec<i64> = rig.frames().iter().map(|frame| frame.dts.ticks()).collect();
    assert_eq!(
        times,
        [0xffff_fff0, 0x1_0000_0005, 0xffff_fffa, 0x1_0000_0026]
    );
}

/// Abuse case C10.
#[test]
fn other_codecs_and_broken_configurations_are_refused_by_name_and_with_what_works() {
    let table: [(bool, &[u8], &str, &str); 6] = [
        (true, b"\x90hvc1xxxx", "HEVC", "H.264"),
        (true, b"\x1c\0\0\0\0", "HEVC", "H.264"),
        (true, b"\x12\0", "Sorenson", "H.264"),
        (false, b"\x90fLaCxxxx", "FLAC", "AAC"),
        (false, b"\x2fxxxx", "MP3", "AAC"),
        (
            true,
            b"\x17\0\0\0\0\x01\x64",
            "The picture cannot be read",
            "H.264",
        ),
    ];
    for (video, body, what, fix) in table {
        let mut rig = Rig::publishing();
        if video {
            rig.video(0, body, b"")
        } else {
            rig.audio(0, body, b"")
        }
        let [Event::Refused(unsupported)] = rig.events.as_slice() else {
            panic!("{:?}", rig.events)
        };
        assert!(
            unsupported.what.contains(what) && unsupported.fix.contains(fix),
            "{unsupported}"
        );
        assert_eq!(
            rig.last_status(),
            ("error".to_owned(), unsupported.to_string())
        );
        assert_eq!(rig.closed, Some(Closed::Unsupported(unsupported.clone())));
    }
}

#[test]
fn aggregates_are_taken_apart_and_rebased() {
    let tag = |kind: u8, time: u8, body: &[u8]| {
        [
            &[kind, 0, 0, body.len() as u8, 0, 0, time, 0, 0, 0, 0],
            body,
            &[0; 4],
        ]
        .concat()
    };
    let mut rig = Rig::publishing();
    rig.configs();
    let body = [
        tag(9, 10, &[b"\x17\x01\0\0\0", IDR].concat()),
        tag(8, 30, b"\xaf\x01aac"),
        tag(22, 30, b"nested"),
        tag(9, 43, &[b"\x27\x01\0\0\0", SLICE].concat()),
    ]
    .concat();
    rig.message(&Message::new(kind::AGGREGATE, 1, 1000, body));
    let times: Vec<i64> = rig.frames().iter().map(|frame| frame.dts.ticks()).collect();
    assert_eq!(times, [1000, 1020, 1033]);
}

#[test]
fn metadata_is_told_once_and_nonsense_is_ignored() {
    let mut rig = Rig::publishing();
    let declared = Value::object([
        ("framerate", Value::Number(29.97)),
        ("encoder", Value::string("OBS")),
    ]);
    let values = [
        Value::string("@setDataFrame"),
        Value::string("onMetaData"),
        declared,
    ];
    let message = amf_command::write(kind::DATA_AMF0, 1, &values);
    rig.message(&message);
    rig.message(&message);
    rig.message(&Message::new(
        kind::DATA_AMF3,
        1,
        0,
        [&[0], &message.body[..]].concat(),
    ));
    rig.message(&Message::new(kind::DATA_AMF0, 1, 0, vec![2, 0, 99]));
    let [Event::Metadata(metadata)] = rig.events.as_slice() else {
        panic!("{:?}", rig.events)
    };
    assert_eq!(
        (metadata.frame_rate, metadata.encoder.as_deref()),
        (Some(29.97), Some("OBS"))
    );
    assert_eq!(rig.closed, None);
}

#[test]
fn what_is_sent_before_the_answer_is_held_and_not_lost() {
    let mut rig = Rig::connected();
    rig.publish("cam");
    rig.configs();
    rig.video(0, b"\x17\x01\0\0\0", IDR);
    assert_eq!(rig.events.len(), 1);
    rig.accept();
    assert_eq!((rig.tracks(), rig.frames().len()), (2, 1));
}
