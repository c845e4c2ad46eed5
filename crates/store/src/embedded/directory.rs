//! The data directory: who may use it, and where the file in it is.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::OpenError;

const FILE: &str = "folio.db";
const LOCK: &str = "folio.lock";
/// Money matters are nobody else's business on a shared machine.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A locked data directory. Dropping it releases the lock.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    pub(super) fn lock(path: &Path) -> Result<Self, OpenError> {
        let failed = |error: io::Error| failure(path, error);
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path)
            .map_err(failed)?;
        let lock = private_file(&path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked {
                    data_dir: path.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The engine gives its log the permissions of the file, so the file comes first.
        private_file(&path.join(FILE)).map_err(failed)?;
        probe(path).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn file(&self) -> PathBuf {
        self.path.join(FILE)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join(format!("{FILE}-wal"))
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)
}

/// Finds a full or read-only disk now, in words, rather than later, in the engine's.
fn probe(path: &Path) -> io::Result<()> {
    let probe = path.join("folio.probe");
    fs::write(&probe, [0; 4096])?;
    fs::remove_file(probe)
}

fn failure(path: &Path, error: io::Error) -> OpenError {
    let data_dir = path.to_owned();
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    );
    let source = error.into();
    if full {
        OpenError::Full { data_dir, source }
    } else {
        OpenError::Unusable { data_dir, source }
    }
}
