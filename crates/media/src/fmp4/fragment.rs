//! The head of a fragment: `moof` and the header of `mdat`.
//!
//! Written once per part of every live stream, so it is sized first and written into one allocation. What all samples of a
//! run share goes into `tfhd` once; a part of equal frames costs 100 bytes and 4 per frame.

use bytes::{BufMut, Bytes, BytesMut};

use super::{FLAGS_DELTA, FLAGS_KEY, Run, Sample, track_id};

const MFHD_LEN: u64 = 16;
const TFDT_LEN: u64 = 20;

/// `styp`: what a media segment in a file of its own begins with (8.16.2). Brand `msdh`, as for every segment that can be given out
/// without an index; `iso6`, since fragments count offsets from their `moof`.
pub const SEGMENT_TYPE: [u8; 24] = *b"\0\0\0\x18stypmsdh\0\0\0\0msdhiso6";

/// `tf_flags` (8.8.7.1).
mod tf {
    pub const DEFAULT_DURATION: u32 = 0x08;
    pub const DEFAULT_SIZE: u32 = 0x10;
    pub const DEFAULT_FLAGS: u32 = 0x20;
    pub const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;
}

/// `tr_flags` (8.8.8.1).
mod tr {
    pub const DATA_OFFSET: u32 = 0x01;
    pub const FIRST_FLAGS: u32 = 0x04;
    pub const DURATION: u32 = 0x100;
    pub const SIZE: u32 = 0x200;
    pub const FLAGS: u32 = 0x400;
    pub const COMPOSITION: u32 = 0x800;
}

/// `moof` and the header of `mdat`: the head of one fragment, to be followed by the samples' bytes.
///
/// Runs without samples are left out. `data_offset` is a signed 32-bit number: all bytes before the last run must stay below
/// 2 GiB (it saturates), which a part of a live stream or a fragment of a recording never comes near.
pub fn fragment_head(sequence: u32, runs: &[Run<'_>]) -> Bytes {
    let moof_len = moof_len(runs);
    let payload = payload_len(runs);
    let mdat_header = mdat_header_len(payload);
    let total = moof_len + mdat_header;
    let mut out = BytesMut::with_capacity(usize::try_from(total).unwrap_or(0));

    put_header(&mut out, moof_len, *b"moof");
    put_header(&mut out, MFHD_LEN, *b"mfhd");
    out.put_u32(0);
    out.put_u32(sequence);
    let mut data_at = total;
    for run in used(runs) {
        put_traf(&mut out, run, data_at);
        data_at = data_at.saturating_add(bytes_of(run.samples));
    }
    if mdat_header == 8 {
        put_header(&mut out, payload + 8, *b"mdat");
    } else {
        out.put_u32(1);
        out.put_slice(b"mdat");
        out.put_u64(payload.saturating_add(16));
    }
    out.freeze()
}

/// Bytes that [`fragment_head`] answers for these runs.
pub fn fragment_head_len(runs: &[Run<'_>]) -> usize {
    usize::try_from(moof_len(runs) + mdat_header_len(payload_len(runs))).unwrap_or(usize::MAX)
}

fn used<'r, 's>(runs: &'r [Run<'s>]) -> impl Iterator<Item = &'r Run<'s>> {
    runs.iter().filter(|run| !run.samples.is_empty())
}

fn bytes_of(samples: &[Sample]) -> u64 {
    samples.iter().map(|sample| u64::from(sample.size)).sum()
}

fn payload_len(runs: &[Run<'_>]) -> u64 {
    used(runs).map(|run| bytes_of(run.samples)).sum()
}

fn mdat_header_len(payload: u64) -> u64 {
    if payload > u64::from(u32::MAX) - 8 {
        16
    } else {
        8
    }
}

fn moof_len(runs: &[Run<'_>]) -> u64 {
    8 + MFHD_LEN
        + used(runs)
            .map(|run| Shape::of(run.samples).traf_len())
            .sum::<u64>()
}

/// What the samples of a run have in common, and so which fields are written for each of them.
struct Shape {
    count: u64,
    tf_flags: u32,
    tr_flags: u32,
    first: Sample,
    default_flags: u32,
}

impl Shape {
    /// `samples` is not empty; an empty run has the shape of one empty sample.
    fn of(samples: &[Sample]) -> Self {
        let empty = Sample {
            duration: 0,
            size: 0,
            composition_offset: 0,
            key: true,
        };
        let first = samples.first().copied().unwrap_or(empty);
        let rest = samples.get(1..).unwrap_or_default();
        let (mut tf_flags, mut tr_flags) = (tf::DEFAULT_BASE_IS_MOOF, tr::DATA_OFFSET);
        if rest.iter().all(|sample| sample.duration == first.duration) {
            tf_flags |= tf::DEFAULT_DURATION;
        } else {
            tr_flags |= tr::DURATION;
        }
        if rest.iter().all(|sample| sample.size == first.size) {
            tf_flags |= tf::DEFAULT_SIZE;
        } else {
            tr_flags |= tr::SIZE;
        }
        if samples.iter().any(|sample| sample.composition_offset != 0) {
            tr_flags |= tr::COMPOSITION;
        }
        let second = rest.first().copied().unwrap_or(first);
        if rest.iter().all(|sample| sample.key == second.key) {
            tf_flags |= tf::DEFAULT_FLAGS;
            if first.key != second.key {
                tr_flags |= tr::FIRST_FLAGS;
            }
        } else {
            tr_flags |= tr::FLAGS;
        }
        Self {
            count: samples.len() as u64,
            tf_flags,
            tr_flags,
            first,
            default_flags: flags_of(second),
        }
    }

    fn tfhd_len(&self) -> u64 {
        let defaults =
            self.tf_flags & (tf::DEFAULT_DURATION | tf::DEFAULT_SIZE | tf::DEFAULT_FLAGS);
        16 + 4 * u64::from(defaults.count_ones())
    }

    fn trun_len(&self) -> u64 {
        let per_sample = self.tr_flags & (tr::DURATION | tr::SIZE | tr::FLAGS | tr::COMPOSITION);
        let first_flags = if self.tr_flags & tr::FIRST_FLAGS == 0 {
            0
        } else {
            4
        };
        20 + first_flags + 4 * u64::from(per_sample.count_ones()) * self.count
    }

    fn traf_len(&self) -> u64 {
        8 + self.tfhd_len() + TFDT_LEN + self.trun_len()
    }
}

const fn flags_of(sample: Sample) -> u32 {
    if sample.key { FLAGS_KEY } else { FLAGS_DELTA }
}

fn put_header(out: &mut BytesMut, len: u64, kind: [u8; 4]) {
    out.put_u32(u32::try_from(len).unwrap_or(u32::MAX));
    out.put_slice(&kind);
}

fn put_traf(out: &mut BytesMut, run: &Run<'_>, data_at: u64) {
    let shape = Shape::of(run.samples);
    put_header(out, shape.traf_len(), *b"traf");

    put_header(out, shape.tfhd_len(), *b"tfhd");
    out.put_u32(shape.tf_flags);
    out.put_u32(track_id(run.track));
    if shape.tf_flags & tf::DEFAULT_DURATION != 0 {
        out.put_u32(shape.first.duration);
    }
    if shape.tf_flags & tf::DEFAULT_SIZE != 0 {
        out.put_u32(shape.first.size);
    }
    if shape.tf_flags & tf::DEFAULT_FLAGS != 0 {
        out.put_u32(shape.default_flags);
    }

    put_header(out, TFDT_LEN, *b"tfdt");
    out.put_u32(0x0100_0000);
    out.put_u64(run.base_decode_time);

    put_header(out, shape.trun_len(), *b"trun");
    out.put_u32(0x0100_0000 | shape.tr_flags);
    out.put_u32(u32::try_from(shape.count).unwrap_or(u32::MAX));
    out.put_i32(i32::try_from(data_at).unwrap_or(i32::MAX));
    if shape.tr_flags & tr::FIRST_FLAGS != 0 {
        out.put_u32(flags_of(shape.first));
    }
    for sample in run.samples {
        if shape.tr_flags & tr::DURATION != 0 {
            out.put_u32(sample.duration);
        }
        if shape.tr_flags & tr::SIZE != 0 {
            out.put_u32(sample.size);
        }
        if shape.tr_flags & tr::FLAGS != 0 {
            out.put_u32(flags_of(*sample));
        }
        if shape.tr_flags & tr::COMPOSITION != 0 {
            out.put_i32(sample.composition_offset);
        }
    }
}
