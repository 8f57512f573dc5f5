//! Columns of values, exact to the bit.
//!
//! | tag | coding | holds |
//! |---|---|---|
//! | 0 | constant | the 8 bytes of the one value that all points have |
//! | 1 | doubles | 8 bytes a value, little-endian |
//! | 2 | floats | 4 bytes a value, little-endian: all values are single-precision numbers |
//! | 3 | packed doubles | the length in bytes, then the values as `pco` packs them |
//! | 4 | packed floats | the same for single-precision numbers |

use pco::data_types::Number;
use pco::{ChunkConfig, DeltaSpec, ModeSpec};

use super::wire::{self, Reader};
use super::{CodecError, PACK_FROM, packed};

const CONSTANT: u8 = 0;

/// From this length on `pco` searches for the best kind of differences. The search takes about 20 microseconds, which is
/// much for the points of a request and little for a segment of a history.
const SEARCH_FROM: usize = 4096;

/// The quiet NaN without payload. A cast between the float types need not keep it, so it is translated by hand.
const NAN_64: u64 = 0x7ff8_0000_0000_0000;
const NAN_32: u32 = 0x7fc0_0000;

/// Appends a column of at least one value.
pub(super) fn encode(column: &[f64], out: &mut Vec<u8>) {
    let Some(first) = column.first() else { return };
    if column.iter().all(|value| value.to_bits() == first.to_bits()) {
        out.push(CONSTANT);
        first.put(out);
        return;
    }
    // Frameworks compute in single precision: most columns are exact as floats, and half as long.
    match column.iter().copied().map(narrow).collect::<Option<Vec<f32>>>() {
        Some(floats) => encode_as(&floats, out),
        None => encode_as(column, out),
    }
}

pub(super) fn decode(reader: &mut Reader<'_>, count: usize, column: &'static str) -> Result<Vec<f64>, CodecError> {
    match reader.byte(column)? {
        CONSTANT => Ok(vec![f64::from_le_bytes(reader.array(column)?); count]),
        f64::PLAIN => plain(reader, count, column, f64::from_le_bytes),
        f64::PACKED => packed::unpack(reader.block(column)?, count, column),
        f32::PLAIN => plain(reader, count, column, |bytes| widen(f32::from_le_bytes(bytes))),
        f32::PACKED => {
            let floats: Vec<f32> = packed::unpack(reader.block(column)?, count, column)?;
            Ok(floats.into_iter().map(widen).collect())
        }
        tag => Err(CodecError::Coding { column, tag }),
    }
}

/// A width of values, with the tags of its codings.
trait Width: Number {
    const PLAIN: u8;
    const PACKED: u8;
    const LEN: usize;

    fn put(self, out: &mut Vec<u8>);
    fn is_finite(self) -> bool;
}

impl Width for f64 {
    const PLAIN: u8 = 1;
    const PACKED: u8 = 3;
    const LEN: usize = 8;

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn is_finite(self) -> bool {
        self.is_finite()
    }
}

impl Width for f32 {
    const PLAIN: u8 = 2;
    const PACKED: u8 = 4;
    const LEN: usize = 4;

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn is_finite(self) -> bool {
        self.is_finite()
    }
}

fn encode_as<T: Width>(column: &[T], out: &mut Vec<u8>) {
    let plain_len = column.len() * T::LEN;
    if column.len() >= PACK_FROM {
        // The other modes compute with the values, and what arithmetic makes of the bits of a NaN depends on the machine.
        let all_finite = column.iter().all(|value| value.is_finite());
        let mode = if all_finite { ModeSpec::Auto } else { ModeSpec::Classic };
        let delta = if column.len() < SEARCH_FROM { DeltaSpec::TryConsecutive(1) } else { DeltaSpec::Auto };
        let packed = packed::pack(column, ChunkConfig::default().with_mode_spec(mode).with_delta_spec(delta));
        if let Some(packed) = packed.filter(|packed| packed.len() < plain_len) {
            out.push(T::PACKED);
            wire::put_block(out, &packed);
            return;
        }
    }
    out.push(T::PLAIN);
    out.reserve(plain_len);
    for value in column {
        value.put(out);
    }
}

fn plain<const N: usize>(
    reader: &mut Reader<'_>,
    count: usize,
    column: &'static str,
    value: impl Fn([u8; N]) -> f64,
) -> Result<Vec<f64>, CodecError> {
    // The count is at most `MAX_POINTS`, so the product is far from overflow.
    let (values, _) = reader.take(count * N, column)?.as_chunks();
    Ok(values.iter().map(|&bytes| value(bytes)).collect())
}

/// The float that [`widen`] turns back into exactly this value.
fn narrow(value: f64) -> Option<f32> {
    if value.is_nan() {
        return (value.to_bits() == NAN_64).then_some(f32::from_bits(NAN_32));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a value that loses bits is found by the comparison")]
    let float = value as f32;
    (f64::from(float).to_bits() == value.to_bits()).then_some(float)
}

fn widen(float: f32) -> f64 {
    if float.to_bits() == NAN_32 { f64::from_bits(NAN_64) } else { f64::from(float) }
}
