//! A customer's own instruments, under their owner: `CUST#<customer>` / `OWN#<ticker>`, with their
//! prices packed by decade in `OWNP#<ticker>#<first year>`.
//!
//! The version of an instrument is the version of its prices too: every change of either raises
//! it. The last price is kept with the instrument, so that a quote is one small read, and no decade
//! is stored beyond it. A decade of daily prices stays well under the size of an item, and all
//! decades since 1900 fit into one write, so that an instrument is gone at once with everything it
//! had. A change reads and writes the decades that it touches.

use std::collections::{BTreeMap, BTreeSet};

use domain::text::{Label, Name};
use domain::{Currency, CustomerId, InstrumentType, Ticker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use service_kit::{Error, Result};
use store::{Item, Key, Query, Record, Table, Write};

use crate::own::{Entered, LastPrice, ManualPrices};

/// There are no prices before 1900.
const EARLIEST_DECADE: i16 = 1900;

/// An instrument of one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnInstrument {
    pub(crate) ticker_symbol: Ticker,
    pub(crate) name: Name,
    pub(crate) instrument_type: InstrumentType,
    pub(crate) sector: Option<Label>,
    pub(crate) currency: Currency,
    pub(crate) last_price: Option<LastPrice>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Record for OwnInstrument {
    const KIND: &'static str = "own_instrument";
}

/// The prices of ten years.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Decade {
    prices: BTreeMap<Date, Entered>,
}

impl Record for Decade {
    const KIND: &'static str = "own_prices";
}

fn partition(owner: CustomerId) -> String {
    format!("CUST#{owner}")
}

fn key(owner: CustomerId, ticker: &Ticker) -> Key {
    Key::new(partition(owner), format!("OWN#{ticker}"))
}

fn decade_key(owner: CustomerId, ticker: &Ticker, decade: i16) -> Key {
    Key::new(partition(owner), format!("OWNP#{ticker}#{decade:04}"))
}

/// The first year of the decade that a date lies in.
pub(crate) fn decade_of(date: Date) -> i16 {
    date.year() - date.year().rem_euclid(10)
}

/// The instrument, if it is the owner's.
pub(crate) async fn load(
    table: &Table,
    owner: CustomerId,
    ticker: &Ticker,
) -> Result<Item<OwnInstrument>> {
    let found = find(table, owner, ticker).await?;
    found.ok_or(Error::NotFound { what: "instrument" })
}

pub(crate) async fn find(
    table: &Table,
    owner: CustomerId,
    ticker: &Ticker,
) -> Result<Option<Item<OwnInstrument>>> {
    Ok(table.get(&key(owner, ticker)).await?)
}

/// Every instrument of the owner, by ticker.
pub(crate) async fn list(table: &Table, owner: CustomerId) -> Result<Vec<OwnInstrument>> {
    let query = Query::partition(partition(owner)).prefix("OWN#");
    let items = table.query_all(&query).await?;
    Ok(items.into_iter().map(|item| item.value).collect())
}

pub(crate) fn create(table: &Table, owner: CustomerId, instrument: &OwnInstrument) -> Write {
    let key = key(owner, &instrument.ticker_symbol);
    table.write().create(&key, instrument)
}

pub(crate) fn replace(table: &Table, read: &Item<OwnInstrument>, changed: &OwnInstrument) -> Write {
    table.write().replace(&read.key, read.version, changed)
}

/// The prices of the decades that these days lie in, and of that of the last price.
pub(crate) async fn load_prices(
    table: &Table,
    owner: CustomerId,
    instrument: &OwnInstrument,
    days: &[Date],
) -> Result<ManualPrices> {
    let last = instrument.last_price.map(|last| last.date);
    let decades: BTreeSet<i16> = days.iter().copied().chain(last).map(decade_of).collect();
    let key = |decade: i16| decade_key(owner, &instrument.ticker_symbol, decade);
    let keys: Vec<Key> = decades.into_iter().map(key).collect();
    let stored = table.get_many::<Decade>(&keys).await?;
    let prices = stored.into_iter().flat_map(|item| item.value.prices);
    Ok(ManualPrices::new(prices))
}

/// The last price after a change. Further decades are read only where those at hand do not tell.
pub(crate) async fn last_price(
    table: &Table,
    owner: CustomerId,
    before: &OwnInstrument,
    prices: &mut ManualPrices,
) -> Result<Option<LastPrice>> {
    let mut known_from = before.last_price.map(|last| decade_of(last.date));
    loop {
        let last = prices.last_since(known_from);
        let (Some(decade), None) = (known_from, last.and_then(|last| last.before)) else {
            return Ok(last);
        };
        let below = decade_below(table, owner, &before.ticker_symbol, decade).await?;
        known_from = below
            .as_ref()
            .and_then(|below| below.prices.keys().next())
            .copied()
            .map(decade_of);
        if let Some(below) = below {
            prices.add_stored(below.prices);
        }
    }
}

/// The latest decade before this one that has prices.
async fn decade_below(
    table: &Table,
    owner: CustomerId,
    ticker: &Ticker,
    decade: i16,
) -> Result<Option<Decade>> {
    let first = decade_key(owner, ticker, EARLIEST_DECADE);
    let last = decade_key(owner, ticker, decade - 1);
    let query = Query::partition(first.pk).between(first.sk, last.sk);
    let page = table.query::<Decade>(&query.descending().limit(1)).await?;
    Ok(page.items.into_iter().next().map(|item| item.value))
}

/// The manual prices of a range of days, both ends included, oldest first.
pub(crate) async fn closes(
    table: &Table,
    owner: CustomerId,
    ticker: &Ticker,
    from: Date,
    to: Date,
) -> Result<BTreeMap<Date, Entered>> {
    let first = decade_key(owner, ticker, decade_of(from));
    let last = decade_key(owner, ticker, decade_of(to));
    let query = Query::partition(first.pk).between(first.sk, last.sk);
    let mut prices = decades(table, &query).await?;
    prices.retain(|date, _| (from..=to).contains(date));
    Ok(prices)
}

async fn decades(table: &Table, query: &Query) -> Result<BTreeMap<Date, Entered>> {
    let decades = table.query_all::<Decade>(query).await?;
    let prices = decades.into_iter().flat_map(|item| item.value.prices);
    Ok(prices.collect())
}

/// Replaces the instrument at the version that was read, and each decade of prices that was
/// changed since.
pub(crate) fn replace_with_prices(
    table: &Table,
    owner: CustomerId,
    read: &Item<OwnInstrument>,
    changed: &OwnInstrument,
    prices: &ManualPrices,
) -> Write {
    let write = replace(table, read, changed);
    prices.changed_decades().fold(write, |write, decade| {
        let key = decade_key(owner, &changed.ticker_symbol, decade);
        let prices: BTreeMap<_, _> = prices.of_decade(decade).collect();
        if prices.is_empty() {
            write.remove(&key)
        } else {
            write.put(&key, &Decade { prices })
        }
    })
}

/// Deletes the instrument at the version that was read, with all its prices.
pub(crate) fn delete(table: &Table, owner: CustomerId, read: &Item<OwnInstrument>) -> Write {
    let write = table.write().delete(&read.key, read.version);
    let last = read.value.last_price.map(|last| decade_of(last.date));
    let decades = last.map(|last| (EARLIEST_DECADE..=last).step_by(10));
    decades.into_iter().flatten().fold(write, |write, decade| {
        write.remove(&decade_key(owner, &read.value.ticker_symbol, decade))
    })
}
