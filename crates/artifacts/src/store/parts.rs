//! Reading a spooled file part by part, with its digest on the way.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use tokio::task::spawn_blocking;

use crate::spool::hex;

pub(super) struct Parts {
    file: Option<File>,
    digest: Sha256,
    part: usize,
}

impl Parts {
    pub(super) fn new(file: File, part: usize) -> Self {
        Self { file: Some(file), digest: Sha256::new(), part }
    }

    /// The next part, whole but for the last; empty at the end.
    pub(super) async fn next(&mut self) -> io::Result<Bytes> {
        let Some(file) = self.file.take() else { return Ok(Bytes::new()) };
        let (mut digest, part) = (self.digest.clone(), self.part);
        let read = move || {
            let mut bytes = Vec::with_capacity(part);
            (&file).take(part as u64).read_to_end(&mut bytes)?;
            digest.update(&bytes);
            Ok::<_, io::Error>((file, digest, bytes))
        };
        let (file, digest, bytes) = spawn_blocking(read).await.map_err(io::Error::other)??;
        self.file = Some(file);
        self.digest = digest;
        Ok(bytes.into())
    }

    /// The SHA-256 of what was read, in lower-case hex.
    pub(super) fn sha256(self) -> String {
        hex(&self.digest.finalize())
    }
}
