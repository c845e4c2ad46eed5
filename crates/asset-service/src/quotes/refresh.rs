//! Fetching behind the scenes, for nobody in particular.

use std::sync::Arc;

use domain::Ticker;
use futures::future::join_all;

use super::Quotes;
use super::entry::Step;
use super::fetch;
use super::flight::Seat;
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
        let (seats, departures) = self
            .0
            .flights
            .board(batch.iter().copied(), |ticker| self.0.arrived(ticker, now));
        if !departures.is_empty() {
            fetch::spawn(Arc::clone(&self.0), Purpose::Background, departures);
        }
        join_all(seats.into_iter().filter_map(|seat| match seat {
            Seat::Aloft(flight) => Some(flight),
            Seat::Arrived(_) => None,
        }))
        .await;
    }
}
