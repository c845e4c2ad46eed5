use domain::{Currency, Ticker};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Key, Query, Record, StoreError, Table, WriteError};

use crate::history::Packed;
use crate::source::Action;

/// How often a year is compared anew with what others have stored meanwhile.
const TRIES: usize = 5;
const OUT_OF_REACH_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// What is known of one year of an instrument or a pair of currencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PriceYear {
    pub(crate) currency: Currency,
    pub(crate) closes: Packed,
    /// Oldest first; only what happened within spans that tell.
    pub(crate) actions: Vec<Action>,
    /// Invariant: the first begins on 1 January, each follows the one before without a gap. A day
    /// in a span without a close had none.
    pub(crate) spans: Vec<Span>,
    /// When all of it was last asked for at once. Years stored before that was noted lack it.
    #[serde(default)]
    pub(crate) verified_at: Option<Timestamp>,
    /// When a close was last left out that has not been asked for again since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_out_at: Option<Timestamp>,
}

/// Days that one source has told us about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) source: String,
    /// When the latest of it was fetched.
    pub(crate) fetched_at: Timestamp,
    pub(crate) crossed_through: Option<Currency>,
    /// Whether the source also tells dividends and splits.
    pub(crate) tells_actions: bool,
    /// Whether the source was asked and does not reach back so far: nobody knows these days.
    pub(crate) is_out_of_reach: bool,
}

impl PriceYear {
    /// The last day that a source has told us about.
    pub(crate) fn covered_to(&self) -> Option<Date> {
        self.spans.last().map(|span| span.to)
    }

    /// When all of it was last asked for at once.
    pub(crate) fn verified_at(&self) -> Timestamp {
        let fetched_at = self.spans.first().map(|span| span.fetched_at);
        self.verified_at.or(fetched_at).unwrap_or(Timestamp::MIN)
    }

    /// Which of two versions of a year counts: the one that was asked for as a whole later, or else
    /// the one that reaches further.
    pub(crate) fn rank(&self) -> (Timestamp, Option<Date>) {
        (self.verified_at(), self.covered_to())
    }

    /// Whether it may stand for the other: as many days, closes and kinds of facts.
    pub(crate) fn is_no_worse_than(&self, other: &Self) -> bool {
        let tells = |year: &Self| year.spans.iter().all(|span| span.tells_actions);
        let is_out = |year: &Self| year.spans.iter().any(|span| span.is_out_of_reach);
        let closes = |year: &Self| year.closes.closes().map_or(0, |closes| closes.len());
        self.covered_to() >= other.covered_to()
            && tells(self) >= tells(other)
            && is_out(self) <= is_out(other)
            // Sources differ about a holiday or two.
            && closes(self) * 10 >= closes(other) * 9
    }

    /// Whether it is time to ask again for a year that was out of every source's reach: there may
    /// be another source by now.
    pub(crate) fn is_forgotten(&self, now: Timestamp) -> bool {
        self.spans.iter().all(|span| span.is_forgotten(now))
    }
}

impl Span {
    fn is_forgotten(&self, now: Timestamp) -> bool {
        let day_before = now.saturating_sub(OUT_OF_REACH_PAUSE);
        self.is_out_of_reach && self.fetched_at < day_before.unwrap_or(Timestamp::MIN)
    }

    /// Whether both are the same source's word in the same way.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.source == other.source
            && self.crossed_through == other.crossed_through
            && self.tells_actions == other.tells_actions
            && self.is_out_of_reach == other.is_out_of_reach
    }
}

impl Record for PriceYear {
    const KIND: &'static str = "price_year";
}

/// The whole years before the first close, which are not stored one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct EarlyYears(pub(crate) Span);

impl EarlyYears {
    pub(crate) fn has(&self, year: i16) -> bool {
        (self.0.from.year()..=self.0.to.year()).contains(&year)
    }

    /// Those before the first of the years that are known; none where nothing is left.
    pub(crate) fn before(mut self, known: impl Iterator<Item = i16>) -> Option<Self> {
        if let Some(first) = known.filter(|year| self.has(*year)).min() {
            self.0.to = Date::new(first - 1, 12, 31).ok()?;
        }
        (self.0.from < self.0.to).then_some(self)
    }

    /// Whether it may stand for the other: no more years without a close, and known as well.
    pub(crate) fn is_no_worse_than(&self, other: &Self) -> bool {
        let (span, before) = (&self.0, &other.0);
        match (span.is_out_of_reach, before.is_out_of_reach) {
            (false, true) => true,
            (true, true) => span.to < before.to,
            (false, false) => span.to <= before.to,
            (true, false) => false,
        }
    }

    /// As of a year.
    pub(crate) fn is_forgotten(&self, now: Timestamp) -> bool {
        self.0.is_forgotten(now)
    }
}

impl Record for EarlyYears {
    const KIND: &'static str = "early_years";
}

/// The partition, and what the sort keys begin with.
pub(super) fn place(ticker: &Ticker) -> (String, &'static str) {
    match ticker.as_fx_pair() {
        Some((base, quote)) => (format!("FX#{base}#{quote}"), "RATES#"),
        None => (format!("INST#{ticker}"), "PRICES#"),
    }
}

/// The years that are stored, from `first` to `last`.
pub(crate) async fn load_years(
    table: &Table,
    ticker: &Ticker,
    first: i16,
    last: i16,
) -> Result<Vec<(i16, PriceYear)>, StoreError> {
    let (partition, prefix) = place(ticker);
    let query = Query::partition(partition)
        .between(format!("{prefix}{first:04}"), format!("{prefix}{last:04}"));
    let items = table.query_all(&query).await?;
    let year = |key: &Key| key.sk.strip_prefix(prefix)?.parse().ok();
    Ok(items
        .into_iter()
        .filter_map(|item| Some((year(&item.key)?, item.value)))
        .collect())
}

/// Stores a year unless one that is as good is there: of two processes that fetched the same tail,
/// the one that knows more wins, whoever writes last, and what was asked for anew wins over what it
/// corrects. `counts` says whether a stored year
/// is one to compare with.
pub(crate) async fn keep(
    table: &Table,
    ticker: &Ticker,
    year: i16,
    known: &PriceYear,
    counts: impl Fn(&PriceYear) -> bool,
) -> Result<(), WriteError> {
    let key = year_key(ticker, year);
    let mut tries = 1..=TRIES;
    loop {
        let write = match table.get::<PriceYear>(&key).await? {
            Some(stored) if counts(&stored.value) && stored.value.rank() >= known.rank() => {
                return Ok(());
            }
            Some(stored) => table.write().replace(&key, stored.version, known),
            None => table.write().create(&key, known),
        };
        match write.commit().await {
            Err(WriteError::ConditionFailed { .. }) if tries.next().is_some() => {}
            written => return written,
        }
    }
}

/// Drops a year that was last asked for before that time: it was replaced by nothing.
pub(crate) async fn drop_older(
    table: &Table,
    ticker: &Ticker,
    year: i16,
    since: Timestamp,
) -> Result<(), WriteError> {
    let key = year_key(ticker, year);
    match table.get::<PriceYear>(&key).await? {
        Some(stored) if stored.value.verified_at() < since => {
            let write = table.write().delete(&key, stored.version).commit().await;
            match write {
                // Whoever changed it knows more.
                Err(WriteError::ConditionFailed { .. }) => Ok(()),
                written => written,
            }
        }
        _ => Ok(()),
    }
}

fn year_key(ticker: &Ticker, year: i16) -> Key {
    let (partition, prefix) = place(ticker);
    Key::new(partition, format!("{prefix}{year:04}"))
}

fn early_key(ticker: &Ticker) -> Key {
    let (partition, prefix) = place(ticker);
    Key::new(partition, format!("{prefix}EARLY"))
}

pub(crate) async fn load_early(
    table: &Table,
    ticker: &Ticker,
) -> Result<Option<EarlyYears>, StoreError> {
    let item = table.get(&early_key(ticker)).await?;
    Ok(item.map(|item| item.value))
}

/// Replaces whatever was known, but for years that another process has closes of: what is not said
/// is asked for again. `counts` as for [`keep`].
pub(crate) async fn keep_early(
    table: &Table,
    ticker: &Ticker,
    early: Option<&EarlyYears>,
    counts: impl Fn(&PriceYear) -> bool,
) -> Result<(), WriteError> {
    let key = early_key(ticker);
    let early = match early {
        Some(early) => {
            let (first, last) = (early.0.from.year(), early.0.to.year());
            let stored = load_years(table, ticker, first, last).await?;
            let known = stored.iter().filter(|(_, year)| counts(year));
            early.clone().before(known.map(|(year, _)| *year))
        }
        None => None,
    };
    let write = match early {
        Some(early) => table.write().put(&key, &early),
        None => table.write().remove(&key),
    };
    write.commit().await
}
