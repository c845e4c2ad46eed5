//! Which days have a close, and which are over.

use domain::Ticker;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::exchanges::Exchange;

/// Whether the market of the ticker is open at all on that day.
pub(crate) fn is_trading_day(ticker: &Ticker, date: Date) -> bool {
    Exchange::of(ticker).is_trading_day(date)
}

/// The last trading day whose session is over everywhere on earth.
pub(crate) fn last_completed(ticker: &Ticker, now: Timestamp) -> Date {
    let mut date = day_before(now.to_zoned(TimeZone::UTC).date());
    while !is_trading_day(ticker, date) && date > Date::MIN {
        date = day_before(date);
    }
    date
}

pub(crate) fn day_before(date: Date) -> Date {
    date.yesterday().unwrap_or(Date::MIN)
}

pub(crate) fn day_after(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

/// Each day of a range, both ends included.
pub(crate) fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |date| date.tomorrow().ok())
        .take_while(move |date| *date <= to)
}
