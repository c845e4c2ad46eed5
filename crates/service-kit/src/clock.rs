//! Time and identifiers, passed in rather than reached for.
//!
//! The only module that reads the system's clock and draws random ids; clippy
//! bans both everywhere else.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use uuid::{ContextV7, Uuid};

#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    /// Microseconds since the epoch.
    now: AtomicI64,
    /// What keeps ids of one instant in order.
    ids: Mutex<ContextV7>,
}

impl Clock {
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that moves only when told to. Clones move together.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Manual {
            now: AtomicI64::new(start.as_microsecond()),
            ids: Mutex::new(ContextV7::new()),
        })))
    }

    /// Moves a manual clock; the system's clock moves by itself.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Manual(manual) = &self.0 {
            let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            manual.now.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// Microseconds, so that what is stored and read back is the same instant.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            Source::System => Timestamp::now().as_microsecond(),
            Source::Manual(manual) => manual.now.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// A new id that sorts after those this process made before it.
    pub fn new_id(&self) -> Uuid {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that draws ids")]
            Source::System => Uuid::now_v7(),
            Source::Manual(manual) => {
                let now = self.now();
                let seconds = u64::try_from(now.as_second()).unwrap_or(0);
                let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
                let context = manual.ids.lock().unwrap_or_else(PoisonError::into_inner);
                Uuid::new_v7(uuid::Timestamp::from_unix(&*context, seconds, nanos))
            }
        }
    }

    /// The civil date in UTC.
    pub fn today(&self) -> Date {
        self.now().to_zoned(TimeZone::UTC).date()
    }

    /// The latest civil date anywhere on earth (UTC+14): no trade happens after it.
    pub fn latest_date(&self) -> Date {
        let line_islands = TimeZone::fixed(Offset::constant(14));
        self.now().to_zoned(line_islands).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_to() {
        let clock = Clock::manual("2026-03-10T20:00:00Z".parse().unwrap());
        let same_clock = clock.clone();
        assert_eq!(clock.now(), same_clock.now());
        clock.advance(SignedDuration::from_mins(15));
        assert_eq!(same_clock.now().to_string(), "2026-03-10T20:15:00Z");
    }

    #[test]
    fn tomorrow_is_already_today_in_the_far_east() {
        let clock = Clock::manual("2026-03-10T10:00:00Z".parse().unwrap());
        assert_eq!(clock.latest_date().to_string(), "2026-03-11");
    }

    #[test]
    fn ids_sort_by_when_they_were_made() {
        for clock in [Clock::system(), Clock::manual(Timestamp::UNIX_EPOCH)] {
            let ids: Vec<_> = (0..1000).map(|_| clock.new_id()).collect();
            assert!(ids.is_sorted());
        }
    }
}
