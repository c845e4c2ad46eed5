//! Which dividends and splits cannot have been, beside the closes.
//!
//! | Action | Is refused where |
//! |---|---|
//! | dividend | it is no less than the close before its ex-date |
//! | split | the close after it is half away from where the split leads, and nearer to the close before it |
//!
//! Without a close on the sides it needs, an action is taken as it is. Plain values only.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use std::collections::BTreeMap;

use domain::Price;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use super::adjust::{DIGITS, after_splits};
use crate::chain::is_jump;
use crate::source::{Action, SourceHistory};

type Closes = BTreeMap<Date, Price>;

/// Takes out what cannot have been, given what else is known of the days beside the answer.
pub(super) fn refused(history: &mut SourceHistory, beside: Closes) -> Vec<Action> {
    let mut closes = beside;
    closes.extend(history.closes.iter().copied());
    let currency = history.currency;
    let Some(actions) = &mut history.actions else {
        return Vec::new();
    };
    let splits: Vec<Action> = actions.iter().filter(|it| it.is_split()).cloned().collect();
    let cannot_be = |action: &mut Action| match action {
        Action::Split { ex_date, .. } => !is_shown(*ex_date, &splits, &closes),
        Action::Dividend {
            ex_date,
            amount,
            currency: paid,
        } => {
            let before = before(*ex_date, &closes).filter(|_| *paid == currency);
            // Of a dividend after a split, the close before it is one of the shares before that.
            before.is_some_and(|before| {
                let between = between(before.0, *ex_date, &splits);
                let before = after_splits(before.1.value(), between);
                before.is_some_and(|before| before <= amount.value())
            })
        }
    };
    actions.extract_if(.., cannot_be).collect()
}

/// The closes and dividends before each of these splits as they are after it, to twelve digits,
/// half to even. Nothing where one is no price then.
pub(super) fn undone(history: &SourceHistory, splits: &[Action]) -> Option<SourceHistory> {
    let undone = |date: Date, price: Price| {
        let later = splits.iter().filter(|split| date < split.ex_date());
        let exact = after_splits(price.value(), later)?;
        let rounded =
            exact.round_sf_with_strategy(DIGITS, RoundingStrategy::MidpointNearestEven)?;
        Price::try_new(rounded.normalize()).ok()
    };
    let mut history = history.clone();
    for (date, close) in &mut history.closes {
        *close = undone(*date, *close)?;
    }
    for action in history.actions.iter_mut().flatten() {
        if let Action::Dividend {
            ex_date, amount, ..
        } = action
        {
            *amount = undone(*ex_date, *amount)?;
        }
    }
    Some(history)
}

fn before(date: Date, closes: &Closes) -> Option<(Date, Price)> {
    let before = closes.range(..date).next_back();
    before.map(|(date, close)| (*date, *close))
}

fn between(from: Date, to: Date, splits: &[Action]) -> impl Iterator<Item = &Action> {
    let is_between = move |split: &&Action| from < split.ex_date() && split.ex_date() <= to;
    splits.iter().filter(is_between)
}

/// Whether the closes on both sides of the day bear out all splits between them.
fn is_shown(ex_date: Date, splits: &[Action], closes: &Closes) -> bool {
    let sides = before(ex_date, closes).zip(closes.range(ex_date..).next());
    let Some(((last_day, last), (next_day, next))) = sides else {
        return true;
    };
    let leads_to = after_splits(last.value(), between(last_day, *next_day, splits));
    let Some(leads_to) = leads_to.and_then(|price| Price::try_new(price).ok()) else {
        return false;
    };
    !is_jump(leads_to, *next) || apart(leads_to, *next) < apart(last, *next)
}

/// How many times the one is the other.
fn apart(left: Price, right: Price) -> Decimal {
    let (low, high) = (left.min(right).value(), left.max(right).value());
    high.checked_div(low).unwrap_or(Decimal::MAX)
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Quantity};

    use super::*;

    fn date(day: i8) -> Date {
        Date::constant(2026, 3, day)
    }

    fn split(day: i8, new: &str, old: &str) -> Action {
        Action::Split {
            ex_date: date(day),
            new: Quantity::parse(new).unwrap(),
            old: Quantity::parse(old).unwrap(),
        }
    }

    fn dividend(day: i8, amount: &str) -> Action {
        Action::Dividend {
            ex_date: date(day),
            amount: Price::parse(amount).unwrap(),
            currency: Currency::USD,
        }
    }

    fn closes(days: &[(i8, &str)]) -> Vec<(Date, Price)> {
        let close = |(day, close): &(i8, &str)| (date(*day), Price::parse(close).unwrap());
        days.iter().map(close).collect()
    }

    fn refused_of(days: &[(i8, &str)], actions: &[Action]) -> Vec<Action> {
        let mut history = SourceHistory {
            currency: Currency::USD,
            closes: closes(days),
            actions: Some(actions.to_vec()),
            crossed_through: None,
            since: None,
        };
        let refused = refused(&mut history, Closes::new());
        let left = history.actions.unwrap_or_default().len();
        assert_eq!(left + refused.len(), actions.len());
        refused
    }

    #[test]
    fn a_split_that_the_closes_show_is_kept_also_in_a_crash() {
        for next in ["10", "12", "4"] {
            let days = [(2, "100"), (3, next)];
            assert_eq!(refused_of(&days, &[split(3, "10", "1")]), [], "{next}");
        }
        let twice = [split(3, "2", "1"), split(4, "5", "1")];
        assert_eq!(refused_of(&[(2, "100"), (5, "10")], &twice), []);
        assert_eq!(refused_of(&[(2, "1"), (3, "8")], &[split(3, "1", "8")]), []);
    }

    #[test]
    fn a_split_that_the_closes_do_not_show_is_refused() {
        for (new, old) in [("10", "1"), ("1", "10"), ("999999999999", "0.0000000001")] {
            let impossible = [split(3, new, old)];
            for next in ["101", "60"] {
                let days = [(2, "100"), (3, next), (4, "100")];
                assert_eq!(refused_of(&days, &impossible), impossible, "{new} {next}");
            }
        }
    }

    #[test]
    fn a_split_with_a_close_on_one_side_only_or_too_small_to_show_is_kept() {
        let days = [(3, "100"), (4, "101")];
        for kept in [split(2, "10", "1"), split(5, "10", "1"), split(4, "6", "5")] {
            assert_eq!(refused_of(&days, &[kept]), []);
        }
    }

    #[test]
    fn a_dividend_of_the_close_before_it_or_more_is_refused() {
        let days = [(2, "100"), (3, "90")];
        let (all, most) = (dividend(3, "100"), dividend(3, "99.99"));
        assert_eq!(refused_of(&days, &[all.clone(), most]), [all]);
        // Nobody knows the close before it.
        assert_eq!(refused_of(&days, &[dividend(2, "500")]), []);
    }

    #[test]
    fn a_dividend_over_a_gap_with_a_split_is_on_the_new_shares() {
        let days = [(2, "100"), (6, "10")];
        let (fair, much) = (dividend(4, "9"), dividend(4, "10"));
        let actions = [split(3, "10", "1"), fair, much.clone()];
        assert_eq!(refused_of(&days, &actions), [much]);
    }
}
