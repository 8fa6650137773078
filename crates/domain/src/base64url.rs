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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vectors_of_rfc_4648_are_met_without_padding() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut out = String::new();
            encode(bytes.as_bytes(), &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn other_spellings_of_the_same_bytes_are_refused() {
        let mut out = [0; 8];
        for text in ["Zh", "Zg==", "Zm9", "Z", "Zm+v", "Zm/v", " Zg", "Zg\n"] {
            assert_eq!(decode(text.as_bytes(), &mut out), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut text = String::new();
            encode(&bytes, &mut text);
            let mut out = [0; 64];
            prop_assert_eq!(decode(text.as_bytes(), &mut out), Some(bytes.len()));
            prop_assert_eq!(&out[..bytes.len()], &bytes[..]);
        }

        #[test]
        fn what_is_read_was_written_so(text in "[A-Za-z0-9_-]{0,80}") {
            let mut out = [0; 64];
            if let Some(len) = decode(text.as_bytes(), &mut out) {
                let mut again = String::new();
                encode(&out[..len], &mut again);
                prop_assert_eq!(again, text);
            }
        }
    }
}
