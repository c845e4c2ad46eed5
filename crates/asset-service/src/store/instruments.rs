use domain::{Currency, InstrumentType, Ticker};
use serde::{Deserialize, Serialize};
use store::{Key, Record, StoreError, Table, WriteError};

/// How a source described an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) ticker_symbol: Ticker,
    pub(crate) name: String,
    pub(crate) exchange: Option<String>,
    pub(crate) instrument_type: InstrumentType,
    pub(crate) sector: Option<String>,
    pub(crate) currency: Currency,
    pub(crate) source: String,
}

impl Record for Description {
    const KIND: &'static str = "instrument";
}

fn key(ticker: &Ticker) -> Key {
    Key::new(format!("INST#{ticker}"), "META")
}

pub(crate) async fn load(
    table: &Table,
    ticker: &Ticker,
) -> Result<Option<Description>, StoreError> {
    let item = table.get(&key(ticker)).await?;
    Ok(item.map(|item| item.value))
}

pub(crate) async fn keep(table: &Table, description: &Description) -> Result<(), WriteError> {
    let key = key(&description.ticker_symbol);
    table.write().put(&key, description).commit().await
}
