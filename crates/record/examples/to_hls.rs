//! Packages a file into a folder that any HLS player plays: `cargo run -p record --example to_hls -- IN.mp4 FOLDER`.

use std::{
    error::Error,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use media::mp4::{Demuxer, Event, Limits};
use record::{
    Index,
    package::{Output, Packager, Settings},
    vod::{self, Name},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(input), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: to_hls IN.mp4 FOLDER".into());
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let mut media = File::create_new(folder.join("media.mp4"))?;
    let index = package(File::open(input)?, &mut media)?;
    fs::write(folder.join("media.index"), index.to_bytes())?;
    fs::write(folder.join("index.m3u8"), vod::multivariant(&index, ""))?;
    fs::write(folder.join(Name::Playlist.to_string()), vod::media(&index))?;
    let bytes = fs::read(folder.join("media.mp4"))?;
    let names = (0..).map(|number| Name::Segment { number });
    for name in std::iter::once(Name::Init).chain(names) {
        let Some(range) = vod::piece(&index, name) else {
            break;
        };
        let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
        fs::write(folder.join(name.to_string()), &bytes[range])?;
    }
    println!("{}", vod::multivariant(&index, ""));
    Ok(())
}

fn package(mut file: File, media: &mut File) -> Result<Index, Box<dyn Error>> {
    let mut demuxer = Demuxer::new(file.metadata()?.len(), Limits::default());
    let mut packager = None;
    loop {
        match demuxer.poll()? {
            Event::Needs(needs) => {
                let mut bytes = vec![0; usize::try_from(needs.len)?];
                file.seek(SeekFrom::Start(needs.offset))?;
                file.read_exact(&mut bytes)?;
                demuxer.receive(bytes.into())?;
            }
            Event::Movie(movie) => {
                packager = Some(Packager::new(Settings::default(), &movie.tracks));
            }
            Event::Sample(sample) => {
                let packager = packager.as_mut().ok_or("a sample before the tracks")?;
                packager.push(sample)?;
                write(packager, media)?;
            }
            Event::End => {
                let mut packager = packager.ok_or("no tracks")?;
                packager.finish()?;
                write(&mut packager, media)?;
                return Ok(packager.into_index());
            }
        }
    }
}

fn write(packager: &mut Packager, media: &mut File) -> std::io::Result<()> {
    while let Some(output) = packager.poll() {
        if let Output::Append(bytes) = output {
            media.write_all(&bytes)?;
        }
    }
    Ok(())
}
