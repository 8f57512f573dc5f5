//! Compressed request bodies.

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};

use crate::ApiError;
use crate::body::too_large;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
}

/// The largest window of a zstd body, as a power of two: what RFC 9659 allows a sender, and so what one body may make us hold.
const WINDOW: u32 = 23;

impl Packing {
    /// What a `Content-Encoding` names, if we know it.
    pub(crate) fn named(encoding: &[u8]) -> Option<Self> {
        match encoding {
            b"gzip" | b"x-gzip" => Some(Self::Gzip),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Unpacks a body that has at most `limit` bytes then.
    pub(crate) fn unpack(self, bytes: &[u8], limit: usize) -> Result<Bytes, ApiError> {
        // One byte more than allowed tells a body of exactly the limit from a larger one.
        let most = limit as u64 + 1;
        let mut unpacked = Vec::new();
        let read = match self {
            Self::Gzip => MultiGzDecoder::new(bytes).take(most).read_to_end(&mut unpacked),
            Self::Zstd => zstd_reader(bytes).and_then(|reader| reader.take(most).read_to_end(&mut unpacked)),
        };
        read.map_err(|error| ApiError::invalid(format!("The request body is not valid {}: {error}.", self.name())))?;
        if unpacked.len() > limit {
            return Err(too_large("is larger after decompression", limit));
        }
        Ok(unpacked.into())
    }
}

fn zstd_reader(bytes: &[u8]) -> io::Result<impl Read + '_> {
    let mut reader = zstd::stream::read::Decoder::with_buffer(bytes)?;
    reader.window_log_max(WINDOW)?;
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const LIMIT: usize = 1 << 20;

    fn packed(packing: Packing, bytes: &[u8]) -> Vec<u8> {
        match packing {
            Packing::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Packing::Zstd => zstd::encode_all(bytes, 3).unwrap(),
        }
    }

    #[test]
    fn bodies_are_unpacked_within_the_limit() {
        for packing in [Packing::Gzip, Packing::Zstd] {
            assert_eq!(Packing::named(packing.name().as_bytes()), Some(packing));
            assert_eq!(packing.unpack(&packed(packing, b"{}"), LIMIT).unwrap(), "{}");
            let full = packing.unpack(&packed(packing, &vec![b' '; LIMIT]), LIMIT).unwrap();
            assert_eq!(full.len(), LIMIT);
            let bomb = packing.unpack(&packed(packing, &vec![b' '; LIMIT + 1]), LIMIT).unwrap_err();
            assert_eq!(bomb.http_status(), 413);
            let twice = [packed(packing, b"[1,"), packed(packing, b"2]")].concat();
            assert_eq!(packing.unpack(&twice, LIMIT).unwrap(), "[1,2]", "frames one after the other are one body");
            let (whole, plain) = (packed(packing, b"{\"a\": 1}"), b"{}".as_slice());
            for broken in [plain, &whole[..whole.len() - 3]] {
                let refused = packing.unpack(broken, LIMIT).unwrap_err();
                assert_eq!(refused.http_status(), 400);
                assert!(refused.message.contains(packing.name()), "{refused}");
            }
        }
        assert_eq!(Packing::named(b"br"), None);
    }

    #[test]
    fn a_window_that_takes_too_much_memory_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(WINDOW + 1).unwrap();
        encoder.write_all(b"{}").unwrap();
        let refused = Packing::Zstd.unpack(&encoder.finish().unwrap(), LIMIT).unwrap_err();
        assert_eq!(refused.http_status(), 400);
    }
}
