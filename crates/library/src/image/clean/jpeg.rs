//! JPEG: segments. Kept are tables, frame, scans, JFIF, Adobe's mark (which says how colours are coded) and the ICC profile.

use image::metadata::Orientation;

use super::{
    super::{Form, Limits, Refused},
    Clean,
    reader::Reader,
};

/// Scans of a picture at most. Progressive pictures have about ten; each costs a walk over all of it, so thousands are an attack.
const SCANS_MAX: u32 = 64;

const ICC: &[u8] = b"ICC_PROFILE\0";

fn broken(what: &str) -> Refused {
    Refused::broken(Form::Jpeg, what)
}

pub fn clean(bytes: &[u8], limits: &Limits) -> Result<Clean, Refused> {
    let mut reader = Reader::new(bytes);
    let mut out = Vec::with_capacity(bytes.len());
    let mut size = None;
    let mut orientation = None;
    let mut scans = 0_u32;
    let mut profile_bytes = 0;
    let mut has_jfif = false;
    out.extend_from_slice(reader.take(2).ok_or_else(|| broken("it ends at once"))?);
    loop {
        let marker = next_marker(&mut reader)?;
        match marker {
            // Its end. Whatever lies behind is no part of the picture.
            0xd9 => break,
            // Marks without a segment: they mean nothing between segments.
            0x01 | 0xd0..=0xd8 => continue,
            0x00 => return Err(broken("there is data where a segment should begin")),
            _ => {}
        }
        let body = segment(&mut reader)?;
        match marker {
            0xc0..=0xc2 => {
                if size.is_some() {
                    return Err(broken("it holds two pictures in one"));
                }
                size = Some(frame(body, limits)?);
                write(&mut out, marker, body);
            }
            // DHT, DQT, DRI.
            0xc4 | 0xdb | 0xdd => write(&mut out, marker, body),
            0xc3 | 0xc5..=0xcf => {
                return Err(Refused::Unusual {
                    form: Form::Jpeg,
                    what: "lossless, hierarchical or arithmetic coding",
                });
            }
            0xda => {
                scans += 1;
                if size.is_none() {
                    return Err(broken("its pixels come before its size"));
                }
                if scans > SCANS_MAX {
                    return Err(Refused::Swollen {
                        form: Form::Jpeg,
                        what: "it draws itself over and over",
                    });
                }
                write(&mut out, marker, body);
                out.extend_from_slice(scan(&mut reader)?);
            }
            // JFIF says the shape of pixels; a small picture in it shows what was cropped away, and goes.
            0xe0 if !has_jfif && body.starts_with(b"JFIF\0") => {
                if let Some(head) = body.get(..12) {
                    has_jfif = true;
                    let mut plain = head.to_vec();
                    plain.extend_from_slice(&[0, 0]);
                    write(&mut out, marker, &plain);
                }
            }
            0xe1 => {
                if let Some(exif) = body.strip_prefix(b"Exif\0\0")
                    && orientation.is_none()
                {
                    orientation = Orientation::from_exif_chunk(exif);
                }
            }
            0xe2 if body.starts_with(ICC) => {
                profile_bytes += body.len();
                if profile_bytes > limits.profile_bytes_max {
                    return Err(Refused::Swollen {
                        form: Form::Jpeg,
                        what: "its colour profile is larger than any real one",
                    });
                }
                write(&mut out, marker, body);
            }
            0xee if body.starts_with(b"Adobe") => {
                write(&mut out, marker, body.get(..12).unwrap_or(body))
            }
            // Every other application's segment, comments, and DNL, which no browser reads.
            _ => {}
        }
    }
    let (width, height) = size.ok_or_else(|| broken("there is no picture in it"))?;
    if scans == 0 {
        return Err(broken("there are no pixels in it"));
    }
    out.extend_from_slice(&[0xff, 0xd9]);
    Ok(Clean {
        form: Form::Jpeg,
        bytes: out,
        width,
        height,
        frames: 1,
        orientation,
        is_lossless: false,
    })
}

/// The next marker; bytes before it, which some cameras leave, are passed over as decoders do.
fn next_marker(reader: &mut Reader<'_>) -> Result<u8, Refused> {
    let rest = reader.rest();
    let start = rest
        .iter()
        .position(|&byte| byte == 0xff)
        .ok_or_else(|| broken("its end is missing"))?;
    let fill = rest
        .get(start..)
        .and_then(|rest| rest.iter().position(|&byte| byte != 0xff))
        .ok_or_else(|| broken("its end is missing"))?;
    reader.take(start + fill);
    reader.u8().ok_or_else(|| broken("its end is missing"))
}

fn segment<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Refused> {
    let length = usize::from(
        reader
            .be16()
            .ok_or_else(|| broken("a segment is cut off"))?,
    );
    let body = length
        .checked_sub(2)
        .ok_or_else(|| broken("a segment is shorter than its head"))?;
    reader
        .take(body)
        .ok_or_else(|| broken("a segment is cut off"))
}

/// Width and height of a frame that is eight bits deep.
fn frame(body: &[u8], limits: &Limits) -> Result<(u32, u32), Refused> {
    let mut reader = Reader::new(body);
    let head = (|| Some((reader.u8()?, reader.be16()?, reader.be16()?, reader.u8()?)))();
    let (depth, height, width, parts) = head.ok_or_else(|| broken("its size is cut off"))?;
    if depth != 8 {
        return Err(Refused::Unusual {
            form: Form::Jpeg,
            what: "more than eight bits for each colour",
        });
    }
    if !matches!(parts, 1 | 3 | 4) {
        return Err(Refused::Unusual {
            form: Form::Jpeg,
            what: "colours that are neither grey, RGB nor CMYK",
        });
    }
    limits.admit(Form::Jpeg, width.into(), height.into())?;
    Ok((width.into(), height.into()))
}

/// The coded pixels up to the next marker that is no restart.
fn scan<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Refused> {
    let rest = reader.rest();
    let mut at = 0;
    let end = loop {
        let found = rest
            .get(at..)
            .and_then(|rest| rest.iter().position(|&byte| byte == 0xff))
            .ok_or_else(|| broken("its end is missing"))?;
        at += found;
        match rest.get(at + 1) {
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            // A byte of fill: the next one may begin the marker.
            Some(0xff) => at += 1,
            Some(_) => break at,
            None => return Err(broken("its end is missing")),
        }
    };
    reader.take(end).ok_or_else(|| broken("its end is missing"))
}

fn write(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend_from_slice(&[0xff, marker]);
    // A body came out of a segment, so that its length and two fit.
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(body);
}
