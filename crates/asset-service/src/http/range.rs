//! Reading which days of a history are wanted.

use api::asset::{Adjusted, Interval};
use domain::ValueError;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use service_kit::{Clock, Params};

/// No price is older.
pub(crate) const EARLIEST: Date = date(1900, 1, 1);
const LATEST: Date = date(2199, 12, 31);
const MOST_YEARS: i16 = 100;

/// The query parameters, for the contract.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct WithDays {
    /// The first day; a year before `to` when absent.
    #[param(example = "2025-01-01")]
    from: Option<Date>,
    /// The last day, at most 100 years after `from`; when absent, today wherever it has begun first.
    #[param(example = "2025-12-31")]
    to: Option<Date>,
}

/// The query parameter, for the contract.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct WithInterval {
    /// Every trading day, or the last one of each ISO week or month; `1d` when absent.
    #[param(inline)]
    interval: Option<Interval>,
}

/// Takes `from` and `to`. What is wrong with them is refused by [`Params::finish`].
pub(crate) fn days(params: &mut Params, clock: &Clock) -> (Date, Date) {
    let to = params.parsed("to", day);
    let to = to.unwrap_or_else(|| clock.latest_date());
    let from = params.parsed("from", day);
    let from = from.unwrap_or_else(|| to.saturating_sub(1.year()));
    if from > to {
        params.refuse("from", "OUT_OF_RANGE", "must not be after `to`");
    } else if to.saturating_sub(MOST_YEARS.years()) > from {
        params.refuse(
            "from",
            "OUT_OF_RANGE",
            "must be at most 100 years before `to`",
        );
    }
    (from, to)
}

fn day(text: &str) -> Result<Date, ValueError> {
    let day = api::plain_date(text)?;
    if (EARLIEST..=LATEST).contains(&day) {
        Ok(day)
    } else {
        Err(ValueError::OutOfRange {
            limit: "from 1900-01-01 to 2199-12-31",
        })
    }
}

pub(crate) fn interval(params: &mut Params) -> Interval {
    let read = |text: &str| Interval::ALL.into_iter().find(|known| known.word() == text);
    one_of(params, "interval", "one of 1d, 1w and 1mo", read).unwrap_or(Interval::Day)
}

pub(crate) fn adjusted(params: &mut Params) -> Adjusted {
    let read = |text: &str| Adjusted::ALL.into_iter().find(|known| known.word() == text);
    one_of(params, "adjusted", "one of none, splits and all", read).unwrap_or(Adjusted::None)
}

fn one_of<T>(
    params: &mut Params,
    name: &str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    params.parsed(name, |text| {
        read(text).ok_or(ValueError::Malformed { expected })
    })
}
