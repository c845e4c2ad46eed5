//! Single flight: while something is being fetched, everybody who needs it waits for that fetch.
//!
//! Whoever asks first leads: they spawn the fetch, and it hands its result to all who followed.
//! Invariant: a fetch puts what it found into its cache before it finishes, and joining can look into
//! the cache again while it holds the flights. So no two flights of one key overlap, and who does look
//! starts none for what has just arrived. A source that is late may go on beyond its flight.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::oneshot;

/// What is being fetched. Clones share it.
pub(crate) struct SingleFlight<K, V>(Arc<Mutex<HashMap<K, Flight<V>>>>);

/// Ends with the result, or with an error if the fetch broke off.
pub(crate) type Flight<V> = Shared<oneshot::Receiver<V>>;

/// The duty to fetch what nobody is fetching yet.
///
/// Dropping it, after a panic for instance, ends the flight without a result.
pub(crate) struct Leader<K: Eq + Hash, V> {
    flights: SingleFlight<K, V>,
    key: K,
    followers: oneshot::Sender<V>,
}

impl<K: Eq + Hash + Clone, V: Clone> SingleFlight<K, V> {
    /// The flight of the key, and the lead if it is a new one. What has been cached meanwhile is a
    /// flight that is over.
    pub(crate) fn join(
        &self,
        key: &K,
        cached: impl FnOnce() -> Option<V>,
    ) -> (Flight<V>, Option<Leader<K, V>>) {
        match self.lock().entry(key.clone()) {
            Entry::Occupied(flight) => (flight.get().clone(), None),
            Entry::Vacant(place) => {
                let (followers, receiver) = oneshot::channel();
                let flight = receiver.shared();
                if let Some(cached) = cached() {
                    // The receiver is right here.
                    let _ = followers.send(cached);
                    return (flight, None);
                }
                place.insert(flight.clone());
                let leader = Leader {
                    flights: self.clone(),
                    key: key.clone(),
                    followers,
                };
                (flight, Some(leader))
            }
        }
    }
}

impl<K, V> SingleFlight<K, V> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Flight<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Leader<K, V> {
    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    /// Hands the result to everybody. It must be in the cache by now.
    pub(crate) fn finish(mut self, result: V) {
        let (gone, _) = oneshot::channel();
        let followers = std::mem::replace(&mut self.followers, gone);
        drop(self);
        // Nobody may be waiting any more.
        let _ = followers.send(result);
    }
}

impl<K: Eq + Hash, V> Drop for Leader<K, V> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

impl<K, V> Clone for SingleFlight<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + fmt::Debug, V> fmt::Debug for Leader<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Leader").field(&self.key).finish()
    }
}
