use std::collections::VecDeque;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Item, Key, Record, StoreError, Table, WriteError};

/// For how long a counter outlives its day or month.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// How many calls to a source all processes have taken out, spent or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallsTaken {
    pub(crate) calls: u32,
    /// How many of them are for searches and for symbols never heard of before.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) discoveries: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_none(calls: &u32) -> bool {
    *calls == 0
}

impl CallsTaken {
    pub(crate) fn raised(self, calls: u32, are_discoveries: bool) -> Self {
        let discoveries = if are_discoveries { calls } else { 0 };
        Self {
            calls: self.calls.saturating_add(calls),
            discoveries: self.discoveries.saturating_add(discoveries),
        }
    }
}

impl Record for CallsTaken {
    const KIND: &'static str = "calls";
}

/// The calls to a source in the last minute, oldest first, for a source that takes few.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecentCalls {
    pub(crate) taken: VecDeque<Taken>,
}

/// Calls of one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) at: Timestamp,
    pub(crate) calls: u32,
}

impl Record for RecentCalls {
    const KIND: &'static str = "recent_calls";
}

/// A stretch of UTC for which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Day,
    Month,
}

impl Period {
    /// `2026-03-10` or `2026-03`.
    pub(crate) fn name(self, now: Timestamp) -> String {
        let date = utc_date(now);
        match self {
            Self::Day => date.to_string(),
            Self::Month => date.strftime("%Y-%m").to_string(),
        }
    }

    pub(crate) fn end(self, now: Timestamp) -> Timestamp {
        let date = utc_date(now);
        let last = match self {
            Self::Day => date,
            Self::Month => date.last_of_month(),
        };
        last.tomorrow().map_or(Timestamp::MAX, midnight)
    }

    fn start(self, now: Timestamp) -> Timestamp {
        let date = utc_date(now);
        midnight(match self {
            Self::Day => date,
            Self::Month => date.first_of_month(),
        })
    }

    /// As much of an amount as of the period has passed, rounded down.
    pub(crate) fn part_passed(self, now: Timestamp, amount: u32) -> u32 {
        let seconds = |from: Timestamp, to: Timestamp| {
            u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default()
        };
        let (start, end) = (self.start(now), self.end(now));
        let part = u64::from(amount) * seconds(start, now) / seconds(start, end).max(1);
        u32::try_from(part).unwrap_or(amount)
    }
}

fn midnight(date: Date) -> Timestamp {
    let midnight = date.to_zoned(TimeZone::UTC);
    midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

fn utc_date(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn key(source: &str, period: &str) -> Key {
    Key::new(format!("SOURCE#{source}"), format!("CALLS#{period}"))
}

pub(crate) async fn load(
    table: &Table,
    source: &str,
    period: &str,
) -> Result<Option<Item<CallsTaken>>, StoreError> {
    table.get(&key(source, period)).await
}

/// Sets the counter, unless somebody else has since `before` was read. It lapses some time after
/// `end`.
pub(crate) async fn advance(
    table: &Table,
    source: &str,
    period: &str,
    before: Option<&Item<CallsTaken>>,
    taken: CallsTaken,
    end: Timestamp,
) -> Result<(), WriteError> {
    let key = key(source, period);
    let write = match before {
        Some(before) => table.write().replace(&key, before.version, &taken),
        None => table.write().create(&key, &taken),
    };
    let lapses = end.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
    write.expire_at(lapses).commit().await
}

fn recent_key(source: &str) -> Key {
    Key::new(format!("SOURCE#{source}"), "CALLS#MINUTE")
}

pub(crate) async fn load_recent(
    table: &Table,
    source: &str,
) -> Result<Option<Item<RecentCalls>>, StoreError> {
    table.get(&recent_key(source)).await
}

/// Replaces what was read at `version`, or creates it, unless somebody else was faster.
pub(crate) async fn write_recent(
    table: &Table,
    source: &str,
    version: Option<u64>,
    calls: &RecentCalls,
    now: Timestamp,
) -> Result<(), WriteError> {
    let key = recent_key(source);
    let write = match version {
        Some(version) => table.write().replace(&key, version, calls),
        None => table.write().create(&key, calls),
    };
    let lapses = now.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
    write.expire_at(lapses).commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_an_amount_is_as_large_as_the_part_of_the_period_that_has_passed() {
        let passed = |period: Period, now: &str| period.part_passed(now.parse().unwrap(), 400);
        assert_eq!(passed(Period::Day, "2026-03-10T00:00:00Z"), 0);
        assert_eq!(passed(Period::Day, "2026-03-10T15:00:00Z"), 250);
        assert_eq!(passed(Period::Day, "2026-03-10T23:59:59Z"), 399);
        assert_eq!(passed(Period::Month, "2026-06-16T00:00:00Z"), 200);
    }

    #[test]
    fn days_and_months_are_those_of_utc() {
        let now = "2026-12-31T23:30:00Z".parse().unwrap();
        let new_year = "2027-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(Period::Day.name(now), "2026-12-31");
        assert_eq!(Period::Month.name(now), "2026-12");
        assert_eq!(Period::Day.end(now), new_year);
        assert_eq!(Period::Month.end(now), new_year);
        assert_eq!(Period::Day.name(new_year), "2027-01-01");
        let february = "2028-02-10T00:00:00Z".parse().unwrap();
        assert_eq!(
            Period::Month.end(february).to_string(),
            "2028-03-01T00:00:00Z"
        );
    }
}
