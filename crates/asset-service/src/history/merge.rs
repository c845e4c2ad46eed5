//! What a source told, added to what was known.

use domain::Ticker;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::days::{day_after, day_before, days, is_trading_day};
use super::{Packed, Reason, Years, end_of};
use crate::source::{Action, SourceHistory};
use crate::store::prices::{EarlyYears, PriceYear, Span};

/// A source that has no close of a session this many days after it will not have one.
const LATEST_CLOSE_DAYS: i64 = 7;
/// A year's first session is no later.
const FIRST_SESSIONS_DAYS: i64 = 7;
/// What has had no close for so many sessions has no more.
const ENDED_SESSIONS: usize = 10;

/// A source's answer about a range of days.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) from: Date,
    /// The last day about which the answer says anything.
    pub(super) to: Date,
    pub(super) source: String,
    pub(super) fetched_at: Timestamp,
    pub(super) history: SourceHistory,
    /// The known years instead of which it counts; without any it counts beside them.
    pub(super) replaced: Vec<i16>,
    /// Days whose closes were left out.
    pub(super) left_out: Vec<Date>,
    /// Days of dividends that were left out.
    pub(super) untold: Vec<Date>,
    /// Whether closes are known from before it.
    pub(super) follows_closes: bool,
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

/// The last day about which an answer on `from` to `to` says anything, whose last close is this: the
/// newest may not be published yet, and are asked for again, unless there have been none for so
/// long that there will be none.
pub(super) fn covered_to(
    ticker: &Ticker,
    last_close: Option<Date>,
    (from, to): (Date, Date),
    completed: Date,
) -> Date {
    let last = last_close.filter(|last| *last <= to);
    let without = last.map_or(0, |last| {
        let since = days(day_after(last), completed);
        let sessions = since.filter(|date| is_trading_day(ticker, *date));
        sessions.take(ENDED_SESSIONS).count()
    });
    let settled = if without == ENDED_SESSIONS {
        completed
    } else {
        completed.saturating_sub(LATEST_CLOSE_DAYS.days())
    };
    let before = day_before(from);
    last.unwrap_or(before).max(to.min(settled)).max(before)
}

/// The whole years without a close with which the answer begins, where nothing is known before
/// them; or which its source does not reach.
pub(super) fn early(known: &Years, told: &Told) -> Option<EarlyYears> {
    let first = told.from.year();
    if told.follows_closes || told.from != Date::new(first, 1, 1).ok()? {
        return None;
    }
    let mut closes = told.history.closes.iter().map(|(date, _)| *date);
    let with_close = closes.find(|date| told.from <= *date && *date <= told.to);
    let since = told.history.since.filter(|since| told.from < *since);
    let whole = day_after(told.to).year();
    let end = [
        with_close.map(Date::year),
        since.map(Date::year),
        known.keys().copied().find(|year| *year >= first),
    ];
    let end = end.into_iter().flatten().min().unwrap_or(whole).min(whole);
    let span = told.span(told.from, end_of(end - 1), since.is_some());
    (end > first).then_some(EarlyYears(span))
}

/// Whether there may be closes before the first one: there is one in those years, or right after
/// them, where a source begins that was cut off by the year.
pub(super) fn is_refuted(before: &EarlyYears, told: &Told) -> bool {
    let edge = before.0.to.saturating_add(FIRST_SESSIONS_DAYS.days());
    let mut closes = told.history.closes.iter();
    closes.any(|(date, _)| *date <= edge)
}

/// Both, where one follows the other; else the newer.
pub(super) fn joined(before: &EarlyYears, newer: EarlyYears) -> EarlyYears {
    let (before, span) = (&before.0, &newer.0);
    if before.from > day_after(span.to) || span.from > day_after(before.to) {
        return newer;
    }
    EarlyYears(Span {
        from: before.from.min(span.from),
        to: before.to.max(span.to),
        is_out_of_reach: before.is_out_of_reach || span.is_out_of_reach,
        ..newer.0
    })
}

/// The years that the answer changes, but for early ones. Days that were known stay as they were.
pub(super) fn merged(
    known: &Years,
    early: Option<&EarlyYears>,
    told: &Told,
) -> Vec<(i16, PriceYear)> {
    (told.from.year()..=told.to.year())
        .filter(|year| early.is_none_or(|early| !early.has(*year)))
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
    let left_out_at = before.as_ref().and_then(|before| before.left_out_at);
    let is_left_out = told.left_out.iter().copied().any(is_new);
    let left_out_at = is_left_out.then_some(told.fetched_at).or(left_out_at);
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
        let mut span = told.span(from, to, is_out_of_reach);
        span.tells_actions &= !told.untold.iter().copied().any(is_new);
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
        left_out_at,
    }
}
