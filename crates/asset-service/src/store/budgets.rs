use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Item, Key, Record, StoreError, Table, WriteError};

/// For how long a counter outlives its day or month.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// How many calls to a source all processes have taken out, spent or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallsTaken {
    pub(crate) calls: u32,
}

impl Record for CallsTaken {
    const KIND: &'static str = "calls";
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
        let next = last
            .tomorrow()
            .and_then(|date| date.to_zoned(TimeZone::UTC));
        next.map_or(Timestamp::MAX, |next| next.timestamp())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
