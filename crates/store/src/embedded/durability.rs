//! What is on disk, as opposed to what is merely visible.
//!
//! A reader's handle sees a commit before it is synced. The writer therefore numbers its groups:
//! it announces a group before the first commit of it and again once the group is synced. An
//! answer that was read while a group was announced may hold some of it and waits for that sync;
//! with no write under way there is nothing to wait for.
//! Invariant: announced comes before visible, so a reader that saw a commit also sees its number.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// Why nothing can be promised any more.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Lost(pub(super) String);

#[derive(Debug)]
pub(super) struct Durability {
    announced: AtomicU64,
    synced: watch::Sender<Result<u64, Lost>>,
}

impl Default for Durability {
    fn default() -> Self {
        Self {
            announced: AtomicU64::new(0),
            synced: watch::Sender::new(Ok(0)),
        }
    }
}

impl Durability {
    /// Called before a group commits anything.
    pub(super) fn announce(&self, group: u64) {
        self.announced.store(group, Ordering::SeqCst);
    }

    /// Called once everything up to `group` is on disk.
    pub(super) fn confirm(&self, group: u64) {
        self.synced.send_if_modified(|state| {
            // What was given up stays so: a later sync says nothing of the one that failed.
            let good = state.is_ok();
            if good {
                *state = Ok(group);
            }
            good
        });
    }

    /// Called when a sync failed: what was announced may never reach the disk.
    pub(super) fn give_up(&self, why: Lost) {
        let _ = self.synced.send_replace(Err(why));
    }

    pub(super) fn check(&self) -> Result<(), Lost> {
        self.synced.borrow().as_ref().map(drop).map_err(Lost::clone)
    }

    /// The group to wait for before answering what has just been read, if there is one.
    pub(super) fn pending(&self) -> Option<u64> {
        let announced = self.announced.load(Ordering::SeqCst);
        match &*self.synced.borrow() {
            Ok(synced) if *synced >= announced => None,
            _ => Some(announced),
        }
    }

    pub(super) async fn reached(&self, group: u64) -> Result<(), Lost> {
        let mut synced = self.synced.subscribe();
        let state = synced
            .wait_for(|state| state.as_ref().map_or(true, |synced| *synced >= group))
            .await;
        match state {
            Ok(state) => state.as_ref().map(drop).map_err(Lost::clone),
            Err(_) => Err(Lost("the store is closed".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn with_no_write_under_way_there_is_nothing_to_wait_for() {
        let durability = Durability::default();
        assert_eq!(durability.pending(), None);
        durability.announce(1);
        durability.confirm(1);
        assert_eq!(durability.pending(), None);
    }

    #[test]
    fn what_may_have_been_seen_early_is_answered_once_it_is_on_disk() {
        let durability = Durability::default();
        durability.announce(1);
        let group = durability.pending().unwrap();
        let mut answer = Box::pin(durability.reached(group));
        assert!(answer.as_mut().now_or_never().is_none());
        durability.confirm(1);
        assert!(matches!(answer.now_or_never(), Some(Ok(()))));
    }

    #[test]
    fn what_was_seen_early_and_lost_is_never_answered() {
        let durability = Durability::default();
        durability.announce(1);
        let answer = durability.reached(durability.pending().unwrap());
        durability.give_up(Lost("the disk did not take a write".to_owned()));
        assert!(matches!(answer.now_or_never(), Some(Err(_))));
        assert!(durability.check().is_err());
    }

    #[test]
    fn a_later_sync_does_not_undo_a_failed_one() {
        let durability = Durability::default();
        durability.announce(1);
        durability.give_up(Lost("the disk did not take a write".to_owned()));
        durability.confirm(2);
        assert!(durability.check().is_err());
        assert_eq!(durability.pending(), Some(1));
    }
}
