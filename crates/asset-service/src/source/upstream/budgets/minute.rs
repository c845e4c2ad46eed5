use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::super::super::{Purpose, SourceError};
use super::{BudgetState, Window, allowance, spent};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A bucket of calls, each of which comes back a minute after it was taken: unlike one that fills
/// evenly, it lets no more than the limit out in any sixty seconds.
#[derive(Debug)]
pub(super) struct Minute {
    /// Zero is no limit.
    limit: u32,
    /// When calls were taken, and how many; oldest first.
    taken: Mutex<VecDeque<(Timestamp, u32)>>,
}

impl Minute {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit,
            taken: Mutex::default(),
        }
    }

    pub(super) fn take(
        &self,
        now: Timestamp,
        purpose: Purpose,
        cost: u32,
    ) -> Result<(), SourceError> {
        if self.limit == 0 {
            return Ok(());
        }
        let mut taken = self.since_a_minute(now);
        let wanted = total(&taken).saturating_add(cost);
        if wanted > allowance(self.limit, purpose) {
            return Err(spent("minute"));
        }
        taken.push_back((now, cost));
        Ok(())
    }

    /// For calls that were taken a moment ago and not made.
    pub(super) fn give_back(&self, cost: u32) {
        let mut taken = self.lock();
        let last = taken.iter().rposition(|(_, taken)| *taken == cost);
        if let Some(last) = last {
            taken.remove(last);
        }
    }

    pub(super) fn state(&self, now: Timestamp) -> Option<BudgetState> {
        let taken = self.since_a_minute(now);
        (self.limit > 0).then(|| BudgetState {
            window: Window::Minute,
            limit: self.limit,
            left: Some(self.limit.saturating_sub(total(&taken))),
            resets_at: taken.front().map(|(taken, _)| back_at(*taken)),
        })
    }

    fn since_a_minute(&self, now: Timestamp) -> MutexGuard<'_, VecDeque<(Timestamp, u32)>> {
        let mut taken = self.lock();
        while taken.front().is_some_and(|(at, _)| back_at(*at) <= now) {
            taken.pop_front();
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Timestamp, u32)>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn total(taken: &VecDeque<(Timestamp, u32)>) -> u32 {
    let costs = taken.iter().map(|(_, cost)| *cost);
    costs.fold(0, u32::saturating_add)
}

fn back_at(taken: Timestamp) -> Timestamp {
    taken.saturating_add(MINUTE).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        let start: Timestamp = "2026-03-10T15:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn no_sixty_seconds_hold_more_than_the_limit() {
        let minute = Minute::new(3);
        let mut made: Vec<i64> = Vec::new();
        for second in 0..300 {
            if minute.take(at(second), Purpose::Request, 1).is_ok() {
                made.push(second);
            }
        }
        assert_eq!(made.len(), 15);
        assert!(made.windows(4).all(|calls| calls[3] - calls[0] >= 60));
    }

    #[test]
    fn work_behind_the_scenes_leaves_the_last_half() {
        let minute = Minute::new(4);
        for _ in 0..2 {
            assert!(minute.take(at(0), Purpose::Background, 1).is_ok());
        }
        assert!(minute.take(at(0), Purpose::Background, 1).is_err());
        assert!(minute.take(at(0), Purpose::Request, 2).is_ok());
        assert!(minute.take(at(0), Purpose::Request, 1).is_err());
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let minute = Minute::new(2);
        assert!(minute.take(at(0), Purpose::Request, 2).is_ok());
        minute.give_back(2);
        assert!(minute.take(at(1), Purpose::Request, 1).is_ok());
        let state = minute.state(at(2)).unwrap();
        assert_eq!((state.left, state.resets_at), (Some(1), Some(at(61))));
    }

    #[test]
    fn zero_is_no_limit() {
        let minute = Minute::new(0);
        assert!(minute.take(at(0), Purpose::Background, u32::MAX).is_ok());
        assert_eq!(minute.state(at(0)), None);
    }
}
