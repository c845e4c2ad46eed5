//! Coalescing: symbols asked for within a few milliseconds are fetched together, in one question to
//! the sources.
//!
//! Invariant: whoever puts the first symbol down takes all of them up again, so nobody waits for a
//! fetch that never starts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::sleep;

use super::{Leader, Shared, fetch};
use crate::source::Purpose;

/// The most symbols that are fetched together.
pub(super) const LARGEST_BATCH: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Gathering(Mutex<Vec<Leader>>);

impl Gathering {
    fn waiting(&self) -> MutexGuard<'_, Vec<Leader>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to what is waiting; whether nothing was.
    fn add(&self, leaders: Vec<Leader>) -> bool {
        let mut waiting = self.waiting();
        let is_first = waiting.is_empty();
        waiting.extend(leaders);
        is_first
    }
}

/// Fetches the symbols, together with others that are asked for in the same moment.
pub(super) fn fetch_soon(shared: &Arc<Shared>, leaders: Vec<Leader>) {
    if leaders.is_empty() || !shared.gathering.add(leaders) {
        return;
    }
    let shared = Arc::clone(shared);
    let work = shared.fetches.begin();
    tokio::spawn(async move {
        let _work = work;
        sleep(shared.coalesce).await;
        let mut gathered = std::mem::take(&mut *shared.gathering.waiting());
        while !gathered.is_empty() {
            let rest = gathered.split_off(gathered.len().min(LARGEST_BATCH));
            fetch::spawn(Arc::clone(&shared), Purpose::Request, gathered);
            gathered = rest;
        }
    });
}
