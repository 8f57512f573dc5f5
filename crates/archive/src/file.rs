//! A file of events: how it is written, and how its end and its row groups are read.

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::bloom_filter::Sbbf;
use parquet::column::reader::get_column_reader;
use parquet::errors::{ParquetError, Result};
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::{FooterTail, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::{BloomFilterPosition, EnabledStatistics, WriterProperties};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use runledger_storage::{ArchivedPart, Selection, StoredEvent, Until};
use std::io::{Cursor, Read};
use std::ops::Range;
use std::sync::Arc;

use crate::columns::{self, FOLDER, POSITION, RECORDED_AT, SCHEMA, STREAM, error};

/// Events of a row group, and bytes of their payloads and points, at most; one event is always taken.
pub(crate) const GROUP_EVENTS: usize = 5_000;
const GROUP_BYTES: i64 = 4 << 20;
/// How often a Bloom filter may be wrong.
const FALSE_POSITIVES: f64 = 0.01;

/// A file in the making, in memory.
pub(crate) struct FileWriter {
    file: SerializedFileWriter<Vec<u8>>,
    gathered: Vec<StoredEvent>,
    gathered_bytes: i64,
}

impl FileWriter {
    pub(crate) fn new() -> Result<Self> {
        let column = |name: &str| ColumnPath::from(name);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_column_statistics_enabled(column("position"), EnabledStatistics::Chunk)
            .set_column_statistics_enabled(column("recorded_at"), EnabledStatistics::Chunk)
            .set_column_dictionary_enabled(column("position"), false)
            .set_column_dictionary_enabled(column("event_id"), false)
            .set_column_dictionary_enabled(column("payload"), false)
            .set_column_dictionary_enabled(column("points"), false)
            // They are compressed already.
            .set_column_compression(column("points"), Compression::UNCOMPRESSED)
            .set_column_bloom_filter_enabled(column("stream"), true)
            .set_column_bloom_filter_fpp(column("stream"), FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(column("stream"), GROUP_EVENTS as u64)
            .set_column_bloom_filter_enabled(column("folder"), true)
            .set_column_bloom_filter_fpp(column("folder"), FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(column("folder"), GROUP_EVENTS as u64)
            // Next to the end, so that one range has all that is needed to find something.
            .set_bloom_filter_position(BloomFilterPosition::End)
            .set_offset_index_disabled(true)
            .set_max_row_group_row_count(None)
            .build();
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
        Ok(Self { file, gathered: Vec::new(), gathered_bytes: 0 })
    }

    /// Adds the next event.
    pub(crate) fn add(&mut self, event: StoredEvent) -> Result<()> {
        self.gathered_bytes += event.bytes;
        self.gathered.push(event);
        if self.gathered.len() >= GROUP_EVENTS || self.gathered_bytes >= GROUP_BYTES {
            self.close_group()?;
        }
        Ok(())
    }

    /// Bytes of the row groups that are written, and of events that wait for one.
    pub(crate) fn size(&self) -> usize {
        self.file.bytes_written() + usize::try_from(self.gathered_bytes).unwrap_or_default()
    }

    pub(crate) fn finish(mut self) -> Result<Bytes> {
        self.close_group()?;
        self.file.into_inner().map(Bytes::from)
    }

    fn close_group(&mut self) -> Result<()> {
        let (events, _) = (std::mem::take(&mut self.gathered), std::mem::take(&mut self.gathered_bytes));
        if events.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        columns::write(&mut group, &events)?;
        group.close().map(drop)
    }
}

/// The end of a file: where its row groups are, and what is in them.
#[derive(Debug)]
pub(crate) struct FileEnd {
    metadata: ParquetMetaData,
    index: Arc<FileIndex>,
}

/// What has to be known of a file to tell which of its row groups are wanted. It is much smaller than the end as a whole.
#[derive(Debug)]
pub(crate) struct FileIndex {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    part: ArchivedPart,
    /// The earliest time at which one of its events was recorded.
    oldest: i64,
    /// May say that a stream is there that is not.
    streams: Option<Sbbf>,
    /// Of artifacts; the same.
    folders: Option<Sbbf>,
}

impl FileEnd {
    /// What has to be read of the file besides its last bytes `tail` to know its end; `None` when these are enough.
    pub(crate) fn missing(size: u64, tail: &Bytes) -> Result<Option<Range<u64>>> {
        let begin = size - tail.len() as u64;
        let metadata_at = |tail: &Bytes| -> Result<u64> {
            let footer = tail.len().checked_sub(FOOTER_SIZE).map(|at| tail.slice(at..));
            let footer = FooterTail::try_from(&*footer.ok_or_else(|| error("the file is too short"))?)?;
            let length = (footer.metadata_length() + FOOTER_SIZE) as u64;
            size.checked_sub(length).ok_or_else(|| error("the file is shorter than its end says"))
        };
        let metadata_at = metadata_at(tail)?;
        if metadata_at < begin {
            return Ok(Some(metadata_at..size));
        }
        let metadata = decode(begin, metadata_at, tail)?;
        let filters = metadata.row_groups().iter().flat_map(|group| {
            [STREAM, FOLDER].into_iter().filter_map(|column| group.column(column).bloom_filter_offset())
        });
        let first = filters.min().map_or(metadata_at, |at| u64::try_from(at).unwrap_or_default());
        Ok((first < begin).then_some(first..size))
    }

    /// Reads the end out of the last bytes of the file.
    pub(crate) fn read(size: u64, tail: &Bytes) -> Result<Self> {
        let begin = size - tail.len() as u64;
        let footer = FooterTail::try_from(&*tail.slice(tail.len().saturating_sub(FOOTER_SIZE)..))?;
        let metadata = decode(begin, size - (footer.metadata_length() + FOOTER_SIZE) as u64, tail)?;
        let piece = Piece { begin, bytes: tail.clone() };
        let mut groups = Vec::new();
        for (number, group) in metadata.row_groups().iter().enumerate() {
            let (first, last) = bounds(group, POSITION)?;
            let part = ArchivedPart { number, first, last };
            let filter = |column| Sbbf::read_from_column_chunk(group.column(column), &piece);
            let (streams, folders) = (filter(STREAM)?, filter(FOLDER)?);
            groups.push(Group { part, oldest: bounds(group, RECORDED_AT)?.0, streams, folders });
        }
        Ok(Self { metadata, index: Arc::new(FileIndex { groups }) })
    }

    pub(crate) fn index(&self) -> Arc<FileIndex> {
        Arc::clone(&self.index)
    }

    /// All row groups.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> + use<> {
        0..self.index.groups.len()
    }

    /// Which bytes of the file the row group is.
    pub(crate) fn range(&self, number: usize) -> Result<Range<u64>> {
        let group = self.group(number)?;
        let ranges = group.columns().iter().map(parquet::file::metadata::ColumnChunkMetaData::byte_range);
        let (begin, end) =
            ranges.fold((u64::MAX, 0), |(begin, end), (at, length)| (begin.min(at), end.max(at + length)));
        Ok(begin..end)
    }

    /// Reads the row group out of its bytes, which begin at `begin` in the file.
    pub(crate) fn events(&self, number: usize, begin: u64, bytes: Bytes) -> Result<Vec<StoredEvent>> {
        let group = self.group(number)?;
        let piece = Arc::new(Piece { begin, bytes });
        let rows = usize::try_from(group.num_rows())?;
        columns::read(rows, |column| {
            let column = group.columns().get(column).ok_or_else(|| error("a row group has too few columns"))?;
            let pages = SerializedPageReader::new(Arc::clone(&piece), column, rows, None)?;
            Ok(get_column_reader(column.column_descr_ptr(), Box::new(pages)))
        })
    }

    fn group(&self, number: usize) -> Result<&RowGroupMetaData> {
        self.metadata.row_groups().get(number).ok_or_else(|| error("the file has fewer row groups"))
    }
}

impl FileIndex {
    /// The row groups in which something may be that is wanted.
    pub(crate) fn parts(&self, wanted: &Selection<'_>) -> Vec<ArchivedPart> {
        let may_have = |group: &&Group| {
            let may = |filter: &Option<Sbbf>, name: &str| filter.as_ref().is_none_or(|filter| filter.check(name));
            let named = !wanted.names_streams()
                || wanted.streams.iter().any(|stream| may(&group.streams, stream.as_str()))
                || wanted.folder.is_some_and(|folder| may(&group.folders, folder));
            let late = matches!(wanted.until, Some(Until::Time(time)) if time < group.oldest);
            wanted.reaches(group.part.first, group.part.last) && !late && named
        };
        self.groups.iter().filter(may_have).map(|group| group.part).collect()
    }
}

fn decode(begin: u64, metadata_at: u64, tail: &Bytes) -> Result<ParquetMetaData> {
    let from = usize::try_from(metadata_at - begin)?;
    ParquetMetaDataReader::decode_metadata(&tail.slice(from..tail.len() - FOOTER_SIZE))
}

/// The least and the greatest value of the column.
fn bounds(group: &RowGroupMetaData, column: usize) -> Result<(i64, i64)> {
    let Some(Statistics::Int64(statistics)) = group.column(column).statistics() else {
        return Err(error("a row group does not say what is in it"));
    };
    let bounds = statistics.min_opt().zip(statistics.max_opt());
    bounds.map(|(min, max)| (*min, *max)).ok_or_else(|| error("a row group does not say what is in it"))
}

/// Some bytes of a file, read by their place in the file.
struct Piece {
    begin: u64,
    bytes: Bytes,
}

impl Piece {
    fn slice(&self, start: u64, length: Option<usize>) -> Result<Bytes> {
        let from = start.checked_sub(self.begin).and_then(|from| usize::try_from(from).ok());
        let range = from.map(|from| from..length.map_or(self.bytes.len(), |length| from.saturating_add(length)));
        let range = range.filter(|range| range.start <= range.end && range.end <= self.bytes.len());
        range
            .map(|range| self.bytes.slice(range))
            .ok_or_else(|| ParquetError::EOF("beyond what was fetched".to_owned()))
    }
}

impl Length for Piece {
    fn len(&self) -> u64 {
        self.begin + self.bytes.len() as u64
    }
}

impl ChunkReader for Piece {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(Box::new(Cursor::new(self.slice(start, None)?)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.slice(start, Some(length))
    }
}
