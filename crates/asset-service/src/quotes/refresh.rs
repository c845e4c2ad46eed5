//! Fetching behind the scenes, for nobody in particular.

use std::sync::Arc;

use domain::Ticker;
use futures::future::join_all;

use super::Quotes;
use super::entry::Step;
use super::fetch;
use super::gather::LARGEST_BATCH;
use crate::source::Purpose;

impl Quotes {
    /// Fetches what is due of these, by the rules that hold for requests, and waits for it.
    pub(crate) async fn refresh(&self, tickers: &[Ticker]) {
        let now = self.0.clock.now();
        let due: Vec<&Ticker> = tickers
            .iter()
            .filter(|ticker| {
                let entry = self.0.known.get(*ticker);
                self.0.step(entry.as_deref(), now) != Step::Answer
            })
            .collect();
        // One after another: whoever waits shares the way to the sources with this.
        for batch in due.chunks(LARGEST_BATCH) {
            self.refresh_batch(batch).await;
        }
    }

    async fn refresh_batch(&self, batch: &[&Ticker]) {
        let now = self.0.clock.now();
        let joined = batch.iter().map(|ticker| self.0.join(ticker, now));
        let (flights, leaders): (Vec<_>, Vec<_>) = joined.unzip();
        let leaders: Vec<_> = leaders.into_iter().flatten().collect();
        if !leaders.is_empty() {
            fetch::spawn(Arc::clone(&self.0), Purpose::Background, leaders);
        }
        join_all(flights).await;
    }
}
