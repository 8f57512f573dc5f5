//! A store in a local folder.
//!
//! A file gets its name once it is whole and durable. Until then it has a name that no listing shows, and that belongs to its
//! path alone: whatever a crash leaves there goes with the next file of that path, or with its deletion.

use futures::stream::{BoxStream, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt, PutPayload};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::spawn_blocking;

use crate::PlaceError;
use crate::bucket::{Fault, absent};
use crate::bytes::{Download, stream_file};
use crate::place::{try_out, unusable};
use crate::source::Source;

/// Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    files: LocalFileSystem,
    root: Arc<Path>,
}

/// Bytes that are copied at a time.
const PIECE: usize = 1 << 20;
/// What the name of a file ends with that is not whole yet. The object store's listing leaves such names out.
const HALF: &str = "#1";

impl Folder {
    /// Opens or creates the folder, and makes sure that it can be written.
    pub(super) async fn open(root: PathBuf, setting: &'static str) -> Result<Self, PlaceError> {
        let opening = root.clone();
        let open = move || {
            fs::create_dir_all(&opening)?;
            try_out(&opening, HALF)?;
            let files = LocalFileSystem::new_with_prefix(&opening).map_err(io::Error::other)?;
            Ok(files.with_fsync(true).with_automatic_cleanup(true))
        };
        let files = blocking(open).await.map_err(unusable(&root, setting))?;
        Ok(Self { files, root: root.into() })
    }

    pub(super) async fn probe(&self, setting: &'static str) -> Result<(), PlaceError> {
        let root = Arc::clone(&self.root);
        blocking(move || try_out(&root, HALF)).await.map_err(unusable(&self.root, setting))
    }

    /// Takes the durable file without copying it, in place of what is there: both names mean the same bytes for a while.
    ///
    /// `false`: the two lie on different file systems, or this one has no links, so the bytes must be copied.
    pub(super) async fn link(&self, name: &str, source: PathBuf) -> io::Result<bool> {
        let target = self.target(name)?;
        blocking(move || link(&source, &target)).await
    }

    /// Copies the upload to the name, in place of what is there. `false`: its digest is not the one that was recorded, so
    /// nothing was changed.
    pub(super) async fn copy(&self, name: &str, mut source: Source, sha256: &str) -> io::Result<bool> {
        let target = self.target(name)?;
        let half = half(&target);
        let creating = half.clone();
        let file = Arc::new(blocking(move || create(&creating)).await?);
        let copied = async {
            while !source.is_read() {
                let piece = source.next(PIECE).await?;
                let file = Arc::clone(&file);
                blocking(move || piece.iter().try_for_each(|piece| (&*file).write_all(piece))).await?;
            }
            Ok(source.sha256() == sha256)
        };
        let copied = copied.await;
        let finish = move || match copied {
            Ok(true) => file.sync_all().and_then(|()| publish(&half, &target)).map(|()| true),
            outcome => remove(&half).and(outcome),
        };
        blocking(finish).await
    }

    /// Puts the bytes in place of what is there.
    pub(super) async fn put(&self, name: &str, bytes: PutPayload) -> Result<(), Fault> {
        self.files.put(&key(name)?, bytes).await.map(drop).map_err(Fault::of)
    }

    pub(super) async fn get(&self, name: &str, range: Option<Range<u64>>) -> Result<Option<Download>, Fault> {
        let key = key(name)?;
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.files.get_opts(&key, options).await.map_err(Fault::of);
        let Some(found) = absent(found)? else { return Ok(None) };
        let (size, range) = (found.meta.size, found.range.clone());
        let bytes = match found.payload {
            GetResultPayload::File(file, _) => stream_file(file, range.clone()),
            GetResultPayload::Stream(stream) => stream.map(|piece| piece.map_err(io::Error::other)).boxed(),
        };
        Ok(Some(Download { size, range, bytes }))
    }

    pub(super) async fn size(&self, name: &str) -> Result<Option<u64>, Fault> {
        let found = self.files.head(&key(name)?).await.map_err(Fault::of);
        Ok(absent(found)?.map(|meta| meta.size))
    }

    /// Removes the file, and what a crash may have left of another one.
    pub(super) async fn delete(&self, name: &str) -> Result<(), Fault> {
        let key = key(name)?;
        let half = half(&self.target(name).map_err(other)?);
        blocking(move || remove(&half)).await.map_err(other)?;
        absent(self.files.delete(&key).await.map_err(Fault::of)).map(drop)
    }

    /// The names of everything below the folder, however deep.
    pub(super) fn list(&self, folder: &str) -> Result<BoxStream<'static, Result<String, Fault>>, Fault> {
        let listed = self.files.list(Some(&key(folder)?));
        Ok(listed.map(|found| found.map(|meta| meta.location.to_string()).map_err(Fault::of)).boxed())
    }

    fn target(&self, name: &str) -> io::Result<PathBuf> {
        let key = Key::parse(name).map_err(io::Error::other)?;
        self.files.path_to_filesystem(&key).map_err(io::Error::other)
    }
}

fn key(name: &str) -> Result<Key, Fault> {
    Key::parse(name).map_err(|error| Fault::other(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn other(error: io::Error) -> Fault {
    Fault::other(error.to_string())
}

fn half(target: &Path) -> PathBuf {
    let mut name = target.file_name().map(OsString::from).unwrap_or_default();
    name.push(HALF);
    target.with_file_name(name)
}

fn link(source: &Path, target: &Path) -> io::Result<bool> {
    let half = half(target);
    // A folder may be created or, when it becomes empty, removed by others at the same time.
    for _ in 0..8 {
        match fs::hard_link(source, &half) {
            Ok(()) => return publish(&half, target).map(|()| true),
            Err(error) => match error.kind() {
                ErrorKind::AlreadyExists => remove(&half)?,
                ErrorKind::NotFound if source.exists() => create_folder(target.parent())?,
                ErrorKind::CrossesDevices
                | ErrorKind::PermissionDenied
                | ErrorKind::Unsupported
                | ErrorKind::TooManyLinks => return Ok(false),
                _ => return Err(error),
            },
        }
    }
    Ok(false)
}

/// Creates the file anew: one that is there may be a link to an upload in the spool, which must not be written to.
fn create(half: &Path) -> io::Result<File> {
    for _ in 0..8 {
        match File::create_new(half) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => remove(half)?,
            Err(error) if error.kind() == ErrorKind::NotFound => create_folder(half.parent())?,
            outcome => return outcome,
        }
    }
    File::create_new(half)
}

fn publish(half: &Path, target: &Path) -> io::Result<()> {
    if let Err(error) = fs::rename(half, target) {
        // The name is of no use any more; the first error tells more than one from here would.
        drop(fs::remove_file(half));
        return Err(error);
    }
    // Renaming does nothing when both already are the same file, as after a crash behind this line.
    remove(half)?;
    target.parent().map_or(Ok(()), sync_folder)
}

fn remove(half: &Path) -> io::Result<()> {
    match fs::remove_file(half) {
        // A file where a folder would have to be leaves no room for anything.
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Err(error),
        _ => Ok(()),
    }
}

/// Creates the folder and those above it, each durable.
fn create_folder(folder: Option<&Path>) -> io::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    match fs::create_dir(folder) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_folder),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create_folder(folder.parent())?;
            create_folder(Some(folder))
        }
        Err(error) => Err(error),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}
