//! How calls to one source went, and whether the next may go out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode, header};
use service_kit::Clock;
use tokio::time::Instant;

use super::super::SourceError;
use super::breaker::{Breaker, Era, Phase};
use super::{UpstreamConfig, unavailable};

/// A call nobody waits for any more after so long has taken too long; before, it says nothing.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(250);

/// How a call can fail. The words are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Timeout,
    /// No connection came about.
    Connect,
    /// The connection broke.
    Broken,
    ServerError,
    TooManyRequests,
    Unreadable,
    /// Neither a 200 nor what the client of the source understands.
    UnexpectedStatus,
}

impl Failure {
    pub fn word(self) -> &'static str {
        match self {
            Self::Timeout => "TIMEOUT",
            Self::Connect | Self::Broken => "CONNECTION",
            Self::ServerError => "HTTP_5XX",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::Unreadable => "UNREADABLE",
            Self::UnexpectedStatus => "UNEXPECTED_STATUS",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Timeout => "it took too long",
            Self::Connect => "it cannot be reached",
            Self::Broken => "the connection broke",
            Self::ServerError => "it had an error",
            Self::TooManyRequests => "it asks for fewer requests",
            Self::Unreadable => "its answer cannot be read",
            Self::UnexpectedStatus => "it answered something else",
        }
    }
}

/// A failure, and the pause that came with it.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) failure: Failure,
    pub(super) retry_after: Option<SignedDuration>,
}

impl Trouble {
    pub(super) fn of(response: &Response, now: Timestamp) -> Option<Self> {
        let failure = match response.status() {
            StatusCode::TOO_MANY_REQUESTS => Failure::TooManyRequests,
            status if status.is_server_error() => Failure::ServerError,
            _ => return None,
        };
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        Some(Self {
            failure,
            retry_after: retry_after.and_then(|text| asked_for(text, now)),
        })
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            retry_after: None,
        }
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        let failure = if error.is_connect() {
            Failure::Connect
        } else if error.is_timeout() {
            Failure::Timeout
        } else {
            Failure::Broken
        };
        let why = failure.text();
        let error = &error.without_url() as &(dyn std::error::Error + 'static);
        tracing::debug!(error, why);
        failure.into()
    }
}

/// `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3).
fn asked_for(text: &str, now: Timestamp) -> Option<SignedDuration> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let until = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(until.duration_since(now))
}

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

    pub(super) fn failed(self, trouble: &Trouble) -> SourceError {
        if self.settles() {
            let (era, asked) = (self.era, trouble.retry_after);
            let asks_for_a_pause = asked.is_some() || trouble.failure == Failure::TooManyRequests;
            self.health.record(trouble.failure, |breaker, now| {
                if asks_for_a_pause {
                    breaker.paused(now, asked);
                } else {
                    breaker.failed(era, now);
                }
            });
        }
        unavailable(trouble.failure.text())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        let now = "2026-03-10T15:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            ("Tue, 10 Mar 2026 15:01:00 GMT", Some(60)),
            ("Tue, 10 Mar 2026 14:59:00 GMT", Some(-60)),
            ("soon", None),
            ("-5", None),
        ] {
            let asked = asked_for(text, now).map(|asked| asked.as_secs());
            assert_eq!(asked, seconds, "{text}");
        }
    }
}
