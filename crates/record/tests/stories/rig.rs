//! A file through demuxer and packager, as whoever stores it does, in memory.

use media::{
    fmp4::TrackHeader,
    mp4::{Demuxer, Event, Limits, Refused, Sample},
};
use record::{
    Index,
    package::{Output, Packager, Settings},
};

/// What became of a file.
pub struct Packaged {
    pub tracks: Vec<TrackHeader>,
    /// All samples, as they came out of the file.
    pub samples: Vec<Sample>,
    /// Initialisation segment and segments, one after the other.
    pub file: Vec<u8>,
    pub index: Index,
    /// The file was broken off, and what was whole of it is here.
    pub cut_short: bool,
}

/// Where an odd file lies; `cargo xtask fixtures` made it.
pub fn read(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = path.join("tests/files").join(name);
    // The stories of the whole program use them too.
    let there = path.join("../../crates/record/tests/files").join(name);
    std::fs::read(if here.exists() { here } else { there })
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Takes all samples out of a file.
pub fn demux(
    bytes: &[u8],
    limits: Limits,
) -> Result<(Vec<TrackHeader>, Vec<Sample>, bool), Refused> {
    let mut demuxer = Demuxer::new(bytes.len() as u64, limits);
    let (mut tracks, mut samples) = (Vec::new(), Vec::new());
    loop {
        match demuxer.poll()? {
            Event::Needs(needs) => {
                let start = needs.offset as usize;
                let piece = &bytes[start..start + needs.len as usize];
                demuxer.receive(piece.to_vec().into())?;
            }
            Event::Movie(movie) => tracks = movie.tracks,
            Event::Sample(sample) => samples.push(sample),
            Event::End => return Ok((tracks, samples, demuxer.is_cut_short())),
        }
    }
}

/// Packages samples.
pub fn package(settings: Settings, tracks: &[TrackHeader], samples: &[Sample]) -> (Vec<u8>, Index) {
    let mut packager = Packager::new(settings, tracks);
    let mut file = Vec::new();
    let mut drain = |packager: &mut Packager| {
        while let Some(output) = packager.poll() {
            match output {
                Output::Append(bytes) => file.extend_from_slice(&bytes),
                Output::Segment(segment) => assert_eq!(segment.bytes().end, file.len() as u64),
            }
        }
    };
    for sample in samples {
        packager.push(sample.clone()).expect("a sample of the file");
        drain(&mut packager);
    }
    packager.finish().expect("samples");
    drain(&mut packager);
    (file, packager.into_index())
}

/// Packages a file.
pub fn take(bytes: &[u8], settings: Settings) -> Result<Packaged, Refused> {
    let (tracks, samples, cut_short) = demux(bytes, Limits::default())?;
    let (file, index) = package(settings, &tracks, &samples);
    Ok(Packaged {
        tracks,
        samples,
        file,
        index,
        cut_short,
    })
}
