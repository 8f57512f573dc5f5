//! Columns of steps and timestamps.
//!
//! | tag | coding | holds |
//! |---|---|---|
//! | 0 | runs | the first number, then the differences; after two equal ones, how often it occurs again |
//! | 1 | repetition | the length of a period, then the first period in another coding |
//! | 2 | packed | the length in bytes, then the numbers as `pco` packs them |
//!
//! Differences wrap around, so that every series has one.

use pco::{ChunkConfig, DeltaSpec, ModeSpec};

use super::wire::{self, Reader};
use super::{CodecError, PACK_FROM, packed};

const RUNS: u8 = 0;
const REPETITION: u8 = 1;
const PACKED: u8 = 2;

/// Appends a column of at least one number.
pub(super) fn encode(column: &[i64], out: &mut Vec<u8>) {
    match period(column) {
        Some(period) => {
            out.push(REPETITION);
            wire::put_varint(out, period as u64);
            encode_once(&column[..period], out);
        }
        None => encode_once(column, out),
    }
}

pub(super) fn decode(reader: &mut Reader<'_>, count: usize, column: &'static str) -> Result<Vec<i64>, CodecError> {
    let tag = reader.byte(column)?;
    if tag != REPETITION {
        return decode_once(tag, reader, count, column);
    }
    let period = usize::try_from(reader.varint(column)?).ok().filter(|period| (1..=count).contains(period));
    let period = period.ok_or(CodecError::Malformed { column, reason: "the period is not within the column" })?;
    let tag = reader.byte(column)?;
    let mut numbers = decode_once(tag, reader, period, column)?;
    numbers.reserve_exact(count - period);
    while numbers.len() < count {
        numbers.extend_from_within(..numbers.len().min(count - numbers.len()));
    }
    Ok(numbers)
}

/// The period with which a column repeats from its first descent on.
///
/// Metrics that are logged together have the same steps and times, so a batch grouped by key repeats them per key.
fn period(column: &[i64]) -> Option<usize> {
    let descent = 1 + column.windows(2).position(|pair| pair[1] < pair[0])?;
    (column[descent..] == column[..column.len() - descent]).then_some(descent)
}

fn encode_once(column: &[i64], out: &mut Vec<u8>) {
    let start = out.len();
    out.push(RUNS);
    put_runs(column, out);
    // A column whose runs take two bits a number is regular: packing it would gain nothing.
    let runs_len = out.len() - start;
    if column.len() < PACK_FROM || runs_len <= column.len() / 4 {
        return;
    }
    let config = ChunkConfig::default().with_mode_spec(ModeSpec::Classic).with_delta_spec(DeltaSpec::TryConsecutive(1));
    if let Some(packed) = packed::pack(column, config).filter(|packed| packed.len() < runs_len) {
        out.truncate(start);
        out.push(PACKED);
        wire::put_block(out, &packed);
    }
}

fn decode_once(tag: u8, reader: &mut Reader<'_>, count: usize, column: &'static str) -> Result<Vec<i64>, CodecError> {
    match tag {
        RUNS => runs(reader, count, column),
        PACKED => packed::unpack(reader.block(column)?, count, column),
        tag => Err(CodecError::Coding { column, tag }),
    }
}

fn put_runs(column: &[i64], out: &mut Vec<u8>) {
    let Some(&first) = column.first() else { return };
    wire::put_signed(out, first);
    let mut deltas = column.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).peekable();
    while let Some(delta) = deltas.next() {
        wire::put_signed(out, delta);
        if deltas.next_if_eq(&delta).is_some() {
            wire::put_signed(out, delta);
            let mut more = 0;
            while deltas.next_if_eq(&delta).is_some() {
                more += 1;
            }
            wire::put_varint(out, more);
        }
    }
}

fn runs(reader: &mut Reader<'_>, count: usize, column: &'static str) -> Result<Vec<i64>, CodecError> {
    let mut numbers = Vec::with_capacity(count);
    let mut number = reader.signed(column)?;
    numbers.push(number);
    let mut previous = None;
    while numbers.len() < count {
        let delta = reader.signed(column)?;
        let mut times = 1;
        if previous.replace(delta) == Some(delta) {
            times = reader.varint(column)?.saturating_add(1);
            previous = None;
        }
        if times > (count - numbers.len()) as u64 {
            return Err(CodecError::Malformed { column, reason: "a run is longer than the column" });
        }
        for _ in 0..times {
            number = number.wrapping_add(delta);
            numbers.push(number);
        }
    }
    Ok(numbers)
}
