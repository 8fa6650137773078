//! Commands (RTMP 1.0, section 7.1.1): a name, a transaction, a command object and arguments, in AMF.

use super::{Message, kind};
use crate::{
    Limits,
    amf0::{self, Value},
};

/// A command as it arrived. No `Debug`: it carries keys.
pub(crate) struct Command {
    pub(crate) name: String,
    /// 0 where no answer is wanted.
    pub(crate) transaction: f64,
    pub(crate) object: Value,
    pub(crate) arguments: Vec<Value>,
}

impl Command {
    /// Reads a command message of either encoding.
    pub(crate) fn read(message: &Message, limits: &Limits) -> Result<Self, amf0::Error> {
        let mut values = values(message, limits)?.into_iter();
        let name = match values.next() {
            Some(Value::String(name)) => name,
            _ => return Err(amf0::Error::Short { at: 0 }),
        };
        let transaction = values
            .next()
            .and_then(|value| value.as_number())
            .unwrap_or(0.0);
        let object = values.next().unwrap_or(Value::Null);
        Ok(Self {
            name,
            transaction,
            object,
            arguments: values.collect(),
        })
    }

    /// An argument that is a string.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        self.arguments.get(index)?.as_str()
    }
}

/// The values of a command or data message, up to one of an unknown kind; AMF3's kinds have one byte in front (0: AMF0 follows).
pub(crate) fn values(message: &Message, limits: &Limits) -> Result<Vec<Value>, amf0::Error> {
    let body = match message.kind {
        kind::COMMAND_AMF3 | kind::DATA_AMF3 => match message.body.split_first() {
            Some((0, rest)) => rest,
            // Some encoders leave the byte out.
            _ => &message.body,
        },
        _ => &message.body,
    };
    let mut reader = amf0::Reader::new(body, limits);
    let mut values = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(value)) => values.push(value),
            Ok(None) => return Ok(values),
            // A kind of value that is not known has no known end. What stands before it is whole, and is mostly enough.
            Err(amf0::Error::Marker { .. }) if !values.is_empty() => return Ok(values),
            Err(error) => return Err(error),
        }
    }
}

/// A message of these values.
pub(crate) fn write(kind: u8, stream_id: u32, values: &[Value]) -> Message {
    let mut body = Vec::with_capacity(128);
    for value in values {
        amf0::write(&mut body, value);
    }
    Message::new(kind, stream_id, 0, body)
}

/// A command with its command object and arguments.
pub(crate) fn call(stream_id: u32, name: &str, transaction: f64, rest: &[Value]) -> Message {
    let mut values = vec![Value::string(name), Value::Number(transaction)];
    values.extend_from_slice(rest);
    write(kind::COMMAND_AMF0, stream_id, &values)
}

/// `level`, `code` and `description`: what every status carries.
pub(crate) fn status_object(level: &str, code: &str, description: &str) -> Value {
    Value::object([
        ("level", Value::string(level)),
        ("code", Value::string(code)),
        ("description", Value::string(description)),
    ])
}

/// `onStatus` on a message stream.
pub(crate) fn on_status(stream_id: u32, level: &str, code: &str, description: &str) -> Message {
    call(
        stream_id,
        "onStatus",
        0.0,
        &[Value::Null, status_object(level, code, description)],
    )
}
