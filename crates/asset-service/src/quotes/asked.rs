//! Which symbols somebody asked for, written down so that they are kept warm.
//!
//! A symbol counts as asked for when a request made it be fetched, which the clock sees to even for
//! one that is always warm: requests between two refreshes find it due. It is written down once in
//! [`REPEAT`], and after everybody has been answered.

use domain::Ticker;
use jiff::{SignedDuration, Timestamp};
use store::Table;

use super::life::after;
use crate::config::AssetConfig;
use crate::store::tracked;

const REPEAT: SignedDuration = SignedDuration::from_hours(6);

pub(super) struct Asked {
    kept: SignedDuration,
    /// When each was last written down by this process.
    noted: moka::sync::Cache<Ticker, Timestamp>,
}

impl Asked {
    pub(super) fn new(config: &AssetConfig) -> Self {
        Self {
            kept: SignedDuration::from_hours(24 * i64::from(config.tracked_days)),
            noted: moka::sync::Cache::new(config.cached_symbols.into()),
        }
    }

    pub(super) async fn note(&self, table: &Table, ticker: &Ticker, now: Timestamp) {
        let noted = self.noted.get(ticker);
        if noted.is_some_and(|noted| now < after(noted, REPEAT)) {
            return;
        }
        match tracked::keep(table, ticker, now, self.kept).await {
            Ok(()) => self.noted.insert(ticker.clone(), now),
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, %ticker, "a symbol could not be tracked");
            }
        }
    }
}
