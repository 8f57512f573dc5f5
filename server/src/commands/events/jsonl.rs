//! An export as JSON lines: an event per line, points included.

use runledger_domain::Event;
use runledger_storage::AuditedEvent;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::partitions::{Partitions, Span};
use super::{as_object, points};
use crate::Failure;
use crate::parts::chain;

/// A file in the making.
#[derive(Debug)]
pub(super) struct JsonLines {
    files: Partitions,
    span: Span,
    out: BufWriter<File>,
}

impl JsonLines {
    pub(super) fn files(folder: &Path) -> Result<Partitions, Failure> {
        Ok(Partitions::open(folder.to_owned(), "jsonl")?)
    }

    pub(super) fn create(files: &Partitions, span: Span) -> Result<Self, Failure> {
        Ok(Self { files: files.clone(), span, out: BufWriter::new(files.create(span)?) })
    }

    /// Points that cannot be read stay away, and the line says why: an export is no reason to lose the rest of the log.
    pub(super) fn write(&mut self, events: &[AuditedEvent]) -> Result<(), Failure> {
        for event in events {
            let mut object = as_object(event);
            object.insert("schema_version".to_owned(), event.schema_version.into());
            if event.points.is_some() {
                match event.decode() {
                    Ok(Event::MetricsLogged(batch)) => {
                        object.insert("points".to_owned(), points(&batch));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        object.insert("unreadable".to_owned(), chain(&error).into());
                    }
                }
            }
            serde_json::to_writer(&mut self.out, &Value::Object(object))?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        let file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok(self.files.finish(self.span, &file)?)
    }
}
