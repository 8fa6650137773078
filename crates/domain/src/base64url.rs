//! base64url without padding (RFC 4648 section 5), strict: one text for each sequence of bytes, and no other.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Appends `bytes` in base64url to `out`.
pub(crate) fn encode(bytes: &[u8], out: &mut String) {
    let mut digit =
        |group: u32, shift: u32| out.push(char::from(ALPHABET[(group >> shift & 63) as usize]));
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |group, byte| group << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        digit(group, 18);
        digit(group, 12);
        if chunk.len() > 1 {
            digit(group, 6);
        }
        if chunk.len() > 2 {
            digit(group, 0);
        }
    }
}

/// Reads `text` into `out` and says how many bytes it held; `None` when it is not what [`encode`] writes, or when `out`
/// is too small for it.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut written = 0;
    for chunk in text.chunks(4) {
        let mut group = 0_u32;
        for byte in chunk {
            group = group << 6 | u32::from(value(*byte)?);
        }
        group <<= 6 * (4 - chunk.len());
        let bytes = group.to_be_bytes();
        let len = match chunk.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        // Bits beyond the last byte must be zero, or two texts would mean the same bytes.
        if bytes.get(1 + len..)?.iter().any(|byte| *byte != 0) {
            return None;
        }
        out.get_mut(written..written + len)?
            .copy_from_slice(bytes.get(1..=len)?);
        written += len;
    }
    Some(written)
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}
