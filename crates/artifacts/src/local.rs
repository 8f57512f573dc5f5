//! Taking a spooled file into a local store without copying it: both names point to the same bytes for a moment.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Links the durable file `source` to `target`, in place of what is there, and makes the name durable.
///
/// `false`: the two lie on different file systems, or this one has no links, so the bytes must be copied.
pub(crate) fn link(source: &Path, target: &Path) -> io::Result<bool> {
    let half = half_linked(target);
    // A folder may be created or, when it becomes empty, removed by others at the same time.
    for _ in 0..8 {
        match std::fs::hard_link(source, &half) {
            Ok(()) => return publish(&half, target).map(|()| true),
            Err(error) => match error.kind() {
                ErrorKind::AlreadyExists => std::fs::remove_file(&half)?,
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

/// The object store's listing leaves out names that end like this one.
fn half_linked(target: &Path) -> PathBuf {
    let mut name = target.file_name().map(OsString::from).unwrap_or_default();
    name.push("#1");
    target.with_file_name(name)
}

fn publish(half: &Path, target: &Path) -> io::Result<()> {
    if let Err(error) = std::fs::rename(half, target) {
        // The name is of no use any more; the first error tells more than one from here would.
        drop(std::fs::remove_file(half));
        return Err(error);
    }
    // Renaming does nothing when both already are the same file, as after a crash behind this line.
    match std::fs::remove_file(half) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    target.parent().map_or(Ok(()), sync_folder)
}

/// Creates the folder and those above it, each durable.
fn create_folder(folder: Option<&Path>) -> io::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    match std::fs::create_dir(folder) {
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
