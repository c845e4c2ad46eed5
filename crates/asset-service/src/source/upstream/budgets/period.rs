//! A budget that several processes spend and that outlives them.
//!
//! A process takes calls out of the table in blocks of a fiftieth of the limit and spends those
//! without asking again. What it has not spent when it ends is lost, which errs on the safe side.
//! Discoveries are counted twice: among all calls, and apart with blocks of their own.

use jiff::Timestamp;
use store::WriteError;
use tokio::sync::Mutex;

use super::super::super::{Purpose, SourceError};
use super::super::CallBook;
use super::{BudgetState, Counter, Hearing, Window, answered, spent};
use crate::store::budgets::{self, CallsTaken, Period};

/// Blocks in a budget: a crash wastes one at most, and one of discoveries.
const BLOCKS: u32 = 50;

#[derive(Debug)]
pub(super) struct PeriodBudget {
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
    taken: Option<CallsTaken>,
    /// How many of those this process may still spend.
    block: u32,
    /// The same of discoveries.
    discovery_block: u32,
    counter: Counter,
    hearing: Hearing,
}

impl Known {
    /// What is used up, seen from here: the blocks of others count as spent.
    fn used(&self) -> u32 {
        let taken = self.taken.unwrap_or_default().calls;
        taken.saturating_sub(self.block.saturating_add(self.discovery_block))
    }

    fn discoveries(&self) -> u32 {
        let taken = self.taken.unwrap_or_default().discoveries;
        taken.saturating_sub(self.discovery_block)
    }

    fn block_for(&mut self, purpose: Purpose) -> &mut u32 {
        match purpose {
            Purpose::Request | Purpose::Background => &mut self.block,
            Purpose::Discovery => &mut self.discovery_block,
        }
    }
}

impl PeriodBudget {
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
        let mut known = self.known.lock().await;
        let now = book.clock.now();
        self.turn_page(&mut known, now);
        self.allow(&known, now, purpose, cost)?;
        if *known.block_for(purpose) < cost {
            known.counter.check(now)?;
            let reserved = self.reserve(book, now, &mut known, (purpose, cost));
            match answered(self.source, reserved).await {
                Some(allowed) => allowed?,
                None => return Err(known.counter.has_failed(now)),
            }
        }
        let block = known.block_for(purpose);
        *block = block.saturating_sub(cost);
        Ok(())
    }

    /// For calls that were taken a moment ago and not made.
    pub(super) async fn give_back(&self, book: &CallBook, purpose: Purpose, cost: u32) {
        let mut known = self.known.lock().await;
        if self.limit > 0 && known.period == self.period.name(book.clock.now()) {
            let block = known.block_for(purpose);
            *block = block.saturating_add(cost);
        }
    }

    pub(super) async fn state(&self, book: &CallBook) -> Option<BudgetState> {
        if self.limit == 0 {
            return None;
        }
        let now = book.clock.now();
        let mut known = self.known.lock().await;
        self.turn_page(&mut known, now);
        if known.hearing.is_due(now) {
            let stored = budgets::load(&book.table, self.source, &known.period);
            let stored = answered(self.source, stored).await;
            known.hearing.has_heard(now, stored.is_some());
            if let Some(stored) = stored {
                known.taken = Some(stored.map_or_else(CallsTaken::default, |s| s.value));
            }
        }
        let left = self.limit.saturating_sub(known.used());
        Some(BudgetState {
            window: match self.period {
                Period::Day => Window::Day,
                Period::Month => Window::Month,
            },
            limit: self.limit,
            left: known.hearing.is_told.then_some(left),
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

    fn allow(
        &self,
        known: &Known,
        now: Timestamp,
        purpose: Purpose,
        cost: u32,
    ) -> Result<(), SourceError> {
        let used = known.used().saturating_add(cost);
        let is_allowed = match purpose {
            Purpose::Request => used <= self.limit,
            Purpose::Discovery => {
                let discoveries = known.discoveries().saturating_add(cost);
                used <= self.limit && discoveries <= self.of_discoveries()
            }
            Purpose::Background => used <= self.period.part_passed(now, self.limit / 2),
        };
        if is_allowed {
            Ok(())
        } else {
            Err(self.is_spent())
        }
    }

    /// How many calls may be discoveries.
    fn of_discoveries(&self) -> u32 {
        (self.limit / 4).max(1)
    }

    fn is_spent(&self) -> SourceError {
        spent(match self.period {
            Period::Day => "day",
            Period::Month => "month",
        })
    }

    /// Reads the counter and raises it by a block, again while others are faster; unless the budget
    /// turns out to be spent.
    async fn reserve(
        &self,
        book: &CallBook,
        now: Timestamp,
        known: &mut Known,
        (purpose, cost): (Purpose, u32),
    ) -> Result<Result<(), SourceError>, WriteError> {
        loop {
            let stored = budgets::load(&book.table, self.source, &known.period).await?;
            let taken = stored
                .as_ref()
                .map_or_else(CallsTaken::default, |stored| stored.value);
            known.taken = Some(taken);
            if let Err(error) = self.allow(known, now, purpose, cost) {
                return Ok(Err(error));
            }
            let left = self.limit.saturating_sub(taken.calls);
            let (budget, left) = match purpose {
                Purpose::Request | Purpose::Background => (self.limit, left),
                Purpose::Discovery => {
                    let budget = self.of_discoveries();
                    (budget, left.min(budget.saturating_sub(taken.discoveries)))
                }
            };
            let missing = cost.saturating_sub(*known.block_for(purpose));
            let block = budget.div_ceil(BLOCKS).max(missing).min(left);
            if block < missing {
                return Ok(Err(self.is_spent()));
            }
            let raised = taken.raised(block, purpose == Purpose::Discovery);
            let lapses = self.period.end(now);
            let before = stored.as_ref();
            let (source, period) = (self.source, known.period.as_str());
            match budgets::advance(&book.table, source, period, before, raised, lapses).await {
                Ok(()) => {
                    known.taken = Some(raised);
                    let held = known.block_for(purpose);
                    *held = held.saturating_add(block);
                    return Ok(Ok(()));
                }
                Err(WriteError::ConditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
