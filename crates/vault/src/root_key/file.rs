//! The root key in a file: written once, never over another, and on the disk before anything depends on it.

use super::{LONGEST_TEXT, RootKey, RootKeyError};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Why a root key file could not be read or made. Names the file and the cause, never the value.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyFileError {
    /// There is none.
    #[error("there is no root key file at {}", .0.display())]
    Missing(PathBuf),
    /// There is one already; it is never overwritten.
    #[error("{} exists already and is not overwritten", .0.display())]
    Exists(PathBuf),
    /// What it holds is no root key.
    #[error("{}: {cause}", file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        cause: RootKeyError,
    },
    /// The operating system refused.
    #[error("{}: {cause}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What it said.
        cause: io::Error,
    },
}

impl RootKey {
    /// Reads a root key file. Warns in the log when others than its owner can read it.
    ///
    /// # Errors
    /// See [`RootKeyFileError`].
    pub fn read_file(path: &Path) -> Result<Self, RootKeyFileError> {
        let refused = |cause: io::Error| match cause.kind() {
            io::ErrorKind::NotFound => RootKeyFileError::Missing(path.to_owned()),
            _ => RootKeyFileError::Io { file: path.to_owned(), cause },
        };
        let file = File::open(path).map_err(refused)?;
        let mode = file.metadata().map_err(refused)?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(file = %path.display(), mode = format!("{:03o}", mode & 0o777), "the root key file is open to other users");
        }
        // One byte more than fits, so that a longer file is seen; reserved at once, so that no copy stays behind.
        let mut text = Zeroizing::new(Vec::with_capacity(2 * LONGEST_TEXT));
        file.take(LONGEST_TEXT as u64 + 1).read_to_end(&mut text).map_err(refused)?;
        Self::parse(text.as_slice()).map_err(|cause| RootKeyFileError::Content { file: path.to_owned(), cause })
    }
    /// Writes this key to a new file that only its owner can read (0600): file and folder are synced, and it is read back.
    ///
    /// # Errors
    /// `Exists` when there is a file of any kind; otherwise what the operating system said, and then no file is left.
    pub fn create_file(&self, path: &Path) -> Result<(), RootKeyFileError> {
        let refused = |cause: io::Error| match cause.kind() {
            io::ErrorKind::AlreadyExists => RootKeyFileError::Exists(path.to_owned()),
            _ => RootKeyFileError::Io { file: path.to_owned(), cause },
        };
        // Whole under another name first: whenever this is broken off, there is the key or there is no file of this name.
        let mut draft = path.as_os_str().to_owned();
        draft.push(".draft");
        let draft = PathBuf::from(draft);
        // One that was broken off earlier is worth nothing: nothing depends on it.
        let _ = fs::remove_file(&draft);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(refused)?;
        let written = self.write_and_sync(file, &draft).map_err(refused).and_then(|()| Self::read_file(&draft)).and_then(|read| {
            let same = read.id() == self.id();
            let different = || io::Error::other("the file does not hold what was written");
            if same { Ok(()) } else { Err(refused(different())) }
        });
        // A link, and not a new name, because that would replace what is there.
        let linked = written.and_then(|()| fs::hard_link(&draft, path).map_err(refused));
        // The first error is the one to tell.
        let _ = fs::remove_file(&draft);
        linked.and_then(|()| sync_folder(path).map_err(refused))
    }
    fn write_and_sync(&self, mut file: File, path: &Path) -> io::Result<()> {
        let mut line = Zeroizing::new(Vec::with_capacity(64));
        line.extend_from_slice(self.to_text().as_bytes());
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_all()?;
        sync_folder(path)
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[test]
    fn a_created_file_is_readable_by_its_owner_alone_and_reads_back() {
        let folder = folder();
        let path = folder.path().join("root.key");
        let key = RootKey::generate().expect("randomness");
        key.create_file(&path).expect("a new file");
        let meta = fs::metadata(&path).expect("the file");
        assert_eq!((meta.permissions().mode() & 0o777, meta.len()), (0o600, 45));
        assert_eq!(fs::read_to_string(&path).expect("text"), format!("{}\n", *key.to_text()));
        assert_eq!(RootKey::read_file(&path).expect("a key").id(), key.id());
    }

    #[test]
    fn a_file_that_exists_is_never_overwritten_not_even_through_a_link() {
        let folder = folder();
        let (path, link, target) = (folder.path().join("root.key"), folder.path().join("link"), folder.path().join("target"));
        fs::write(&path, "what was there").expect("a file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        let key = RootKey::generate().expect("randomness");
        for existing in [&path, &link] {
            assert!(matches!(key.create_file(existing), Err(RootKeyFileError::Exists(_))));
        }
        assert_eq!(fs::read_to_string(&path).expect("text"), "what was there");
        assert!(!target.exists());
    }

    #[test]
    fn a_file_that_is_missing_empty_or_no_key_is_refused_by_cause() {
        let folder = folder();
        let path = folder.path().join("root.key");
        assert!(matches!(RootKey::read_file(&path), Err(RootKeyFileError::Missing(_))));
        let contents = [("", "the root key is empty"), ("tr0ub4dor&3", "neither base64 nor hexadecimal"), ("c2hvcnQ=", "has 5 bytes")];
        for (content, cause) in contents {
            fs::write(&path, content).expect("a file");
            let message = RootKey::read_file(&path).expect_err("a refusal").to_string();
            assert!(message.contains(cause) && message.contains("root.key"), "{message}");
            assert!(content.is_empty() || !message.contains(content), "{message}");
        }
        fs::write(&path, vec![b'A'; 1 << 20]).expect("a file");
        assert!(matches!(RootKey::read_file(&path), Err(RootKeyFileError::Content { .. })));
        assert!(matches!(RootKey::read_file(folder.path()), Err(RootKeyFileError::Io { .. })));
    }

    #[test]
    fn a_folder_that_does_not_exist_is_told_by_name() {
        let folder = folder();
        let path = folder.path().join("missing/root.key");
        let error = RootKey::generate().expect("randomness").create_file(&path).expect_err("a refusal");
        assert!(error.to_string().contains("missing/root.key"));
    }
}
