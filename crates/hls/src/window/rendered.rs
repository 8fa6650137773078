//! A rendered playlist: the text and its gzip form, made once and shared by all viewers.

use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};

use crate::Body;

/// A fast level: playlists are small, and a part must not wait for them.
const GZIP_LEVEL: u32 = 4;

/// A playlist and its compressed form.
#[derive(Clone, Debug)]
pub(super) struct Rendered {
    pub body: Body,
    pub gzip: Bytes,
}

impl Rendered {
    pub(super) fn new(text: String) -> Self {
        let bytes = Bytes::from(text);
        let mut gzip =
            GzBuilder::new().write(Vec::with_capacity(2048), Compression::new(GZIP_LEVEL));
        // Writing into a Vec cannot fail; were it to, an empty member would be sent to nobody: see `Window::answer`.
        let written = gzip.write_all(&bytes).and_then(|()| gzip.finish());
        Self {
            body: bytes.into(),
            gzip: written.map(Bytes::from).unwrap_or_default(),
        }
    }
}
