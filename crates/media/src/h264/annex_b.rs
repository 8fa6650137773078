//! Access units as byte streams have them (ITU-T H.264, Annex B): each unit behind a start code, parameter sets among them.

use bytes::{BufMut, Bytes, BytesMut};

use super::{ParameterSets, nal};

/// An access unit as frames hold it, and the parameter sets that came with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessUnit {
    /// Units behind lengths of 4 bytes, without parameter sets, delimiters, filler and empty ones. Empty where nothing else was in it.
    pub data: Bytes,
    /// SPS and PPS, each without start code.
    pub sets: ParameterSets,
}

impl AccessUnit {
    /// Takes a byte stream of one access unit apart. What stands before the first start code is passed over.
    #[must_use]
    pub fn from_annex_b(stream: &[u8]) -> Self {
        let mut unit = Self::default();
        let mut data = BytesMut::with_capacity(stream.len() + 16);
        for bytes in units(stream) {
            let kind = bytes.first().map_or(0, |first| first & 0x1f);
            match kind {
                nal::SPS => unit.sets.sps.push(Bytes::copy_from_slice(bytes)),
                nal::PPS => unit.sets.pps.push(Bytes::copy_from_slice(bytes)),
                0 | nal::DELIMITER | nal::FILLER => {}
                _ => {
                    let Ok(length) = u32::try_from(bytes.len()) else {
                        continue;
                    };
                    data.put_u32(length);
                    data.put_slice(bytes);
                }
            }
        }
        unit.data = data.freeze();
        unit
    }
}

/// What lies between start codes (`00 00 01`), without the zeros that may stand before them.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_start_code(stream);
    std::iter::from_fn(move || {
        let stream = rest?;
        let end = start_code(stream);
        rest = end.and_then(|at| stream.get(at + 3..));
        let unit = stream
            .get(..end.unwrap_or(stream.len()))
            .unwrap_or_default();
        let zeros = unit.iter().rev().take_while(|byte| **byte == 0).count();
        unit.get(..unit.len() - zeros)
    })
    .filter(|unit| !unit.is_empty())
}

fn after_start_code(stream: &[u8]) -> Option<&[u8]> {
    stream.get(start_code(stream)? + 3..)
}

fn start_code(stream: &[u8]) -> Option<usize> {
    // A one is rarer than a zero: look for it, then back.
    let mut from = 2;
    while let Some(at) = stream.get(from..)?.iter().position(|byte| *byte == 1) {
        let one = from + at;
        if stream.get(one - 2..one) == Some(&[0, 0]) {
            return Some(one - 2);
        }
        from = one + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_apart_and_sets_are_taken_out() {
        let stream = [
            &[0, 0, 0, 1, 9, 0xf0][..],
            &[0, 0, 0, 1, 0x67, 1, 2],
            &[0, 0, 1, 0x68, 3],
            &[0, 0, 0, 1, 0x06, 5, 1, 0x80],
            &[0, 0, 1, 0x65, 0, 0, 3, 1, 0, 0],
            &[0, 0, 1],
            &[0, 0, 1, 0x0c, 0xff],
            &[0, 0, 1, 0x41, 7],
        ]
        .concat();
        let unit = AccessUnit::from_annex_b(&stream);
        assert_eq!(unit.sets.sps, [Bytes::from_static(&[0x67, 1, 2])]);
        assert_eq!(unit.sets.pps, [Bytes::from_static(&[0x68, 3])]);
        assert_eq!(
            unit.data[..],
            [
                0, 0, 0, 4, 0x06, 5, 1, 0x80, 0, 0, 0, 5, 0x65, 0, 0, 3, 1, 0, 0, 0, 2, 0x41, 7
            ]
        );
    }

    #[test]
    fn what_is_no_byte_stream_holds_nothing() {
        for stream in [&[][..], &[1], &[0, 0, 1], &[0, 1, 1, 1], &[0x65; 40]] {
            assert_eq!(AccessUnit::from_annex_b(stream), AccessUnit::default());
        }
    }
}
