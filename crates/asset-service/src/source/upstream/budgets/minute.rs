//! The calls of the last sixty seconds, each of which comes back a minute after it was taken: unlike
//! a bucket that fills evenly, this lets no more than the limit out in any sixty seconds.

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use store::WriteError;
use tokio::sync::Mutex;

use super::super::super::{Purpose, SourceError};
use super::super::CallBook;
use super::{BudgetState, Counter, Hearing, Window, answered, spent};
use crate::store::budgets::{self, RecentCalls, Taken};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Up to here, calls are few enough to be written down one by one, and so precious that neither a
/// restart nor a second process may spend them twice.
const MOST_SHARED: u32 = 60;
/// A call goes out when it has been written down, which takes less than this.
const WRITING: SignedDuration = SignedDuration::from_secs(1);

#[derive(Debug)]
pub(super) struct Minute {
    source: &'static str,
    /// Zero is no limit.
    limit: u32,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    calls: RecentCalls,
    /// Of the stored item; nothing when it must be read first.
    stored: Option<Stored>,
    counter: Counter,
    hearing: Hearing,
}

#[derive(Debug, Clone, Copy)]
enum Stored {
    Nowhere,
    At(u64),
}

impl Minute {
    pub(super) fn new(source: &'static str, limit: u32) -> Self {
        Self {
            source,
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
        known.calls.forget_until(now);
        self.allow(&known.calls, purpose, cost)?;
        if !self.is_shared() {
            known.calls.add(now, cost);
            return Ok(());
        }
        known.counter.check(now)?;
        let written = self.write_down(book, &mut known, now, (purpose, cost));
        let Some(allowed) = answered(self.source, written).await else {
            return Err(known.counter.has_failed(now));
        };
        allowed
    }

    pub(super) async fn state(&self, book: &CallBook) -> Option<BudgetState> {
        if self.limit == 0 {
            return None;
        }
        let mut known = self.known.lock().await;
        let now = book.clock.now();
        if self.is_shared() && known.hearing.is_due(now) {
            let read = answered(self.source, self.read(book, &mut known)).await;
            known.hearing.has_heard(now, read.is_some());
        }
        let is_told = !self.is_shared() || known.hearing.is_told;
        known.calls.forget_until(now);
        let left = self.limit.saturating_sub(known.calls.total());
        Some(BudgetState {
            window: Window::Minute,
            limit: self.limit,
            left: is_told.then_some(left),
            resets_at: known.calls.taken.front().map(Taken::back_at),
        })
    }

    fn is_shared(&self) -> bool {
        self.limit <= MOST_SHARED
    }

    fn allow(&self, calls: &RecentCalls, purpose: Purpose, cost: u32) -> Result<(), SourceError> {
        let allowance = match purpose {
            Purpose::Request => self.limit,
            Purpose::Discovery => self.limit - self.limit / 4,
            Purpose::Background => self.limit / 2,
        };
        if calls.total().saturating_add(cost) <= allowance {
            Ok(())
        } else {
            Err(spent("minute"))
        }
    }

    /// Adds the calls to those in the table, again while others are faster. What was read before is
    /// tried first, so that whoever calls alone only writes.
    async fn write_down(
        &self,
        book: &CallBook,
        known: &mut Known,
        now: Timestamp,
        (purpose, cost): (Purpose, u32),
    ) -> Result<Result<(), SourceError>, WriteError> {
        loop {
            let stored = match known.stored {
                Some(stored) => stored,
                None => self.read(book, known).await?,
            };
            known.calls.forget_until(now);
            if let Err(error) = self.allow(&known.calls, purpose, cost) {
                return Ok(Err(error));
            }
            let mut calls = known.calls.clone();
            calls.add(sent_by(now), cost);
            let version = match stored {
                Stored::Nowhere => None,
                Stored::At(version) => Some(version),
            };
            known.stored = None;
            match budgets::write_recent(&book.table, self.source, version, &calls, now).await {
                Ok(()) => {
                    known.calls = calls;
                    known.stored = Some(Stored::At(version.map_or(1, |version| version + 1)));
                    return Ok(Ok(()));
                }
                Err(WriteError::ConditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn read(&self, book: &CallBook, known: &mut Known) -> Result<Stored, store::StoreError> {
        let read = budgets::load_recent(&book.table, self.source).await?;
        let stored = read
            .as_ref()
            .map_or(Stored::Nowhere, |item| Stored::At(item.version));
        known.calls = read.map(|item| item.value).unwrap_or_default();
        known.stored = Some(stored);
        Ok(stored)
    }
}

fn sent_by(now: Timestamp) -> Timestamp {
    now.saturating_add(WRITING).unwrap_or(Timestamp::MAX)
}

impl RecentCalls {
    fn forget_until(&mut self, now: Timestamp) {
        while self
            .taken
            .front()
            .is_some_and(|taken| taken.back_at() <= now)
        {
            self.taken.pop_front();
        }
    }

    /// Those of one second are one entry, as of its end, so that there are few.
    fn add(&mut self, now: Timestamp, calls: u32) {
        let second = TimestampRound::new()
            .smallest(Unit::Second)
            .mode(RoundMode::Ceil);
        let at = now.round(second).unwrap_or(now);
        match self.taken.back_mut() {
            Some(last) if last.at >= at => last.calls = last.calls.saturating_add(calls),
            _ => self.taken.push_back(Taken { at, calls }),
        }
    }

    fn total(&self) -> u32 {
        let calls = self.taken.iter().map(|taken| taken.calls);
        calls.fold(0, u32::saturating_add)
    }
}

impl Taken {
    fn back_at(&self) -> Timestamp {
        self.at.saturating_add(MINUTE).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        let start: Timestamp = "2026-03-10T15:00:00Z".parse().unwrap();
        start + SignedDuration::from_millis(milliseconds)
    }

    #[test]
    fn no_sixty_seconds_hold_more_than_the_limit() {
        let minute = Minute::new("test", 3);
        let (mut calls, mut made) = (RecentCalls::default(), Vec::new());
        for moment in (0..300_000).step_by(700) {
            let now = at(moment);
            calls.forget_until(now);
            if minute.allow(&calls, Purpose::Request, 1).is_ok() {
                calls.add(sent_by(now), 1);
                // Some are written down at once, and some only just in time.
                made.push(moment + if made.len() % 3 == 0 { 999 } else { 0 });
            }
        }
        made.sort_unstable();
        assert!(made.len() >= 14, "{made:?}");
        assert!(made.windows(4).all(|calls| calls[3] - calls[0] >= 60_000));
    }

    #[test]
    fn who_waits_for_what_is_known_goes_first_and_work_behind_the_scenes_last() {
        let minute = Minute::new("test", 8);
        let mut calls = RecentCalls::default();
        let mut made = Vec::new();
        for purpose in [Purpose::Background, Purpose::Discovery, Purpose::Request] {
            while minute.allow(&calls, purpose, 1).is_ok() {
                calls.add(at(0), 1);
            }
            made.push(calls.total());
        }
        assert_eq!(made, [4, 6, 8]);
    }

    #[test]
    fn a_clock_that_is_ahead_does_not_bring_calls_back_early() {
        let mut calls = RecentCalls::default();
        calls.add(at(5_000), 1);
        calls.add(at(0), 1);
        calls.forget_until(at(60_000));
        assert_eq!(calls.total(), 2);
        calls.forget_until(at(65_000));
        assert_eq!(calls.total(), 0);
    }
}
