use domain::{Currency, Price, Ticker};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Key, Record, StoreError, Table, WriteError};

/// The last quote that a source gave for a symbol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastQuote {
    pub(crate) price: Price,
    pub(crate) currency: Currency,
    pub(crate) previous_close: Option<Price>,
    pub(crate) as_of: Timestamp,
    pub(crate) is_delayed: bool,
    /// Quotes stored before rates were crossed do not have it.
    #[serde(default)]
    pub(crate) crossed_through: Option<Currency>,
    pub(crate) source: String,
    pub(crate) fetched_at: Timestamp,
}

impl Record for LastQuote {
    const KIND: &'static str = "quote";
}

fn key(ticker: &Ticker) -> Key {
    Key::new(format!("INST#{ticker}"), "QUOTE")
}

pub(crate) async fn load(table: &Table, ticker: &Ticker) -> Result<Option<LastQuote>, StoreError> {
    let item = table.get(&key(ticker)).await?;
    Ok(item.map(|item| item.value))
}

/// Replaces whatever was known. Two processes that fetched at the same time may overwrite each
/// other: either quote is as good as the other.
pub(crate) async fn keep(
    table: &Table,
    ticker: &Ticker,
    quote: &LastQuote,
) -> Result<(), WriteError> {
    table.write().put(&key(ticker), quote).commit().await
}
