//! An export as Parquet: a table of events with their payloads as JSON, and a table of the points in them, a row each.
//!
//! Both tables have the position, so that they can be joined. The file of points is finished first: where the file of events is, the
//! points are.

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use runledger_archive::write_column;
use runledger_domain::points::Batch;
use runledger_domain::{Event, StreamId};
use runledger_storage::AuditedEvent;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::partitions::{Partitions, Span};
use crate::Failure;

const EVENTS: &str = "message event {
    required int64 position;
    required int64 recorded_at (TIMESTAMP(MILLIS, true));
    required binary stream (STRING);
    required binary kind (STRING);
    required int32 schema_version;
    required binary actor (STRING);
    required binary request_id (STRING);
    required binary payload (JSON);
}";
const POINTS: &str = "message point {
    required int64 position;
    required binary run_id (STRING);
    required binary key (STRING);
    required int64 step;
    required int64 timestamp (TIMESTAMP(MILLIS, true));
    required double value;
}";
/// Rows that are gathered for a row group.
const EVENT_ROWS: usize = 50_000;
const POINT_ROWS: usize = 500_000;

/// The folders of the two tables.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) events: Partitions,
    points: Partitions,
}

/// Two files in the making.
pub(super) struct ParquetFiles {
    tables: Tables,
    span: Span,
    events: SerializedFileWriter<File>,
    points: SerializedFileWriter<File>,
    gathered: Events,
    gathered_points: Points,
}

#[derive(Default)]
struct Events {
    positions: Vec<i64>,
    times: Vec<i64>,
    versions: Vec<i32>,
    /// Stream, kind, actor, request id, payload.
    texts: [Vec<ByteArray>; 5],
}

#[derive(Default)]
struct Points {
    positions: Vec<i64>,
    run_ids: Vec<ByteArray>,
    keys: Vec<ByteArray>,
    steps: Vec<i64>,
    timestamps: Vec<i64>,
    values: Vec<f64>,
}

impl Tables {
    pub(super) fn open(folder: &Path) -> Result<Self, Failure> {
        let table = |name| Partitions::open(folder.join(name), "parquet");
        Ok(Self { events: table("events")?, points: table("points")? })
    }

    /// Removes points whose events were not written any more.
    pub(super) fn tidy(&self, last: i64) -> Result<(), Failure> {
        self.points.forget_after(last)
    }
}

impl ParquetFiles {
    pub(super) fn create(tables: &Tables, span: Span) -> Result<Self, Failure> {
        let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
        let file = |files: &Partitions, schema| -> Result<_, Failure> {
            let schema = Arc::new(parse_message_type(schema)?);
            Ok(SerializedFileWriter::new(files.create(span)?, schema, Arc::clone(&properties))?)
        };
        Ok(Self {
            tables: tables.clone(),
            span,
            events: file(&tables.events, EVENTS)?,
            points: file(&tables.points, POINTS)?,
            gathered: Events::default(),
            gathered_points: Points::default(),
        })
    }

    /// Points that cannot be read are left out; their event is there, and `runledger events show` says why.
    pub(super) fn write(&mut self, events: &[AuditedEvent]) -> Result<(), Failure> {
        for event in events {
            self.gathered.add(event);
            if event.points.is_some()
                && let Ok(Event::MetricsLogged(batch)) = event.decode()
            {
                self.gathered_points.add(event.position, &event.stream, &batch);
            }
            if self.gathered.positions.len() >= EVENT_ROWS {
                std::mem::take(&mut self.gathered).write(&mut self.events)?;
            }
            if self.gathered_points.positions.len() >= POINT_ROWS {
                std::mem::take(&mut self.gathered_points).write(&mut self.points)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.gathered.write(&mut self.events)?;
        self.gathered_points.write(&mut self.points)?;
        self.tables.points.finish(self.span, &self.points.into_inner()?)?;
        Ok(self.tables.events.finish(self.span, &self.events.into_inner()?)?)
    }
}

impl Events {
    fn add(&mut self, event: &AuditedEvent) {
        self.positions.push(event.position);
        self.times.push(event.recorded_at);
        self.versions.push(event.schema_version.into());
        let texts = [event.stream.as_str(), &event.kind, &event.actor, &event.request_id, &event.payload];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.push(text.into());
        }
    }

    fn write(self, file: &mut SerializedFileWriter<File>) -> Result<(), Failure> {
        if self.positions.is_empty() {
            return Ok(());
        }
        let [streams, kinds, actors, request_ids, payloads] = self.texts;
        let mut group = file.next_row_group()?;
        write_column::<Int64Type>(&mut group, &self.positions, None)?;
        write_column::<Int64Type>(&mut group, &self.times, None)?;
        write_column::<ByteArrayType>(&mut group, &streams, None)?;
        write_column::<ByteArrayType>(&mut group, &kinds, None)?;
        write_column::<Int32Type>(&mut group, &self.versions, None)?;
        write_column::<ByteArrayType>(&mut group, &actors, None)?;
        write_column::<ByteArrayType>(&mut group, &request_ids, None)?;
        write_column::<ByteArrayType>(&mut group, &payloads, None)?;
        group.close()?;
        Ok(())
    }
}

impl Points {
    fn add(&mut self, position: i64, stream: &StreamId, batch: &Batch) {
        let run_id = ByteArray::from(stream.run_id().unwrap_or_default());
        for (key, range) in batch.per_key() {
            // A clone of these shares its bytes.
            let key = ByteArray::from(key);
            let number = range.len();
            self.positions.extend(std::iter::repeat_n(position, number));
            self.run_ids.extend(std::iter::repeat_n(run_id.clone(), number));
            self.keys.extend(std::iter::repeat_n(key, number));
            for point in range.filter_map(|index| batch.columns().get(index)) {
                self.steps.push(point.step);
                self.timestamps.push(point.timestamp);
                self.values.push(point.value);
            }
        }
    }

    fn write(self, file: &mut SerializedFileWriter<File>) -> Result<(), Failure> {
        if self.positions.is_empty() {
            return Ok(());
        }
        let mut group = file.next_row_group()?;
        write_column::<Int64Type>(&mut group, &self.positions, None)?;
        write_column::<ByteArrayType>(&mut group, &self.run_ids, None)?;
        write_column::<ByteArrayType>(&mut group, &self.keys, None)?;
        write_column::<Int64Type>(&mut group, &self.steps, None)?;
        write_column::<Int64Type>(&mut group, &self.timestamps, None)?;
        write_column::<DoubleType>(&mut group, &self.values, None)?;
        group.close()?;
        Ok(())
    }
}
