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

const PARTITION: &str = "INST#";

fn key(ticker: &Ticker) -> Key {
    Key::new(format!("{PARTITION}{ticker}"), "QUOTE")
}

/// The last quotes of those that have one, in any order.
pub(crate) async fn load_many(
    table: &Table,
    tickers: &[Ticker],
) -> Result<Vec<(Ticker, LastQuote)>, StoreError> {
    let keys: Vec<Key> = tickers.iter().map(key).collect();
    let items = table.get_many(&keys).await?;
    let quotes = items.into_iter().filter_map(|item| {
        let symbol = item.key.pk.strip_prefix(PARTITION)?;
        Some((Ticker::parse(symbol).ok()?, item.value))
    });
    Ok(quotes.collect())
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
