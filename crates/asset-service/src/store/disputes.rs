use domain::{Currency, Price, Ticker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{Key, Record, StoreError, Table, WriteError};

use super::prices::place;

/// A close that contradicts the stored one of its day, as do those beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) date: Date,
    pub(crate) stored: Price,
    pub(crate) told: Price,
    /// Of the close that was told.
    pub(crate) currency: Currency,
    pub(crate) since: Timestamp,
}

impl Record for Dispute {
    const KIND: &'static str = "dispute";
}

fn key(ticker: &Ticker) -> Key {
    let (partition, prefix) = place(ticker);
    Key::new(partition, format!("{prefix}DISPUTED"))
}

pub(crate) async fn load(table: &Table, ticker: &Ticker) -> Result<Option<Dispute>, StoreError> {
    let item = table.get(&key(ticker)).await?;
    Ok(item.map(|item| item.value))
}

/// Replaces an earlier one. Of two processes that hear something new at once, either may be kept.
pub(crate) async fn keep(
    table: &Table,
    ticker: &Ticker,
    dispute: Option<&Dispute>,
) -> Result<(), WriteError> {
    let write = match dispute {
        Some(dispute) => table.write().put(&key(ticker), dispute),
        None => table.write().remove(&key(ticker)),
    };
    write.commit().await
}
