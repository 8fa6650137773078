//! AMF0 values (Adobe, 21 December 2007), and AMF3 scalars where AMF0 switches to them (marker 0x11).
//!
//! Lengths and counts are checked against what arrived; depth, entries and strings against [`crate::Limits`].
//! References and AMF3's compound values are not followed: no encoder publishes with them.

mod reader;
mod writer;

pub(crate) use reader::{Error, Reader};
pub(crate) use writer::write;

/// A value. No `Debug`: commands carry keys.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Value {
    Number(f64),
    Boolean(bool),
    String(String),
    Object(Vec<(String, Value)>),
    EcmaArray(Vec<(String, Value)>),
    StrictArray(Vec<Value>),
    /// Milliseconds since 1970; the time zone is reserved and dropped.
    Date(f64),
    Null,
    Undefined,
}

impl Value {
    pub(crate) fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    pub(crate) fn object<const N: usize>(entries: [(&str, Value); N]) -> Self {
        Self::Object(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The entry of an object or ECMA array.
    pub(crate) fn find(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Object(entries) | Self::EcmaArray(entries) => entries
                .iter()
                .find(|entry| entry.0 == key)
                .map(|entry| &entry.1),
            _ => None,
        }
    }
}

/// Markers, by the names of the specification.
mod marker {
    pub(super) const NUMBER: u8 = 0;
    pub(super) const BOOLEAN: u8 = 1;
    pub(super) const STRING: u8 = 2;
    pub(super) const OBJECT: u8 = 3;
    pub(super) const NULL: u8 = 5;
    pub(super) const UNDEFINED: u8 = 6;
    pub(super) const REFERENCE: u8 = 7;
    pub(super) const ECMA_ARRAY: u8 = 8;
    pub(super) const OBJECT_END: u8 = 9;
    pub(super) const STRICT_ARRAY: u8 = 10;
    pub(super) const DATE: u8 = 11;
    pub(super) const LONG_STRING: u8 = 12;
    pub(super) const UNSUPPORTED: u8 = 13;
    pub(super) const XML_DOCUMENT: u8 = 15;
    pub(super) const TYPED_OBJECT: u8 = 16;
    pub(super) const AVMPLUS: u8 = 17;
}

#[cfg(test)]
mod tests;
