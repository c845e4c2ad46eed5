//! What the sources of reference rates have in common: a pair of currencies as an instrument, and
//! that new rates are published once a working day, at about 16:00 Central European Time.

use domain::{Currency, InstrumentType, Ticker};
use jiff::civil::{Date, Time, Weekday, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::{SourceError, SourceInstrument};

/// Summer time as the European Union keeps it.
const CENTRAL_EUROPEAN_TIME: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const PUBLICATION: Time = time(16, 0, 0, 0);
/// When rates that are late are asked for again; on a holiday they are late all day.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// A pair of two different currencies.
pub(super) fn parse(ticker: &Ticker) -> Option<(Currency, Currency)> {
    ticker.as_fx_pair().filter(|(base, quote)| base != quote)
}

/// # Errors
///
/// `UnknownSymbol` for anything but a pair.
pub(super) fn describe(ticker: &Ticker) -> Result<SourceInstrument, SourceError> {
    let (base, quote) = ticker.as_fx_pair().ok_or(SourceError::UnknownSymbol)?;
    Ok(SourceInstrument {
        ticker: ticker.clone(),
        name: format!("{base}/{quote}"),
        exchange: Some("FX".to_owned()),
        instrument_type: InstrumentType::parse("Currency")
            .unwrap_or_else(|_| InstrumentType::other()),
        sector: None,
        currency: quote,
    })
}

pub(super) fn in_central_europe(day: Date, time: Time) -> Option<Timestamp> {
    let zone = TimeZone::posix(CENTRAL_EUROPEAN_TIME).ok()?;
    let zoned = day.to_datetime(time).to_zoned(zone).ok()?;
    Some(zoned.timestamp())
}

/// When there will be newer rates than those of the day that `as_of` lies in: at the publication of
/// the next working day, or of that day itself for what is known of it before.
pub(super) fn next_publication(as_of: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let zone = TimeZone::posix(CENTRAL_EUROPEAN_TIME).ok()?;
    let day = as_of.to_zoned(zone).date();
    let is_working_day = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let days = day.series(Span::new().days(1)).filter(is_working_day);
    let mut published = days.filter_map(|day| Some((day, in_central_europe(day, PUBLICATION)?)));
    let (_, next) = published.find(|(of, at)| *of > day || now < *at)?;
    Some(next.max(now.checked_add(LATE).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(as_of: &str, now: &str) -> String {
        let next = next_publication(as_of.parse().unwrap(), now.parse().unwrap());
        next.unwrap().to_string()
    }

    #[test]
    fn new_rates_come_at_four_in_the_afternoon_of_the_next_working_day() {
        for (as_of, now, expected) in [
            (
                "2026-03-10T13:10:00Z",
                "2026-03-10T15:30:00Z",
                "2026-03-11T15:00:00Z",
            ),
            (
                "2026-03-10T00:00:00Z",
                "2026-03-10T08:00:00Z",
                "2026-03-10T15:00:00Z",
            ),
            // A Friday; and in summer time it is an hour earlier.
            (
                "2026-03-13T13:10:00Z",
                "2026-03-14T12:00:00Z",
                "2026-03-16T15:00:00Z",
            ),
            (
                "2026-03-27T13:10:00Z",
                "2026-03-27T16:00:00Z",
                "2026-03-30T14:00:00Z",
            ),
        ] {
            assert_eq!(next(as_of, now), expected, "{as_of}");
        }
    }

    #[test]
    fn rates_that_are_late_are_asked_for_again_soon() {
        let yesterday = "2026-03-09T13:10:00Z";
        assert_eq!(
            next(yesterday, "2026-03-10T14:00:00Z"),
            "2026-03-10T15:00:00Z"
        );
        assert_eq!(
            next(yesterday, "2026-03-10T14:58:00Z"),
            "2026-03-10T15:08:00Z"
        );
        assert_eq!(
            next(yesterday, "2026-03-10T17:00:00Z"),
            "2026-03-10T17:10:00Z"
        );
    }
}
