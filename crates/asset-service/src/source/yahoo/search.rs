//! One answer of `/v1/finance/search`: the symbols it found.

use std::collections::BTreeMap;

use domain::Ticker;
use serde::Deserialize;

use super::super::{SourceError, checked};

#[derive(Deserialize)]
struct Answer {
    quotes: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    symbol: Option<String>,
    sector: Option<String>,
}

/// What it found, with the sector where it says one.
///
/// # Errors
///
/// `Unavailable` for what is no list of hits.
pub(super) fn read(body: &[u8]) -> Result<BTreeMap<Ticker, Option<String>>, SourceError> {
    let answer: Answer = checked::json(body)?;
    let hits = answer.quotes.into_iter().filter_map(|found| {
        let ticker = Ticker::parse(&found.symbol?).ok()?;
        Some((ticker, found.sector))
    });
    Ok(hits.collect())
}
