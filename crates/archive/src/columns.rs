//! The columns of a file of events, and rows to and from them.

use parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedRowGroupWriter;
use runledger_domain::StreamId;
use runledger_storage::StoredEvent;
use std::io::Write;

/// All columns of the table but `stream_kind`, which the stream says; and the folders that an artifact is in, which are there to
/// be looked for.
pub(crate) const SCHEMA: &str = "message event {
    required int64 position;
    required int64 recorded_at (TIMESTAMP(MILLIS, true));
    required binary stream (STRING);
    required binary kind (STRING);
    required int32 schema_version;
    required binary actor (STRING);
    required binary request_id (STRING);
    required binary payload (JSON);
    optional binary points;
    required int64 bytes;
    required binary event_id (STRING);
    required binary trace;
    repeated binary folder (STRING);
}";
/// Places of columns in the schema.
pub(crate) const POSITION: usize = 0;
pub(crate) const RECORDED_AT: usize = 1;
pub(crate) const STREAM: usize = 2;
pub(crate) const FOLDER: usize = 12;

/// Writes the next column of the schema. `levels` say of each row whether an optional column has a value there; only the values
/// that are there are given.
pub fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<()> {
    let column = group.next_column()?;
    let mut column = column.ok_or_else(|| error("the schema has fewer columns than are written"))?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// Writes the events as a row group.
pub(crate) fn write(group: &mut SerializedRowGroupWriter<'_, impl Write + Send>, events: &[StoredEvent]) -> Result<()> {
    let numbers = |of: fn(&StoredEvent) -> i64| events.iter().map(of).collect::<Vec<_>>();
    let bytes = |of: fn(&StoredEvent) -> &[u8]| {
        events.iter().map(|event| ByteArray::from(of(event).to_vec())).collect::<Vec<_>>()
    };
    let versions: Vec<i32> = events.iter().map(|event| event.schema_version.into()).collect();
    let there: Vec<i16> = events.iter().map(|event| event.points.is_some().into()).collect();
    let points: Vec<ByteArray> = events.iter().filter_map(|event| event.points.clone()).map(ByteArray::from).collect();

    write_column::<Int64Type>(group, &numbers(|event| event.position), None)?;
    write_column::<Int64Type>(group, &numbers(|event| event.recorded_at), None)?;
    write_column::<ByteArrayType>(group, &bytes(|event| event.stream.as_str().as_bytes()), None)?;
    write_column::<ByteArrayType>(group, &bytes(|event| event.kind.as_bytes()), None)?;
    write_column::<Int32Type>(group, &versions, None)?;
    write_column::<ByteArrayType>(group, &bytes(|event| event.actor.as_bytes()), None)?;
    write_column::<ByteArrayType>(group, &bytes(|event| event.request_id.as_bytes()), None)?;
    write_column::<ByteArrayType>(group, &bytes(|event| event.payload.as_bytes()), None)?;
    write_column::<ByteArrayType>(group, &points, Some(&there))?;
    write_column::<Int64Type>(group, &numbers(|event| event.bytes), None)?;
    write_column::<ByteArrayType>(group, &bytes(|event| event.event_id.as_bytes()), None)?;
    write_column::<ByteArrayType>(group, &bytes(|event| &event.trace), None)?;
    write_folders(group, events)
}

fn write_folders(group: &mut SerializedRowGroupWriter<'_, impl Write + Send>, events: &[StoredEvent]) -> Result<()> {
    let (mut folders, mut there, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        let before = folders.len();
        folders.extend(folders_of(&event.stream).map(ByteArray::from));
        let number = folders.len() - before;
        there.extend(std::iter::repeat_n(i16::from(number > 0), number.max(1)));
        repeats.extend((0..number.max(1)).map(|index| i16::from(index > 0)));
    }
    let column = group.next_column()?;
    let mut column = column.ok_or_else(|| error("the schema has fewer columns than are written"))?;
    column.typed::<ByteArrayType>().write_batch(&folders, Some(&there), Some(&repeats))?;
    column.close()
}

/// The folders that an artifact is in, from the outermost on.
fn folders_of(stream: &StreamId) -> impl Iterator<Item = &str> {
    let path = stream.artifact_path().unwrap_or_default();
    path.match_indices('/').filter_map(|(end, _)| path.get(..end))
}

/// Reads the events of a row group. `column` opens each column by its place.
pub(crate) fn read(
    rows: usize,
    column: impl Fn(usize) -> Result<parquet::column::reader::ColumnReader>,
) -> Result<Vec<StoredEvent>> {
    let mut positions = values::<Int64Type>(column(POSITION)?, rows, None)?.into_iter();
    let mut times = values::<Int64Type>(column(RECORDED_AT)?, rows, None)?.into_iter();
    let mut streams = values::<ByteArrayType>(column(STREAM)?, rows, None)?.into_iter();
    let mut kinds = values::<ByteArrayType>(column(3)?, rows, None)?.into_iter();
    let mut versions = values::<Int32Type>(column(4)?, rows, None)?.into_iter();
    let mut actors = values::<ByteArrayType>(column(5)?, rows, None)?.into_iter();
    let mut request_ids = values::<ByteArrayType>(column(6)?, rows, None)?.into_iter();
    let mut payloads = values::<ByteArrayType>(column(7)?, rows, None)?.into_iter();
    let mut there = Vec::with_capacity(rows);
    let mut points = values::<ByteArrayType>(column(8)?, rows, Some(&mut there))?.into_iter();
    let mut bytes = values::<Int64Type>(column(9)?, rows, None)?.into_iter();
    let mut event_ids = values::<ByteArrayType>(column(10)?, rows, None)?.into_iter();
    let mut traces = values::<ByteArrayType>(column(11)?, rows, None)?.into_iter();

    let event = |there: i16| {
        Some(StoredEvent {
            position: positions.next()?,
            recorded_at: times.next()?,
            stream: StreamId::stored(text(&streams.next()?)?),
            kind: text(&kinds.next()?)?,
            schema_version: versions.next()?.try_into().ok()?,
            actor: text(&actors.next()?)?,
            request_id: text(&request_ids.next()?)?,
            payload: text(&payloads.next()?)?,
            points: if there == 0 { None } else { Some(points.next()?.data().to_vec()) },
            bytes: bytes.next()?,
            event_id: text(&event_ids.next()?)?,
            trace: traces.next()?.data().to_vec(),
        })
    };
    let events: Option<Vec<StoredEvent>> = there.into_iter().map(event).collect();
    let events = events.filter(|events| events.len() == rows);
    events.ok_or_else(|| error("the columns of a row group do not fit together"))
}

fn values<T: DataType>(
    column: parquet::column::reader::ColumnReader,
    rows: usize,
    mut levels: Option<&mut Vec<i16>>,
) -> Result<Vec<T::T>> {
    let mut column: ColumnReaderImpl<T> = get_typed_column_reader(column);
    let (mut values, mut read) = (Vec::with_capacity(rows), 0);
    while read < rows {
        let (records, _, _) = column.read_records(rows - read, levels.as_deref_mut(), None, &mut values)?;
        if records == 0 {
            return Err(error("a column of a row group ends early"));
        }
        read += records;
    }
    Ok(values)
}

fn text(bytes: &ByteArray) -> Option<String> {
    bytes.as_utf8().ok().map(str::to_owned)
}

pub(crate) fn error(text: &str) -> ParquetError {
    ParquetError::General(text.to_owned())
}
