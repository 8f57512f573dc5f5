//! The stored form of points: compact, exact to the bit, and readable for ever.
//!
//! ```text
//! version  1 byte    1
//! count    varint    number of points
//! steps, timestamps  integer columns (`ints`)
//! values             float column (`floats`); with no points the three columns are absent
//! checksum 4 bytes   CRC-32 of all that precedes, little-endian
//! ```
//!
//! Each column starts with the tag of its coding. A varint holds 7 bits a byte, lowest first. Stored bytes outlive the
//! code that wrote them: a tag keeps its meaning, and another layout is another version, beside this one.

mod floats;
mod ints;
mod packed;
mod wire;

use super::Columns;
use wire::Reader;

/// The most points that one encoding may declare; a longer history is stored in several pieces.
///
/// It bounds what decoding a few hostile bytes can allocate: a small multiple of 24 bytes a point.
pub const MAX_POINTS: usize = 1 << 24;

const VERSION: u8 = 1;

/// From this length on a column may be packed by `pco`: its header takes about 30 bytes, its preparation some microseconds.
const PACK_FROM: usize = 64;

/// Why bytes are not the encoding of points.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("encoded points end within the {0}")]
    Truncated(&'static str),
    #[error("encoded points have format version {0}, but this build reads only version {VERSION}")]
    Version(u8),
    #[error("encoded points are damaged: the checksum of their bytes is {computed:08x}, not {stored:08x}")]
    Checksum { stored: u32, computed: u32 },
    #[error("{0} points declared in one encoding, above the limit of {MAX_POINTS}")]
    TooMany(u64),
    #[error("the {column} have the coding {tag}, which this build does not know")]
    Coding { column: &'static str, tag: u8 },
    #[error("malformed {column}: {reason}")]
    Malformed { column: &'static str, reason: &'static str },
    #[error("packed {column} cannot be unpacked")]
    Packed { column: &'static str, source: pco::errors::PcoError },
    #[error("{0} bytes follow the last column of encoded points")]
    TrailingBytes(usize),
}

impl Columns {
    /// The stored form of these points, of which there are at most [`MAX_POINTS`].
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        wire::put_varint(&mut out, self.len() as u64);
        if !self.is_empty() {
            ints::encode(self.steps(), &mut out);
            ints::encode(self.timestamps(), &mut out);
            floats::encode(self.values(), &mut out);
        }
        seal(out)
    }

    /// Reads what [`Columns::encode`] of this or an earlier release wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        // The version comes first, because another one may have another checksum.
        match bytes.first() {
            None => return Err(CodecError::Truncated("version")),
            Some(&VERSION) => {}
            Some(&version) => return Err(CodecError::Version(version)),
        }
        let (body, checksum) = bytes.split_last_chunk().ok_or(CodecError::Truncated("checksum"))?;
        let (stored, computed) = (u32::from_le_bytes(*checksum), crc32fast::hash(body));
        if stored != computed {
            return Err(CodecError::Checksum { stored, computed });
        }
        decode_columns(body.get(1..).unwrap_or_default())
    }
}

/// Ends an encoding with its checksum. The decoder of `pco` is unsafe code for speed; damaged bytes are not to reach it.
fn seal(mut body: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&body);
    body.extend_from_slice(&checksum.to_le_bytes());
    body
}

fn decode_columns(bytes: &[u8]) -> Result<Columns, CodecError> {
    let mut reader = Reader::new(bytes);
    let declared = reader.varint("count")?;
    let count = usize::try_from(declared).ok().filter(|&count| count <= MAX_POINTS);
    let count = count.ok_or(CodecError::TooMany(declared))?;
    let mut columns = Columns::default();
    if count > 0 {
        let steps = ints::decode(&mut reader, count, "steps")?;
        let timestamps = ints::decode(&mut reader, count, "timestamps")?;
        let values = floats::decode(&mut reader, count, "values")?;
        columns = Columns::from_vecs(steps, timestamps, values)
            .ok_or(CodecError::Malformed { column: "columns", reason: "their lengths differ" })?;
    }
    match reader.remaining() {
        0 => Ok(columns),
        left => Err(CodecError::TrailingBytes(left)),
    }
}

#[cfg(test)]
mod tests;
