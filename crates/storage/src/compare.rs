//! Comparing two generations of the views, row by row and point by point, and digests of all they say.
//!
//! Both are read in the order of their keys, side by side, so that a difference names whose it is and the field. How the history
//! of a metric is cut into segments is no difference. Nor are times that come from no event.

mod cursor;
mod difference;
mod histories;
mod tables;

pub use difference::Difference;
pub use tables::{Compared, TABLES};

use sha2::{Digest, Sha256};

use crate::views::SegmentObjects;
use crate::{Error, Transaction, Value};
use cursor::Cursor;
use difference::Finder;

/// Differences that are kept to be told; the others are counted.
const KEPT: usize = 1_000;

/// What came of comparing.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The first of them, in the order of tables and keys.
    pub differences: Vec<Difference>,
    /// How many there are in all.
    pub count: u64,
    /// Of what the first of the two says, in hexadecimal digits. Equal digests mean equal views, on whatever database.
    pub digest: String,
    /// Of what the second one says.
    pub other_digest: String,
}

/// Compares what two generations say, each as one transaction sees it; `objects` reads the segments that lie there. `read` is told of every row of the first.
pub async fn compare(
    one: &mut dyn Transaction,
    other: &mut dyn Transaction,
    objects: Option<&dyn SegmentObjects>,
    mut read: impl FnMut(u64) + Send,
) -> Result<Comparison, Error> {
    let mut finder = Finder::default();
    let (mut digest, mut other_digest) = (Hasher::default(), Hasher::default());
    for table in TABLES {
        let (mut left, mut right) = (Cursor::new(table), Cursor::new(table));
        let (mut a, mut b) = (left.next(one).await?, right.next(other).await?);
        while a.is_some() || b.is_some() {
            let order = cursor::order(table, a.as_ref(), b.as_ref());
            let mine = if order.is_le() { a.take() } else { None };
            let theirs = if order.is_ge() { b.take() } else { None };
            if let Some(row) = &mine {
                digest.row(table.name, row);
                read(1);
            }
            if let Some(row) = &theirs {
                other_digest.row(table.name, row);
            }
            if mine != theirs {
                finder.row(table, mine.as_deref(), theirs.as_deref(), one, other).await?;
            }
            if order.is_le() {
                a = left.next(one).await?;
            }
            if order.is_ge() {
                b = right.next(other).await?;
            }
        }
    }
    histories::compare(one, other, objects, &mut digest, &mut other_digest, &mut finder, &mut read).await?;
    let (differences, count) = finder.found();
    Ok(Comparison { differences, count, digest: digest.finish(), other_digest: other_digest.finish() })
}

/// A digest of rows in their order.
#[derive(Default)]
struct Hasher(Sha256);

impl Hasher {
    fn row(&mut self, table: &str, row: &[Value]) {
        self.0.update(table.as_bytes());
        for value in row {
            // Whether a database has booleans, and how it spells zero, does not matter.
            match value {
                Value::Null => self.0.update([0]),
                Value::Bool(value) => self.int(i64::from(*value)),
                Value::Int(value) => self.int(*value),
                Value::Float(value) => {
                    self.0.update([2]);
                    self.0.update((value + 0.0).to_bits().to_le_bytes());
                }
                Value::Text(text) => self.bytes(3, text.as_bytes()),
                Value::Bytes(bytes) => self.bytes(4, bytes),
            }
        }
    }

    fn int(&mut self, value: i64) {
        self.0.update([1]);
        self.0.update(value.to_le_bytes());
    }

    fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.0.update([tag]);
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
    }

    fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
