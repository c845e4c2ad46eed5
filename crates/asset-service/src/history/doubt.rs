//! Whether a history can be right, beside what is known already.
//!
//! | An answer | Is |
//! |---|---|
//! | in another currency than the symbol names, or than the stored closes or the last quote have | disputed |
//! | half away from most of the stored closes of the same days | disputed |
//! | with nothing stored, half away from the last quote where it ends | disputed |
//! | with one close half away from those before and after it, whatever was split between | right but for that close |
//! | with its last close, or the last two, half away from the one before | right but for those |
//!
//! Plain values only. What is disputed needs a second source, which is `inquiry`'s matter.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Currency, Price};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::Years;
use super::adjust::after_splits;
use crate::chain::{is_close, is_jump};
use crate::source::{Action, Refusal, SourceHistory};
use crate::store::disputes::Dispute;
use crate::store::prices::PriceYear;
use crate::store::quotes::LastQuote;

/// A close and a quote that are further apart say nothing about each other.
const NEIGHBOURS_DAYS: i64 = 7;
const NEIGHBOURS: SignedDuration = SignedDuration::from_hours(24 * NEIGHBOURS_DAYS);
/// Of two closes of one day that differ by more than a hundred-thousandth, one was corrected: a
/// source that rounds to seven digits says the same again within less.
const ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 5);

/// What an answer is measured against.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The currency that the symbol itself says.
    pub(super) named: Option<Currency>,
    /// Every year that is known.
    pub(super) years: Years,
    pub(super) quote: Option<LastQuote>,
    /// What was told against the years before.
    pub(super) disputed: Option<Dispute>,
}

impl Evidence {
    /// What is wrong with the answer as a whole.
    pub(super) fn disputes(&self, history: &SourceHistory) -> Option<(Refusal, String)> {
        let currency = history.currency;
        if let Some(expected) = self.expected().filter(|expected| *expected != currency) {
            // A quote that was believed in the new currency says that the instrument changed.
            let is_vouched = self.named.is_none()
                && !self.years.is_empty()
                && self.quoted().is_some_and(|quote| quote == currency);
            if !is_vouched {
                let detail = format!("a history in {currency} and not in {expected}");
                return Some((Refusal::WrongCurrency, detail));
            }
            return None;
        }
        self.is_far_off(history).then(|| {
            let detail = "a history half or more away from what was known".to_owned();
            (Refusal::Jump, detail)
        })
    }

    /// Whether the symbol has never been heard of.
    pub(super) fn is_empty(&self) -> bool {
        self.years.is_empty() && self.quote.is_none()
    }

    pub(super) fn last_close_before(&self, date: Date) -> Option<Date> {
        let years = self.years.range(..=date.year()).rev();
        let mut closes = years.flat_map(|(_, year)| year.closes.closes().into_iter().rev());
        closes.find_map(|closes| {
            let before = closes.iter().rev().find(|(day, _)| *day < date);
            before.map(|(day, _)| *day)
        })
    }

    /// Whether two sources that say the same may be right against what is known.
    pub(super) fn may_be_wrong_about(&self, history: &SourceHistory) -> bool {
        self.named.is_none_or(|named| named == history.currency)
    }

    fn expected(&self) -> Option<Currency> {
        let stored = self.years.values().next().map(|year| year.currency);
        self.named.or(stored).or(self.quoted())
    }

    fn quoted(&self) -> Option<Currency> {
        self.quote.as_ref().map(|quote| quote.currency)
    }

    /// Whether what is stored is in another currency or unit.
    pub(super) fn is_contradicted(&self, history: &SourceHistory) -> bool {
        let mut stored = self.years.values();
        stored.any(|year| year.currency != history.currency) || self.is_far_off(history)
    }

    /// Whether a quote of the last days says something else than the answer, or the answer ends before
    /// it.
    pub(super) fn is_denied_by_quote(&self, history: &SourceHistory, now: Timestamp) -> bool {
        let is_recent = |quote: &&LastQuote| now.duration_since(quote.as_of) <= NEIGHBOURS;
        self.quote.as_ref().filter(is_recent).is_some_and(|quote| {
            let last = history.closes.last();
            let is_borne_out = last.is_some_and(|(date, close)| supports(quote, *date, *close));
            quote.currency != history.currency || !is_borne_out
        })
    }

    /// Whose word the years are.
    pub(super) fn sources(&self) -> BTreeSet<&str> {
        let spans = self.years.values().flat_map(|year| &year.spans);
        spans.map(|span| span.source.as_str()).collect()
    }

    /// The last day that is in both, with the answer's close and the known one.
    pub(super) fn last_in_common(&self, history: &SourceHistory) -> Option<(Date, Price, Price)> {
        let known = self.closes(history, |_| true);
        let mut closes = history.closes.iter().rev();
        closes.find_map(|(date, told)| Some((*date, *told, *known.get(date)?)))
    }

    /// Whether an answer on all that is stored may count instead: as far back, and with as many
    /// closes but for a few.
    pub(super) fn may_be_replaced_by(&self, history: &SourceHistory) -> bool {
        let years = self.years.values();
        let known: usize = years
            .map(|year| year.closes.closes().map_or(0, |closes| closes.len()))
            .sum();
        history.since.is_none()
            && self.disputes(history).is_none()
            && history.closes.len() * 10 >= known * 9
    }

    fn is_far_off(&self, history: &SourceHistory) -> bool {
        let known = self.closes(history, |_| true);
        let pairs = in_common(history, &known);
        let far = pairs.iter().filter(|(new, old)| is_jump(*old, *new));
        match (pairs.len(), history.closes.last(), &self.quote) {
            (0, Some((date, close)), Some(quote)) if self.years.is_empty() => {
                is_near(quote, *date) && !supports(quote, *date, *close)
            }
            (common, ..) => far.count() * 2 > common,
        }
    }

    /// Whether the source says something else about days than it did before.
    pub(super) fn is_corrected(&self, history: &SourceHistory, source: &str) -> bool {
        let is_of_source = |year: &PriceYear| year.spans.iter().all(|span| span.source == source);
        let known = self.closes(history, is_of_source);
        let differ = |(new, old): &(Price, Price)| {
            let limit = old.value().checked_mul(ROUNDING);
            let change = new.value().checked_sub(old.value());
            change
                .zip(limit)
                .is_none_or(|(change, limit)| change.abs() > limit)
        };
        in_common(history, &known).iter().any(differ)
    }

    /// Closes that stand alone: half away from their neighbours on both sides, in one direction. The
    /// last two have none after them, and count as alone unless the last quote speaks for them.
    pub(super) fn lone(&self, history: &SourceHistory) -> Vec<Date> {
        let known = self.closes(history, |_| true);
        let closes = &history.closes;
        let actions = history.actions.as_deref().unwrap_or_default();
        let first = closes.first().map_or(Date::MAX, |(date, _)| *date);
        let last = closes.last().map_or(Date::MIN, |(date, _)| *date);
        let mut left = known
            .range(..first)
            .next_back()
            .map(|(date, close)| (*date, *close));
        let after = known.range(last..).filter(|(date, _)| **date > last);
        let after = after.map(|(date, close)| (*date, *close)).take(2);
        let in_order: Vec<(Date, Price)> = closes.iter().copied().chain(after).collect();
        let next = |place: usize| in_order.get(place).copied();
        let speaks_for = |(date, close): (Date, Price)| {
            let quote = self.quote.as_ref();
            quote.is_some_and(|quote| supports(quote, date, close))
        };
        let mut lone = Vec::new();
        for (place, &close) in closes.iter().enumerate() {
            let is_known = |(date, close): (Date, Price)| {
                known
                    .get(&date)
                    .is_some_and(|known| is_close(*known, close))
            };
            let (right, further) = (next(place + 1), next(place + 2));
            let is_alone = match (left, right) {
                (Some(left), Some(right)) => {
                    let is_peak = is_beyond(close, right, actions)
                        && (left.1 < close.1) == (right.1 < close.1);
                    let is_end = further.is_none()
                        && is_beyond(left, right, actions)
                        && (left.1 < close.1) == (left.1 < right.1)
                        && !speaks_for(right);
                    is_beyond(left, close, actions) && (is_peak || is_end)
                }
                (Some(left), None) => is_beyond(left, close, actions) && !speaks_for(close),
                // Without one before it, the two after it must agree with each other.
                (None, Some(right)) => further.is_some_and(|further| {
                    is_beyond(close, right, actions) && !is_beyond(right, further, actions)
                }),
                (None, None) => false,
            };
            if is_alone && !is_known(close) {
                lone.push(close.0);
            } else {
                left = Some(close);
            }
        }
        lone
    }

    /// The known closes of the days of the answer and beside it.
    pub(super) fn closes_beside(&self, history: &SourceHistory) -> BTreeMap<Date, Price> {
        self.closes(history, |year| year.currency == history.currency)
    }

    /// The splits of an answer that nobody has told of before.
    pub(super) fn new_splits(&self, history: &SourceHistory) -> Vec<Action> {
        let is_known = |action: &Action| {
            let year = self.years.get(&action.ex_date().year());
            year.is_some_and(|year| year.actions.contains(action))
        };
        let splits = history.actions.iter().flatten();
        let splits = splits.filter(|action| action.is_split() && !is_known(action));
        splits.cloned().collect()
    }

    /// What is known of the years that the answer is about, and of those beside it.
    fn closes(
        &self,
        history: &SourceHistory,
        counts: impl Fn(&PriceYear) -> bool,
    ) -> BTreeMap<Date, Price> {
        let ends = history.closes.first().zip(history.closes.last());
        let Some(((first, _), (last, _))) = ends else {
            return BTreeMap::new();
        };
        let year_of = |date: Date, days: i64| date.saturating_add(days.days()).year();
        self.years
            .range(year_of(*first, -NEIGHBOURS_DAYS)..=year_of(*last, NEIGHBOURS_DAYS))
            .filter(|(_, year)| counts(year))
            .flat_map(|(_, year)| year.closes.closes().unwrap_or_default())
            .collect()
    }
}

/// Whether two sources tell the same: their last common day within ten per cent.
pub(super) fn tell_the_same(left: &SourceHistory, right: &SourceHistory) -> bool {
    let known = right.closes.iter().copied().collect();
    let last = in_common(left, &known).pop();
    left.currency == right.currency && last.is_some_and(|(left, right)| is_close(left, right))
}

/// Both closes of each day that is in both.
fn in_common(history: &SourceHistory, known: &BTreeMap<Date, Price>) -> Vec<(Price, Price)> {
    let closes = history.closes.iter();
    closes
        .filter_map(|(date, close)| Some((*close, *known.get(date)?)))
        .collect()
}

/// Whether the later of two closes is half away from the earlier, as it was and as splits between
/// them leave it.
fn is_beyond(earlier: (Date, Price), later: (Date, Price), actions: &[Action]) -> bool {
    if !is_jump(earlier.1, later.1) {
        return false;
    }
    let is_between = |action: &&Action| earlier.0 < action.ex_date() && action.ex_date() <= later.0;
    let expected = after_splits(earlier.1.value(), actions.iter().filter(is_between));
    let expected = expected.and_then(|expected| Price::try_new(expected).ok());
    expected.is_none_or(|expected| is_jump(expected, later.1))
}

fn is_near(quote: &LastQuote, date: Date) -> bool {
    let quoted_on = quote.as_of.to_zoned(TimeZone::UTC).date();
    quoted_on.duration_since(date).abs() <= NEIGHBOURS
}

/// Whether the price now, or that of the session before it, says that a close may be right.
fn supports(quote: &LastQuote, date: Date, close: Price) -> bool {
    let previous = quote.previous_close;
    is_near(quote, date)
        && (!is_jump(quote.price, close) || previous.is_some_and(|before| is_close(before, close)))
}
