//! What can go wrong, for callers that decide and for people who read logs.
//!
//! `Display` is one plain sentence without key material: partition keys may hold an e-mail address.
//! The chain below it, with the engine's or the SDK's own words, is in `source()`.

use std::error::Error;
use std::path::PathBuf;

use crate::codec::CodecError;
use crate::{Key, Limit};

pub(crate) type Source = Box<dyn Error + Send + Sync>;

/// A read or write that did not happen for a reason of storage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Overloaded, throttled or unreachable, and still so after the retries.
    #[error("storage is unavailable")]
    Unavailable { source: Source },
    /// The disk is full. Nothing was written.
    #[error("the storage disk is full")]
    Full { source: Source },
    /// The disk failed, or the store was closed; the process should restart.
    #[error("storage failed")]
    Failed { source: Source },
    /// A request that storage will never accept: a missing table, a denied permission.
    #[error("storage refused the request")]
    Refused { source: Source },
    #[error("a stored {kind} cannot be read")]
    Corrupt {
        key: Key,
        kind: &'static str,
        source: CodecError,
    },
    #[error("a stored {kind} has schema {found}, newer than {supported} that this version reads")]
    NewerSchema {
        key: Key,
        kind: &'static str,
        found: u32,
        supported: u32,
    },
    #[error("a {kind} cannot be stored")]
    Unencodable {
        kind: &'static str,
        source: CodecError,
    },
}

impl StoreError {
    /// Whether the same request may succeed a little later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Full { .. }
            | Self::Failed { .. }
            | Self::Refused { .. }
            | Self::Corrupt { .. }
            | Self::NewerSchema { .. }
            | Self::Unencodable { .. } => false,
        }
    }
}

/// A write that changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The item at `key` was not as the write expected: it exists, is gone, or has moved on.
    #[error("the item has changed")]
    ConditionFailed { key: Key },
    #[error("the write is too large: {size} where {limit} allows {}", limit.max())]
    TooLarge { limit: Limit, size: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A store that did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("another Folio is using {}", data_dir.display())]
    Locked { data_dir: PathBuf },
    #[error("{} cannot be used as the data directory", data_dir.display())]
    Unusable { data_dir: PathBuf, source: Source },
    #[error("the disk of {} is full", data_dir.display())]
    Full { data_dir: PathBuf, source: Source },
    #[error("{} was written by a newer Folio or is damaged", file.display())]
    Unreadable { file: PathBuf, source: Source },
    #[error("the table {table} does not exist")]
    TableMissing { table: String, source: Source },
    #[error("the table {table} could not be prepared")]
    Table { table: String, source: StoreError },
}
