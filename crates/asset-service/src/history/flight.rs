//! Single flight: while the history of a ticker is being fetched, everybody who needs it waits for
//! that fetch, and looks again what is missing then.
//!
//! Invariant: what a fetch found is in the cache before its flight is forgotten.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Ticker;
use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::oneshot;

use super::fetch::Found;

/// Ends with what was found, or with an error if the fetch broke off.
pub(super) type Flight = Shared<oneshot::Receiver<Found>>;

#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<Ticker, Flight>>);

/// A ticker that nobody is fetching yet; whoever holds this must fetch it.
///
/// Dropping it, after a panic for instance, ends the flight.
#[derive(Debug)]
pub(super) struct Departure {
    flights: Arc<Flights>,
    ticker: Ticker,
    waiting: oneshot::Sender<Found>,
}

impl Flights {
    /// The flight of the ticker, and its departure if it is a new one.
    pub(super) fn board(self: &Arc<Self>, ticker: &Ticker) -> (Flight, Option<Departure>) {
        match self.aloft().entry(ticker.clone()) {
            Entry::Occupied(aloft) => (aloft.get().clone(), None),
            Entry::Vacant(place) => {
                let (waiting, receiver) = oneshot::channel();
                let flight = place.insert(receiver.shared()).clone();
                let departure = Departure {
                    flights: Arc::clone(self),
                    ticker: ticker.clone(),
                    waiting,
                };
                (flight, Some(departure))
            }
        }
    }

    fn aloft(&self) -> MutexGuard<'_, HashMap<Ticker, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Departure {
    pub(super) fn land(mut self, found: Found) {
        let (waiting, _) = oneshot::channel();
        let waiting = std::mem::replace(&mut self.waiting, waiting);
        drop(self);
        // Nobody may be waiting any more.
        let _ = waiting.send(found);
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        self.flights.aloft().remove(&self.ticker);
    }
}
