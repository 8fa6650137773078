//! Values to bytes.

use super::{Value, marker};

/// Appends a value. Keys past 65,535 bytes are cut at a character; longer strings become long strings.
pub(crate) fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Number(number) => {
            out.push(marker::NUMBER);
            out.extend(number.to_be_bytes());
        }
        Value::Boolean(boolean) => out.extend([marker::BOOLEAN, u8::from(*boolean)]),
        Value::String(text) => write_string(out, text),
        Value::Object(entries) => {
            out.push(marker::OBJECT);
            write_entries(out, entries);
        }
        Value::EcmaArray(entries) => {
            out.push(marker::ECMA_ARRAY);
            out.extend(count(entries.len()));
            write_entries(out, entries);
        }
        Value::StrictArray(values) => {
            out.push(marker::STRICT_ARRAY);
            out.extend(count(values.len()));
            for value in values {
                write(out, value);
            }
        }
        Value::Date(date) => {
            out.push(marker::DATE);
            out.extend(date.to_be_bytes());
            out.extend([0, 0]);
        }
        Value::Null => out.push(marker::NULL),
        Value::Undefined => out.push(marker::UNDEFINED),
    }
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    match u16::try_from(text.len()) {
        Ok(length) => {
            out.push(marker::STRING);
            out.extend(length.to_be_bytes());
        }
        Err(_) => {
            out.push(marker::LONG_STRING);
            out.extend(count(text.len()));
        }
    }
    out.extend_from_slice(text.as_bytes());
}

fn write_entries(out: &mut Vec<u8>, entries: &[(String, Value)]) {
    for (key, value) in entries {
        let key = key
            .get(..key.floor_char_boundary(usize::from(u16::MAX)))
            .unwrap_or_default();
        out.extend(u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(key.as_bytes());
        write(out, value);
    }
    out.extend([0, 0, marker::OBJECT_END]);
}

fn count(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}
