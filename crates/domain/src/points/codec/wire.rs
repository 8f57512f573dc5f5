//! The primitives of the stored form: varints, and a reader that never runs past the end.

use super::CodecError;

/// Appends a number, 7 bits a byte, lowest first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Appends a signed number as a varint of 0, -1, 1, -2, 2, … so that small ones of either sign are short.
pub(super) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_varint(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// Appends bytes after their length.
pub(super) fn put_block(out: &mut Vec<u8>, block: &[u8]) {
    put_varint(out, block.len() as u64);
    out.extend_from_slice(block);
}

/// Reads from the front of a slice; each method is told what it reads, for the error.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn remaining(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.bytes.split_at_checked(len).ok_or(CodecError::Truncated(what))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], CodecError> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(CodecError::Truncated(what))?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, CodecError> {
        self.array(what).map(|[byte]| byte)
    }

    pub(super) fn varint(&mut self, what: &'static str) -> Result<u64, CodecError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(CodecError::Malformed { column: what, reason: "a number has more than 64 bits" })
    }

    pub(super) fn signed(&mut self, what: &'static str) -> Result<i64, CodecError> {
        let number = self.varint(what)?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn block(&mut self, what: &'static str) -> Result<&'a [u8], CodecError> {
        // A length beyond the address space is beyond the end of the bytes as well.
        let len = usize::try_from(self.varint(what)?).unwrap_or(usize::MAX);
        self.take(len, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_of_more_than_64_bits_is_refused() {
        let malformed = CodecError::Malformed { column: "count", reason: "a number has more than 64 bits" };
        let mut bytes = [0xff; 11];
        bytes[9] = 0x02;
        assert_eq!(Reader::new(&bytes).varint("count"), Err(malformed.clone()));
        bytes[9] = 0x81;
        assert_eq!(Reader::new(&bytes).varint("count"), Err(malformed));
        bytes[9] = 0x01;
        assert_eq!(Reader::new(&bytes).varint("count"), Ok(u64::MAX));
        assert_eq!(Reader::new(&bytes[..9]).varint("count"), Err(CodecError::Truncated("count")));
    }

    proptest! {
        #[test]
        fn numbers_survive(unsigned: u64, signed: i64, shift in 0u32..64) {
            let (unsigned, signed) = (unsigned >> shift, signed >> shift);
            let mut bytes = Vec::new();
            put_varint(&mut bytes, unsigned);
            put_signed(&mut bytes, signed);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint("number"), Ok(unsigned));
            prop_assert_eq!(reader.signed("number"), Ok(signed));
            prop_assert_eq!(reader.remaining(), 0);
        }
    }
}
