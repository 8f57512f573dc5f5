//! Long columns, compressed by `pco`.

use pco::ChunkConfig;
use pco::data_types::Number;

use super::CodecError;

/// The effort spent on a column, of 12. Beyond it `pco` takes twice the time for one per cent of the size.
const LEVEL: usize = 4;

/// `None` if `pco` refuses, which it does for an invalid configuration only; the caller then stores the column otherwise.
pub(super) fn pack<T: Number>(column: &[T], config: ChunkConfig) -> Option<Vec<u8>> {
    pco::standalone::simple_compress(column, &config.with_compression_level(LEVEL)).ok()
}

/// Unpacks a column of `count` numbers, into memory for exactly as many.
pub(super) fn unpack<T: Number + Default>(
    bytes: &[u8],
    count: usize,
    column: &'static str,
) -> Result<Vec<T>, CodecError> {
    let mut numbers = vec![T::default(); count];
    let progress = pco::standalone::simple_decompress_into(bytes, &mut numbers)
        .map_err(|source| CodecError::Packed { column, source })?;
    if progress.n_processed != count || !progress.finished {
        return Err(CodecError::Malformed { column, reason: "the packed numbers are not as many as the points" });
    }
    Ok(numbers)
}
