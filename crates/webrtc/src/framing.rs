//! Datagrams on a connection: each behind its length in two bytes (RFC 4571, 2), as ICE over TCP carries them (RFC 6544, 3).

/// Longest frame that is read, in bytes: checks, records of DTLS, RTP and RTCP are shorter.
pub const FRAME_BYTES_MAX: usize = 2048;

/// The other side frames something that is no datagram of WebRTC; the connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes; from 1 to {FRAME_BYTES_MAX} are taken")]
pub struct Invalid {
    /// As announced.
    pub length: usize,
}

/// Puts frames together out of what a connection brings. Holds one unfinished frame at most, so [`FRAME_BYTES_MAX`] and its length.
#[derive(Debug, Default)]
pub struct Reader {
    unfinished: Vec<u8>,
}

impl Reader {
    /// Takes what came and hands on each frame that is complete with it.
    ///
    /// # Errors
    /// [`Invalid`] at a frame that is empty or too long; those before it have been handed on.
    pub fn receive(
        &mut self,
        mut bytes: &[u8],
        mut frame: impl FnMut(&[u8]),
    ) -> Result<(), Invalid> {
        while !bytes.is_empty() {
            if self.unfinished.is_empty()
                && let Some((head, rest)) = bytes.split_first_chunk()
            {
                // The common case: a whole frame lies in what came.
                let length = length(*head)?;
                if let Some((whole, rest)) = rest.split_at_checked(length) {
                    frame(whole);
                    bytes = rest;
                    continue;
                }
            }
            let wanted = match self.unfinished.first_chunk() {
                Some(head) => 2 + length(*head)?,
                None => 2,
            };
            let (taken, rest) = bytes.split_at(bytes.len().min(wanted - self.unfinished.len()));
            self.unfinished.extend_from_slice(taken);
            bytes = rest;
            if wanted > 2 && self.unfinished.len() == wanted {
                frame(&self.unfinished[2..]);
                self.unfinished.clear();
            }
        }
        Ok(())
    }
}

fn length(head: [u8; 2]) -> Result<usize, Invalid> {
    let length = usize::from(u16::from_be_bytes(head));
    if (1..=FRAME_BYTES_MAX).contains(&length) {
        Ok(length)
    } else {
        Err(Invalid { length })
    }
}

/// Appends a datagram behind its length; whether it fits one frame (65,535 bytes).
pub fn write(datagram: &[u8], into: &mut Vec<u8>) -> bool {
    let Ok(length) = u16::try_from(datagram.len()) else {
        return false;
    };
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(datagram);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Result<(), Invalid>) {
        let (mut reader, mut frames) = (Reader::default(), Vec::new());
        let read = pieces
            .iter()
            .try_for_each(|piece| reader.receive(piece, |frame| frames.push(frame.to_vec())));
        assert!(reader.unfinished.len() <= 2 + FRAME_BYTES_MAX);
        (frames, read)
    }

    #[test]
    fn frames_come_out_as_they_were_written_whatever_the_pieces() {
        let datagrams: [&[u8]; 4] = [&[1], &[2; 300], &[3; FRAME_BYTES_MAX], b"last"];
        let mut bytes = Vec::new();
        assert!(datagrams.iter().all(|datagram| write(datagram, &mut bytes)));
        for piece in [1, 2, 3, 299, 1460, bytes.len()] {
            let pieces: Vec<&[u8]> = bytes.chunks(piece).collect();
            let (frames, read) = frames(&pieces);
            assert_eq!(
                (frames, read),
                (datagrams.map(<[u8]>::to_vec).to_vec(), Ok(()))
            );
        }
    }

    #[test]
    fn empty_and_long_frames_end_it_after_those_before() {
        for (head, length) in [([0, 0], 0), ([8, 1], 2049), ([255, 255], 65_535)] {
            let bytes = [&[0, 1, 7][..], &head, &[9; 64]].concat();
            assert_eq!(frames(&[&bytes]), (vec![vec![7]], Err(Invalid { length })));
            let split = [&bytes[..4], &bytes[4..]];
            assert_eq!(frames(&split), (vec![vec![7]], Err(Invalid { length })));
        }
        assert!(!write(&[0; 65_536], &mut Vec::new()));
    }
}
