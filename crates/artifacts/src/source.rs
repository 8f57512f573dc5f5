//! Reading a spooled upload part by part, with its digest on the way.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::PutPayload;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use tokio::task::spawn_blocking;

use crate::bucket::{Bucket, Fault};
use crate::hex;

/// Bytes of a piece.
const PIECE: usize = 256 << 10;

/// An upload in the spool, read once from its beginning to its end.
pub(crate) struct Source {
    from: From,
    digest: Sha256,
    /// Bytes of the whole.
    size: u64,
    read: u64,
}

enum From {
    /// `None` only while it is being read, or after that failed.
    File(Option<File>),
    Object {
        bucket: Bucket,
        name: String,
    },
}

impl Source {
    pub(crate) fn file(file: File, size: u64) -> Self {
        Self { from: From::File(Some(file)), digest: Sha256::new(), size, read: 0 }
    }

    pub(crate) fn object(bucket: Bucket, name: String, size: u64) -> Self {
        Self { from: From::Object { bucket, name }, digest: Sha256::new(), size, read: 0 }
    }

    /// Bytes of the whole.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Whether there is something left to read.
    pub(crate) fn is_read(&self) -> bool {
        self.read >= self.size
    }

    /// The next bytes, as many as asked for but at the end, in pieces: one large buffer would be copied once more on its way out,
    /// and its memory is kept by the allocator for each thread.
    pub(crate) async fn next(&mut self, bytes: usize) -> io::Result<PutPayload> {
        let end = self.size.min(self.read + bytes as u64);
        let range = self.read..end;
        self.read = end;
        let length = usize::try_from(range.end - range.start).unwrap_or(bytes);
        let digest = std::mem::take(&mut self.digest);
        let (digest, piece) = match &mut self.from {
            From::File(file) => {
                let reading = file.take().ok_or_else(|| io::Error::other("reading it failed before"))?;
                let read = move || {
                    let (mut digest, mut pieces, mut left) = (digest, Vec::new(), length);
                    while left > 0 {
                        let mut piece = Vec::with_capacity(left.min(PIECE));
                        (&reading).take(piece.capacity() as u64).read_to_end(&mut piece)?;
                        if piece.is_empty() {
                            break;
                        }
                        digest.update(&piece);
                        left -= piece.len();
                        pieces.push(Bytes::from(piece));
                    }
                    Ok::<_, io::Error>((reading, digest, pieces.into_iter().collect()))
                };
                let (reading, digest, piece) = spawn_blocking(read).await.map_err(io::Error::other)??;
                *file = Some(reading);
                (digest, piece)
            }
            From::Object { .. } if length == 0 => (digest, PutPayload::default()),
            From::Object { bucket, name } => {
                let found = bucket.get(name, Some(range)).await.map_err(io::Error::other)?;
                let gone = || io::Error::other(Fault::other("it has left the spool".to_owned()));
                let pieces: Vec<Bytes> = found.ok_or_else(gone)?.bytes.try_collect().await?;
                hashed(digest, pieces.into_iter().collect()).await?
            }
        };
        self.digest = digest;
        if piece.content_length() == length { Ok(piece) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// The SHA-256 of what was read, in lower-case hex.
    pub(crate) fn sha256(self) -> String {
        hex(&self.digest.finalize())
    }
}

/// Adds the bytes to the digest, off the async threads.
pub(crate) async fn hashed(mut digest: Sha256, bytes: PutPayload) -> io::Result<(Sha256, PutPayload)> {
    let hash = move || {
        bytes.iter().for_each(|piece| digest.update(piece));
        (digest, bytes)
    };
    spawn_blocking(hash).await.map_err(io::Error::other)
}
