//! Opening the engine's file.

use std::path::Path;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;

/// Statements a handle keeps prepared: about ten a table.
const STATEMENTS: usize = 128;
/// Pages the log gathers before SQLite folds it into the file, 32 MB: a page that changes often is
/// then folded once for many commits.
const FOLD_AFTER: u32 = 8192;
/// Kibibytes of pages that a handle keeps at hand.
const WRITER_CACHE: u32 = 32 * 1024;
const READER_CACHE: u32 = 8 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
}

/// `synchronous` is `NORMAL` for good: SQLite then syncs whenever it folds its log, which keeps the
/// file sound through a crash, and leaves the syncing of commits to the writer's groups. (`OFF`
/// would not sync at all, so the engine's `enable_bulk_loading` is never to be called.)
pub(super) fn open(file: &Path, purpose: Purpose) -> Result<Storage, String> {
    let path = file.to_str().ok_or("the path is not UTF-8")?;
    let pragmas = match purpose {
        Purpose::Write => format!(
            "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = {FOLD_AFTER}; \
             PRAGMA cache_size = -{WRITER_CACHE};"
        ),
        Purpose::Read => format!(
            "PRAGMA synchronous = NORMAL; PRAGMA query_only = ON; \
             PRAGMA cache_size = -{READER_CACHE};"
        ),
    };
    let opened = Storage::new(path).and_then(|storage| {
        storage
            .conn()
            .set_prepared_statement_cache_capacity(STATEMENTS);
        storage
            .conn()
            .execute_batch(&pragmas)
            .map_err(DynoxideError::from)?;
        Ok(storage)
    });
    opened.map_err(|error| error.to_string())
}
