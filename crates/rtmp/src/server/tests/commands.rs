use super::super::*;
use super::rig::Rig;
use crate::{
    Code,
    amf0::Value,
    message::{Message, command as amf_command, control, kind},
};

fn kinds(rig: &Rig) -> Vec<u8> {
    rig.answers.iter().map(|message| message.kind).collect()
}

#[test]
fn the_order_of_commands_of_obs_ffmpeg_and_gstreamer_leads_to_a_publish() {
    for piece in [1, 100, usize::MAX] {
        let mut rig = Rig::greeted(Limits::default()).in_pieces_of(piece);
        rig.connect();
        // The reader swallows Set Chunk Size, which comes before the result and is obeyed in reading it.
        assert_eq!(
            kinds(&rig),
            [
                kind::WINDOW_ACK_SIZE,
                kind::SET_PEER_BANDWIDTH,
                kind::COMMAND_AMF0
            ]
        );
        rig.answers.clear();
        let name = Value::string("cam?token=x");
        rig.call(0, "releaseStream", 2.0, &[Value::Null, name.clone()]);
        rig.call(0, "FCPublish", 3.0, &[Value::Null, name.clone()]);
        rig.call(0, "createStream", 4.0, &[Value::Null]);
        rig.call(0, "_checkbw", 5.0, &[Value::Null]);
        rig.call(0, "getStreamLength", 6.0, &[Value::Null, name]);
        rig.call(0, "somethingElse", 7.0, &[Value::Null]);
        assert_eq!(
            rig.commands(),
            [
                "_result",
                "_result",
                "onFCPublish",
                "_result",
                "_result",
                "_result"
            ]
        );
        rig.answers.clear();
        rig.publish("cam?token=x");
        assert!(
            rig.answers.is_empty(),
            "nothing is promised before the caller's answer"
        );
        let [Event::PublishRequested(publish)] = rig.events.as_slice() else {
            panic!("{:?}", rig.events)
        };
        assert_eq!(
            (publish.app.as_str(), publish.name.as_str()),
            ("live", "cam?token=x")
        );
        assert_eq!(publish.landing, crate::landing("live", "", "cam?token=x"));
        assert_eq!(
            publish.encoder.as_deref(),
            Some("FMLE/3.0 (compatible; test)")
        );
        rig.accept();
        assert_eq!(kinds(&rig), [kind::USER_CONTROL, kind::COMMAND_AMF0]);
        assert_eq!(
            rig.answers[0].body[..],
            [0, 0, 0, 0, 0, 1],
            "StreamBegin of stream 1"
        );
        assert_eq!(rig.commands(), ["NetStream.Publish.Start"]);
        assert_eq!(rig.answers[1].stream_id, 1);
        rig.call(0, "FCUnpublish", 6.0, &[Value::Null, Value::string("cam")]);
        rig.call(0, "deleteStream", 7.0, &[Value::Null, Value::Number(1.0)]);
        assert_eq!(
            rig.events
                .iter()
                .filter(|event| **event == Event::PublishEnded)
                .count(),
            1
        );
        assert_eq!(rig.closed, None);
    }
}

#[test]
fn each_way_to_end_a_publish_ends_it_and_another_may_follow() {
    let ends: [(u32, &str, &[Value]); 3] = [
        (0, "FCUnpublish", &[Value::Null]),
        (1, "closeStream", &[Value::Null]),
        (0, "deleteStream", &[Value::Null, Value::Number(1.0)]),
    ];
    for (stream_id, name, rest) in ends {
        let mut rig = Rig::publishing();
        rig.call(stream_id, name, 0.0, rest);
        assert_eq!(rig.events, [Event::PublishEnded], "{name}");
        rig.publish("again");
        assert!(matches!(rig.events[1..], [Event::PublishRequested(_)]));
        rig.accept();
        assert_eq!(rig.commands().last().unwrap(), "NetStream.Publish.Start");
    }
}

#[test]
fn commands_wrapped_for_amf3_are_read() {
    let mut rig = Rig::connected();
    let plain = amf_command::call(
        1,
        "publish",
        5.0,
        &[Value::Null, Value::string("cam"), Value::string("record")],
    );
    let wrapped = [&[0], &plain.body[..]].concat();
    rig.message(&Message::new(kind::COMMAND_AMF3, 1, 0, wrapped));
    let Some(Event::PublishRequested(publish)) = rig.events.first() else {
        panic!("{:?}", rig.events)
    };
    assert_eq!(
        (publish.name.as_str(), publish.kind),
        ("cam", PublishKind::Record)
    );
}

#[test]
fn a_value_of_an_unknown_kind_ends_the_arguments_and_not_the_connection() {
    let mut rig = Rig::connected();
    let plain = amf_command::call(1, "publish", 5.0, &[Value::Null, Value::string("cam")]);
    rig.message(&Message::new(
        kind::COMMAND_AMF0,
        1,
        0,
        [&plain.body[..], &[17, 10, 11, 1]].concat(),
    ));
    assert!(matches!(rig.events[..], [Event::PublishRequested(_)]));
}

/// Abuse case C6.
#[test]
fn what_is_out_of_order_is_refused_with_a_readable_status() {
    let publish = |rig: &mut Rig| rig.publish("cam");
    let play = |rig: &mut Rig| rig.call(1, "play", 5.0, &[Value::Null, Value::string("cam")]);
    type Act = dyn Fn(&mut Rig);
    let table: [(Rig, &Act, Code); 4] = [
        (
            Rig::greeted(Limits::default()),
            &publish,
            Code::PublishDenied,
        ),
        (Rig::greeted(Limits::default()), &play, Code::PlayFailed),
        (Rig::publishing(), &play, Code::PlayFailed),
        (
            Rig::connected(),
            &|rig| rig.call(9, "publish", 5.0, &[Value::Null, Value::string("cam")]),
            Code::PublishDenied,
        ),
    ];
    for (mut rig, act, code) in table {
        act(&mut rig);
        let Some(Closed::Rejected(rejection)) = rig.closed.clone() else {
            panic!("{:?}", rig.closed)
        };
        assert_eq!(rejection.code(), code);
        assert_eq!(rig.commands().last().unwrap(), code.as_str());
        assert_eq!(
            rig.last_status(),
            ("error".to_owned(), rejection.description().to_owned())
        );
        assert!(
            rig.events.is_empty() || !matches!(rig.events.last(), Some(Event::PublishRequested(_)))
        );
    }
}

/// Abuse case C6.
#[test]
fn a_second_publish_and_anothers_stream_leave_the_first_unharmed() {
    let mut rig = Rig::publishing();
    rig.publish("other");
    assert_eq!(rig.last_status().0, "error");
    rig.call(0, "deleteStream", 0.0, &[Value::Null, Value::Number(2.0)]);
    rig.call(
        0,
        "deleteStream",
        0.0,
        &[Value::Null, Value::Number(-1e300)],
    );
    rig.call(0, "deleteStream", 0.0, &[Value::Null]);
    rig.call(7, "closeStream", 0.0, &[Value::Null]);
    rig.connect();
    rig.configs();
    assert_eq!((rig.tracks(), rig.closed), (2, None));
}

#[test]
fn a_rejection_and_an_end_are_told_and_close() {
    let rejection = Rejection::bad_name("The key is not known here.");
    let mut rig = Rig::connected();
    rig.publish("cam");
    rig.session.reject(&rejection);
    rig.drain();
    assert_eq!(rig.commands().last().unwrap(), "NetStream.Publish.BadName");
    assert_eq!(
        rig.last_status(),
        ("error".to_owned(), "The key is not known here.".to_owned())
    );
    assert_eq!(rig.closed, Some(Closed::Rejected(rejection)));

    let reason = Rejection::denied("This key was revoked.");
    let mut rig = Rig::publishing();
    rig.session.end(&reason);
    rig.session.end(&reason);
    rig.session.accept();
    rig.drain();
    assert_eq!(rig.commands(), ["NetStream.Publish.Denied"]);
    assert_eq!(rig.closed, Some(Closed::Ended(reason)));
    rig.configs();
    assert!(rig.events.is_empty(), "nothing is taken after the end");
}

/// Abuse case C1.
#[test]
fn deadlines_close_by_their_reason_and_the_callers_decision_is_not_timed() {
    let mut rig = Rig::new(Limits::default());
    rig.bytes(&[3]);
    for second in 1..5 {
        rig.at(second * 1000);
        rig.bytes(&[0]);
    }
    assert_eq!(rig.closed, None);
    rig.at(5000);
    assert_eq!(rig.closed, Some(Closed::HandshakeTimeout));

    let mut rig = Rig::connected();
    rig.at(9999);
    assert_eq!(rig.closed, None);
    rig.at(10_000);
    assert_eq!(rig.closed, Some(Closed::PublishTimeout));

    let mut rig = Rig::connected();
    rig.publish("cam");
    rig.at(60_000);
    rig.accept();
    assert_eq!(rig.closed, None);
    rig.configs();
    rig.at(74_000);
    rig.audio(0, b"\xaf\x01", b"x");
    rig.at(88_999);
    assert_eq!(rig.closed, None);
    rig.at(89_000);
    assert_eq!(rig.closed, Some(Closed::IdleTimeout));

    let mut rig = Rig::publishing();
    rig.call(0, "FCUnpublish", 0.0, &[Value::Null]);
    rig.at(10_000);
    assert_eq!(rig.closed, Some(Closed::Finished));
}

#[test]
fn input_without_wakeups_meets_the_deadline_too() {
    let mut rig = Rig::connected();
    rig.session.receive(Duration::from_secs(11), &[]);
    rig.drain();
    assert_eq!(rig.closed, Some(Closed::PublishTimeout));
}

#[test]
fn pings_are_answered_and_windows_acknowledged() {
    let mut rig = Rig::publishing();
    rig.message(&control::user_control(control::event::PING_REQUEST, 77));
    assert_eq!(
        rig.answers,
        [control::user_control(control::event::PING_RESPONSE, 77)]
    );
    rig.answers.clear();
    rig.message(&control::window_ack_size(0));
    rig.configs();
    assert!(rig.answers.is_empty(), "a window of zero is harmless");
    rig.message(&control::window_ack_size(5000));
    rig.video(0, b"\x17\x01\0\0\0", &[0; 6000]);
    let [answer] = rig.answers.as_slice() else {
        panic!("{:?}", rig.answers)
    };
    assert_eq!(answer.kind, kind::ACKNOWLEDGEMENT);
    assert_eq!(
        control::read_number(&answer.body).map(u64::from),
        Some(rig.session.counts().bytes)
    );
}

#[test]
fn enhanced_rtmp_is_answered_only_where_it_is_asked_for() {
    let list = Value::StrictArray(vec![Value::string("hvc1")]);
    for (extra, expected) in [
        (vec![], false),
        (vec![("fourCcList", list)], true),
        (vec![("capsEx", Value::Number(15.0))], true),
    ] {
        let mut rig = Rig::greeted(Limits::default());
        rig.connect_with(&extra);
        let result = rig.answers.last().unwrap();
        let command = amf_command::Command::read(result, &Limits::default()).unwrap();
        let info = command.arguments.last().unwrap();
        assert_eq!(info.find("objectEncoding"), Some(&Value::Number(0.0)));
        assert_eq!(info.find("videoFourCcInfoMap").is_some(), expected);
        assert_eq!(info.find("capsEx").is_some(), expected);
    }
}

/// Abuse case C12.
#[test]
fn keys_are_shown_nowhere() {
    let mut rig = Rig::connected();
    rig.publish("secretcam?token=secretkey");
    let shown = format!(
        "{:?}",
        rig.events
            .iter()
            .map(|event| Output::Event(event.clone()))
            .collect::<Vec<_>>()
    );
    assert!(
        shown.contains("PublishRequested") && !shown.contains("secret"),
        "{shown}"
    );
    let shown = format!(
        "{:?}",
        Output::Transmit(bytes::Bytes::from_static(b"secret"))
    );
    assert!(!shown.contains("secret"));
}
