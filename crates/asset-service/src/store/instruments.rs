//! Descriptions of instruments (`INST#<ticker>` / `META`), and the words that lead to them.
//!
//! A word of the search index is an item `SEARCH#<its first letter>` / `<word>#<ticker>` that holds
//! what a hit shows. The empty word leads to every instrument (`SEARCH#` / `#<ticker>`), so that
//! they can be listed without reading the whole table.
//! Invariant: a description and its words are written together.

use std::collections::BTreeSet;

use domain::{Currency, InstrumentType, Ticker};
use serde::{Deserialize, Serialize};
use store::{Key, Query, Record, StoreError, Table, WriteError};

use crate::search::index_words;

/// More hits of one word are not looked at.
const MOST_HITS: u16 = 1000;

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
    /// The words under which it is in the search index. Descriptions stored before there was one
    /// have none.
    #[serde(default)]
    pub(crate) indexed_under: BTreeSet<String>,
}

impl Record for Description {
    const KIND: &'static str = "instrument";
}

/// What a word of the search index leads to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Hit(Description);

impl Record for Hit {
    const KIND: &'static str = "search_hit";
}

fn key(ticker: &Ticker) -> Key {
    Key::new(format!("INST#{ticker}"), "META")
}

fn shelf(word: &str) -> String {
    let letter = word.chars().next().map(String::from);
    format!("SEARCH#{}", letter.unwrap_or_default())
}

fn hit_key(word: &str, ticker: &Ticker) -> Key {
    Key::new(shelf(word), format!("{word}#{ticker}"))
}

pub(crate) async fn load(
    table: &Table,
    ticker: &Ticker,
) -> Result<Option<Description>, StoreError> {
    let item = table.get(&key(ticker)).await?;
    Ok(item.map(|item| item.value))
}

/// The descriptions of those that have one, in any order.
pub(crate) async fn load_many(
    table: &Table,
    tickers: &[Ticker],
) -> Result<Vec<Description>, StoreError> {
    let keys: Vec<Key> = tickers.iter().map(key).collect();
    let items = table.get_many(&keys).await?;
    Ok(items.into_iter().map(|item| item.value).collect())
}

/// Instruments that some word beginning like `word` leads to, each once.
pub(crate) async fn find(table: &Table, word: &str) -> Result<Vec<Description>, StoreError> {
    let prefix = if word.is_empty() { "#" } else { word };
    let query = Query::partition(shelf(word))
        .prefix(prefix)
        .limit(MOST_HITS);
    let page = table.query::<Hit>(&query).await?;
    let mut seen = BTreeSet::new();
    let mut hits: Vec<Description> = page.items.into_iter().map(|item| item.value.0).collect();
    hits.retain(|hit| seen.insert(hit.ticker_symbol.clone()));
    Ok(hits)
}

/// Stores a description with the words that lead to it, and removes those that no longer do.
/// Nothing is written when all of it is there already.
pub(crate) async fn keep(table: &Table, description: &Description) -> Result<(), WriteError> {
    let ticker = &description.ticker_symbol;
    let described = Description {
        indexed_under: index_words(ticker, &description.name),
        ..description.clone()
    };
    let before = load(table, ticker).await?;
    if before.as_ref() == Some(&described) {
        return Ok(());
    }
    let mut write = table.write().put(&key(ticker), &described);
    for word in before.iter().flat_map(|before| &before.indexed_under) {
        if !described.indexed_under.contains(word) {
            write = write.remove(&hit_key(word, ticker));
        }
    }
    let hit = Hit(Description {
        indexed_under: BTreeSet::new(),
        ..description.clone()
    });
    for word in &described.indexed_under {
        write = write.put(&hit_key(word, ticker), &hit);
    }
    write.commit().await
}
