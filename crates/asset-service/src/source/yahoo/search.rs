//! One answer of `/v1/finance/search`: the symbols it found.

use domain::Ticker;
use serde::Deserialize;

use super::super::SourceError;
use super::super::upstream::unavailable;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    quotes: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    symbol: Option<String>,
    sector: Option<String>,
}

pub(super) struct Hit {
    pub(super) ticker: Ticker,
    pub(super) sector: Option<String>,
}

/// # Errors
///
/// `Unavailable` for what is no list of hits.
pub(super) fn read(body: &[u8]) -> Result<Vec<Hit>, SourceError> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| unavailable(format!("its answer cannot be read: {error}")))?;
    let hits = answer.quotes.into_iter().filter_map(|found| {
        Some(Hit {
            ticker: Ticker::parse(&found.symbol?).ok()?,
            sector: found.sector,
        })
    });
    Ok(hits.collect())
}
