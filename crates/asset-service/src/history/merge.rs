//! What a source told, added to what was known.

use domain::Price;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::days::{day_after, day_before};
use super::{Packed, Reason, Years, end_of};
use crate::source::{Action, SourceHistory};
use crate::store::prices::{PriceYear, Span};

/// A source that has no close of a session this many days after it will not have one.
const LATEST_CLOSE_DAYS: i64 = 7;

/// A source's answer about a range of days.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) from: Date,
    /// The last day about which the answer says anything.
    pub(super) to: Date,
    pub(super) source: String,
    pub(super) fetched_at: Timestamp,
    pub(super) history: SourceHistory,
    /// Whether it counts instead of what was known, and not only beside it.
    pub(super) replaces: bool,
    /// Why it may end before the days that were asked for.
    pub(super) why_short: Reason,
}

impl Told {
    fn span(&self, from: Date, to: Date, is_out_of_reach: bool) -> Span {
        Span {
            from,
            to,
            source: self.source.clone(),
            fetched_at: self.fetched_at,
            crossed_through: self.history.crossed_through,
            tells_actions: self.history.actions.is_some(),
            is_out_of_reach,
        }
    }
}

/// The last day about which closes of `from` to `to` say anything: the newest may not be
/// published yet, and are asked for again.
pub(super) fn covered_to(closes: &[(Date, Price)], from: Date, to: Date, completed: Date) -> Date {
    let settled = completed.saturating_sub(LATEST_CLOSE_DAYS.days());
    let last = closes
        .iter()
        .map(|(date, _)| *date)
        .filter(|date| *date <= to)
        .max();
    let before = day_before(from);
    last.unwrap_or(before).max(to.min(settled)).max(before)
}

/// The years that the answer changes. Days that were known stay as they were.
pub(super) fn merged(known: &Years, told: &Told) -> Vec<(i16, PriceYear)> {
    (told.from.year()..=told.to.year())
        .filter_map(|year| {
            let before = known.get(&year).map(|before| (**before).clone());
            let covered = before.as_ref().and_then(PriceYear::covered_to);
            let from = match covered {
                Some(covered) => day_after(covered),
                None => Date::new(year, 1, 1).ok()?,
            };
            let to = end_of(year).min(told.to);
            (from <= to).then(|| (year, extended(before, year, told, from, to)))
        })
        .collect()
}

fn extended(before: Option<PriceYear>, year: i16, told: &Told, from: Date, to: Date) -> PriceYear {
    let is_new = |date: Date| from <= date && date <= to;
    let new = told.history.closes.iter().filter(|(date, _)| is_new(*date));
    let before_closes = before
        .as_ref()
        .and_then(|before| before.closes.closes().ok());
    let mut closes = before_closes.unwrap_or_default();
    closes.extend(new);
    let verified_at = before
        .as_ref()
        .map_or(told.fetched_at, PriceYear::verified_at);
    let verified_at = Some(verified_at);
    let (mut actions, mut spans) =
        before.map_or_else(Default::default, |before| (before.actions, before.spans));
    let new = told.history.actions.iter().flatten();
    actions.extend(new.filter(|action| is_new(action.ex_date())).cloned());
    actions.sort_by_key(Action::ex_date);
    let since = told
        .history
        .since
        .map_or(from, |since| since.clamp(from, day_after(to)));
    for (from, to, is_out_of_reach) in [(from, day_before(since), true), (since, to, false)] {
        let span = told.span(from, to, is_out_of_reach);
        match spans.last_mut().filter(|last| last.is_like(&span)) {
            _ if from > to => {}
            Some(last) => (last.to, last.fetched_at) = (to, span.fetched_at),
            None => spans.push(span),
        }
    }
    // A hundred thousand of these are kept in memory.
    spans.shrink_to_fit();
    actions.shrink_to_fit();
    PriceYear {
        currency: told.history.currency,
        closes: Packed::of(year, &closes),
        actions,
        spans,
        verified_at,
    }
}
