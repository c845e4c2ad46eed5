//! How many calls a source still takes: in a minute, a UTC day, a UTC month.
//!
//! The minute is counted in this process. Day and month are counted in the table, shared by all
//! processes and outliving them ([`shared`]). Work behind the scenes never takes the last half of
//! any of them, so that somebody who waits goes first.
//!
//! Invariant: a call is counted before it is made, so no limit is ever exceeded, whatever crashes.

mod minute;
mod shared;

use jiff::Timestamp;

use self::minute::Minute;
use self::shared::Shared;
use super::super::{Purpose, SourceError};
use super::{CallBook, UpstreamConfig, unavailable};
use crate::store::budgets::Period;

/// How long a budget lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Minute,
    Day,
    Month,
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetState {
    pub window: Window,
    pub limit: u32,
    /// Nothing while the table does not say.
    pub left: Option<u32>,
    /// When spent calls come back, if there are any.
    pub resets_at: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Budgets {
    book: CallBook,
    minute: Minute,
    day: Shared,
    month: Shared,
}

impl Budgets {
    pub(super) fn new(source: &'static str, config: &UpstreamConfig, book: &CallBook) -> Self {
        Self {
            book: book.clone(),
            minute: Minute::new(config.calls_per_minute),
            day: Shared::new(source, Period::Day, config.calls_per_day),
            month: Shared::new(source, Period::Month, config.calls_per_month),
        }
    }

    /// Takes `cost` calls from every budget, or from none.
    ///
    /// # Errors
    ///
    /// `Unavailable` when one of them has not as many left for this purpose, or cannot be counted.
    pub(super) async fn take(&self, purpose: Purpose, cost: u32) -> Result<(), SourceError> {
        let now = self.book.clock.now();
        self.minute.take(now, purpose, cost)?;
        if let Err(error) = self.month.take(&self.book, purpose, cost).await {
            self.minute.give_back(cost);
            return Err(error);
        }
        if let Err(error) = self.day.take(&self.book, purpose, cost).await {
            self.minute.give_back(cost);
            self.month.give_back(&self.book, cost).await;
            return Err(error);
        }
        Ok(())
    }

    pub(super) async fn state(&self) -> Vec<BudgetState> {
        let minute = self.minute.state(self.book.clock.now());
        let day = self.day.state(&self.book).await;
        let month = self.month.state(&self.book).await;
        [minute, day, month].into_iter().flatten().collect()
    }
}

/// How much of a limit may be used up for a purpose.
fn allowance(limit: u32, purpose: Purpose) -> u32 {
    match purpose {
        Purpose::Request => limit,
        Purpose::Background => limit / 2,
    }
}

fn spent(window: &str) -> SourceError {
    unavailable(format!("its calls of this {window} are spent"))
}
