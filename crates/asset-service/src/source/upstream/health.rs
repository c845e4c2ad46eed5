//! How calls to one source went, and whether the next may go out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_kit::Clock;
use tokio::time::Instant;

use super::super::SourceError;
use super::breaker::{Breaker, Era, Phase};
use super::failure::{Failed, Failure};
use super::{UpstreamConfig, unavailable};

/// A call nobody waits for any more after so long has taken too long; before, it says nothing.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(250);

/// Whether a source is asked at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    Open {
        until: Timestamp,
    },
    /// The next call, or the one that is out, decides.
    HalfOpen,
}

/// What is known of a source since the process began.
#[derive(Debug, Clone)]
pub struct HealthState {
    pub breaker: BreakerState,
    pub tally: Tally,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Requests sent, second tries included.
    pub calls: u64,
    /// Calls that failed, their second try included.
    pub failures: u64,
    pub last_success_at: Option<Timestamp>,
    pub last_failure: Option<(Timestamp, Failure)>,
}

#[derive(Debug)]
pub(super) struct Health {
    source: &'static str,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    breaker: Breaker,
    tally: Tally,
}

impl Health {
    pub(super) fn new(source: &'static str, config: &UpstreamConfig, clock: Clock) -> Self {
        let open_for = SignedDuration::from_millis(config.breaker_open_ms.into());
        let state = State {
            breaker: Breaker::new(open_for),
            tally: Tally::default(),
        };
        Self {
            source,
            clock,
            state: Mutex::new(state),
        }
    }

    /// # Errors
    ///
    /// `Unavailable` while it is left alone.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        let now = self.now();
        let admits = self.lock().breaker.admits(now);
        admits.then_some(()).ok_or_else(left_alone)
    }

    /// # Errors
    ///
    /// As for [`check`](Self::check).
    pub(super) fn begin(self: &Arc<Self>) -> Result<Attempt, SourceError> {
        let now = self.now();
        let mut state = self.lock();
        let era = state.breaker.begin(now).ok_or_else(left_alone)?;
        state.tally.calls += 1;
        Ok(Attempt {
            health: Arc::clone(self),
            era,
            is_probe: state.breaker.phase() == Phase::Probing,
            began: Instant::now(),
            is_answered: false,
            is_settled: AtomicBool::new(false),
        })
    }

    pub(super) fn count_call(&self) {
        self.lock().tally.calls += 1;
    }

    pub(super) fn pause(&self, asked: Option<SignedDuration>) {
        self.record(Failure::TooManyRequests, |breaker, now| {
            breaker.paused(now, asked);
        });
    }

    pub(super) fn state(&self) -> HealthState {
        let now = self.now();
        let state = self.lock();
        let breaker = match state.breaker.phase() {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { until } if now < until => BreakerState::Open { until },
            Phase::Open { .. } | Phase::Probing => BreakerState::HalfOpen,
        };
        HealthState {
            breaker,
            tally: state.tally,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn record(&self, failure: Failure, update: impl FnOnce(&mut Breaker, Timestamp)) {
        let now = self.now();
        let mut state = self.lock();
        state.tally.failures += 1;
        state.tally.last_failure = Some((now, failure));
        let before = state.breaker.phase();
        update(&mut state.breaker, now);
        let after = state.breaker.phase();
        drop(state);
        if let Phase::Open { until } = after
            && before != after
        {
            let (source, failure) = (self.source, failure.word());
            tracing::warn!(source, failure, %until, "the source is left alone");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn left_alone() -> SourceError {
    unavailable("it is left alone for a while")
}

/// One call under way. Whatever becomes of it is recorded once.
#[derive(Debug)]
pub(super) struct Attempt {
    health: Arc<Health>,
    era: Era,
    is_probe: bool,
    began: Instant,
    is_answered: bool,
    is_settled: AtomicBool,
}

impl Attempt {
    pub(super) fn is_probe(&self) -> bool {
        self.is_probe
    }

    /// It was never sent.
    pub(super) fn withdraw(self) {
        if self.settles() {
            let now = self.health.now();
            let mut state = self.health.lock();
            state.tally.calls = state.tally.calls.saturating_sub(1);
            state.breaker.withdrawn(self.era, now);
        }
    }

    pub(super) fn failed(self, failed: &Failed) -> SourceError {
        if self.settles() {
            let (era, asked) = (self.era, failed.retry_after);
            let asks_for_a_pause = asked.is_some() || failed.failure == Failure::TooManyRequests;
            self.health.record(failed.failure, |breaker, now| {
                if asks_for_a_pause {
                    breaker.paused(now, asked);
                } else {
                    breaker.failed(era, now);
                }
            });
        }
        unavailable(failed.failure.text())
    }

    /// Its answer is here, and a success unless somebody finds it of no use.
    pub(super) fn is_answered(&mut self) {
        self.is_answered = true;
    }

    pub(super) fn is_of_no_use(&self, failure: Failure) {
        if self.settles() {
            let era = self.era;
            self.health
                .record(failure, |breaker, now| breaker.failed(era, now));
        }
    }

    fn settles(&self) -> bool {
        !self.is_settled.swap(true, Ordering::Relaxed)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_answered && self.began.elapsed() >= GIVEN_UP_AFTER {
            self.is_of_no_use(Failure::Timeout);
        }
        if self.settles() {
            let now = self.health.now();
            let mut state = self.health.lock();
            if self.is_answered {
                state.breaker.succeeded(self.era);
                state.tally.last_success_at = Some(now);
            } else {
                state.breaker.withdrawn(self.era, now);
            }
        }
    }
}
