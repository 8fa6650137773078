//! The commands of a publish in the order of encoders, and the answers that matter.

use std::time::Duration;

use super::{CHUNK_BYTES_MIN, COMMANDS, Event, Phase, STEP_MS, Session};
use crate::{
    Closed,
    amf0::Value,
    link::WINDOW_BYTES,
    message::{
        Message,
        command::{self, Command},
        control, kind,
    },
};

/// Transactions whose answers matter.
const CONNECT: f64 = 1.0;
const CREATE_STREAM: f64 = 4.0;

impl Session {
    pub(super) fn begin(&mut self) {
        self.phase = Phase::Connecting;
        self.deadline = Some(self.now.saturating_add(Duration::from_millis(STEP_MS)));
        self.link
            .send_control(&control::window_ack_size(WINDOW_BYTES));
        self.link
            .send_chunk_size(self.target.chunk_size.max(CHUNK_BYTES_MIN));
        let object = Value::object([
            ("app", Value::string(&self.target.app)),
            ("type", Value::string("nonprivate")),
            ("flashVer", Value::string(&self.target.encoder)),
            ("tcUrl", Value::string(&self.target.tc_url)),
        ]);
        self.send(&command::call(0, "connect", CONNECT, &[object]));
    }

    pub(super) fn receive_message(&mut self, message: &Message) {
        if !matches!(message.kind, kind::COMMAND_AMF0 | kind::COMMAND_AMF3) {
            return;
        }
        match Command::read(message, &self.limits) {
            Ok(command) => self.receive_command(&command),
            Err(error) => self.close(Closed::Protocol(error.to_string())),
        }
    }

    fn receive_command(&mut self, command: &Command) {
        match (command.name.as_str(), &self.phase) {
            ("_result", Phase::Connecting) if command.transaction == CONNECT => {
                self.create_stream()
            }
            ("_result", Phase::CreatingStream) if command.transaction == CREATE_STREAM => {
                self.publish(command)
            }
            ("_error", Phase::Connecting) if command.transaction == CONNECT => {
                self.refused(command)
            }
            ("_error", Phase::CreatingStream) if command.transaction == CREATE_STREAM => {
                self.refused(command)
            }
            ("onStatus", _) => self.receive_status(command),
            ("close", _) => self.refused(command),
            _ => {}
        }
    }

    fn create_stream(&mut self) {
        self.events.push_back(Event::Connected);
        self.phase = Phase::CreatingStream;
        let name = Value::string(&self.target.name);
        self.send(&command::call(
            0,
            "releaseStream",
            2.0,
            &[Value::Null, name.clone()],
        ));
        self.send(&command::call(0, "FCPublish", 3.0, &[Value::Null, name]));
        self.send(&command::call(
            0,
            "createStream",
            CREATE_STREAM,
            &[Value::Null],
        ));
    }

    fn publish(&mut self, command: &Command) {
        // An id that is no number is taken as the one that servers begin with.
        let stream_id = command
            .arguments
            .first()
            .and_then(Value::as_number)
            .unwrap_or(1.0) as u32;
        self.phase = Phase::Requested { stream_id };
        let rest = [
            Value::Null,
            Value::string(&self.target.name),
            Value::string("live"),
        ];
        self.send(&command::call(stream_id, "publish", 5.0, &rest));
    }

    fn receive_status(&mut self, command: &Command) {
        let status = command.arguments.first();
        let text = |key| {
            status
                .and_then(|status| status.find(key))
                .and_then(Value::as_str)
        };
        if text("level") == Some("error") {
            return self.refused(command);
        }
        if let (Some("NetStream.Publish.Start"), Phase::Requested { stream_id }) =
            (text("code"), &self.phase)
        {
            self.phase = Phase::Publishing {
                stream_id: *stream_id,
            };
            self.deadline = None;
            self.events.push_back(Event::Publishing);
        }
    }

    /// A server's no: code and text stand in the last argument, if anywhere.
    fn refused(&mut self, command: &Command) {
        let info = command.arguments.last();
        let text = |key| {
            let value = info.and_then(|info| info.find(key)).and_then(Value::as_str);
            value.map(crate::server::shown).unwrap_or_default()
        };
        let (code, description) = (text("code"), text("description"));
        self.events.push_back(Event::Rejected {
            code: code.clone(),
            description: description.clone(),
        });
        self.close(Closed::RefusedByServer { code, description });
    }

    fn send(&mut self, message: &Message) {
        self.link.send(COMMANDS, message);
    }

    /// What an encoder says when it stops.
    pub(super) fn send_end(&mut self, stream_id: u32) {
        let name = Value::string(&self.target.name);
        self.send(&command::call(0, "FCUnpublish", 6.0, &[Value::Null, name]));
        let id = Value::Number(f64::from(stream_id));
        self.send(&command::call(0, "deleteStream", 7.0, &[Value::Null, id]));
    }
}
