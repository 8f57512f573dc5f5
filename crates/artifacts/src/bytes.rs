//! Reading files as streams of bytes, off the async threads.

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// Bytes on their way, in pieces of up to 256 KiB.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// A file, or a part of it, on its way to a reader.
pub struct Download {
    /// Bytes of the whole file.
    pub size: u64,
    /// Which of them the stream brings.
    pub range: Range<u64>,
    pub bytes: ByteStream,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("size", &self.size).field("range", &self.range).finish_non_exhaustive()
    }
}

/// What a listing tells of a file or object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Since it was written last, by the clock of where it lies.
    pub(crate) age: Duration,
}

const PIECE: u64 = 256 << 10;

/// The bytes of the file in the range.
pub(crate) fn stream_file(file: File, range: Range<u64>) -> ByteStream {
    let next = |(mut file, range): (File, Range<u64>)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let wanted = PIECE.min(range.end - range.start);
        let read = move || {
            file.seek(SeekFrom::Start(range.start))?;
            let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
            (&file).take(wanted).read_to_end(&mut piece)?;
            if piece.len() as u64 != wanted {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read"));
            }
            Ok(Some((Bytes::from(piece), (file, range.start + wanted..range.end))))
        };
        spawn_blocking(read).await.map_err(io::Error::other)?
    };
    stream::try_unfold((file, range), next).boxed()
}
