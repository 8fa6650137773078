//! GIF: blocks. Kept are pictures, how they follow one another, and how often; comments, text and every other application's data go.

use super::{
    super::{Form, Limits, Refused},
    Clean,
    reader::Reader,
};

fn broken(what: &str) -> Refused {
    Refused::broken(Form::Gif, what)
}

pub fn clean(bytes: &[u8], limits: &Limits) -> Result<Clean, Refused> {
    let mut reader = Reader::new(bytes);
    let mut out = Vec::with_capacity(bytes.len());
    let (width, height) = screen(&mut reader, &mut out).ok_or_else(|| broken("it ends at once"))?;
    limits.admit(Form::Gif, width, height)?;
    let mut frames = 0_u32;
    // How the next picture is shown; written only with a picture behind it.
    let mut control: Option<&[u8]> = None;
    // Many programs forget the trailer, so that the end of the file may stand for it between blocks.
    while let Some(block) = reader.u8() {
        match block {
            0x3b => break,
            0x21 => {
                let label = reader.u8().ok_or_else(|| broken("a block is cut off"))?;
                let body = blocks(&mut reader).ok_or_else(|| broken("a block is cut off"))?;
                match label {
                    0xf9 => control = Some(body),
                    0xff if is_loop(body) => {
                        out.extend_from_slice(&[0x21, label]);
                        out.extend_from_slice(body);
                    }
                    _ => {}
                }
            }
            0x2c => {
                frames += 1;
                limits.admit_frames(frames, width, height)?;
                if let Some(body) = control.take() {
                    out.extend_from_slice(&[0x21, 0xf9]);
                    out.extend_from_slice(body);
                }
                out.push(block);
                picture(&mut reader, &mut out, limits)?;
            }
            // Padding between blocks.
            0x00 => {}
            _ => return Err(broken("there is data where a block should begin")),
        }
    }
    if frames == 0 {
        return Err(broken("there is no picture in it"));
    }
    out.push(0x3b);
    Ok(Clean {
        form: Form::Gif,
        bytes: out,
        width,
        height,
        frames,
        orientation: None,
        is_lossless: true,
    })
}

/// Signature, screen and its palette.
fn screen(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<(u32, u32)> {
    out.extend_from_slice(reader.take(6)?);
    let head = reader.take(7)?;
    out.extend_from_slice(head);
    let mut fields = Reader::new(head);
    let (width, height, flags) = (fields.le16()?, fields.le16()?, fields.u8()?);
    out.extend_from_slice(reader.take(palette_bytes(flags))?);
    Some((width.into(), height.into()))
}

fn palette_bytes(flags: u8) -> usize {
    match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    }
}

/// One picture, its palette and its pixels.
fn picture(reader: &mut Reader<'_>, out: &mut Vec<u8>, limits: &Limits) -> Result<(), Refused> {
    let cut = || broken("a picture is cut off");
    let head = reader.take(9).ok_or_else(cut)?;
    let mut fields = Reader::new(head);
    fields.take(4).ok_or_else(cut)?;
    let (width, height) = (
        fields.le16().ok_or_else(cut)?,
        fields.le16().ok_or_else(cut)?,
    );
    limits.admit(Form::Gif, width.into(), height.into())?;
    let flags = fields.u8().ok_or_else(cut)?;
    out.extend_from_slice(head);
    out.extend_from_slice(reader.take(palette_bytes(flags)).ok_or_else(cut)?);
    out.push(reader.u8().ok_or_else(cut)?);
    out.extend_from_slice(blocks(reader).ok_or_else(cut)?);
    Ok(())
}

/// Sub-blocks up to and with the empty one that ends them.
fn blocks<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let start = reader.rest();
    loop {
        let length = reader.u8()?;
        if length == 0 {
            return start.get(..start.len() - reader.rest().len());
        }
        reader.take(length.into())?;
    }
}

/// Whether an application's block says how often to repeat, and nothing else: 11 bytes of name, one sub-block of three, the end.
fn is_loop(body: &[u8]) -> bool {
    let Some(rest) = body
        .strip_prefix(b"\x0bNETSCAPE2.0")
        .or_else(|| body.strip_prefix(b"\x0bANIMEXTS1.0"))
    else {
        return false;
    };
    matches!(rest, [3, 1, _, _, 0])
}
