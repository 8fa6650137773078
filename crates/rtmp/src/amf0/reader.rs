//! Bytes to values.

use super::{Value, marker};
use crate::Limits;

/// Why values cannot be read; never shows their content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("a value ends early (byte {at})")]
    Short { at: usize },
    #[error("unknown AMF marker {marker:#04x} (byte {at})")]
    Marker { marker: u8, at: usize },
    #[error("values are nested too deep (byte {at})")]
    Depth { at: usize },
    #[error("too many values (byte {at})")]
    TooMany { at: usize },
    #[error("a string is too long (byte {at})")]
    TooLong { at: usize },
}

/// Reads the values of one message body, one after the other.
pub(crate) struct Reader<'a> {
    total: usize,
    rest: &'a [u8],
    limits: &'a Limits,
    values: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(body: &'a [u8], limits: &'a Limits) -> Self {
        Self {
            total: body.len(),
            rest: body,
            limits,
            values: 0,
        }
    }

    /// The next value; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Value>, Error> {
        if self.rest.is_empty() {
            Ok(None)
        } else {
            self.value(0).map(Some)
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        let at = self.at();
        if depth > self.limits.amf_depth_max {
            return Err(Error::Depth { at });
        }
        self.values += 1;
        if self.values > self.limits.amf_values_max {
            return Err(Error::TooMany { at });
        }
        match self.byte()? {
            marker::NUMBER => Ok(Value::Number(self.number()?)),
            marker::BOOLEAN => Ok(Value::Boolean(self.byte()? != 0)),
            marker::STRING => Ok(Value::String(self.short_string()?)),
            marker::OBJECT => Ok(Value::Object(self.entries(depth)?)),
            marker::NULL => Ok(Value::Null),
            marker::UNDEFINED | marker::UNSUPPORTED => Ok(Value::Undefined),
            marker::REFERENCE => self.take::<2>().map(|_| Value::Undefined),
            marker::ECMA_ARRAY => {
                // The count is a hint by specification; encoders write 0 or what they like.
                self.take::<4>()?;
                Ok(Value::EcmaArray(self.entries(depth)?))
            }
            marker::STRICT_ARRAY => self.strict_array(depth),
            marker::DATE => {
                let date = self.number()?;
                self.take::<2>()?;
                Ok(Value::Date(date))
            }
            marker::LONG_STRING | marker::XML_DOCUMENT => {
                let length = u32::from_be_bytes(self.take()?);
                Ok(Value::String(self.string(length as usize)?))
            }
            marker::TYPED_OBJECT => {
                self.short_string()?;
                Ok(Value::Object(self.entries(depth)?))
            }
            marker::AVMPLUS => self.amf3(),
            marker => Err(Error::Marker { marker, at }),
        }
    }

    /// Entries up to the end marker; an outermost one that ends with the message is taken too, some encoders write it so.
    fn entries(&mut self, depth: usize) -> Result<Vec<(String, Value)>, Error> {
        let mut entries = Vec::new();
        loop {
            if self.rest.is_empty() && depth == 0 && !entries.is_empty() {
                return Ok(entries);
            }
            if let [0, 0, marker::OBJECT_END, rest @ ..] = self.rest {
                self.rest = rest;
                return Ok(entries);
            }
            if entries.len() >= self.limits.amf_keys_max {
                return Err(Error::TooMany { at: self.at() });
            }
            let key = self.short_string()?;
            entries.push((key, self.value(depth + 1)?));
        }
    }

    fn strict_array(&mut self, depth: usize) -> Result<Value, Error> {
        let count = u32::from_be_bytes(self.take()?) as usize;
        if count > self.limits.amf_keys_max {
            return Err(Error::TooMany { at: self.at() });
        }
        // Grows with what is read, not with the count.
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.value(depth + 1)?);
        }
        Ok(Value::StrictArray(values))
    }

    /// One AMF3 value (Adobe, January 2013, section 3), scalars and strings.
    fn amf3(&mut self) -> Result<Value, Error> {
        let at = self.at();
        match self.byte()? {
            0 => Ok(Value::Undefined),
            1 => Ok(Value::Null),
            2 => Ok(Value::Boolean(false)),
            3 => Ok(Value::Boolean(true)),
            4 => {
                // 29 bits, two's complement.
                let number = i64::from(self.amf3_integer()?);
                Ok(Value::Number(
                    (if number >= 1 << 28 {
                        number - (1 << 29)
                    } else {
                        number
                    }) as f64,
                ))
            }
            5 => Ok(Value::Number(self.number()?)),
            6 => self.amf3_string(),
            marker => Err(Error::Marker { marker, at }),
        }
    }

    /// References are not followed: a few bytes each, they would unfold to any size.
    fn amf3_string(&mut self) -> Result<Value, Error> {
        let head = self.amf3_integer()?;
        match head & 1 {
            0 => Ok(Value::Undefined),
            _ => Ok(Value::String(self.string((head >> 1) as usize)?)),
        }
    }

    /// Seven bits a byte, high first; the fourth byte has eight.
    fn amf3_integer(&mut self) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..3 {
            let byte = self.byte()?;
            value = value << 7 | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Ok(value << 8 | u32::from(self.byte()?))
    }

    fn short_string(&mut self) -> Result<String, Error> {
        let length = u16::from_be_bytes(self.take()?);
        self.string(usize::from(length))
    }

    fn string(&mut self, length: usize) -> Result<String, Error> {
        let at = self.at();
        if length > self.limits.amf_string_bytes_max {
            return Err(Error::TooLong { at });
        }
        let (text, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Error::Short { at })?;
        self.rest = rest;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn number(&mut self) -> Result<f64, Error> {
        self.take().map(f64::from_be_bytes)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.take().map(|[byte]| byte)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let at = self.at();
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Error::Short { at })?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn at(&self) -> usize {
        self.total - self.rest.len()
    }
}
