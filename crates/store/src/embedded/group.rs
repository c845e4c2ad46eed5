//! A group of writes: carried out, synced once, then acknowledged.
//!
//! Requests with a plan share one SQLite transaction; others run one by one, as the engine opens a
//! transaction for each. SQLite runs with `synchronous = NORMAL`: it syncs when it folds its log
//! into the file and leaves the syncing of commits to us, which happens here.
//!
//! Invariants: an answer leaves only after the sync of what it tells. After a failed sync the whole
//! group is refused, and so is every later write: nobody knows what the disk holds.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;

use super::apply::{Setback, Tables};
use super::directory::Directory;
use super::durability::{Durability, Lost};
use super::engine;
use super::handle::{self, Purpose};
use super::refusal::Answer;
use super::writer::Job;

/// When readers kept the log from being folded, at this size it is folded whatever they are doing.
const LOG_LIMIT: u64 = 128 * 1024 * 1024;
/// A request that has been carried out, if not yet for good.
type Outcome = (Job, Answer);

/// The state of the thread that writes.
pub(super) struct Groups {
    storage: Storage,
    tables: Tables,
    /// The log, once there is one.
    log: Option<File>,
    directory: Directory,
    durability: Arc<Durability>,
    number: u64,
    /// Answered, but not yet synced.
    done: Vec<Outcome>,
    /// Answered within the transaction that is open; `None` when none is.
    open: Option<Vec<Outcome>>,
}

impl Groups {
    pub(super) fn new(storage: Storage, directory: Directory, durability: Arc<Durability>) -> Self {
        Self {
            storage,
            tables: Tables::default(),
            log: None,
            directory,
            durability,
            number: 0,
            done: Vec::new(),
            open: None,
        }
    }

    pub(super) fn carry_out(&mut self, jobs: Vec<Job>) {
        if let Err(lost) = self.durability.check() {
            for job in jobs {
                job.answer(Answer::failed(&lost.0));
            }
            return;
        }
        self.number += 1;
        for job in jobs {
            self.carry_out_one(job);
        }
        self.commit();
        self.acknowledge();
        self.bound_log();
    }

    fn carry_out_one(&mut self, job: Job) {
        let Some(plan) = &job.task.plan else {
            return self.leave_to_engine(job);
        };
        if let Err(error) = self.begin() {
            self.done.push((job, Answer::error(&error)));
            return;
        }
        let (storage, tables) = (&self.storage, &mut self.tables);
        let outcome = catch_unwind(AssertUnwindSafe(|| tables.apply(storage, plan)));
        match outcome {
            Ok(Ok(answer)) => self.open.get_or_insert_default().push((job, answer)),
            Ok(Err(Setback::NotPlain)) => self.leave_to_engine(job),
            Ok(Err(Setback::Storage(error))) => {
                self.open
                    .get_or_insert_default()
                    .push((job, Answer::error(&error)));
                self.roll_back(&Answer::error(&error));
            }
            Err(_) => {
                let answer = self.replace_handle();
                self.open
                    .get_or_insert_default()
                    .push((job, answer.clone()));
                self.roll_back(&answer);
            }
        }
    }

    fn leave_to_engine(&mut self, job: Job) {
        self.commit();
        self.durability.announce(self.number);
        let storage = &self.storage;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            engine::answer(storage, job.task.operation, &job.task.body)
        }));
        let answer = outcome.unwrap_or_else(|_| self.replace_handle());
        if !job.task.operation.touches_items_only() {
            self.tables.forget();
        }
        self.done.push((job, answer));
    }

    fn begin(&mut self) -> Result<(), DynoxideError> {
        if self.open.is_none() {
            self.storage.begin_transaction()?;
            self.open = Some(Vec::new());
        }
        Ok(())
    }

    /// Commits the open transaction, if there is one.
    fn commit(&mut self) {
        if self.open.is_none() {
            return;
        }
        // From here on readers may see the group.
        self.durability.announce(self.number);
        match self.storage.commit() {
            Ok(()) => self.done.extend(self.open.take().unwrap_or_default()),
            Err(error) => self.roll_back(&Answer::error(&error)),
        }
    }

    /// Undoes the open transaction and gives everyone in it the same answer.
    fn roll_back(&mut self, answer: &Answer) {
        // After some errors SQLite has rolled back by itself and says that there is nothing to do.
        let _ = self.storage.rollback();
        for (job, _) in self.open.take().unwrap_or_default() {
            self.done.push((job, answer.clone()));
        }
    }

    fn acknowledge(&mut self) {
        let synced = self.sync();
        match &synced {
            Ok(()) => self.durability.confirm(self.number),
            Err(lost) => {
                tracing::error!(error = %lost, "writes are refused until the process is restarted");
                self.durability.give_up(lost.clone());
            }
        }
        for (job, answer) in self.done.drain(..) {
            job.answer(match &synced {
                Ok(()) => answer,
                Err(lost) => Answer::failed(&lost.0),
            });
        }
    }

    fn sync(&mut self) -> Result<(), Lost> {
        if self.log.is_none() {
            self.log = File::open(self.directory.log()).ok();
        }
        let Some(log) = &self.log else {
            // Nothing was ever written, so there is no log and nothing to sync.
            return Ok(());
        };
        log.sync_data()
            .map_err(|error| Lost(format!("the disk did not take a write: {error}")))
    }

    /// A handle that a panic went through may be in the middle of a transaction, which is rolled
    /// back; what the group committed before stays.
    fn replace_handle(&mut self) -> Answer {
        tracing::error!("the storage engine panicked while writing; its handle is replaced");
        let _ = self.storage.rollback();
        match handle::open(&self.directory.file(), Purpose::Write) {
            Ok(storage) => self.storage = storage,
            Err(why) => self.durability.give_up(Lost(why)),
        }
        self.tables.forget();
        Answer::failed("the engine panicked")
    }

    fn bound_log(&self) {
        let length = self.log.as_ref().and_then(|log| log.metadata().ok());
        if length.is_some_and(|log| log.len() > LOG_LIMIT) {
            self.fold_log();
        }
    }

    /// Moves the log into the file and empties it, waiting for readers to step aside.
    fn fold_log(&self) {
        let folded = self
            .storage
            .conn()
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        if let Err(error) = folded {
            tracing::warn!(%error, "the storage log could not be folded into its file");
        }
    }

    pub(super) fn finish(self) {
        self.fold_log();
    }
}
