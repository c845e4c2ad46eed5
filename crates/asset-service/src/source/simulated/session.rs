//! When a simulated market trades.
//!
//! Hours are in UTC all year round: there is no summer time and there are no holidays.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::path::tick;

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
/// Day 0 of the Unix epoch was a Thursday.
const EPOCH_WEEKDAY: i64 = 3;
const SATURDAY: i64 = 5;

/// Opening and closing time of each weekday, in minutes after midnight UTC, or no close at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hours {
    Weekdays { open: i64, close: i64 },
    Always,
}

pub(super) const NEW_YORK: Hours = Hours::Weekdays {
    open: 14 * 60 + 30,
    close: 21 * 60,
};
pub(super) const EUROPE: Hours = Hours::Weekdays {
    open: 8 * 60,
    close: 16 * 60 + 30,
};
pub(super) const ASIA: Hours = Hours::Weekdays {
    open: 0,
    close: 6 * 60,
};
/// A fund is priced once a day, when New York closes.
pub(super) const FUND: Hours = Hours::Weekdays {
    open: 21 * 60,
    close: 21 * 60,
};
/// Currencies trade around the clock from Monday to Friday.
pub(super) const CURRENCIES: Hours = Hours::Weekdays {
    open: 0,
    close: 24 * 60,
};

/// The instants that a quote is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    /// The last trade: now while the market is open, else the last close.
    pub(super) last_trade: Timestamp,
    pub(super) previous_close: Timestamp,
}

impl Hours {
    pub(super) fn session(self, now: Timestamp) -> Session {
        let second = tick(now);
        let today = second.div_euclid(DAY);
        let (last_trade, previous_close) = match self {
            Self::Always => (second, today * DAY),
            Self::Weekdays { open, close } => {
                let begun = |day: i64| second >= day * DAY + open * MINUTE;
                let day = weekday_at_or_before(if begun(today) { today } else { today - 1 });
                let close_of = |day: i64| day * DAY + close * MINUTE;
                let before = weekday_at_or_before(day - 1);
                (second.min(close_of(day)), close_of(before))
            }
        };
        Session {
            last_trade: instant(last_trade),
            previous_close: instant(previous_close),
        }
    }

    /// When the session of a day ends, if there is one.
    pub(super) fn close_on(self, date: Date) -> Option<Timestamp> {
        let midnight = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        match self {
            Self::Always => Timestamp::from_second(midnight + DAY).ok(),
            Self::Weekdays { .. }
                if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) =>
            {
                None
            }
            Self::Weekdays { close, .. } => Timestamp::from_second(midnight + close * MINUTE).ok(),
        }
    }
}

fn weekday_at_or_before(day: i64) -> i64 {
    let weekday = (day + EPOCH_WEEKDAY).rem_euclid(7);
    day - (weekday - SATURDAY + 1).max(0)
}

/// Only the first days that a timestamp can hold have no session before them.
fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(hours: Hours, now: &str) -> (String, String) {
        let session = hours.session(now.parse().unwrap());
        (
            session.last_trade.to_string(),
            session.previous_close.to_string(),
        )
    }

    fn times(last_trade: &str, previous_close: &str) -> (String, String) {
        (last_trade.to_owned(), previous_close.to_owned())
    }

    #[test]
    fn an_open_market_trades_now_and_compares_with_the_day_before() {
        // A Wednesday.
        assert_eq!(
            session(NEW_YORK, "2026-01-07T15:00:07Z"),
            times("2026-01-07T15:00:00Z", "2026-01-06T21:00:00Z")
        );
    }

    #[test]
    fn before_the_opening_the_last_trade_is_yesterdays_close() {
        assert_eq!(
            session(NEW_YORK, "2026-01-07T14:29:59Z"),
            times("2026-01-06T21:00:00Z", "2026-01-05T21:00:00Z")
        );
    }

    #[test]
    fn over_the_weekend_fridays_close_stands_and_compares_with_thursday() {
        for now in [
            "2026-01-09T21:00:00Z",
            "2026-01-10T15:00:00Z",
            "2026-01-11T15:00:00Z",
            "2026-01-12T14:29:00Z",
        ] {
            assert_eq!(
                session(NEW_YORK, now),
                times("2026-01-09T21:00:00Z", "2026-01-08T21:00:00Z"),
                "{now}"
            );
        }
        assert_eq!(
            session(NEW_YORK, "2026-01-12T14:30:00Z"),
            times("2026-01-12T14:30:00Z", "2026-01-09T21:00:00Z")
        );
    }

    #[test]
    fn a_fund_changes_once_a_day() {
        assert_eq!(
            session(FUND, "2026-01-07T20:59:00Z"),
            times("2026-01-06T21:00:00Z", "2026-01-05T21:00:00Z")
        );
        assert_eq!(
            session(FUND, "2026-01-07T23:00:00Z"),
            times("2026-01-07T21:00:00Z", "2026-01-06T21:00:00Z")
        );
    }

    #[test]
    fn crypto_trades_on_sundays() {
        assert_eq!(
            session(Hours::Always, "2026-01-11T03:00:15Z"),
            times("2026-01-11T03:00:15Z", "2026-01-11T00:00:00Z")
        );
    }

    #[test]
    fn the_ends_of_time_have_a_session() {
        let last = NEW_YORK.session(Timestamp::MAX);
        assert!(last.previous_close < last.last_trade && last.last_trade <= Timestamp::MAX);
        let first = NEW_YORK.session(Timestamp::MIN);
        assert_eq!(first.previous_close, Timestamp::MIN);
    }
}
