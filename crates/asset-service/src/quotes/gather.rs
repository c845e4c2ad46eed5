//! Coalescing: symbols asked for within a few milliseconds leave together, in one question to the
//! sources.
//!
//! Invariant: whoever puts the first symbol down takes all of them up again, so nobody waits for a
//! fetch that never starts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::sleep;

use super::flight::Departures;
use super::{Shared, fetch};
use crate::source::Purpose;

/// The most symbols that leave together.
pub(super) const LARGEST_BATCH: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Gathering(Mutex<Option<Departures>>);

impl Gathering {
    fn waiting(&self) -> MutexGuard<'_, Option<Departures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to what is waiting; whether nothing was.
    fn join(&self, departures: Departures) -> bool {
        let mut waiting = self.waiting();
        if let Some(gathered) = waiting.as_mut() {
            gathered.join(departures);
            return false;
        }
        *waiting = Some(departures);
        true
    }
}

/// Fetches the symbols, together with others that are asked for in the same moment.
pub(super) fn depart(shared: &Arc<Shared>, departures: Departures) {
    if !shared.gathering.join(departures) {
        return;
    }
    let shared = Arc::clone(shared);
    let work = shared.fetches.begin();
    tokio::spawn(async move {
        let _work = work;
        sleep(shared.coalesce).await;
        let gathered = shared.gathering.waiting().take();
        for batch in gathered
            .into_iter()
            .flat_map(|all| all.split(LARGEST_BATCH))
        {
            fetch::spawn(Arc::clone(&shared), Purpose::Request, batch);
        }
    });
}
