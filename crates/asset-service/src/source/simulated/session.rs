//! The instants that a simulated quote is made of, from the hours of its exchange.

use jiff::Timestamp;

use super::path::tick;
use crate::exchanges::Exchange;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    /// The last trade: now while the market is open, else when it closed.
    pub(super) last_trade: Timestamp,
    pub(super) previous_close: Timestamp,
}

/// Only the first days that a timestamp can hold have no session before them.
pub(super) fn session(exchange: &Exchange, now: Timestamp) -> Session {
    let now = Timestamp::from_second(tick(now)).unwrap_or(Timestamp::MIN);
    let before = exchange
        .last_begun_session(now)
        .and_then(|begun| exchange.session_before(begun.date));
    Session {
        last_trade: exchange.last_open(now).unwrap_or(Timestamp::MIN),
        previous_close: before.map_or(Timestamp::MIN, |before| before.close),
    }
}

#[cfg(test)]
mod tests {
    use domain::Ticker;

    use super::*;

    fn times(symbol: &str, now: &str) -> [String; 2] {
        let exchange = Exchange::of(&Ticker::parse(symbol).unwrap());
        let session = session(exchange, now.parse().unwrap());
        [session.last_trade, session.previous_close].map(|instant| instant.to_string())
    }

    #[test]
    fn an_open_market_trades_now_and_compares_with_the_day_before() {
        assert_eq!(
            times("AAPL", "2026-01-07T15:00:07Z"),
            ["2026-01-07T15:00:00Z", "2026-01-06T21:00:00Z"]
        );
        // New York has summer time by now.
        assert_eq!(
            times("AAPL", "2026-03-10T14:00:00Z"),
            ["2026-03-10T14:00:00Z", "2026-03-09T20:00:00Z"]
        );
    }

    #[test]
    fn over_a_weekend_with_a_holiday_the_last_close_stands() {
        // Good Friday 2026.
        for now in ["2026-04-03T15:00:00Z", "2026-04-06T13:29:00Z"] {
            assert_eq!(
                times("AAPL", now),
                ["2026-04-02T20:00:00Z", "2026-04-01T20:00:00Z"],
                "{now}"
            );
        }
    }

    #[test]
    fn at_lunch_the_last_trade_is_that_of_the_morning() {
        assert_eq!(
            times("7203.T", "2026-03-10T03:00:00Z"),
            ["2026-03-10T02:30:00Z", "2026-03-09T06:30:00Z"]
        );
    }

    #[test]
    fn a_fund_changes_once_a_day() {
        assert_eq!(
            times("VTSAX", "2026-01-07T20:59:00Z"),
            ["2026-01-06T21:00:00Z", "2026-01-05T21:00:00Z"]
        );
        assert_eq!(
            times("VTSAX", "2026-01-07T21:00:00Z"),
            ["2026-01-07T21:00:00Z", "2026-01-06T21:00:00Z"]
        );
    }

    #[test]
    fn what_never_closes_compares_with_the_end_of_its_last_day() {
        assert_eq!(
            times("BTC-USD", "2026-01-11T03:00:15Z"),
            ["2026-01-11T03:00:15Z", "2026-01-11T00:00:00Z"]
        );
        assert_eq!(
            times("EURUSD=X", "2026-01-07T22:30:00Z"),
            ["2026-01-07T22:30:00Z", "2026-01-07T22:00:00Z"]
        );
    }
}
