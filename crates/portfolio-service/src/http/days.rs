//! Which days of a ledger are asked about, one rule for every route.
//!
//! A day is one that a trade can have happened on, and no range runs backwards.
//! Where a request does not say, a range is from the first entry to today in
//! UTC, or to the last entry where it is tomorrow already.

use domain::ledger::Transaction;
use jiff::civil::Date;
use service_kit::{Clock, Error, Params, Result};

/// The range a request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

/// Takes one day. What is wrong with it is refused by [`Params::finish`].
pub(super) fn day(params: &mut Params, name: &str, clock: &Clock) -> Option<Date> {
    let latest = clock.latest_date();
    params.parsed(name, |text| {
        Transaction::check_trade_date(api::plain_date(text)?, latest)
    })
}

/// The last day there is something to say about.
pub(super) fn last_day(last_entry: Option<Date>, clock: &Clock) -> Date {
    let today = clock.today();
    last_entry.map_or(today, |last| last.max(today))
}

impl Days {
    /// Takes `from` and `to`. What is wrong with them is refused by [`Params::finish`].
    pub(super) fn take(params: &mut Params, clock: &Clock) -> Self {
        let from = day(params, "from", clock);
        let to = day(params, "to", clock);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            params.refuse("from", "OUT_OF_RANGE", BACKWARDS);
        }
        Self { from, to }
    }

    /// The first and the last day, whatever the request says.
    ///
    /// # Errors
    ///
    /// `Invalid` where `from` is after the last day there is.
    pub(super) fn within(
        self,
        first_entry: Option<Date>,
        last_entry: Option<Date>,
        clock: &Clock,
    ) -> Result<(Date, Date)> {
        let to = self.to.unwrap_or_else(|| last_day(last_entry, clock));
        let from = self.from.or(first_entry.map(|first| first.min(to)));
        let from = from.unwrap_or(to);
        if from > to {
            return Err(Error::invalid("?from", "OUT_OF_RANGE", BACKWARDS));
        }
        Ok((from, to))
    }

    /// Whether the request asks for this day.
    pub(super) fn include(self, day: Date) -> bool {
        self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to)
    }
}

const BACKWARDS: &str = "must not be after `to`";
