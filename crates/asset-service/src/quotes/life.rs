//! How long a quote lives, and how far it is to be trusted, from the hours of its market.
//!
//! While its market is open, and until closing prices have settled, a quote lives for seconds. While
//! it rests nothing changes, so the quote lives until the next opening, up to a limit.

use domain::Ticker;
use jiff::{SignedDuration, Timestamp};

use super::entry::Reason;
use crate::config::Ages;
use crate::exchanges::Exchange;
use crate::store::quotes::LastQuote;
use api::asset::Staleness;

/// Closing auctions, late prints, and the delay of a delayed source.
const SETTLING: SignedDuration = SignedDuration::from_mins(20);
/// What is later than this in an open market lags behind it, whatever its source says.
const LAG: SignedDuration = SignedDuration::from_mins(20);
/// A price that its market has left behind by so many days of the calendar is no longer a current one.
const OLD_DAYS: i32 = 5;

/// Until when the source need not be asked again.
pub(super) fn ends(ticker: &Ticker, fetched_at: Timestamp, ages: &Ages) -> Timestamp {
    let exchange = Exchange::of(ticker);
    let soon = after(fetched_at, ages.fresh);
    let market = exchange.market_at(fetched_at);
    let is_settling = exchange
        .last_completed_session(fetched_at)
        .is_some_and(|session| fetched_at < after(session.close, SETTLING));
    if market.is_open || is_settling {
        return soon;
    }
    let opening = market.until.unwrap_or(Timestamp::MAX);
    after(fetched_at, ages.closed).min(opening).max(soon)
}

/// How far the price is today's, and what speaks against it.
pub(super) fn staleness(ticker: &Ticker, last: &LastQuote) -> (Staleness, Option<Reason>) {
    let exchange = Exchange::of(ticker);
    let now = last.fetched_at;
    let traded_on = exchange.date_at(last.as_of);
    let is_old = exchange
        .last_completed_session(now)
        .and_then(|session| session.date.since(traded_on).ok())
        .is_some_and(|since| since.get_days() >= OLD_DAYS);
    if is_old {
        return (Staleness::Stale, Some(Reason::OldPrice));
    }
    let lags = || {
        let begun = exchange.last_begun_session(now);
        let long_ago = |instant: Timestamp| after(instant, LAG) < now;
        exchange.market_at(now).is_open
            && long_ago(last.as_of)
            && begun.is_some_and(|session| long_ago(session.open))
    };
    if last.is_delayed || lags() {
        (Staleness::Delayed, None)
    } else {
        (Staleness::Fresh, None)
    }
}

pub(super) fn after(instant: Timestamp, duration: SignedDuration) -> Timestamp {
    instant.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Price};

    use super::*;
    use crate::config::AssetConfig;

    fn ticker(symbol: &str) -> Ticker {
        Ticker::parse(symbol).unwrap()
    }

    fn lives(symbol: &str, fetched_at: &str) -> i64 {
        let fetched_at = fetched_at.parse().unwrap();
        let ages = AssetConfig::default().ages();
        let ends = ends(&ticker(symbol), fetched_at, &ages);
        ends.duration_since(fetched_at).as_secs()
    }

    #[test]
    fn a_quote_lives_for_seconds_while_its_market_is_open_and_settles() {
        assert_eq!(lives("AAPL", "2026-03-10T15:00:00Z"), 15);
        assert_eq!(lives("AAPL", "2026-03-10T20:19:59Z"), 15);
        assert_eq!(lives("BTC-USD", "2026-03-14T03:00:00Z"), 15);
        assert_eq!(lives("EURUSD=X", "2026-03-10T03:00:00Z"), 15);
    }

    #[test]
    fn while_its_market_rests_it_lives_for_an_hour_at_most_and_never_past_the_opening() {
        assert_eq!(lives("AAPL", "2026-03-10T20:20:00Z"), 3_600);
        // A Saturday, and ten minutes before Monday's opening.
        assert_eq!(lives("AAPL", "2026-03-14T12:00:00Z"), 3_600);
        assert_eq!(lives("EURUSD=X", "2026-03-14T12:00:00Z"), 3_600);
        assert_eq!(lives("AAPL", "2026-03-16T13:20:00Z"), 600);
        // Thanksgiving.
        assert_eq!(lives("AAPL", "2026-11-26T15:00:00Z"), 3_600);
        // Five seconds before the opening.
        assert_eq!(lives("AAPL", "2026-03-16T13:29:55Z"), 15);
    }

    #[test]
    fn the_hours_are_those_of_the_place_on_the_day_its_clocks_change() {
        // The Friday before New York changes, the Monday after, and London three weeks later.
        assert_eq!(lives("AAPL", "2026-03-06T14:20:00Z"), 600);
        assert_eq!(lives("AAPL", "2026-03-06T14:30:00Z"), 15);
        assert_eq!(lives("AAPL", "2026-03-09T13:20:00Z"), 600);
        assert_eq!(lives("AAPL", "2026-03-09T13:30:00Z"), 15);
        assert_eq!(lives("AAPL", "2026-03-09T20:20:00Z"), 3_600);
        assert_eq!(lives("VOD.L", "2026-03-27T07:50:00Z"), 600);
        assert_eq!(lives("VOD.L", "2026-03-30T06:50:00Z"), 600);
        assert_eq!(lives("VOD.L", "2026-03-30T15:49:00Z"), 15);
        assert_eq!(lives("VOD.L", "2026-03-30T15:50:00Z"), 3_600);
        assert_eq!(lives("VOD.L", "2026-10-26T16:50:00Z"), 3_600);
        assert_eq!(lives("AAPL", "2026-11-02T14:20:00Z"), 600);
        assert_eq!(lives("AAPL", "2026-11-02T20:59:00Z"), 15);
    }

    fn judged(symbol: &str, as_of: &str, fetched_at: &str, is_delayed: bool) -> Staleness {
        let last = LastQuote {
            price: Price::parse("10.50").unwrap(),
            currency: Currency::USD,
            previous_close: None,
            as_of: as_of.parse().unwrap(),
            is_delayed,
            crossed_through: None,
            source: "test".to_owned(),
            fetched_at: fetched_at.parse().unwrap(),
        };
        let (staleness, reason) = staleness(&ticker(symbol), &last);
        assert_eq!(reason.is_some(), staleness == Staleness::Stale);
        staleness
    }

    #[test]
    fn a_price_that_lags_an_open_market_is_delayed_whoever_gives_it() {
        let open = "2026-03-10T15:00:00Z";
        assert_eq!(
            judged("AAPL", "2026-03-10T14:59:00Z", open, false),
            Staleness::Fresh
        );
        assert_eq!(
            judged("AAPL", "2026-03-10T14:59:00Z", open, true),
            Staleness::Delayed
        );
        assert_eq!(
            judged("AAPL", "2026-03-10T14:39:59Z", open, false),
            Staleness::Delayed
        );
        // Ten minutes after the opening yesterday's close may still be the last price.
        assert_eq!(
            judged(
                "AAPL",
                "2026-03-09T20:00:00Z",
                "2026-03-10T13:40:00Z",
                false
            ),
            Staleness::Fresh
        );
        // A close is as fresh as can be while the market rests.
        assert_eq!(
            judged(
                "AAPL",
                "2026-03-13T20:00:00Z",
                "2026-03-15T15:00:00Z",
                false
            ),
            Staleness::Fresh
        );
    }

    #[test]
    fn a_price_that_its_market_left_behind_days_ago_is_stale() {
        let now = "2026-03-10T15:00:00Z";
        assert_eq!(
            judged("AAPL", "2026-03-05T15:00:00Z", now, false),
            Staleness::Delayed
        );
        assert_eq!(
            judged("AAPL", "2026-03-04T15:00:00Z", now, false),
            Staleness::Stale
        );
        assert_eq!(
            judged("AAPL", "2025-03-10T15:00:00Z", now, true),
            Staleness::Stale
        );
    }
}
