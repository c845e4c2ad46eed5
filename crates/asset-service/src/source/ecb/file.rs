//! One file of the bank: fetched once for everybody who waits for it, and kept for a while.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::upstream::{Call, Upstream, unavailable};
use super::super::{Ask, SourceError};
use super::table::{self, Table};

#[derive(Debug)]
pub(super) struct File {
    name: &'static str,
    kept_for: SignedDuration,
    timeout: Option<Duration>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    table: Option<(Timestamp, Arc<Table>)>,
    failed: Option<(Instant, SourceError)>,
}

impl File {
    pub(super) fn new(name: &'static str, minutes: i64, timeout: Option<Duration>) -> Self {
        Self {
            name,
            kept_for: SignedDuration::from_mins(minutes),
            timeout,
            known: Mutex::default(),
        }
    }

    /// In a task of its own, which goes on when nobody waits any more.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    pub(super) async fn table(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        ask: Ask,
    ) -> Result<Arc<Table>, SourceError> {
        let (file, upstream) = (Arc::clone(self), Arc::clone(upstream));
        let task = tokio::spawn(async move { file.kept(&upstream, ask).await });
        let lost = |_| Err(unavailable("its file was lost on the way"));
        task.await.unwrap_or_else(lost)
    }

    /// The lock is held while the file is on its way, so that whoever comes meanwhile shares it, or
    /// its failure.
    async fn kept(&self, upstream: &Upstream, ask: Ask) -> Result<Arc<Table>, SourceError> {
        let came = Instant::now();
        let mut known = self.known.lock().await;
        if let Some((since, table)) = &known.table
            && ask.now.duration_since(*since) < self.kept_for
        {
            return Ok(Arc::clone(table));
        }
        if let Some((at, error)) = &known.failed
            && came <= *at
        {
            return Err(error.clone());
        }
        match self.fetched(upstream, ask).await {
            Ok(table) => {
                let table = Arc::new(table);
                known.table = Some((ask.now, Arc::clone(&table)));
                Ok(table)
            }
            Err(error) => {
                known.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn fetched(&self, upstream: &Upstream, ask: Ask) -> Result<Table, SourceError> {
        let path = ["stats", "eurofxref", self.name];
        let call = Call {
            timeout: self.timeout,
            ..Call::new(&path, &[])
        };
        upstream.get(ask, &call).await?.read(table::read)
    }
}
