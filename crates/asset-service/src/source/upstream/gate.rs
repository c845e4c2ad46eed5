use std::sync::{Mutex, PoisonError};

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

use super::super::SourceError;
use super::unavailable;

const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// Closed after a 429, for as long as the source asks or, if it does not say, for a pause that
/// doubles each time. While it is closed no request goes out.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    closed_until: Option<Timestamp>,
    refusals_in_a_row: u32,
}

impl Gate {
    /// # Errors
    ///
    /// `Unavailable` while closed.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), SourceError> {
        match self.state().closed_until {
            Some(until) if now < until => {
                Err(unavailable(format!("it asked for a pause until {until}")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn close(&self, source: &'static str, now: Timestamp, retry_after: Option<&str>) {
        let mut state = self.state();
        // The rest of a batch that was under way counts as the same refusal.
        if state.closed_until.is_some_and(|until| now < until) {
            return;
        }
        let doublings = state.refusals_in_a_row.min(10);
        let own = FIRST_PAUSE
            .checked_mul(1 << doublings)
            .unwrap_or(LONGEST_PAUSE);
        let pause = retry_after
            .and_then(|text| asked_for(text, now))
            .unwrap_or(own)
            .clamp(SignedDuration::from_secs(1), LONGEST_PAUSE);
        state.refusals_in_a_row = state.refusals_in_a_row.saturating_add(1);
        state.closed_until = now.saturating_add(pause).ok();
        tracing::warn!(source, ?pause, "the source asks for fewer requests");
    }

    pub(super) fn open(&self) {
        let mut state = self.state();
        if state.closed_until.is_none() {
            return;
        }
        *state = State::default();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-10T15:00:00Z".parse().unwrap()
    }

    fn seconds_closed(gate: &Gate) -> i64 {
        let until = gate.state().closed_until.unwrap();
        until.duration_since(now()).as_secs()
    }

    #[test]
    fn the_source_says_how_long_to_wait() {
        for (text, seconds) in [
            ("120", 120),
            ("Tue, 10 Mar 2026 15:01:00 GMT", 60),
            ("0", 1),
            ("999999999", 1_800),
            ("Tue, 10 Mar 2020 15:01:00 GMT", 1),
        ] {
            let gate = Gate::default();
            gate.close("test", now(), Some(text));
            assert_eq!(seconds_closed(&gate), seconds, "{text}");
        }
    }

    #[test]
    fn without_a_word_the_pause_doubles_and_a_success_forgets_it() {
        let gate = Gate::default();
        gate.close("test", now(), None);
        gate.close("test", now(), None);
        assert_eq!(seconds_closed(&gate), 30);
        let later = now() + SignedDuration::from_secs(30);
        assert!(gate.check(later).is_ok());
        gate.close("test", later, Some("soon"));
        assert_eq!(seconds_closed(&gate), 90);
        gate.open();
        assert!(gate.check(now()).is_ok());
    }
}
