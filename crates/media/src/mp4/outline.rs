//! The index (`moov`) without its tables: what of it is held while a file is read.
//!
//! An index is nearly all sample tables, megabytes for an hour. They stay where they lie and are read in windows ([`super::tables`]); what
//! else is needed, some kilobytes, is copied. A table is copied as a stub: its first fields, then where its entries lie. The file's cover
//! picture is noted (`moov/udta/meta/ilst/covr`, as iTunes writes it). All else is passed over unread: names, places, previews.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{
    Needs,
    refused::{Refused, damaged},
    window::Windows,
};

/// Most bytes that are copied; ordinary files have two kilobytes. Closes: an index of nothing but tracks.
const OUTLINE_BYTES_MAX: usize = 4 << 20;
/// Bytes that are asked for with a box's header.
const AHEAD: u32 = 4096;
/// First fields of a table, as a stub has them.
const FIELDS: usize = 12;
/// Body of a stub: the fields, where the entries lie in the file, how many bytes they have.
pub(super) const STUB_BODY: usize = FIELDS + 16;

/// The boxes that are entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Moov,
    Trak,
    Mdia,
    Minf,
    Stbl,
    /// On the way to the cover: entered, and nothing copied.
    Udta,
    Meta,
    Ilst,
    Covr,
}

#[derive(Debug)]
struct Open {
    within: Within,
    end: u64,
    /// Where its size is to be written, where it is copied.
    size_at: Option<usize>,
}

/// What is to be done with a box.
enum Do {
    Enter(Within),
    Copy,
    Stub { fields: usize },
    Cover,
    Pass,
}

/// Walks one `moov`.
#[derive(Debug)]
pub(super) struct Outline {
    out: BytesMut,
    open: Vec<Open>,
    at: u64,
    cover: Option<Needs>,
}

/// A box's header.
struct Head {
    kind: [u8; 4],
    header: u64,
    /// `None`: no size that it can have here.
    end: Option<u64>,
}

impl Outline {
    /// Begins with the `moov` whose header lies at `start` and whose body at `body`.
    pub fn new(body: u64, end: u64) -> Self {
        let mut outline = Self {
            out: BytesMut::new(),
            open: Vec::new(),
            at: body,
            cover: None,
        };
        outline.enter(Within::Moov, *b"moov", end);
        outline
    }

    /// The picture that the file carries for itself, once it was walked.
    pub fn cover(&self) -> Option<Needs> {
        self.cover
    }

    /// The copy: a `moov` of stubs.
    pub fn into_moov(self) -> Bytes {
        self.out.freeze()
    }

    /// Walks on; false where bytes were asked for. `boxes_left` is counted down.
    pub fn walk(&mut self, windows: &mut Windows, boxes_left: &mut u32) -> Result<bool, Refused> {
        while let Some(open) = self.open.last() {
            let (within, end, copied) = (open.within, open.end, open.size_at.is_some());
            let left = end.saturating_sub(self.at);
            if left < 8 {
                self.leave(end);
                continue;
            }
            let Some(bytes) = windows.want(self.at, if left < 16 { 8 } else { 16 }, AHEAD)? else {
                return Ok(false);
            };
            let head = head(&bytes, self.at, end).ok_or(damaged("moov"))?;
            let Some(box_end) = head.end else {
                // Whoever reads the copy meets it, and judges.
                if copied {
                    self.out
                        .put_slice(bytes.get(..head.header as usize).unwrap_or(&bytes));
                }
                self.leave(end);
                continue;
            };
            let body = self.at + head.header;
            match plan(within, head.kind) {
                Do::Enter(inner) => {
                    let skip = if inner == Within::Meta {
                        let Some(skip) = fields_of_meta(windows, body, box_end)? else {
                            return Ok(false);
                        };
                        skip
                    } else {
                        0
                    };
                    self.enter(inner, head.kind, box_end);
                    self.at = body + skip;
                }
                Do::Copy => {
                    let size = u32::try_from(box_end - self.at)
                        .ok()
                        .filter(|size| *size as usize <= OUTLINE_BYTES_MAX);
                    let size = size.ok_or(Refused::TooMuch { what: "an index" })?;
                    let Some(whole) = windows.want(self.at, size, AHEAD)? else {
                        return Ok(false);
                    };
                    self.out.put_slice(&whole);
                    self.at = box_end;
                }
                Do::Stub { fields } => {
                    let size = u32::try_from((box_end - body).min(FIELDS as u64)).unwrap_or(0);
                    let first = if size == 0 {
                        Bytes::new()
                    } else {
                        match windows.want(body, size, AHEAD)? {
                            Some(first) => first,
                            None => return Ok(false),
                        }
                    };
                    self.stub(head.kind, &first, fields, body, box_end);
                    self.at = box_end;
                }
                Do::Cover => {
                    // A type and a locale, then the picture.
                    let len = u32::try_from((box_end - body).saturating_sub(8)).unwrap_or(0);
                    if len > 0 && self.cover.is_none() {
                        self.cover = Some(Needs {
                            offset: body + 8,
                            len,
                        });
                    }
                    self.at = box_end;
                }
                Do::Pass => self.at = box_end,
            }
            *boxes_left = boxes_left
                .checked_sub(1)
                .ok_or(Refused::TooMuch { what: "parts" })?;
            if self.out.len() > OUTLINE_BYTES_MAX {
                return Err(Refused::TooMuch { what: "an index" });
            }
        }
        Ok(true)
    }

    fn enter(&mut self, within: Within, kind: [u8; 4], end: u64) {
        let copied = matches!(
            within,
            Within::Moov | Within::Trak | Within::Mdia | Within::Minf | Within::Stbl
        );
        let size_at = copied.then_some(self.out.len());
        if copied {
            self.out.put_u32(0);
            self.out.put_slice(&kind);
        }
        self.open.push(Open {
            within,
            end,
            size_at,
        });
    }

    fn leave(&mut self, end: u64) {
        self.at = end;
        let Some(size_at) = self.open.pop().and_then(|open| open.size_at) else {
            return;
        };
        // The copy is bounded far below 4 GiB.
        let size = u32::try_from(self.out.len() - size_at).unwrap_or(u32::MAX);
        if let Some(place) = self.out.get_mut(size_at..size_at + 4) {
            place.copy_from_slice(&size.to_be_bytes());
        }
    }

    /// Writes a stub; a table that is shorter than its fields is copied as it is.
    fn stub(&mut self, kind: [u8; 4], first: &Bytes, fields: usize, body: u64, end: u64) {
        let short = first.len() < fields;
        let size = if short { first.len() } else { STUB_BODY };
        self.out
            .put_u32(u32::try_from(8 + size).unwrap_or(u32::MAX));
        self.out.put_slice(&kind);
        if short {
            self.out.put_slice(first);
            return;
        }
        let mut padded = [0; FIELDS];
        for (place, byte) in padded.iter_mut().zip(first) {
            *place = *byte;
        }
        self.out.put_slice(&padded);
        self.out.put_u64(body + fields as u64);
        self.out.put_u64(end - body - fields as u64);
    }
}

fn plan(within: Within, kind: [u8; 4]) -> Do {
    match (within, &kind) {
        (Within::Moov, b"trak") => Do::Enter(Within::Trak),
        (Within::Trak, b"mdia") => Do::Enter(Within::Mdia),
        (Within::Mdia, b"minf") => Do::Enter(Within::Minf),
        (Within::Minf, b"stbl") => Do::Enter(Within::Stbl),
        (Within::Moov, b"mvhd" | b"mvex" | b"cmov")
        | (Within::Trak, b"tkhd" | b"edts")
        | (Within::Mdia, b"mdhd" | b"hdlr")
        | (Within::Stbl, b"stsd") => Do::Copy,
        (Within::Stbl, b"stts" | b"ctts" | b"stss" | b"stsc" | b"stco" | b"co64") => {
            Do::Stub { fields: 8 }
        }
        (Within::Stbl, b"stsz" | b"stz2") => Do::Stub { fields: 12 },
        (Within::Moov, b"udta") => Do::Enter(Within::Udta),
        (Within::Udta | Within::Moov, b"meta") => Do::Enter(Within::Meta),
        (Within::Meta, b"ilst") => Do::Enter(Within::Ilst),
        (Within::Ilst, b"covr") => Do::Enter(Within::Covr),
        (Within::Covr, b"data") => Do::Cover,
        _ => Do::Pass,
    }
}

fn head(bytes: &[u8], at: u64, limit: u64) -> Option<Head> {
    let size = u32::from_be_bytes(*bytes.first_chunk()?);
    let kind = *bytes.get(4..)?.first_chunk()?;
    let (header, end) = match size {
        0 => (8, Some(limit)),
        1 => match bytes.get(8..).and_then(|rest| rest.first_chunk()) {
            Some(long) => (16, at.checked_add(u64::from_be_bytes(*long))),
            None => (8, None),
        },
        size => (8, at.checked_add(size.into())),
    };
    let end = end.filter(|end| *end <= limit && at + header <= *end);
    Some(Head { kind, header, end })
}

/// Bytes before the boxes of a `meta`: four in MP4, none as QuickTime writes it. `None` where bytes were asked for.
fn fields_of_meta(windows: &mut Windows, body: u64, end: u64) -> Result<Option<u64>, Refused> {
    if end - body < 8 {
        return Ok(Some(0));
    }
    let Some(bytes) = windows.want(body, 8, AHEAD)? else {
        return Ok(None);
    };
    let plain = bytes.get(4..8) == Some(b"hdlr");
    Ok(Some(if plain { 0 } else { 4 }))
}
