//! The one thread that writes, and how a group of writes shares one sync.
//!
//! The thread takes whatever has queued up, carries each request out, syncs the log once and only
//! then acknowledges all of them: under load the cost of a sync is shared by everyone who waited
//! for the one before. SQLite runs with `synchronous = NORMAL`, which syncs when it folds the log
//! into the file, and leaves the syncing of commits to us.
//!
//! Invariant: after a failed sync the whole group is refused and so is every later write.

use std::collections::VecDeque;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use dynoxide::storage::Storage;
use tokio::sync::oneshot;

use super::directory::Directory;
use super::durability::{Durability, Lost};
use super::engine::{self, Operation};
use super::readers;
use super::refusal::Answer;
use crate::error::Source;

/// Bounds a group, so that the first of it does not wait for ever more to join.
const GROUP: usize = 256;
/// The log is folded back at about 4 MB; when readers kept that from happening, at this size it is
/// folded whatever they are doing.
const LOG_LIMIT: u64 = 64 * 1024 * 1024;

struct Job {
    operation: Operation,
    body: Bytes,
    reply: oneshot::Sender<Answer>,
}

#[derive(Debug)]
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Opens the file for writing and starts the thread, which takes the directory's lock along.
    pub(super) fn start(directory: Directory, durability: Arc<Durability>) -> Result<Self, Source> {
        let storage = readers::open(&directory.file())?;
        let (jobs, queue) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("folio-writer".to_owned())
            .spawn(move || {
                Work {
                    storage,
                    log: None,
                    directory,
                    durability,
                    group: 0,
                }
                .run(&queue);
            })?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(super) fn submit(&self, operation: Operation, body: Bytes) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            operation,
            body,
            reply,
        };
        if let Some(jobs) = &*lock(&self.jobs) {
            // A thread that is gone drops the job, and the caller learns that the store is closed.
            let _ = jobs.send(job);
        }
        answer
    }

    /// Lets the thread finish what is queued and waits for it.
    pub(super) fn stop(&self) {
        lock(&self.jobs).take();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the storage writer ended in a panic");
        }
    }

    pub(super) async fn close(self: &Arc<Self>) {
        let writer = Arc::clone(self);
        let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's own state.
struct Work {
    storage: Storage,
    /// The log, once there is one.
    log: Option<File>,
    directory: Directory,
    durability: Arc<Durability>,
    group: u64,
}

impl Work {
    fn run(mut self, queue: &mpsc::Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            let mut jobs = VecDeque::from([first]);
            while jobs.len() < GROUP
                && let Ok(job) = queue.try_recv()
            {
                jobs.push_back(job);
            }
            self.carry_out(jobs);
        }
        self.finish();
    }

    fn carry_out(&mut self, jobs: VecDeque<Job>) {
        if let Err(lost) = self.durability.check() {
            for job in jobs {
                let _ = job.reply.send(Answer::failed(&lost.0));
            }
            return;
        }
        self.group += 1;
        self.durability.announce(self.group);
        let answers: Vec<_> = jobs
            .into_iter()
            .map(|job| (self.answer(job.operation, &job.body), job.reply))
            .collect();
        let synced = self.sync();
        match &synced {
            Ok(()) => self.durability.confirm(self.group),
            Err(lost) => {
                tracing::error!(error = %lost, "writes are refused until the process is restarted");
                self.durability.give_up(lost.clone());
            }
        }
        for (answer, reply) in answers {
            let answer = match &synced {
                Ok(()) => answer,
                Err(lost) => Answer::failed(&lost.0),
            };
            // Whoever asked may have gone; the write stands all the same.
            let _ = reply.send(answer);
        }
        self.bound_log();
    }

    fn answer(&mut self, operation: Operation, body: &[u8]) -> Answer {
        let storage = &self.storage;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            engine::answer(storage, operation, body)
        }));
        match outcome {
            Ok(answer) => answer,
            Err(_) => self.replace_handle(),
        }
    }

    /// A handle that a panic went through may be in the middle of a transaction. Dropping it rolls
    /// that back; earlier requests of the group are committed and stay.
    fn replace_handle(&mut self) -> Answer {
        tracing::error!("the storage engine panicked while writing; its handle is replaced");
        match readers::open(&self.directory.file()) {
            Ok(storage) => self.storage = storage,
            Err(why) => self.durability.give_up(Lost(why)),
        }
        Answer::failed("the engine panicked")
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

    fn finish(self) {
        self.fold_log();
    }
}
