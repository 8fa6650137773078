//! Chunk headers (RTMP 1.0, section 5.3.1): what a header says, and nothing about what was said before it.

use super::EXTENDED;

/// Longest chunk header: basic header 3, message header 11, extended timestamp 4.
pub(super) const HEADER_BYTES_MAX: usize = 18;

/// A chunk header as it stands.
pub(super) struct Header {
    pub(super) format: u8,
    pub(super) chunk_stream: u32,
    /// Absent in type 3.
    pub(super) time: Option<u32>,
    pub(super) extended: bool,
    /// Length and type; types 0 and 1.
    pub(super) shape: Option<(u32, u8)>,
    /// Type 0.
    pub(super) stream_id: Option<u32>,
    bytes: usize,
}

/// A header from what was carried over and the input, which is advanced past it only if it is complete.
pub(super) fn take_header(
    carry: &mut [u8; HEADER_BYTES_MAX],
    have: usize,
    input: &mut &[u8],
) -> Option<Header> {
    if have == 0
        && let Some(header) = parse_header(input)
    {
        *input = input.get(header.bytes..)?;
        return Some(header);
    }
    let room = carry.get_mut(have..)?;
    let added = room.len().min(input.len());
    room.get_mut(..added)?.copy_from_slice(input.get(..added)?);
    let header = parse_header(carry.get(..have + added)?)?;
    *input = input.get(header.bytes.checked_sub(have)?..)?;
    Some(header)
}

/// Basic header, message header and extended timestamp (5.3.1); `None` if `bytes` ends before they do.
fn parse_header(bytes: &[u8]) -> Option<Header> {
    let total = bytes.len();
    let (first, rest) = bytes.split_first()?;
    let format = first >> 6;
    let (chunk_stream, rest) = match first & 0x3f {
        0 => {
            let (low, rest) = rest.split_first()?;
            (64 + u32::from(*low), rest)
        }
        1 => {
            let ([low, high], rest) = rest.split_first_chunk()?;
            (64 + u32::from(*low) + 256 * u32::from(*high), rest)
        }
        id => (u32::from(id), rest),
    };
    let header = Header {
        format,
        chunk_stream,
        time: None,
        extended: false,
        shape: None,
        stream_id: None,
        bytes: 0,
    };
    if format == 3 {
        return Some(Header {
            bytes: total - rest.len(),
            ..header
        });
    }
    let (time, rest) = rest.split_first_chunk::<3>()?;
    let (shape, rest) = if format <= 1 {
        let (length, rest) = rest.split_first_chunk::<3>()?;
        let (kind, rest) = rest.split_first()?;
        (Some((be24(*length), *kind)), rest)
    } else {
        (None, rest)
    };
    let (stream_id, rest) = if format == 0 {
        let (id, rest) = rest.split_first_chunk::<4>()?;
        // The one little-endian number of the protocol.
        (Some(u32::from_le_bytes(*id)), rest)
    } else {
        (None, rest)
    };
    let (time, extended, rest) = match be24(*time) {
        EXTENDED => {
            let (time, rest) = rest.split_first_chunk::<4>()?;
            (u32::from_be_bytes(*time), true, rest)
        }
        time => (time, false, rest),
    };
    Some(Header {
        time: Some(time),
        extended,
        shape,
        stream_id,
        bytes: total - rest.len(),
        ..header
    })
}

fn be24([high, middle, low]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, high, middle, low])
}
