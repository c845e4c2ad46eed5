//! What every source's answer is held to, whatever its shape: readable, a positive number, a known
//! currency, a time that has been.
//!
//! Invariant: a number becomes a decimal from its text. What a client hands on has been through
//! here, and what was wrong with the rest has an exact [`Refusal`].

use std::collections::BTreeMap;

use domain::{Price, Rate, Ticker, ValueError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::upstream::unavailable;
use super::{QuotedCurrency, Refusal, SourceError};

/// How far a source's clock may be ahead of ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

/// # Errors
///
/// `Unavailable` for what does not have the shape: a page of HTML, half an answer.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, SourceError> {
    serde_json::from_slice(body).map_err(unreadable)
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> SourceError {
    unavailable(format!("its answer cannot be read: {error}"))
}

/// A number token; a string of one is none, and neither is `null`.
pub(super) fn number(token: Option<&RawValue>) -> Option<Decimal> {
    domain::decimal::parse(token?.get()).ok()
}

/// A number that its source writes as a string.
pub(super) fn text_number(token: Option<&RawValue>) -> Option<Decimal> {
    let text: &str = serde_json::from_str(token?.get()).ok()?;
    domain::decimal::parse(text).ok()
}

/// A token of Unix seconds.
pub(super) fn second(token: Option<&RawValue>) -> Option<Timestamp> {
    Timestamp::from_second(token?.get().parse().ok()?).ok()
}

/// # Errors
///
/// `Refused` as `UnknownCurrency`, also for none.
pub(super) fn unit(code: Option<&str>) -> Result<QuotedCurrency, SourceError> {
    let code = code
        .filter(|code| !code.is_empty())
        .ok_or_else(|| SourceError::refused(Refusal::UnknownCurrency, "it names no currency"))?;
    QuotedCurrency::parse(code).map_err(|error| {
        SourceError::refused(Refusal::UnknownCurrency, format!("its currency {error}"))
    })
}

/// # Errors
///
/// `Refused` as `NotANumber`, also for one that cannot be held exactly, or `NotPositive`.
pub(super) fn price(unit: QuotedCurrency, quoted: Option<Decimal>) -> Result<Price, SourceError> {
    let quoted = quoted
        .ok_or_else(|| SourceError::refused(Refusal::NotANumber, "its price is not a number"))?;
    unit.price(quoted).map_err(|error| refused_price(&error))
}

/// What one unit of a currency costs in another.
///
/// # Errors
///
/// As for [`price`].
pub(super) fn rate(quoted: Option<Decimal>) -> Result<Price, SourceError> {
    let quoted = quoted
        .ok_or_else(|| SourceError::refused(Refusal::NotANumber, "its rate is not a number"))?;
    Price::try_new(quoted).map_err(|error| refused_price(&error))
}

/// The rate the other way round, rounded half to even to twelve significant digits.
///
/// # Errors
///
/// `Refused` where the result is out of range.
pub(crate) fn inverse(rate: Price) -> Result<Price, SourceError> {
    let inverse = Rate::try_new(rate.value()).ok();
    let inverse = inverse.and_then(|rate| rate.inverse().ok());
    self::rate(inverse.map(Rate::value))
}

fn refused_price(error: &ValueError) -> SourceError {
    let reason = match error {
        ValueError::NotPositive | ValueError::Negative => Refusal::NotPositive,
        _ => Refusal::NotANumber,
    };
    SourceError::refused(reason, format!("its price {error}"))
}

/// # Errors
///
/// `Refused` as `NoTime` or `FromTheFuture`.
pub(crate) fn time(time: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, SourceError> {
    let time =
        time.ok_or_else(|| SourceError::refused(Refusal::NoTime, "its time is not a time"))?;
    let latest = now
        .saturating_add(CLOCK_TOLERANCE)
        .unwrap_or(Timestamp::MAX);
    if time > latest {
        let detail = format!("its price is of {time}, which is in the future");
        return Err(SourceError::refused(Refusal::FromTheFuture, detail));
    }
    Ok(time)
}

/// The closes of the days asked for. One that is none is a gap.
///
/// # Errors
///
/// `Refused` where every close is none, for the reason of the first, and as `FromTheFuture` where a
/// day has not begun anywhere yet: then no day is what it says.
pub(super) fn closes(
    days: impl IntoIterator<Item = (Date, Result<Price, SourceError>)>,
    now: Timestamp,
    is_asked: impl Fn(Date) -> bool,
) -> Result<Vec<(Date, Price)>, SourceError> {
    let tomorrow = now.to_zoned(TimeZone::UTC).date().tomorrow();
    let mut closes = BTreeMap::new();
    let mut why = None;
    for (day, close) in days {
        if tomorrow.as_ref().is_ok_and(|tomorrow| day > *tomorrow) {
            let detail = format!("it has a close of {day}");
            return Err(SourceError::refused(Refusal::FromTheFuture, detail));
        }
        match close {
            _ if !is_asked(day) => {}
            Ok(close) => drop(closes.insert(day, close)),
            Err(error) => why = why.or(Some(error)),
        }
    }
    match why {
        Some(error) if closes.is_empty() => Err(error),
        _ => Ok(closes.into_iter().collect()),
    }
}

pub(super) fn other_symbol(asked: &Ticker, said: Option<&str>) -> SourceError {
    let detail = format!("asked for {asked}, it is about {said:?}");
    SourceError::refused(Refusal::OtherSymbol, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn token(json: &str) -> Option<Decimal> {
        let token: Box<RawValue> = serde_json::from_str(json).unwrap();
        number(Some(&token))
    }

    fn reason<T: std::fmt::Debug>(answer: Result<T, SourceError>) -> Refusal {
        match answer.unwrap_err() {
            SourceError::Refused { reason, .. } => reason,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_number_is_read_digit_for_digit_and_a_string_is_no_number() {
        let digits = "189.97999572753906";
        assert_eq!(token(digits).unwrap().to_string(), digits);
        assert_eq!(token("1.5e-3").unwrap().to_string(), "0.0015");
        for json in ["null", "\"Infinity\"", "\"1\"", "[1]", "true", "1e300"] {
            assert_eq!(token(json), None, "{json}");
        }
    }

    #[test]
    fn a_price_that_is_none_says_exactly_why() {
        let dollars = unit(Some("USD")).unwrap();
        let of = |text: &str| price(dollars, domain::decimal::parse(text).ok());
        assert_eq!(of("1.50").unwrap().to_string(), "1.50");
        assert_eq!(reason(of("0.00")), Refusal::NotPositive);
        assert_eq!(reason(of("-1")), Refusal::NotPositive);
        assert_eq!(reason(of("1e12")), Refusal::NotANumber);
        assert_eq!(reason(of("null")), Refusal::NotANumber);
        assert_eq!(reason(unit(None)), Refusal::UnknownCurrency);
        assert_eq!(reason(unit(Some("DOLLAR"))), Refusal::UnknownCurrency);
    }

    #[test]
    fn a_clock_may_be_two_minutes_ahead() {
        let at = |seconds| time(Timestamp::from_second(seconds).ok(), NOW);
        assert_eq!(at(120).unwrap().as_second(), 120);
        assert_eq!(reason(at(121)), Refusal::FromTheFuture);
        assert_eq!(reason(time(None, NOW)), Refusal::NoTime);
    }

    #[test]
    fn the_inverse_of_a_rate_has_twelve_digits() {
        let inverse =
            |text: &str| inverse(Price::parse(text).unwrap()).map(|rate| rate.to_string());
        assert_eq!(inverse("3").unwrap(), "0.333333333333");
        assert_eq!(inverse("1.25").unwrap(), "0.8");
        assert_eq!(inverse("17000.6").unwrap(), "0.0000588214533605");
        assert_eq!(reason(inverse("0.0000000000001")), Refusal::NotANumber);
    }
}
