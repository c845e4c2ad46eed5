//! A budget that several processes spend and that outlives them.
//!
//! A process takes calls out of the table in blocks of a fiftieth of the limit and spends those
//! without asking again. What it has not spent when it ends is lost, which errs on the safe side.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::WriteError;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::super::super::{Purpose, SourceError};
use super::super::{CallBook, unavailable};
use super::{BudgetState, Window, allowance, spent};
use crate::store::budgets::{self, CallsTaken, Period};

/// Blocks in a budget: a crash wastes one at most.
const BLOCKS: u32 = 50;
/// A table that is slower than this is passed over.
const TABLE_LIMIT: Duration = Duration::from_millis(300);
/// And not asked again for so long.
const TABLE_PAUSE: SignedDuration = SignedDuration::from_secs(1);

#[derive(Debug)]
pub(super) struct Shared {
    source: &'static str,
    period: Period,
    /// Zero is no limit.
    limit: u32,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The day or month all this is about.
    period: String,
    /// How many calls all processes have taken out, as far as the table has said.
    taken: Option<u32>,
    /// How many of those this process may still spend.
    block: u32,
    /// The table did not answer; until then it is not asked.
    silent_until: Option<Timestamp>,
}

impl Known {
    /// What is used up, seen from here: the blocks of others count as spent.
    fn used(&self) -> u32 {
        self.taken.unwrap_or(0).saturating_sub(self.block)
    }
}

impl Shared {
    pub(super) fn new(source: &'static str, period: Period, limit: u32) -> Self {
        Self {
            source,
            period,
            limit,
            known: Mutex::default(),
        }
    }

    pub(super) async fn take(
        &self,
        book: &CallBook,
        purpose: Purpose,
        cost: u32,
    ) -> Result<(), SourceError> {
        if self.limit == 0 {
            return Ok(());
        }
        let now = book.clock.now();
        let mut known = self.known.lock().await;
        self.turn_page(&mut known, now);
        self.allow(&known, purpose, cost)?;
        if known.block < cost {
            self.reserve(book, now, &mut known, (purpose, cost)).await?;
        }
        known.block = known.block.saturating_sub(cost);
        Ok(())
    }

    /// For calls that were taken a moment ago and not made.
    pub(super) async fn give_back(&self, book: &CallBook, cost: u32) {
        let mut known = self.known.lock().await;
        if self.limit > 0 && known.period == self.period.name(book.clock.now()) {
            known.block = known.block.saturating_add(cost);
        }
    }

    pub(super) async fn state(&self, book: &CallBook) -> Option<BudgetState> {
        if self.limit == 0 {
            return None;
        }
        let now = book.clock.now();
        let mut known = self.known.lock().await;
        self.turn_page(&mut known, now);
        if known.taken.is_none() {
            let stored = budgets::load(&book.table, self.source, &known.period);
            if let Ok(Ok(stored)) = timeout(TABLE_LIMIT, stored).await {
                known.taken = Some(stored.map_or(0, |stored| stored.value.calls));
            }
        }
        let left = self.limit.saturating_sub(known.used());
        Some(BudgetState {
            window: match self.period {
                Period::Day => Window::Day,
                Period::Month => Window::Month,
            },
            limit: self.limit,
            left: known.taken.map(|_| left),
            resets_at: Some(self.period.end(now)),
        })
    }

    /// What was taken in an earlier day or month counts no more, and cannot be spent any more.
    fn turn_page(&self, known: &mut Known, now: Timestamp) {
        let period = self.period.name(now);
        if known.period != period {
            *known = Known {
                period,
                ..Known::default()
            };
        }
    }

    fn allow(&self, known: &Known, purpose: Purpose, cost: u32) -> Result<(), SourceError> {
        if known.used().saturating_add(cost) <= allowance(self.limit, purpose) {
            Ok(())
        } else {
            Err(self.is_spent())
        }
    }

    fn is_spent(&self) -> SourceError {
        spent(match self.period {
            Period::Day => "day",
            Period::Month => "month",
        })
    }

    /// Gets a block, unless the table does not answer or the budget turns out to be spent.
    async fn reserve(
        &self,
        book: &CallBook,
        now: Timestamp,
        known: &mut Known,
        wanted: (Purpose, u32),
    ) -> Result<(), SourceError> {
        let uncounted = || unavailable("its calls cannot be counted");
        if known.silent_until.is_some_and(|until| now < until) {
            return Err(uncounted());
        }
        let reserved = timeout(TABLE_LIMIT, self.take_out(book, now, known, wanted)).await;
        match reserved {
            Ok(Ok(allowed)) => allowed,
            Ok(Err(error)) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, source = self.source, "calls cannot be counted");
                known.silent_until = now.saturating_add(TABLE_PAUSE).ok();
                Err(uncounted())
            }
            Err(_) => {
                tracing::warn!(source = self.source, "counting calls took too long");
                known.silent_until = now.saturating_add(TABLE_PAUSE).ok();
                Err(uncounted())
            }
        }
    }

    /// Reads the counter and raises it by a block, again while others are faster.
    async fn take_out(
        &self,
        book: &CallBook,
        now: Timestamp,
        known: &mut Known,
        (purpose, cost): (Purpose, u32),
    ) -> Result<Result<(), SourceError>, WriteError> {
        loop {
            let stored = budgets::load(&book.table, self.source, &known.period).await?;
            let taken = stored.as_ref().map_or(0, |stored| stored.value.calls);
            known.taken = Some(taken);
            if let Err(error) = self.allow(known, purpose, cost) {
                return Ok(Err(error));
            }
            let missing = cost.saturating_sub(known.block);
            let block = self.limit.div_ceil(BLOCKS).max(missing);
            let block = block.min(self.limit.saturating_sub(taken));
            if block < missing {
                return Ok(Err(self.is_spent()));
            }
            let calls = taken.saturating_add(block);
            let (source, end) = (self.source, self.period.end(now));
            let raised = CallsTaken { calls };
            let advance = budgets::advance(
                &book.table,
                source,
                &known.period,
                stored.as_ref(),
                raised,
                end,
            );
            match advance.await {
                Ok(()) => {
                    known.taken = Some(calls);
                    known.block = known.block.saturating_add(block);
                    return Ok(Ok(()));
                }
                Err(WriteError::ConditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
