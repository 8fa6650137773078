//! The commands of a publisher, and what they are answered with.
//!
//! OBS, FFmpeg, GStreamer, Larix, Wirecast and FMLE send the same few in the same order; what a server has no use for is
//! answered with an empty result, what is unknown is passed over.

use super::{COMMAND_CHUNK_STREAM, Event, Phase, Publish, PublishKind, Session, shown};
use crate::{
    Code, Rejection,
    amf0::Value,
    landing,
    link::WINDOW_BYTES,
    message::{
        Message,
        command::{self, Command},
        control::{self, event},
    },
};

/// Chunk size of what the server sends. FFmpeg takes it over for what it sends, which spares it 128-byte chunks.
const CHUNK_BYTES: u32 = 64 << 10;
/// Enhanced RTMP, `FourCcInfoMask`: the codec can be passed on.
const CAN_FORWARD: f64 = 4.0;

/// What `connect` said; carries keys.
pub(super) struct Connect {
    app: String,
    tc_url: String,
    encoder: Option<String>,
}

impl Session {
    pub(super) fn receive_command(&mut self, message: &Message) {
        let command = match Command::read(message, &self.limits) {
            Ok(command) => command,
            Err(error) => return self.break_off(&error, 0),
        };
        match command.name.as_str() {
            "connect" => self.receive_connect(&command),
            "publish" => self.receive_publish(message.stream_id, &command),
            "play" | "play2" => self.refuse(
                message.stream_id,
                &Rejection::new(
                    Code::PlayFailed,
                    "Streams are sent here over RTMP and watched over HTTP. Open the address of the watch page instead.",
                ),
            ),
            _ if self.connect.is_none() => self.ignore(),
            "createStream" => self.receive_create_stream(&command),
            "releaseStream" | "_checkbw" => self.answer(&command, &[Value::Null]),
            "getStreamLength" => self.answer(&command, &[Value::Null, Value::Number(0.0)]),
            "FCPublish" => {
                self.answer(&command, &[Value::Null]);
                self.send_info("onFCPublish", "NetStream.Publish.Start");
            }
            "FCUnpublish" => {
                self.answer(&command, &[Value::Null]);
                self.send_info("onFCUnpublish", "NetStream.Unpublish.Success");
                self.end_publish();
            }
            "closeStream" => self.end_publish_of(message.stream_id),
            "deleteStream" => match command.arguments.first().and_then(Value::as_number) {
                // A number that is no id becomes one that no stream has.
                Some(id) => self.end_publish_of(id as u32),
                None => self.ignore(),
            },
            _ => self.ignore(),
        }
    }

    fn receive_connect(&mut self, command: &Command) {
        if self.connect.is_some() {
            return self.answer_error(command, "This connection is connected already.");
        }
        let text = |key| {
            command
                .object
                .find(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let encoder = command
            .object
            .find("flashVer")
            .and_then(Value::as_str)
            .map(shown);
        self.connect = Some(Connect {
            app: text("app"),
            tc_url: text("tcUrl"),
            encoder,
        });

        self.link
            .send_control(&control::window_ack_size(WINDOW_BYTES));
        self.link
            .send_control(&control::set_peer_bandwidth(WINDOW_BYTES));
        self.link.send_chunk_size(CHUNK_BYTES);
        let properties = Value::object([
            ("fmsVer", Value::string("FMS/3,0,1,123")),
            ("capabilities", Value::Number(31.0)),
            ("mode", Value::Number(1.0)),
        ]);
        let mut info =
            command::status_object("status", "NetConnection.Connect.Success", "Connected.");
        if let Value::Object(entries) = &mut info {
            entries.push(("objectEncoding".to_owned(), Value::Number(0.0)));
            if speaks_enhanced(&command.object) {
                entries.extend(enhanced_answer());
            }
        }
        self.answer(command, &[properties, info]);
    }

    fn receive_create_stream(&mut self, command: &Command) {
        if self.streams >= self.limits.message_streams_max {
            return self.answer_error(command, "Too many streams on one connection.");
        }
        self.streams += 1;
        self.answer(
            command,
            &[Value::Null, Value::Number(f64::from(self.streams))],
        );
    }

    fn receive_publish(&mut self, stream_id: u32, command: &Command) {
        let Some(connect) = &self.connect else {
            return self.refuse(
                stream_id,
                &Rejection::denied("Publishing comes after connect and createStream."),
            );
        };
        if !(1..=self.streams).contains(&stream_id) {
            return self.refuse(
                stream_id,
                &Rejection::denied("Publishing needs a stream made with createStream."),
            );
        }
        if !matches!(self.phase, Phase::Idle) {
            let text =
                "This connection publishes already; another stream needs another connection.";
            let refused = Rejection::bad_name(text);
            return self.send_status(
                stream_id,
                "error",
                refused.code().as_str(),
                refused.description(),
            );
        }
        let name = command.text(0).unwrap_or_default();
        let publish = Publish {
            landing: landing(&connect.app, &connect.tc_url, name),
            app: connect.app.clone(),
            tc_url: connect.tc_url.clone(),
            name: name.to_owned(),
            kind: match command.text(1) {
                Some("record") => PublishKind::Record,
                Some("append") => PublishKind::Append,
                _ => PublishKind::Live,
            },
            encoder: connect.encoder.clone(),
        };
        self.phase = Phase::Requested { stream_id };
        // The caller's decision is not the encoder's time.
        self.deadline = None;
        self.events.push_back(Event::PublishRequested(publish));
    }

    pub(super) fn send_publish_start(&mut self, stream_id: u32) {
        self.link
            .send_control(&control::user_control(event::STREAM_BEGIN, stream_id));
        self.send_status(
            stream_id,
            "status",
            "NetStream.Publish.Start",
            "Publishing.",
        );
    }

    /// Tells the encoder on the stream it publishes or wants to. During the handshake there is no way to.
    pub(super) fn send_rejection(&mut self, rejection: &Rejection) {
        let stream_id = match self.phase {
            _ if self.closed.is_some() => return,
            Phase::Handshake(_) => return,
            Phase::Idle => 0,
            Phase::Requested { stream_id } | Phase::Publishing { stream_id, .. } => stream_id,
        };
        self.send_status(
            stream_id,
            "error",
            rejection.code().as_str(),
            rejection.description(),
        );
    }

    /// An orderly end by the stream's id; another's stream is left alone.
    fn end_publish_of(&mut self, id: u32) {
        match self.phase {
            Phase::Publishing { stream_id, .. } if stream_id == id => self.end_publish(),
            _ => self.ignore(),
        }
    }

    fn end_publish(&mut self) {
        let Phase::Publishing { stream_id, .. } = self.phase else {
            return;
        };
        self.phase = Phase::Idle;
        self.published_before = true;
        self.set_deadline(self.limits.connect_to_publish_ms);
        self.send_status(
            stream_id,
            "status",
            "NetStream.Unpublish.Success",
            "Not publishing any more.",
        );
        self.events.push_back(Event::PublishEnded);
    }

    fn refuse(&mut self, stream_id: u32, rejection: &Rejection) {
        self.send_status(
            stream_id,
            "error",
            rejection.code().as_str(),
            rejection.description(),
        );
        self.close(crate::Closed::Rejected(rejection.clone()));
    }

    /// `_result`, if the command wants one.
    fn answer(&mut self, command: &Command, rest: &[Value]) {
        if command.transaction != 0.0 {
            self.send_command(&command::call(0, "_result", command.transaction, rest));
        }
    }

    fn answer_error(&mut self, command: &Command, description: &str) {
        let info = command::status_object("error", "NetConnection.Call.Failed", description);
        self.send_command(&command::call(
            0,
            "_error",
            command.transaction,
            &[Value::Null, info],
        ));
    }

    fn send_status(&mut self, stream_id: u32, level: &str, code: &str, description: &str) {
        self.send_command(&command::on_status(stream_id, level, code, description));
    }

    fn send_info(&mut self, name: &str, code: &str) {
        let info = command::status_object("status", code, "");
        self.send_command(&command::call(0, name, 0.0, &[Value::Null, info]));
    }

    fn send_command(&mut self, message: &Message) {
        self.link.send(COMMAND_CHUNK_STREAM, message);
    }
}

/// The client knows Enhanced RTMP and may be told what is taken of it.
fn speaks_enhanced(object: &Value) -> bool {
    [
        "fourCcList",
        "videoFourCcInfoMap",
        "audioFourCcInfoMap",
        "capsEx",
    ]
    .iter()
    .any(|key| object.find(key).is_some_and(|value| *value != Value::Null))
}

/// What is taken of Enhanced RTMP: the two codecs in their FourCC form, and no extended ability.
fn enhanced_answer() -> [(String, Value); 4] {
    let map = |four_cc| Value::object([(four_cc, Value::Number(CAN_FORWARD))]);
    let list = [Value::string("avc1"), Value::string("mp4a")].to_vec();
    [
        ("fourCcList".to_owned(), Value::StrictArray(list)),
        ("videoFourCcInfoMap".to_owned(), map("avc1")),
        ("audioFourCcInfoMap".to_owned(), map("mp4a")),
        ("capsEx".to_owned(), Value::Number(0.0)),
    ]
}
