//! Trading days, dividends and splits.
//!
//! Symbols that begin with `DIV` pay a dividend every quarter; those that begin with `SPLIT`, and
//! `AAPL`, do so too and had four new shares for one old on [`SPLIT_DATE`].

use jiff::Timestamp;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::listing::{Class, Listing};
use crate::prices::closing;

/// The first day of history.
pub const FIRST_DAY: Date = date(2016, 1, 4);
/// A Monday.
pub const SPLIT_DATE: Date = date(2022, 6, 6);
pub const NEW_SHARES: u32 = 4;

pub fn has_split(symbol: &str) -> bool {
    symbol.starts_with("SPLIT") || symbol == "AAPL"
}

pub fn pays(symbol: &str) -> bool {
    symbol.starts_with("DIV") || has_split(symbol)
}

/// As declared then: before a split a share earned as much as all of those that it became.
pub fn dividend(symbol: &str, ex_date: Date) -> Option<Decimal> {
    let declared = if has_split(symbol) && ex_date < SPLIT_DATE {
        Decimal::new(100, 2)
    } else {
        Decimal::new(25, 2)
    };
    (pays(symbol) && is_ex_date(ex_date)).then_some(declared)
}

/// The first weekday from the 15th of February, May, August and November on.
fn is_ex_date(day: Date) -> bool {
    let due = day.month() % 3 == 2;
    let first = match day.weekday() {
        Weekday::Saturday | Weekday::Sunday => false,
        Weekday::Monday => (15..=17).contains(&day.day()),
        _ => day.day() == 15,
    };
    due && first
}

/// How many of today's shares one share was then.
pub(crate) fn shares_then(listing: &Listing, at: Timestamp) -> u32 {
    let day = at.to_zoned(TimeZone::UTC).date();
    if has_split(&listing.symbol) && day < SPLIT_DATE {
        NEW_SHARES
    } else {
        1
    }
}

/// Whether the day has a close of its own. Coins are traded every day.
pub fn is_trading_day(listing: &Listing, day: Date) -> bool {
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_holiday = matches!((day.month(), day.day()), (1, 1) | (12, 25));
    match listing.class {
        Class::Coin => true,
        Class::Pair | Class::Stock => !is_weekend && !is_holiday,
    }
}

/// The trading days of a range, both ends included, as far as they have begun.
pub(crate) fn trading_days(
    listing: &Listing,
    from: Date,
    to: Date,
    now: Timestamp,
) -> impl Iterator<Item = Date> {
    let today = now.to_zoned(TimeZone::UTC).date();
    from.max(FIRST_DAY)
        .series(jiff::Span::new().days(1))
        .take_while(move |day| *day <= to.min(today))
        .filter(move |day| is_trading_day(listing, *day))
}

/// When the day's close is known, or now while the day lasts.
pub(crate) fn closed_by(listing: &Listing, day: Date, now: Timestamp) -> Timestamp {
    closing(listing, day).map_or(now, |closing| closing.min(now))
}

/// A close in today's shares.
pub(crate) fn adjusted(listing: &Listing, day: Date, close: String) -> String {
    if !has_split(&listing.symbol) || day >= SPLIT_DATE {
        return close;
    }
    match close.parse::<Decimal>() {
        Ok(close) => (close / Decimal::from(NEW_SHARES)).to_string(),
        Err(_) => close,
    }
}

/// The day of a second, in UTC.
pub(crate) fn day_of(second: i64) -> Date {
    let at = Timestamp::from_second(second).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).date()
}

/// The trading day before.
pub(crate) fn session_before(listing: &Listing, now: Timestamp) -> Date {
    let mut day = now.to_zoned(TimeZone::UTC).date();
    loop {
        let Ok(before) = day.yesterday() else {
            return day;
        };
        day = before;
        if is_trading_day(listing, day) {
            return day;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, close};

    #[test]
    fn a_split_leaves_the_value_of_a_holding_alone() {
        let before = close(Source::Yahoo, "SPLIT", SPLIT_DATE.yesterday().unwrap()).unwrap();
        let after = close(Source::Yahoo, "SPLIT", SPLIT_DATE).unwrap();
        let ratio = before / after;
        assert!(
            (ratio - Decimal::from(4)).abs() < Decimal::new(1, 1),
            "{ratio}"
        );
    }

    #[test]
    fn four_dividends_make_a_year() {
        let days = date(2025, 1, 1).series(jiff::Span::new().days(1)).take(365);
        let paid: Vec<Date> = days.filter(|day| dividend("DIV", *day).is_some()).collect();
        let expected = [
            date(2025, 2, 17),
            date(2025, 5, 15),
            date(2025, 8, 15),
            date(2025, 11, 17),
        ];
        assert_eq!(paid, expected);
    }
}
