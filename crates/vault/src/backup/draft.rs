//! A file on its way to its name.

use super::BackupError;
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// A file that is being made, readable by its owner alone; removed unless it gets its name.
pub(super) struct Draft(pub(super) PathBuf);

impl Draft {
    /// An empty file beside the one that it is to become.
    pub(super) fn beside(file: &Path) -> Result<Self, BackupError> {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{}.partial", Uuid::now_v7().simple()));
        let path = PathBuf::from(name);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|source| BackupError::File { path: path.clone(), source })?;
        Ok(Self(path))
    }
    /// Syncs it, gives it its name, and syncs that.
    pub(super) fn become_file(&self, file: &Path) -> Result<(), BackupError> {
        self.become_by(file, |draft, file| fs::rename(draft, file))
    }
    /// The same where no file has the name; it is never replaced.
    pub(super) fn become_new_file(&self, file: &Path) -> Result<(), BackupError> {
        self.become_by(file, |draft, file| fs::hard_link(draft, file))
    }
    fn become_by(&self, file: &Path, name: impl FnOnce(&Path, &Path) -> io::Result<()>) -> Result<(), BackupError> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let steps = File::open(&self.0)
            .and_then(|draft| draft.sync_all())
            .and_then(|()| name(&self.0, file))
            .and_then(|()| File::open(folder)?.sync_all());
        steps.map_err(|source| BackupError::File { path: file.to_owned(), source })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(end);
            // Most of them are not there, and the draft itself has another name by now, if it has one.
            let _ = fs::remove_file(PathBuf::from(name));
        }
    }
}
