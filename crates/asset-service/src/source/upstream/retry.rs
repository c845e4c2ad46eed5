//! Whether a call is sent a second time, and after what pause.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::failure::{Failed, Failure};

const SHORTEST: Duration = Duration::from_millis(25);
/// A power of two, so that each length is as likely as the others.
const SPREAD_MS: u64 = 64;

/// Before a second try, if one may help and there is time for it to take as long as the first.
pub(super) fn pause(failed: &Failed, tried_for: Duration, timeout: Duration) -> Option<Duration> {
    let may_help = match failed.failure {
        Failure::Connect | Failure::ServerError => failed.retry_after.is_none(),
        Failure::Timeout
        | Failure::Broken
        | Failure::TooManyRequests
        | Failure::Unreadable
        | Failure::UnexpectedStatus => false,
    };
    let pause = SHORTEST + Duration::from_millis(RandomState::new().hash_one(0) % SPREAD_MS);
    let fits = tried_for.saturating_mul(2).saturating_add(pause) <= timeout;
    (may_help && fits).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failure: Failure, tried_for: u64) -> Option<Duration> {
        let timeout = Duration::from_millis(900);
        pause(&failure.into(), Duration::from_millis(tried_for), timeout)
    }

    #[test]
    fn only_a_closed_door_and_an_accident_are_worth_a_second_try() {
        assert!(after(Failure::Connect, 10).is_some());
        assert!(after(Failure::ServerError, 10).is_some());
        for failure in [
            Failure::Timeout,
            Failure::Broken,
            Failure::TooManyRequests,
            Failure::Unreadable,
            Failure::UnexpectedStatus,
        ] {
            assert_eq!(after(failure, 10), None, "{failure:?}");
        }
    }

    #[test]
    fn there_is_no_second_try_without_time_for_it() {
        assert_eq!(after(Failure::ServerError, 440), None);
    }

    #[test]
    fn who_names_a_time_is_not_asked_before() {
        let failed = Failed {
            failure: Failure::ServerError,
            retry_after: Some(jiff::SignedDuration::from_secs(1)),
        };
        assert_eq!(pause(&failed, Duration::ZERO, Duration::from_secs(9)), None);
    }

    #[test]
    fn pauses_differ() {
        let pauses: std::collections::BTreeSet<_> =
            (0..50).map(|_| after(Failure::Connect, 0)).collect();
        assert!(pauses.len() > 5);
    }
}
