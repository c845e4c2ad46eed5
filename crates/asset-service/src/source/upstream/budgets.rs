//! How many calls a source still takes: in a minute, a UTC day, a UTC month.
//!
//! All are counted in the table, shared by all processes and outliving them: day and month in blocks
//! ([`period`]), a minute call by call ([`minute`]). Only a minute that allows many calls is counted
//! by each process for itself.
//!
//! | Purpose | Of a minute | Of a day or a month |
//! |---|---|---|
//! | somebody waits for a known symbol | everything | everything |
//! | somebody waits for a new one, or searches | the first three quarters | a quarter, apart |
//! | work behind the scenes | the first half | the first half, as much of it as time has passed |
//!
//! Invariant: a call is counted before it is made, so no limit is ever exceeded, whatever crashes.

mod minute;
mod period;

use std::error::Error;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use self::minute::Minute;
use self::period::PeriodBudget;
use super::super::{Purpose, SourceError};
use super::{CallBook, UpstreamConfig, unavailable};
use crate::store::budgets::Period;

/// A table that is slower than this is passed over.
const TABLE_LIMIT: Duration = Duration::from_millis(300);
/// And not asked again for so long.
const TABLE_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// How old what others have spent may be in a status.
const HEARD_FOR: SignedDuration = SignedDuration::from_secs(1);

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
    day: PeriodBudget,
    month: PeriodBudget,
}

impl Budgets {
    pub(super) fn new(source: &'static str, config: &UpstreamConfig, book: &CallBook) -> Self {
        Self {
            book: book.clone(),
            minute: Minute::new(source, config.calls_per_minute),
            day: PeriodBudget::new(source, Period::Day, config.calls_per_day),
            month: PeriodBudget::new(source, Period::Month, config.calls_per_month),
        }
    }

    /// Takes `cost` calls from every budget, or from none. The minute comes last: what is taken of
    /// it is in the table at once, and the others can be given back.
    ///
    /// # Errors
    ///
    /// `Unavailable` when one of them has not as many left for this purpose, or cannot be counted.
    pub(super) async fn take(&self, purpose: Purpose, cost: u32) -> Result<(), SourceError> {
        self.month.take(&self.book, purpose, cost).await?;
        if let Err(error) = self.day.take(&self.book, purpose, cost).await {
            self.month.give_back(&self.book, purpose, cost).await;
            return Err(error);
        }
        if let Err(error) = self.minute.take(&self.book, purpose, cost).await {
            self.month.give_back(&self.book, purpose, cost).await;
            self.day.give_back(&self.book, purpose, cost).await;
            return Err(error);
        }
        Ok(())
    }

    pub(super) async fn state(&self) -> Vec<BudgetState> {
        let minute = self.minute.state(&self.book).await;
        let day = self.day.state(&self.book).await;
        let month = self.month.state(&self.book).await;
        [minute, day, month].into_iter().flatten().collect()
    }
}

fn spent(window: &str) -> SourceError {
    unavailable(format!("its calls of this {window} are spent"))
}

/// The way to the table: while it does not answer, no call that it would have to count goes out.
#[derive(Debug, Default)]
struct Counter {
    silent_until: Option<Timestamp>,
}

impl Counter {
    fn check(&self, now: Timestamp) -> Result<(), SourceError> {
        match self.silent_until {
            Some(until) if now < until => Err(uncounted()),
            _ => Ok(()),
        }
    }

    fn has_failed(&mut self, now: Timestamp) -> SourceError {
        self.silent_until = now.saturating_add(TABLE_PAUSE).ok();
        uncounted()
    }
}

/// When the table was last asked what all processes have spent, and whether it told.
#[derive(Debug, Default)]
struct Hearing {
    at: Option<Timestamp>,
    is_told: bool,
}

impl Hearing {
    fn is_due(&self, now: Timestamp) -> bool {
        self.at.is_none_or(|at| now.duration_since(at) >= HEARD_FOR)
    }

    fn has_heard(&mut self, now: Timestamp, is_told: bool) {
        self.at = Some(now);
        self.is_told = is_told;
    }
}

fn uncounted() -> SourceError {
    unavailable("its calls cannot be counted")
}

/// What the table answers, if it does in time.
async fn answered<T, E: Error + 'static>(
    source: &str,
    question: impl Future<Output = Result<T, E>>,
) -> Option<T> {
    match timeout(TABLE_LIMIT, question).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            let error = &error as &(dyn Error + 'static);
            tracing::warn!(error, source, "calls cannot be counted");
            None
        }
        Err(_) => {
            tracing::warn!(source, "calls cannot be counted: the table is too slow");
            None
        }
    }
}
