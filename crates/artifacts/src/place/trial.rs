//! Whether a folder can be used.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::PlaceError;

/// Writes a file of that name and removes it. A full disk is no failure: it passes.
pub(crate) fn try_out(folder: &Path, name: &str) -> io::Result<()> {
    // Other processes may use the same name at the same time; nothing is read from it.
    let path = folder.join(name);
    let written = File::create(&path).and_then(|mut file| file.write_all(name.as_bytes()));
    let removed = match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    written.and(removed).or_else(unless_full)
}

pub(crate) fn unless_full(error: io::Error) -> io::Result<()> {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Ok(()),
        _ => Err(error),
    }
}

/// The folder cannot be used at all, which is for whoever set it up.
pub(crate) fn unusable(folder: &Path, setting: &'static str) -> impl FnOnce(io::Error) -> PlaceError + use<> {
    let location = format!("the folder {}", folder.display());
    move |error| {
        let advice = format!("it cannot be written ({error}); let this user write there, or change {setting}");
        PlaceError::Unusable { location, advice }
    }
}
