//! What is known of a range of days, as it is shown: closes, gaps, segments, and what is missing.

use api::asset::{Adjusted, Days, HistoryStatus, Interval, Segment, Staleness};
use domain::{Currency, Price, Ticker};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::days::{day_after, days, is_trading_day, last_completed};
use super::{Known, Reason, adjust};
use crate::source::Action;
use crate::store::prices::Span;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) interval: Interval,
    pub(crate) adjusted: Adjusted,
}

impl Asked {
    /// The last day that must be known: adjusting needs everything that happened since.
    pub(crate) fn needed_to(self) -> Date {
        match self.adjusted {
            Adjusted::None => self.to,
            Adjusted::Splits | Adjusted::All => Date::MAX,
        }
    }
}

/// A history ready to be shown.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) currency: Option<Currency>,
    pub(crate) closes: Vec<(Date, Price)>,
    pub(crate) gaps: Vec<Days>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) status: HistoryStatus,
    pub(crate) reason: Option<Reason>,
}

impl Series {
    pub(crate) fn of(ticker: &Ticker, known: &Known, asked: Asked) -> Self {
        let to = asked.to.min(known.completed);
        let closes = known.closes();
        let first = closes.first().map(|(date, _)| *date);
        let gaps = first.map(|first| gaps(ticker, &closes, asked.from.max(first), to));
        let segments = known.segments(asked.from, asked.to, |_| true);
        let reason = known.reason(asked.from, asked.to);
        let mut reason = reason.or_else(|| known.why_empty(&closes, asked.from, asked.to));
        let mut closes = known
            .adjusted(closes, asked.adjusted)
            .unwrap_or_else(|why| {
                reason = reason.or(Some(why.reason));
                why.closes
            });
        closes.retain(|(date, _)| asked.from <= *date && *date <= asked.to);
        let status = status(reason, closes.is_empty());
        Self {
            currency: known.years.values().map(|year| year.currency).next(),
            closes: every(asked.interval, closes),
            gaps: gaps.unwrap_or_default(),
            segments,
            status,
            reason,
        }
    }
}

/// The source of what needs none.
pub(crate) const DEFINITION: &str = "definition";

impl Series {
    /// The rates of a currency to itself: one on every weekday that is over.
    pub(crate) fn at_par(pair: &Ticker, asked: Asked, now: Timestamp) -> Self {
        let completed = last_completed(pair, now);
        let reason = (asked.from > completed).then_some(Reason::NoSessionYet);
        let to = asked.to.min(completed);
        let weekdays = days(asked.from, to).filter(|date| is_trading_day(pair, *date));
        let one = Price::try_new(Decimal::ONE).ok();
        let closes: Vec<(Date, Price)> = one
            .map(|one| weekdays.map(|date| (date, one)).collect())
            .unwrap_or_default();
        let segment = Segment {
            from: asked.from,
            to,
            source: DEFINITION.to_owned(),
            fetched_at: now,
            staleness: Staleness::Fresh,
            crossed_through: None,
        };
        Self {
            currency: None,
            segments: Some(segment)
                .filter(|_| asked.from <= to)
                .into_iter()
                .collect(),
            gaps: Vec::new(),
            status: status(reason, closes.is_empty()),
            closes: every(asked.interval, closes),
            reason,
        }
    }
}

pub(crate) fn status(reason: Option<Reason>, knows_nothing: bool) -> HistoryStatus {
    match reason {
        None => HistoryStatus::Ok,
        Some(_) if knows_nothing => HistoryStatus::Unavailable,
        Some(_) => HistoryStatus::Partial,
    }
}

/// Closes that could not be adjusted as asked.
struct Unadjusted {
    closes: Vec<(Date, Price)>,
    reason: Reason,
}

impl Known {
    pub(crate) fn closes(&self) -> Vec<(Date, Price)> {
        let years = self.years.values();
        years
            .filter_map(|year| year.closes.closes().ok())
            .flatten()
            .collect()
    }

    fn spans(&self) -> impl Iterator<Item = &Span> {
        let early = self.early.iter().map(|early| &early.0);
        early.chain(self.years.values().flat_map(|year| &year.spans))
    }

    /// Why some of the days are missing.
    pub(crate) fn reason(&self, from: Date, to: Date) -> Option<Reason> {
        let is_out = |span: &Span| span.is_out_of_reach && span.from <= to && from <= span.to;
        let is_out = self.spans().any(is_out);
        self.missing.or(is_out.then_some(Reason::OutOfReach))
    }

    /// Why days have no close, of all these that are known.
    pub(crate) fn why_empty(
        &self,
        closes: &[(Date, Price)],
        from: Date,
        to: Date,
    ) -> Option<Reason> {
        if from > self.completed {
            return Some(Reason::NoSessionYet);
        }
        let is_early = self.early.as_ref().is_some_and(|early| {
            // So far without a close, and perhaps beyond.
            to <= early.0.to || closes.is_empty() && from <= day_after(early.0.to)
        });
        match (closes.first(), closes.last()) {
            _ if is_early => Some(Reason::BeforeFirstClose),
            (Some((first, _)), _) if to < *first => Some(Reason::BeforeFirstClose),
            (Some(_), Some((last, _))) if from <= *last => None,
            _ => {
                let mut sessions = days(from, to.min(self.completed));
                let has_session = sessions.any(|date| is_trading_day(&self.ticker, date));
                has_session.then_some(Reason::NoCloses)
            }
        }
    }

    pub(crate) fn actions(&self) -> impl Iterator<Item = &Action> {
        self.years.values().flat_map(|year| &year.actions)
    }

    /// Whether every source that the days are from tells dividends and splits.
    pub(crate) fn tells_actions(&self, from: Date, to: Date) -> bool {
        let mut spans = self
            .spans()
            .filter(|span| span.from <= to && from <= span.to);
        spans.all(|span| span.tells_actions)
    }

    fn adjusted(
        &self,
        closes: Vec<(Date, Price)>,
        wanted: Adjusted,
    ) -> Result<Vec<(Date, Price)>, Unadjusted> {
        let currency = self.years.values().map(|year| year.currency).next();
        let dividends = match wanted {
            Adjusted::None => return Ok(closes),
            Adjusted::Splits => None,
            Adjusted::All => currency,
        };
        let actions: Vec<Action> = self.actions().cloned().collect();
        let is_foreign = |action: &Action| matches!(action, Action::Dividend { currency: paid, .. } if currency != Some(*paid));
        let knows_all = self.tells_actions(Date::MIN, Date::MAX)
            && (wanted == Adjusted::Splits || !actions.iter().any(is_foreign));
        match adjust::adjusted(&closes, &actions, dividends) {
            Some(closes) if knows_all => Ok(closes),
            Some(closes) => Err(Unadjusted {
                closes,
                reason: Reason::ActionsUnknown,
            }),
            None => Err(Unadjusted {
                closes: Vec::new(),
                reason: Reason::RefusedHistory,
            }),
        }
    }

    /// Which of the days are whose.
    pub(crate) fn segments(
        &self,
        from: Date,
        to: Date,
        tells: impl Fn(&Span) -> bool,
    ) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        let mut last: Option<&Span> = None;
        let known = self.spans().filter(|span| !span.is_out_of_reach);
        for span in known.filter(|span| tells(span)) {
            let (start, end) = (span.from.max(from), span.to.min(to));
            if start > end {
                continue;
            }
            let before = segments.last_mut().filter(|before| {
                last.is_some_and(|last| last.is_like(span)) && day_after(before.to) == start
            });
            match before {
                Some(before) => {
                    before.to = end;
                    before.fetched_at = before.fetched_at.max(span.fetched_at);
                }
                None => segments.push(segment(span, start, end)),
            }
            last = Some(span);
        }
        if self.missing.is_some()
            && let Some(last) = segments.last_mut()
            && last.to < to.min(self.completed)
        {
            last.staleness = Staleness::Stale;
        }
        segments
    }
}

fn segment(span: &Span, from: Date, to: Date) -> Segment {
    Segment {
        from,
        to,
        source: span.source.clone(),
        fetched_at: span.fetched_at,
        staleness: Staleness::Fresh,
        crossed_through: span
            .crossed_through
            .map(|through| through.code().to_owned()),
    }
}

/// Runs of trading days without a close. A weekend does not end a run.
fn gaps(ticker: &Ticker, closes: &[(Date, Price)], from: Date, to: Date) -> Vec<Days> {
    let start = closes.partition_point(|(date, _)| *date < from);
    let mut closes = closes[start..].iter().map(|(date, _)| *date).peekable();
    let mut gaps: Vec<Days> = Vec::new();
    let mut is_in_gap = false;
    for date in days(from, to) {
        if closes.next_if_eq(&date).is_some() {
            is_in_gap = false;
        } else if is_trading_day(ticker, date) {
            match gaps.last_mut().filter(|_| is_in_gap) {
                Some(gap) => gap.to = date,
                None => gaps.push(Days {
                    from: date,
                    to: date,
                }),
            }
            is_in_gap = true;
        }
    }
    gaps
}

/// The last close of each day, week or month, with its own date.
pub(crate) fn every(interval: Interval, closes: Vec<(Date, Price)>) -> Vec<(Date, Price)> {
    let period = |date: Date| match interval {
        Interval::Day => (date.year(), date.day_of_year()),
        Interval::Week => {
            let week = date.iso_week_date();
            (week.year(), week.week().into())
        }
        Interval::Month => (date.year(), date.month().into()),
    };
    let mut kept: Vec<(Date, Price)> = Vec::with_capacity(closes.len());
    for close in closes {
        if kept
            .last()
            .is_some_and(|last| period(last.0) == period(close.0))
        {
            kept.pop();
        }
        kept.push(close);
    }
    kept
}
