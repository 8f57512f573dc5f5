//! Archived parts of the log, Parquet files in the artifact store, and segments of metrics there; written for good and read by
//! ranges.
//!
//! A file holds all events of a range of positions, in order, in row groups of some thousand. Its end says which positions are in
//! which row group, and has a Bloom filter of the streams in each; so a reader fetches the end of a file, which is kept, and of
//! the rest the row groups that it needs.
//!
//! Guarantee: a file is used once it was read back and found to say what the table says.

mod columns;
mod file;
mod object;
mod recent;
mod segments;
mod write;

pub use columns::write_column;
pub use object::ObjectArchive;
pub use write::ArchiveError;
