//! What a connection brings, in pieces: the first byte says how long they are.

use webrtc::framing::{FRAME_BYTES_MAX, Reader};

/// Panics where the frames depend on the pieces in which they came, or are none.
pub fn run(data: &[u8]) {
    let Some((piece, bytes)) = data.split_first() else {
        return;
    };
    let read = |piece: usize| {
        let (mut reader, mut frames) = (Reader::default(), Vec::new());
        let ended = bytes.chunks(piece.max(1)).try_for_each(|bytes| {
            reader.receive(bytes, |frame| {
                assert!((1..=FRAME_BYTES_MAX).contains(&frame.len()));
                frames.push(frame.to_vec());
            })
        });
        (frames, ended)
    };
    let (whole, pieces) = (read(bytes.len()), read(usize::from(*piece)));
    assert_eq!(whole.0, pieces.0);
    // An end that only the next byte would show may be seen later.
    assert!(whole.1 == pieces.1 || pieces.1.is_ok() || whole.1.is_ok());
}
