//! Days on which an exchange does not trade, or closes early, as rules.
//!
//! A rule gives every year, past and future, as it is now; days that once fell out of the rule are
//! listed where they make a price look missing. Exchanges whose holidays follow the moon or a
//! yearly decree have no rule here: they are taken to trade on every weekday.

use jiff::Span;
use jiff::civil::{Date, Time, Weekday, date, time};

/// What a weekday is on one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Whole,
    /// Trading ends early.
    Until(Time),
    Closed,
}

/// A rule for weekdays; weekends are not its matter.
pub(super) type Rule = fn(Date) -> Day;

pub(super) fn none(_: Date) -> Day {
    Day::Whole
}

pub(super) fn new_york(day: Date) -> Day {
    const MOURNING_AND_DISASTER: [Date; 10] = [
        date(2001, 9, 11),
        date(2001, 9, 12),
        date(2001, 9, 13),
        date(2001, 9, 14),
        date(2004, 6, 11),
        date(2007, 1, 2),
        date(2012, 10, 29),
        date(2012, 10, 30),
        date(2018, 12, 5),
        date(2025, 1, 9),
    ];
    let year = day.year();
    let juneteenth = year >= 2022 && is_observed(day, 6, 19);
    let closed = is_new_year_in_new_york(day)
        || (year >= 1998 && is_nth(day, 1, Weekday::Monday, 3))
        || is_nth(day, 2, Weekday::Monday, 3)
        || is_from_easter(day, -2)
        || is_last(day, 5, Weekday::Monday)
        || juneteenth
        || is_observed(day, 7, 4)
        || is_nth(day, 9, Weekday::Monday, 1)
        || is_nth(day, 11, Weekday::Thursday, 4)
        || is_observed(day, 12, 25)
        || MOURNING_AND_DISASTER.contains(&day);
    let before = |month, of_month| (day.month(), day.day()) == (month, of_month);
    let is_after_thanksgiving = day
        .yesterday()
        .is_ok_and(|thursday| is_nth(thursday, 11, Weekday::Thursday, 4));
    let early = is_after_thanksgiving || before(12, 24) || before(7, 3);
    classed(closed, early, time(13, 0, 0, 0))
}

pub(super) fn toronto(day: Date) -> Day {
    let closed = is_or_monday_after(day, 1, 1)
        || (day.year() >= 2008 && is_nth(day, 2, Weekday::Monday, 3))
        || is_from_easter(day, -2)
        || (day.month() == 5 && day.weekday() == Weekday::Monday && (18..=24).contains(&day.day()))
        || is_or_monday_after(day, 7, 1)
        || is_nth(day, 8, Weekday::Monday, 1)
        || is_nth(day, 9, Weekday::Monday, 1)
        || is_nth(day, 10, Weekday::Monday, 2)
        || is_christmas_or_boxing(day);
    classed(closed, is_on(day, 12, &[24]), time(13, 0, 0, 0))
}

pub(super) fn london(day: Date) -> Day {
    const MOVED_OR_GRANTED: [Date; 11] = [
        date(1995, 5, 8),
        date(1999, 12, 31),
        date(2002, 6, 3),
        date(2002, 6, 4),
        date(2011, 4, 29),
        date(2012, 6, 4),
        date(2012, 6, 5),
        date(2020, 5, 8),
        date(2022, 6, 2),
        date(2022, 6, 3),
        date(2022, 9, 19),
    ];
    const NOT_THEN: [Date; 5] = [
        date(1995, 5, 1),
        date(2002, 5, 27),
        date(2012, 5, 28),
        date(2020, 5, 4),
        date(2022, 5, 30),
    ];
    let regular = is_or_monday_after(day, 1, 1)
        || is_from_easter(day, -2)
        || is_from_easter(day, 1)
        || is_nth(day, 5, Weekday::Monday, 1)
        || is_last(day, 5, Weekday::Monday)
        || is_last(day, 8, Weekday::Monday)
        || is_christmas_or_boxing(day);
    let coronation = day == date(2023, 5, 8);
    let closed =
        (regular && !NOT_THEN.contains(&day)) || MOVED_OR_GRANTED.contains(&day) || coronation;
    classed(closed, is_on(day, 12, &[24, 31]), time(12, 30, 0, 0))
}

pub(super) fn euronext(day: Date) -> Day {
    classed(
        is_target_holiday(day),
        is_on(day, 12, &[24, 31]),
        time(14, 5, 0, 0),
    )
}

pub(super) fn madrid(day: Date) -> Day {
    classed(
        is_target_holiday(day),
        is_on(day, 12, &[24, 31]),
        time(14, 0, 0, 0),
    )
}

pub(super) fn xetra(day: Date) -> Day {
    closed_if(is_target_holiday(day) || is_on(day, 12, &[24, 31]))
}

pub(super) fn milan(day: Date) -> Day {
    closed_if(is_target_holiday(day) || is_on(day, 8, &[15]) || is_on(day, 12, &[24, 31]))
}

pub(super) fn vienna(day: Date) -> Day {
    closed_if(is_target_holiday(day) || is_on(day, 10, &[26]) || is_on(day, 12, &[24, 31]))
}

pub(super) fn swiss(day: Date) -> Day {
    closed_if(
        is_target_holiday(day)
            || is_on(day, 1, &[2])
            || is_from_easter(day, 39)
            || is_from_easter(day, 50)
            || is_on(day, 8, &[1])
            || is_on(day, 12, &[24, 31]),
    )
}

pub(super) fn stockholm(day: Date) -> Day {
    closed_if(
        is_nordic_holiday(day)
            || is_on(day, 1, &[6])
            || is_on(day, 5, &[1])
            || is_on(day, 6, &[6])
            || is_midsummer_eve(day),
    )
}

pub(super) fn helsinki(day: Date) -> Day {
    closed_if(
        is_nordic_holiday(day)
            || is_on(day, 1, &[6])
            || is_on(day, 5, &[1])
            || is_on(day, 12, &[6])
            || is_midsummer_eve(day),
    )
}

pub(super) fn copenhagen(day: Date) -> Day {
    let great_prayer = day.year() <= 2023 && is_from_easter(day, 26);
    closed_if(
        is_nordic_holiday(day)
            || is_from_easter(day, -3)
            || is_from_easter(day, 40)
            || is_from_easter(day, 50)
            || is_on(day, 6, &[5])
            || great_prayer,
    )
}

pub(super) fn oslo(day: Date) -> Day {
    closed_if(
        is_nordic_holiday(day)
            || is_from_easter(day, -3)
            || is_from_easter(day, 50)
            || is_on(day, 5, &[1, 17]),
    )
}

pub(super) fn sydney(day: Date) -> Day {
    let closed = is_or_monday_after(day, 1, 1)
        || is_or_monday_after(day, 1, 26)
        || is_from_easter(day, -2)
        || is_from_easter(day, 1)
        || is_on(day, 4, &[25])
        || is_nth(day, 6, Weekday::Monday, 2)
        || is_christmas_or_boxing(day);
    classed(closed, is_on(day, 12, &[24, 31]), time(14, 10, 0, 0))
}

fn closed_if(closed: bool) -> Day {
    if closed { Day::Closed } else { Day::Whole }
}

fn classed(closed: bool, early: bool, close: Time) -> Day {
    match (closed, early) {
        (true, _) => Day::Closed,
        (false, true) => Day::Until(close),
        (false, false) => Day::Whole,
    }
}

/// The days on which the euro's payment system rests.
fn is_target_holiday(day: Date) -> bool {
    is_on(day, 1, &[1])
        || is_from_easter(day, -2)
        || is_from_easter(day, 1)
        || is_on(day, 5, &[1])
        || is_on(day, 12, &[25, 26])
}

fn is_nordic_holiday(day: Date) -> bool {
    is_on(day, 1, &[1])
        || is_from_easter(day, -2)
        || is_from_easter(day, 1)
        || is_from_easter(day, 39)
        || is_on(day, 12, &[24, 25, 26, 31])
}

/// The Friday from 19 to 25 June.
fn is_midsummer_eve(day: Date) -> bool {
    day.month() == 6 && day.weekday() == Weekday::Friday && (19..=25).contains(&day.day())
}

fn is_on(day: Date, month: i8, days: &[i8]) -> bool {
    day.month() == month && days.contains(&day.day())
}

/// On the date, or on the nearest weekday where that is a weekend.
fn is_observed(day: Date, month: i8, of_month: i8) -> bool {
    Date::new(day.year(), month, of_month).is_ok_and(|holiday| {
        let shift = match holiday.weekday() {
            Weekday::Saturday => -1,
            Weekday::Sunday => 1,
            _ => 0,
        };
        is_days_after(day, holiday, shift)
    })
}

/// On the date, or on the Monday after where that is a weekend.
fn is_or_monday_after(day: Date, month: i8, of_month: i8) -> bool {
    Date::new(day.year(), month, of_month).is_ok_and(|holiday| {
        let shift = match holiday.weekday() {
            Weekday::Saturday => 2,
            Weekday::Sunday => 1,
            _ => 0,
        };
        is_days_after(day, holiday, shift)
    })
}

/// A New Year's Day on a Saturday is not made up for in New York: nobody closes a year twice.
fn is_new_year_in_new_york(day: Date) -> bool {
    is_on(day, 1, &[1]) || (is_on(day, 1, &[2]) && day.weekday() == Weekday::Monday)
}

/// Both days, and the next weekdays for each that falls on a weekend.
fn is_christmas_or_boxing(day: Date) -> bool {
    let made_up_for = match day.weekday() {
        Weekday::Monday | Weekday::Tuesday => is_on(day, 12, &[27, 28]),
        _ => false,
    };
    is_on(day, 12, &[25, 26]) || made_up_for
}

fn is_nth(day: Date, month: i8, weekday: Weekday, nth: i8) -> bool {
    day.month() == month && day.weekday() == weekday && (day.day() - 1) / 7 + 1 == nth
}

fn is_last(day: Date, month: i8, weekday: Weekday) -> bool {
    day.month() == month && day.weekday() == weekday && day.day() + 7 > day.days_in_month()
}

fn is_from_easter(day: Date, days: i64) -> bool {
    easter(day.year()).is_some_and(|sunday| is_days_after(day, sunday, days))
}

fn is_days_after(day: Date, from: Date, days: i64) -> bool {
    from.checked_add(Span::new().days(days)).ok() == Some(day)
}

/// Easter Sunday of the Gregorian calendar, by the method that Nature published anonymously in
/// 1876 (Meeus, Astronomical Algorithms, chapter 8).
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let golden = year.rem_euclid(19);
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    let moon = century - (century + 8).div_euclid(25) + 1;
    let epact =
        (19 * golden + century - century.div_euclid(4) - moon.div_euclid(3) + 15).rem_euclid(30);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * of_century.div_euclid(4)
        - epact
        - of_century.rem_euclid(4))
    .rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    let days = epact + weekday - 7 * late + 114;
    let month = i8::try_from(days.div_euclid(31)).ok()?;
    let day = i8::try_from(days.rem_euclid(31) + 1).ok()?;
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_falls_where_the_almanacs_say() {
        for (year, month, day) in [
            (1961, 4, 2),
            (2000, 4, 23),
            (2008, 3, 23),
            (2011, 4, 24),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }
}
