//! Daily closes of many instruments at once, as columns: a day and a close each, and no object.

use domain::performance::{Series, Split};
use domain::{Price, Quantity, Rate, ValueError};
use jiff::SignedDuration;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{HistoryStatus, Segment};
use crate::number::Number;

/// Daily closes, in the order they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DailyClosesList {
    pub from: Date,
    pub to: Date,
    pub items: Vec<DailyCloses>,
}

/// The daily closes of one instrument or pair of currencies, as traded.
///
/// The last close before `from` comes first, with its own day, if it is at most 15 days older: it
/// holds until the next. Of an instrument of your own that is its last manual price, however old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DailyCloses {
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    /// The currency of every close; `null` when there is none.
    #[schema(required, example = "USD")]
    pub currency: Option<String>,
    pub status: HistoryStatus,
    /// Why a part is missing, as a stable word: as for the prices of one instrument, and
    /// `INVALID_SYMBOL`.
    #[schema(required)]
    pub reason: Option<String>,
    /// Which days are whose. Days in no segment are not known.
    pub segments: Vec<Segment>,
    /// The day of the first close; `null` when there is none.
    #[schema(required)]
    pub first_date: Option<Date>,
    /// The day of each close, in days since `first_date`, rising.
    pub days: Vec<u32>,
    /// One for each of `days`.
    pub closes: Vec<Number>,
    /// From the day of the first close to `to`; `null` where the source of some day does not tell, and
    /// where no source has told of any.
    #[schema(required)]
    pub splits: Option<Vec<SplitRatio>>,
}

/// From `ex_date` on, what was `old` shares is `new` shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SplitRatio {
    pub ex_date: Date,
    pub new: Number,
    pub old: Number,
}

impl DailyCloses {
    /// The closes as prices.
    ///
    /// # Errors
    ///
    /// They break the contract: a price that is none, or a day beyond the calendar.
    pub fn prices(&self) -> Result<Series, ValueError> {
        let prices = self.points(Price::try_new);
        Ok(Series::prices(prices.collect::<Result<Vec<_>, _>>()?))
    }

    /// The closes of a pair of currencies as rates.
    ///
    /// # Errors
    ///
    /// As for [`prices`](Self::prices).
    pub fn rates(&self) -> Result<Series, ValueError> {
        let rates = self.points(Rate::try_new);
        Ok(Series::rates(rates.collect::<Result<Vec<_>, _>>()?))
    }

    /// The splits that are known of, oldest first.
    ///
    /// # Errors
    ///
    /// As for [`prices`](Self::prices).
    pub fn known_splits(&self) -> Result<Vec<Split>, ValueError> {
        let splits = self.splits.iter().flatten().map(|split| {
            Ok(Split {
                date: split.ex_date,
                new: Quantity::try_new(split.new.0)?,
                old: Quantity::try_new(split.old.0)?,
            })
        });
        splits.collect()
    }

    fn points<T>(
        &self,
        value: impl Fn(Decimal) -> Result<T, ValueError>,
    ) -> impl Iterator<Item = Result<(Date, T), ValueError>> {
        let first = self.first_date.unwrap_or(Date::MAX);
        let closes = self.days.iter().zip(&self.closes);
        closes.map(move |(days, close)| {
            let beyond = |_| ValueError::OutOfRange {
                limit: "the calendar",
            };
            let date = first
                .checked_add(SignedDuration::from_hours(24 * i64::from(*days)))
                .map_err(beyond)?;
            Ok((date, value(close.0)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const ANSWER: &str = r#"{"ticker_symbol":"ACME","currency":"USD","status":"ok","reason":null,
        "segments":[],"first_date":"2025-12-31","days":[0,2,5],"closes":[10,10.5,5.30],
        "splits":[{"ex_date":"2026-01-05","new":2,"old":1}]}"#;

    #[test]
    fn columns_become_a_series_with_every_digit() {
        let closes: DailyCloses = serde_json::from_str(ANSWER).unwrap();
        let points: Vec<_> = closes.prices().unwrap().points().collect();
        let dates: Vec<Date> = points.iter().map(|(date, _)| *date).collect();
        assert_eq!(
            dates,
            [date(2025, 12, 31), date(2026, 1, 2), date(2026, 1, 5)]
        );
        assert_eq!(points[2].1.to_string(), "5.30");
        assert_eq!(closes.rates().unwrap().len(), 3);
        let splits = closes.known_splits().unwrap();
        assert_eq!(splits[0].date, date(2026, 1, 5));
    }

    #[test]
    fn a_close_that_is_none_and_a_day_that_is_none_are_refused() {
        for (part, broken) in [("10.5", "0"), ("[0,2,5]", "[0,2,4294967295]")] {
            let answer = ANSWER.replace(part, broken);
            let closes: DailyCloses = serde_json::from_str(&answer).unwrap();
            assert!(closes.prices().is_err(), "{answer}");
        }
    }
}
