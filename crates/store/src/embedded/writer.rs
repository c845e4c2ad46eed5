//! The one thread that writes, and the queue to it.
//!
//! The thread takes whatever has queued up as one group: under load the cost of a sync is shared
//! by everyone who waited for the one before. What a group does is in `group`.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::directory::Directory;
use super::durability::Durability;
use super::engine::Operation;
use super::group::Groups;
use super::handle::{self, Purpose};
use super::plan::Plan;
use super::refusal::Answer;
use crate::error::Source;

/// Bounds a group, so that the first of it does not wait for ever more to join.
const GROUP: usize = 256;

/// One request and who waits for its answer.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) reply: oneshot::Sender<Done>,
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) operation: Operation,
    pub(super) body: Bytes,
    /// What the request does to rows, if it is one of the usual ones.
    pub(super) plan: Option<Plan>,
}

/// An answer, and the task it answers: freed where it was made, it spares the one thread that
/// writes the work and the allocator a quarrel between threads.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) answer: Answer,
    pub(super) _task: Task,
}

impl Job {
    pub(super) fn answer(self, answer: Answer) {
        // Whoever asked may have gone; what was written stands all the same.
        let _ = self.reply.send(Done {
            answer,
            _task: self.task,
        });
    }
}

#[derive(Debug)]
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Opens the file for writing and starts the thread, which takes the directory's lock along.
    pub(super) fn start(directory: Directory, durability: Arc<Durability>) -> Result<Self, Source> {
        let storage = handle::open(&directory.file(), Purpose::Write)?;
        let (jobs, queue) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("folio-writer".to_owned())
            .spawn(move || {
                run(Groups::new(storage, directory, durability), &queue);
            })?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(super) fn submit(&self, operation: Operation, body: Bytes) -> oneshot::Receiver<Done> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            task: Task {
                operation,
                plan: Plan::of(operation, &body),
                body,
            },
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

fn run(mut groups: Groups, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut jobs = vec![first];
        while jobs.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
        groups.carry_out(jobs);
    }
    groups.finish();
}
