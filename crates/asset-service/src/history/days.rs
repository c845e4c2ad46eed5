//! Which days have a close, and which are over.

use domain::Ticker;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::exchanges::Exchange;

/// A source needs a while to publish a close.
const PUBLISHING: SignedDuration = SignedDuration::from_hours(1);

/// Whether the market of the ticker trades on that day at all.
pub(crate) fn is_trading_day(ticker: &Ticker, date: Date) -> bool {
    Exchange::of(ticker).is_trading_day(date)
}

/// The last day whose session is over, and whose close should be known by now.
pub(crate) fn last_completed(ticker: &Ticker, now: Timestamp) -> Date {
    let published = now.saturating_sub(PUBLISHING).unwrap_or(Timestamp::MIN);
    let session = Exchange::of(ticker).last_completed_session(published);
    session.map_or(Date::MIN, |session| session.date)
}

pub(crate) fn day_before(date: Date) -> Date {
    date.yesterday().unwrap_or(Date::MIN)
}

pub(crate) fn day_after(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

/// Each day of a range, both ends included.
pub(crate) fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    let days = std::iter::successors(Some(from), |date| date.tomorrow().ok());
    days.take_while(move |date| *date <= to)
}
