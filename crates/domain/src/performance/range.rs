use jiff::SignedDuration;
use jiff::civil::Date;
use thiserror::Error;

/// The days a figure covers, both ends included.
///
/// A range begins with what was there at the close of the day before `from`
/// (its [`opening`](Range::opening)): 1 January to 31 December is a full year
/// of 365 returns, and what is bought on 1 January counts.
///
/// Days are counted as integers since 1970-01-01 inside this module, so that a
/// valuation compares numbers and not calendars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    from: i32,
    to: i32,
}

/// Why two dates are no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RangeError {
    #[error("ends before it begins")]
    Backwards,
    #[error("is longer than {} days", Range::MAX_DAYS)]
    TooLong,
    #[error("lies outside the years 1600 to 9000")]
    OutsideTheCalendar,
}

impl Range {
    /// Two hundred years: longer than any portfolio, short enough to hold.
    pub const MAX_DAYS: i32 = 73_050;

    /// # Errors
    ///
    /// `Backwards`, `TooLong`, `OutsideTheCalendar`.
    pub fn try_new(from: Date, to: Date) -> Result<Self, RangeError> {
        // Days of these years and their neighbours can always be written as dates.
        if from.year() < 1600 || to.year() > 9000 {
            return Err(RangeError::OutsideTheCalendar);
        }
        if to < from {
            return Err(RangeError::Backwards);
        }
        let (from, to) = (day_of(from), day_of(to));
        if to.saturating_sub(from) >= Self::MAX_DAYS {
            return Err(RangeError::TooLong);
        }
        Ok(Self { from, to })
    }

    pub fn from(self) -> Date {
        date_of(self.from)
    }

    pub fn to(self) -> Date {
        date_of(self.to)
    }

    /// The day before the first, at whose close the range begins.
    pub fn opening(self) -> Date {
        date_of(self.opening_day())
    }

    pub(super) fn opening_day(self) -> i32 {
        self.from.saturating_sub(1)
    }

    pub(super) fn closing_day(self) -> i32 {
        self.to
    }

    /// The opening day, then every day of the range.
    pub(super) fn days(self) -> std::ops::RangeInclusive<i32> {
        self.opening_day()..=self.to
    }

    /// How many days [`Range::days`] gives.
    pub(super) fn len(self) -> usize {
        let days = self.to.saturating_sub(self.opening_day()).saturating_add(1);
        usize::try_from(days).unwrap_or(0)
    }

    /// Whether a flow of this day counts.
    pub(super) fn covers(self, day: i32) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Where in a column this day stands.
    pub(super) fn place(self, day: i32) -> Option<usize> {
        let place = usize::try_from(day.checked_sub(self.opening_day())?).ok()?;
        (place < self.len()).then_some(place)
    }
}

/// Days since 1970-01-01.
pub(super) fn day_of(date: Date) -> i32 {
    let hours = date.duration_since(Date::constant(1970, 1, 1)).as_hours();
    i32::try_from(hours / 24).unwrap_or(i32::MAX)
}

/// The inverse of [`day_of`]; days beyond the calendar become its last day.
pub(super) fn date_of(day: i32) -> Date {
    Date::constant(1970, 1, 1)
        .checked_add(SignedDuration::from_hours(
            i64::from(day).saturating_mul(24),
        ))
        .unwrap_or(Date::MAX)
}

/// Monday to Friday.
pub(super) fn is_weekday(day: i32) -> bool {
    // 1970-01-01 was a Thursday.
    day.saturating_add(3).rem_euclid(7) < 5
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_calendar_year_begins_at_the_close_of_the_year_before() {
        let year = Range::try_new(date(2025, 1, 1), date(2025, 12, 31)).unwrap();
        assert_eq!(year.opening(), date(2024, 12, 31));
        assert_eq!(year.len(), 366);
        assert!(year.covers(day_of(date(2025, 1, 1))));
        assert!(!year.covers(day_of(date(2024, 12, 31))));
        assert_eq!(year.place(day_of(date(2024, 12, 31))), Some(0));
        assert_eq!(year.place(day_of(date(2025, 12, 31))), Some(365));
        assert_eq!(year.place(day_of(date(2026, 1, 1))), None);
    }

    #[test]
    fn a_single_day_is_a_range_and_a_day_less_is_none() {
        let day = date(2025, 3, 1);
        assert_eq!(Range::try_new(day, day).unwrap().len(), 2);
        assert_eq!(
            Range::try_new(day, day.yesterday().unwrap()),
            Err(RangeError::Backwards)
        );
    }

    #[test]
    fn ranges_that_would_take_all_memory_are_refused() {
        assert_eq!(
            Range::try_new(date(1700, 1, 1), date(2000, 1, 1)),
            Err(RangeError::TooLong)
        );
        for outside in [Date::MIN, date(1599, 12, 31)] {
            assert_eq!(
                Range::try_new(outside, date(2000, 1, 1)),
                Err(RangeError::OutsideTheCalendar)
            );
        }
        assert_eq!(
            Range::try_new(date(2000, 1, 1), Date::MAX),
            Err(RangeError::OutsideTheCalendar)
        );
    }

    proptest! {
        #[test]
        fn days_and_dates_are_the_same_thing(day in -4_000_000i32..2_900_000) {
            let date = date_of(day);
            prop_assert_eq!(day_of(date), day);
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            prop_assert_eq!(is_weekday(day), !weekend);
        }
    }
}
