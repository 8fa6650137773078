//! Multivariant playlists (RFC 8216bis 4.4.6).

use super::attributes::{Attributes, required};
use super::{Error, Line, Multivariant, Problem, Rendition, Variant, integer, lines};

pub(super) fn multivariant_text(text: &str) -> Result<Multivariant, Error> {
    let mut playlist = Multivariant {
        version: 1,
        ..Multivariant::default()
    };
    let mut pending: Option<Variant> = None;
    let mut last = 1;
    for (number, line) in lines(text) {
        last = number;
        let result = match line {
            Line::Uri(uri) => pending.take().ok_or(Problem::LoneUri).map(|mut variant| {
                variant.uri = uri.to_owned();
                playlist.variants.push(variant);
            }),
            Line::Tag(name, value) => match name {
                "EXT-X-VERSION" => {
                    integer(value, "EXT-X-VERSION").map(|version| playlist.version = version)
                }
                "EXT-X-INDEPENDENT-SEGMENTS" => {
                    playlist.independent_segments = true;
                    Ok(())
                }
                "EXT-X-STREAM-INF" if pending.is_some() => Err(Problem::LoneUri),
                "EXT-X-STREAM-INF" => read_variant(value).map(|variant| pending = Some(variant)),
                "EXT-X-MEDIA" => {
                    read_rendition(value).map(|rendition| playlist.renditions.push(rendition))
                }
                "EXT-X-TARGETDURATION" => Err(Problem::WrongKind {
                    tag: "EXT-X-TARGETDURATION",
                }),
                "EXTINF" => Err(Problem::WrongKind { tag: "EXTINF" }),
                _ => Ok(()),
            },
        };
        result.map_err(|problem| Error {
            line: number,
            problem,
        })?;
    }
    if pending.is_some() {
        return Err(Error {
            line: last,
            problem: Problem::LoneUri,
        });
    }
    Ok(playlist)
}

fn read_variant(value: &str) -> Result<Variant, Problem> {
    let list = Attributes::read(value)?;
    let resolution = match list.word("RESOLUTION")? {
        Some(word) => {
            let sides = word
                .split_once('x')
                .and_then(|(width, height)| width.parse().ok().zip(height.parse().ok()));
            Some(sides.ok_or(Problem::Attribute { name: "RESOLUTION" })?)
        }
        None => None,
    };
    let codecs = list.text("CODECS")?.unwrap_or_default();
    let frame_rate = list
        .seconds("FRAME-RATE")?
        .and_then(|rate| u64::try_from(rate.as_millis()).ok());
    Ok(Variant {
        uri: String::new(),
        bandwidth: required(list.integer("BANDWIDTH")?, "BANDWIDTH")?,
        average_bandwidth: list.integer("AVERAGE-BANDWIDTH")?,
        codecs: codecs
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        resolution,
        frame_rate_milli: frame_rate,
        audio: list.text("AUDIO")?.map(str::to_owned),
    })
}

fn read_rendition(value: &str) -> Result<Rendition, Problem> {
    let list = Attributes::read(value)?;
    Ok(Rendition {
        kind: required(list.word("TYPE")?, "TYPE")?.to_owned(),
        group: required(list.text("GROUP-ID")?, "GROUP-ID")?.to_owned(),
        name: required(list.text("NAME")?, "NAME")?.to_owned(),
        uri: list.text("URI")?.map(str::to_owned),
    })
}
