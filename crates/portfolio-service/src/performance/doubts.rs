//! What a figure does not cover, and what looks wrong in the ledger.

use std::collections::BTreeMap;

use api::asset::HistoryStatus;
use api::portfolio::{FigureStatus, MissingDays, PerformanceWarning};
use domain::performance::{Gap, Range};
use jiff::ToSpan;
use jiff::civil::Date;

use super::followed::{Followable, Followed};
use super::market::Market;
use crate::prices::symbol_of;

/// A split of the ledger this near to one of the market is the same.
const SAME_SPLIT_DAYS: i32 = 7;

/// What is missing, by symbol.
#[derive(Debug, Default)]
pub(super) struct Doubts(BTreeMap<String, MissingDays>);

impl Doubts {
    pub(super) fn note(&mut self, gaps: &[Gap], market: &Market) {
        for gap in gaps {
            let ticker = symbol_of(&gap.what);
            let reason = market.reason(&ticker);
            self.add(ticker.to_string(), reason, gap.from, gap.to);
        }
    }

    fn add(&mut self, symbol: String, reason: String, from: Date, to: Date) {
        let days = MissingDays {
            symbol: symbol.clone(),
            reason,
            from,
            to,
        };
        let known = self.0.entry(symbol).or_insert(days);
        known.from = known.from.min(from);
        known.to = known.to.max(to);
    }

    /// Days on which something was held whose closes are not known to be there or not to be there.
    pub(super) fn note_unknown(&mut self, followed: &Followed<'_>, market: &Market) {
        for track in followed.tracks() {
            let ticker = &track.held.ticker;
            if let Some((from, to)) = unknown_days(track, market, followed.range) {
                self.add(ticker.to_string(), market.reason(ticker), from, to);
            }
        }
    }

    pub(super) fn status(&self) -> FigureStatus {
        if self.0.is_empty() {
            FigureStatus::Ok
        } else {
            FigureStatus::Partial
        }
    }

    pub(super) fn into_vec(self) -> Vec<MissingDays> {
        self.0.into_values().collect()
    }
}

/// The first and the last day with a price carried forward for lack of an answer.
fn unknown_days(track: &Followable<'_>, market: &Market, range: Range) -> Option<(Date, Date)> {
    let column = market.column(&track.held.ticker)?;
    if column.status == HistoryStatus::Ok {
        return None;
    }
    let first_close = column.series.first_date()?;
    let is_unknown = |day: Date| {
        let covers = |from: Date, to: Date| from <= day && day <= to;
        !column
            .segments
            .iter()
            .any(|segment| covers(segment.from, segment.to))
    };
    let is_held = |day: Date| {
        let held = track.held.quantities.on(day);
        held.is_some_and(|held| !held.value.is_zero())
    };
    let now = market.now_of(&track.held.ticker);
    let mut days = range
        .opening()
        .series(1.day())
        .take_while(|day| *day <= range.to())
        .filter(|day| *day > first_close && now.is_none_or(|now| *day < now))
        .filter(|day| is_unknown(*day) && is_held(*day));
    let from = days.next()?;
    Some((from, days.last().unwrap_or(from)))
}

/// Splits of the market while something was held, of which the ledger knows nothing.
pub(super) fn warnings(followed: &Followed<'_>, market: &Market) -> Vec<PerformanceWarning> {
    let unrecorded = |track: &Followable<'_>| -> Vec<PerformanceWarning> {
        let held = track.held;
        let splits = market
            .column(&held.ticker)
            .map_or([].as_slice(), |column| &column.splits);
        let is_recorded = |day: Date| {
            held.splits.iter().any(|split| {
                let apart = split
                    .date
                    .until(day)
                    .map_or(i32::MAX, |span| span.get_days());
                apart.abs() <= SAME_SPLIT_DAYS
            })
        };
        let was_held = |day: Date| {
            let before = held.quantities.on(day.saturating_sub(1.day()));
            before.is_some_and(|before| !before.value.is_zero())
        };
        splits
            .iter()
            .filter(|split| split.date <= followed.range.to() && split.new != split.old)
            .filter(|split| was_held(split.date) && !is_recorded(split.date))
            .map(|split| PerformanceWarning {
                code: "SPLIT_NOT_RECORDED".to_owned(),
                portfolio_id: track.portfolio.to_string(),
                ticker_symbol: held.ticker.to_string(),
                date: split.date,
                detail: format!(
                    "{} for {}",
                    split.new.value().normalize(),
                    split.old.value().normalize()
                ),
            })
            .collect()
    };
    followed.tracks().iter().flat_map(unrecorded).collect()
}
