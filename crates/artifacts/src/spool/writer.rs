//! Writing one upload, on blocking threads.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use tokio::runtime::Handle;

use super::quota::Reservation;
use crate::hex;

/// The extension of a half-written upload.
pub(super) const PART: &str = "part";

/// An upload being written. What it wrote is removed when it is dropped before [`Self::keep`].
pub(super) struct Writer {
    target: PathBuf,
    /// The file and where it lies at the moment, once there is one.
    file: Option<(File, PathBuf)>,
    digest: Sha256,
    size: u64,
    /// `None` once the upload is kept.
    reserved: Option<Reservation>,
}

impl Writer {
    pub(super) fn new(target: PathBuf, reserved: Reservation) -> Self {
        Self { target, file: None, digest: Sha256::new(), size: 0, reserved: Some(reserved) }
    }

    /// Appends the chunks, for which `reserved` was taken from the quota.
    pub(super) fn write(mut self, chunks: &[Bytes], reserved: Reservation) -> io::Result<Self> {
        if let Some(own) = &mut self.reserved {
            own.absorb(reserved);
        }
        self.open()?;
        let Some((file, _)) = &mut self.file else { return Ok(self) };
        for chunk in chunks {
            self.digest.update(chunk);
            self.size += chunk.len() as u64;
            file.write_all(chunk)?;
        }
        Ok(self)
    }

    /// Gives the file its name and makes its bytes durable; the name is durable once the folder is synced. Returns the SHA-256
    /// in lower-case hex.
    pub(super) fn finish(mut self) -> io::Result<(Self, String)> {
        let digest = hex(&std::mem::take(&mut self.digest).finalize());
        let target = self.target.clone();
        if let Some((file, path)) = &mut self.file {
            // Nothing refers to the upload before its event, so the name may come first: the sync then covers both on
            // journalling file systems, and the folder's own sync has little left to do.
            std::fs::rename(&*path, &target)?;
            *path = target;
            file.sync_data()?;
        }
        Ok((self, digest))
    }

    /// Leaves the file in the spool and returns its size.
    pub(super) fn keep(mut self) -> u64 {
        if let Some(reserved) = self.reserved.take() {
            reserved.keep();
        }
        self.size
    }

    /// Creates the file at the first use. Its lock tells other processes that somebody is still writing.
    fn open(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let path = self.target.with_extension(PART);
            let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            let (file, _) = self.file.insert((file, path));
            file.try_lock()?;
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let (Some(reserved), Some((file, path))) = (self.reserved.take(), self.file.take()) else { return };
        let remove = move || {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(%error, path = %path.display(), "a broken upload could not be removed now; it is done later");
            }
            drop((file, reserved));
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_outside) => remove(),
        }
    }
}
