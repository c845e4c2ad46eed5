//! Closes as whoever values an instrument day by day needs them: as traded, with the one that holds
//! on the first day, and the splits among them.

use api::asset::{Adjusted, HistoryStatus, Interval, Segment, SplitRatio};
use domain::{Currency, Price, Ticker};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::Known;
use super::series::{Asked, Series, status};
use crate::source::Action;

/// How much older than the range the close before it may be: no market rests for longer.
const BEFORE_DAYS: i64 = 15;

#[derive(Debug)]
pub(crate) struct Daily {
    pub(crate) ticker_symbol: String,
    pub(crate) currency: Option<String>,
    pub(crate) status: HistoryStatus,
    pub(crate) reason: Option<String>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) closes: Vec<(Date, Price)>,
    /// None where nobody tells.
    pub(crate) splits: Option<Vec<SplitRatio>>,
}

impl Daily {
    /// The first day that must be known.
    pub(crate) fn since(from: Date) -> Date {
        from.saturating_sub(BEFORE_DAYS.days())
    }

    pub(crate) fn none(symbol: &str, reason: &str) -> Self {
        Self {
            ticker_symbol: symbol.to_owned(),
            currency: None,
            status: HistoryStatus::Unavailable,
            reason: Some(reason.to_owned()),
            segments: Vec::new(),
            closes: Vec::new(),
            splits: None,
        }
    }

    pub(crate) fn of(known: &Known, from: Date, to: Date) -> Self {
        let closes = known.closes();
        let reason = known.reason(from, to);
        let reason = reason.or_else(|| known.why_empty(&closes, from, to));
        let mut closes = holding(closes, from, to);
        closes.retain(|(date, _)| *date >= Self::since(from));
        let first = closes.first().map_or(from, |(date, _)| *date);
        let currency = known.years.values().map(|year| year.currency).next();
        Self {
            ticker_symbol: known.ticker.to_string(),
            currency: currency.map(|currency| currency.code().to_owned()),
            status: status(reason, closes.is_empty()),
            reason: reason.map(|reason| reason.word().to_owned()),
            closes,
            splits: known.splits(first, to),
            segments: known.segments(first, to, |_| true),
        }
    }

    /// The rates of a currency to itself.
    pub(crate) fn at_par(
        pair: &Ticker,
        currency: Currency,
        (from, to): (Date, Date),
        now: Timestamp,
    ) -> Self {
        let series = Series::at_par(pair, as_traded(Self::since(from), to), now);
        Self {
            ticker_symbol: pair.to_string(),
            currency: Some(currency.code().to_owned()),
            status: series.status,
            reason: series.reason.map(|reason| reason.word().to_owned()),
            segments: series.segments,
            closes: holding(series.closes, from, to),
            splits: Some(Vec::new()),
        }
    }
}

impl Known {
    fn splits(&self, from: Date, to: Date) -> Option<Vec<SplitRatio>> {
        let is_told = self.tells_actions(from, to) && !self.segments(from, to, |_| true).is_empty();
        let splits = self.actions().filter_map(|action| match action {
            Action::Split { ex_date, new, old } => Some(SplitRatio {
                ex_date: *ex_date,
                new: new.value().into(),
                old: old.value().into(),
            }),
            Action::Dividend { .. } => None,
        });
        let splits = splits.filter(|split| (from..=to).contains(&split.ex_date));
        is_told.then(|| splits.collect())
    }
}

pub(crate) fn as_traded(from: Date, to: Date) -> Asked {
    Asked {
        from,
        to,
        interval: Interval::Day,
        adjusted: Adjusted::None,
    }
}

/// The closes of the days, and the one before them.
fn holding(mut closes: Vec<(Date, Price)>, from: Date, to: Date) -> Vec<(Date, Price)> {
    closes.truncate(closes.partition_point(|(date, _)| *date <= to));
    let first = closes.partition_point(|(date, _)| *date < from);
    closes.drain(..first.saturating_sub(1));
    closes
}
