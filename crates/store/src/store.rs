//! Opening storage: a file on this machine, or DynamoDB.
//!
//! Both give the same [`Store`]; what differs is only who answers the SDK. A store is cheap to
//! clone, and the last clone to go releases the data directory.

use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;

use crate::embedded::Embedded;
use crate::record::key_attributes;
#[cfg(feature = "aws")]
use crate::{DynamoConfig, remote};
use crate::{Key, OpenError, StoreError, Table, TableSpec, retry, schema};

/// A handle on all tables of a process.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table_prefix: Arc<str>,
    specs: Arc<[TableSpec]>,
    embedded: Option<Arc<Embedded>>,
}

impl Store {
    /// Opens the store in `data_dir`, creating the directory, the file and missing tables.
    ///
    /// The directory is locked for as long as the store or a clone of it lives.
    pub async fn open_embedded(data_dir: &Path, tables: &[TableSpec]) -> Result<Self, OpenError> {
        let embedded = Arc::new(Embedded::open(data_dir).await?);
        let client = embedded.client();
        for spec in tables {
            schema::prepare(&client, spec.name, spec, true).await?;
        }
        embedded.open_readers().await;
        Ok(Self {
            client,
            table_prefix: "".into(),
            specs: tables.into(),
            embedded: Some(embedded),
        })
    }

    /// Connects to DynamoDB, or to whatever speaks its protocol at `config.endpoint`.
    #[cfg(feature = "aws")]
    pub async fn connect(config: &DynamoConfig, tables: &[TableSpec]) -> Result<Self, OpenError> {
        let client = remote::client(config).await;
        for spec in tables {
            let name = format!("{}{}", config.table_prefix, spec.name);
            schema::prepare(&client, &name, spec, config.create_tables).await?;
        }
        Ok(Self {
            client,
            table_prefix: config.table_prefix.as_str().into(),
            specs: tables.into(),
            embedded: None,
        })
    }

    pub fn table(&self, name: &'static str) -> Table {
        Table {
            client: self.client.clone(),
            name: format!("{}{name}", self.table_prefix).into(),
            remote: self.embedded.is_none(),
        }
    }

    /// Whether storage answers right now. Cheap, and never retried: a probe wants today's truth.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let Some(spec) = self.specs.first() else {
            return Ok(());
        };
        if let Some(embedded) = &self.embedded {
            embedded.check()?;
        }
        // An item that is not there: the cheapest question that goes all the way to the tables.
        self.client
            .get_item()
            .table_name(&*self.table(spec.name).name)
            .set_key(Some(key_attributes(&Key::new("HEALTH", "READY"))))
            .send()
            .await
            .map(drop)
            .map_err(retry::classify)
    }

    /// Deletes what lapsed before `now` and answers how many items that were. DynamoDB does this by
    /// itself, so there it does nothing.
    pub async fn sweep_expired(&self, now: Timestamp) -> Result<usize, StoreError> {
        let Some(embedded) = &self.embedded else {
            return Ok(0);
        };
        let mut swept = 0;
        for spec in &*self.specs {
            swept += embedded.sweep(spec.name, now).await?;
        }
        Ok(swept)
    }

    /// Finishes what is queued, folds the log into the file and releases the data directory, for
    /// all clones at once. Dropping the last clone does the same without waiting for errors.
    pub async fn close(self) {
        if let Some(embedded) = &self.embedded {
            embedded.close().await;
        }
    }
}
