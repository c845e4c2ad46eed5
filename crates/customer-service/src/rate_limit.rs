//! How often one e-mail address or one client may try to sign in or register.
//!
//! Counting happens before anything is looked up, so a limit says nothing about whether an
//! account exists. Keys are kept as hashes of fixed size, and those whose quota has refilled are
//! forgotten, so memory follows the rate of attempts and not their number.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use service_kit::{Clock, Error, Result};

use crate::config::{LimitConfig, RateLimit};
use crate::http::client_address::ClientAddress;

/// How many attempts pass between two clean-ups.
const SWEEP_EVERY: u32 = 1024;

#[derive(Debug)]
pub(crate) struct Limits {
    sign_in_per_email: Limiter,
    sign_in_per_address: Limiter,
    registration_per_address: Limiter,
}

#[derive(Debug)]
struct Limiter {
    quotas: RateLimiter<u64, DashMapStateStore<u64>, Wall, NoOpMiddleware<Duration>>,
    clock: Wall,
    hasher: RandomState,
    attempts: AtomicU32,
}

impl Limits {
    pub(crate) fn new(config: &LimitConfig, clock: &Clock) -> Self {
        Self {
            sign_in_per_email: Limiter::new(config.sign_in_per_email, clock),
            sign_in_per_address: Limiter::new(config.sign_in_per_address, clock),
            registration_per_address: Limiter::new(config.registration_per_address, clock),
        }
    }

    /// The client first: one that is refused does not use up what the address's owner has left.
    pub(crate) fn check_sign_in(&self, client: ClientAddress, email: &str) -> Result<()> {
        self.sign_in_per_address.check(client)?;
        self.sign_in_per_email.check(email)
    }

    pub(crate) fn check_registration(&self, client: ClientAddress) -> Result<()> {
        self.registration_per_address.check(client)
    }
}

impl Limiter {
    fn new(limit: RateLimit, clock: &Clock) -> Self {
        let quota = Quota::per_minute(limit.per_minute).allow_burst(limit.burst);
        let clock = Wall(clock.clone());
        Self {
            quotas: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()),
            clock,
            hasher: RandomState::new(),
            attempts: AtomicU32::new(0),
        }
    }

    /// Counts one attempt of `key`.
    ///
    /// # Errors
    ///
    /// `TooManyRequests` with the time to wait.
    fn check(&self, key: impl Hash) -> Result<()> {
        if self.attempts.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.quotas.retain_recent();
            self.quotas.shrink_to_fit();
        }
        let refused = match self.quotas.check_key(&self.hasher.hash_one(key)) {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        let wait = refused.wait_time_from(self.clock.now());
        Err(Error::TooManyRequests {
            retry_after_seconds: wait
                .as_millis()
                .div_ceil(1000)
                .try_into()
                .unwrap_or(u64::MAX),
        })
    }
}

/// The process's clock in the limiter's terms: the time since 1970.
#[derive(Debug, Clone)]
struct Wall(Clock);

impl GovernorClock for Wall {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let micros = self.0.now().as_microsecond();
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at_noon() -> Clock {
        Clock::manual("2026-03-10T12:00:00Z".parse().unwrap())
    }

    fn seconds_to_wait(limiter: &Limiter, key: &str) -> u64 {
        match limiter.check(key) {
            Err(Error::TooManyRequests {
                retry_after_seconds,
            }) => retry_after_seconds,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn after_the_burst_attempts_come_at_the_rate() {
        let clock = at_noon();
        let limiter = Limiter::new(RateLimit::new(3, 2), &clock);
        for _ in 0..3 {
            limiter.check("ada").unwrap();
        }
        assert_eq!(seconds_to_wait(&limiter, "ada"), 30);
        clock.advance(SignedDuration::from_secs(29));
        assert_eq!(seconds_to_wait(&limiter, "ada"), 1);
        clock.advance(SignedDuration::from_secs(1));
        limiter.check("ada").unwrap();
        assert_eq!(seconds_to_wait(&limiter, "ada"), 30);
    }

    #[test]
    fn one_key_does_not_spend_the_quota_of_another() {
        let limiter = Limiter::new(RateLimit::new(1, 1), &at_noon());
        limiter.check("ada").unwrap();
        assert!(limiter.check("ada").is_err());
        limiter.check("bob").unwrap();
    }

    #[test]
    fn keys_whose_quota_has_refilled_are_forgotten() {
        let clock = at_noon();
        let limiter = Limiter::new(RateLimit::new(1, 1), &clock);
        for key in 0..SWEEP_EVERY - 1 {
            limiter.check(key).unwrap();
        }
        assert_eq!(
            limiter.quotas.len(),
            usize::try_from(SWEEP_EVERY - 1).unwrap()
        );
        clock.advance(SignedDuration::from_mins(2));
        limiter.check("the sweeping one").unwrap();
        assert_eq!(limiter.quotas.len(), 1);
    }
}
