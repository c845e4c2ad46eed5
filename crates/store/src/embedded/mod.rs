//! What answers the SDK on one machine: its HTTP client is a function call into an engine that
//! keeps its tables in one file.
//!
//! ```text
//! SDK ─▶ connector ─┬─ reads ──▶ readers (handles of their own) ──┐ an answer waits until what it
//!                   └─ writes ─▶ writer thread ─▶ one sync a group ┴ may have seen is on disk
//! ```
//!
//! Invariants: one process at a time has the directory (a locked file says so). Nothing is
//! acknowledged before it is synced, and nothing unsynced is ever answered. After a failed sync
//! nobody knows what the disk holds, so writes stop until the process starts again.
//! Not here: anything the SDK's callers see. This module speaks DynamoDB's JSON and no more.

mod apply;
pub(crate) mod codes;
mod connector;
mod directory;
mod durability;
mod engine;
mod group;
mod handle;
mod lookup;
mod plan;
mod readers;
#[cfg(test)]
mod recognised;
mod refusal;
mod shape;
mod sweep;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Config, HttpClient, Region, StalledStreamProtectionConfig,
};

use self::connector::Connector;
use self::directory::Directory;
use self::durability::Durability;
use self::readers::Readers;
use self::writer::Writer;
use crate::{OpenError, StoreError};

/// The engine, its threads and its lock.
#[derive(Debug)]
pub(crate) struct Embedded {
    client: Client,
    readers: Arc<Readers>,
    writer: Arc<Writer>,
    durability: Arc<Durability>,
}

impl Embedded {
    pub(crate) async fn open(data_dir: &Path) -> Result<Self, OpenError> {
        let data_dir = data_dir.to_owned();
        tokio::task::spawn_blocking(move || Self::open_blocking(&data_dir))
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    fn open_blocking(data_dir: &Path) -> Result<Self, OpenError> {
        let directory = Directory::lock(data_dir)?;
        let file = directory.file();
        let unreadable = |source| OpenError::Unreadable {
            file: file.clone(),
            source,
        };
        let durability = Arc::new(Durability::default());
        let readers = Arc::new(Readers::new(&file));
        let writer =
            Arc::new(Writer::start(directory, Arc::clone(&durability)).map_err(unreadable)?);
        let connector = Connector::new(
            Arc::clone(&readers),
            Arc::clone(&writer),
            Arc::clone(&durability),
        );
        Ok(Self {
            client: client_over(connector),
            readers,
            writer,
            durability,
        })
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Opens a handle for each thread that will read. After the tables are made: a handle believes
    /// in the tables it found.
    pub(crate) async fn open_readers(&self) {
        let readers = Arc::clone(&self.readers);
        let opened = tokio::task::spawn_blocking(move || readers.open_some()).await;
        if let Ok(Err(error)) = opened {
            tracing::warn!(
                error,
                "a storage handle for reading could not be opened ahead of use"
            );
        }
    }

    /// Whether writes are still accepted.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.durability.check().map_err(|error| StoreError::Failed {
            source: error.into(),
        })
    }

    pub(crate) async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // The connector lives on in clients a caller may have kept: the file must not.
        self.readers.close();
        self.writer.stop();
    }
}

/// A client that signs nothing, retries nothing and waits for no stalled stream, because there is
/// no network between it and the file.
fn client_over(http_client: impl HttpClient + 'static) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("local"))
        .endpoint_url("http://embedded")
        .allow_no_auth()
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client)
        .build();
    Client::from_conf(config)
}
