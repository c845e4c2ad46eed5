//! Single flight: while a symbol is being fetched, everybody who needs it waits for that fetch.
//!
//! Invariant: an entry is in the cache before its flight is forgotten, and boarding looks into the
//! cache again while it holds the flights. So no two fetches of one symbol overlap, and nobody
//! starts a fetch for what has just arrived.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Ticker;
use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::oneshot;

use super::entry::Entry;

/// Ends with the entry, or with an error if the fetch broke off.
pub(super) type Flight = Shared<oneshot::Receiver<Arc<Entry>>>;

#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<Ticker, Flight>>);

/// Symbols that nobody is fetching yet; whoever holds this must fetch them.
///
/// Dropping it, after a panic for instance, ends their flights.
#[derive(Debug)]
pub(super) struct Departures {
    flights: Arc<Flights>,
    waiting: HashMap<Ticker, oneshot::Sender<Arc<Entry>>>,
}

/// A seat for each symbol asked for.
#[derive(Debug)]
pub(super) enum Seat {
    /// It arrived while we were asking.
    Arrived(Arc<Entry>),
    Aloft(Flight),
}

impl Flights {
    /// Finds or starts a flight for each ticker.
    pub(super) fn board<'a>(
        self: &Arc<Self>,
        tickers: impl Iterator<Item = &'a Ticker>,
        arrived: impl Fn(&Ticker) -> Option<Arc<Entry>>,
    ) -> (Vec<Seat>, Departures) {
        let mut departures = Departures {
            flights: Arc::clone(self),
            waiting: HashMap::new(),
        };
        let mut aloft = self.aloft();
        let seats = tickers
            .map(|ticker| {
                if let Some(flight) = aloft.get(ticker) {
                    return Seat::Aloft(flight.clone());
                }
                if let Some(entry) = arrived(ticker) {
                    return Seat::Arrived(entry);
                }
                let (sender, receiver) = oneshot::channel();
                let flight = receiver.shared();
                departures.waiting.insert(ticker.clone(), sender);
                aloft.insert(ticker.clone(), flight.clone());
                Seat::Aloft(flight)
            })
            .collect();
        (seats, departures)
    }

    fn aloft(&self) -> MutexGuard<'_, HashMap<Ticker, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Departures {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn tickers(&self) -> Vec<Ticker> {
        self.waiting.keys().cloned().collect()
    }

    pub(super) fn join(&mut self, mut others: Self) {
        self.waiting.extend(std::mem::take(&mut others.waiting));
    }

    /// The same symbols in parts of at most `most`.
    pub(super) fn split(mut self, most: usize) -> Vec<Self> {
        let mut all: Vec<_> = std::mem::take(&mut self.waiting).into_iter().collect();
        let mut parts = Vec::new();
        while !all.is_empty() {
            let rest = all.split_off(all.len().min(most));
            parts.push(Self {
                flights: Arc::clone(&self.flights),
                waiting: std::mem::replace(&mut all, rest).into_iter().collect(),
            });
        }
        parts
    }

    /// Ends the flight of one symbol. The entry must be in the cache by now.
    pub(super) fn land(&mut self, ticker: &Ticker, entry: Arc<Entry>) {
        if let Some(sender) = self.waiting.remove(ticker) {
            self.flights.aloft().remove(ticker);
            // Nobody may be waiting any more.
            let _ = sender.send(entry);
        }
    }
}

impl Drop for Departures {
    fn drop(&mut self) {
        let mut aloft = self.flights.aloft();
        for ticker in self.waiting.keys() {
            aloft.remove(ticker);
        }
    }
}
