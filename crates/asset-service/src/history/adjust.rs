//! Splits and dividends taken out of closes, so that closes of different days can be compared.
//!
//! Backward adjustment as the Center for Research in Security Prices describes it (CRSP, "Data
//! Descriptions Guide", cumulative factor to adjust price): the latest close stays as traded, and
//! a close before an ex-date is multiplied with
//!
//! | Event | Factor |
//! |---|---|
//! | split of `old` into `new` shares | `old / new` |
//! | dividend `D` | `1 − D / C`, where `C` is the last close before the ex-date |
//!
//! Products and quotients carry 28 digits; a result is rounded once, half to even, to twelve.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use domain::{Currency, Price};
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::source::Action;

/// Significant digits of an adjusted close.
pub(super) const DIGITS: u32 = 12;

/// What closes are multiplied with. Splits are kept as a quotient, which is exact for longer.
#[derive(Debug, Clone, Copy)]
struct Factor {
    old: Decimal,
    new: Decimal,
    paid_out: Decimal,
}

/// Adjusts closes, oldest first, for the actions after each of them, up to the last close; for
/// dividends too where they are given in the closes' currency.
///
/// Nothing where a result is too large or too small to be a price.
pub(super) fn adjusted(
    closes: &[(Date, Price)],
    actions: &[Action],
    dividends: Option<Currency>,
) -> Option<Vec<(Date, Price)>> {
    let mut actions: Vec<&Action> = actions.iter().collect();
    actions.sort_by_key(|action| action.ex_date());
    let last = closes.last().map_or(Date::MIN, |(date, _)| *date);
    // What has not happened by the last close does not concern it yet.
    while actions.pop_if(|action| action.ex_date() > last).is_some() {}
    let mut factor = Factor {
        old: Decimal::ONE,
        new: Decimal::ONE,
        paid_out: Decimal::ONE,
    };
    let mut results = Vec::with_capacity(closes.len());
    for &(date, close) in closes.iter().rev() {
        let after = actions.partition_point(|action| action.ex_date() <= date);
        factor.apply(&actions[after..], close, dividends)?;
        actions.truncate(after);
        results.push((date, factor.of(close)?));
    }
    results.reverse();
    Some(results)
}

impl Factor {
    /// Takes in everything between the close and the next one, oldest first.
    fn apply(
        &mut self,
        actions: &[&Action],
        close: Price,
        dividends: Option<Currency>,
    ) -> Option<()> {
        // A dividend after a split of the same gap is paid on the new shares.
        let mut before = close.value();
        for action in actions {
            match action {
                Action::Split { new, old, .. } => {
                    before = after_splits(before, [*action])?;
                    self.old = self.old.checked_mul(old.value())?;
                    self.new = self.new.checked_mul(new.value())?;
                }
                Action::Dividend {
                    amount, currency, ..
                } if dividends == Some(*currency) => {
                    let after = before.checked_sub(amount.value())?;
                    self.paid_out = self.paid_out.checked_mul(after.checked_div(before)?)?;
                    before = after;
                }
                Action::Dividend { .. } => {}
            }
        }
        Some(())
    }

    fn of(self, close: Price) -> Option<Price> {
        let factor = self.paid_out.checked_mul(self.old)?;
        let exact = close.value().checked_mul(factor)?.checked_div(self.new)?;
        let rounded =
            exact.round_sf_with_strategy(DIGITS, RoundingStrategy::MidpointNearestEven)?;
        Price::try_new(rounded.normalize()).ok()
    }
}

/// What a price before these splits, oldest first, is after them.
pub(super) fn after_splits<'a>(
    price: Decimal,
    actions: impl IntoIterator<Item = &'a Action>,
) -> Option<Decimal> {
    let mut price = price;
    for action in actions {
        if let Action::Split { new, old, .. } = action {
            price = price.checked_mul(old.value())?.checked_div(new.value())?;
        }
    }
    Some(price)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn closes(days: &[(&str, &str)]) -> Vec<(Date, Price)> {
        days.iter()
            .map(|(day, close)| (date(day), Price::parse(close).unwrap()))
            .collect()
    }

    fn split(ex_date: &str, new: &str, old: &str) -> Action {
        Action::Split {
            ex_date: date(ex_date),
            new: domain::Quantity::parse(new).unwrap(),
            old: domain::Quantity::parse(old).unwrap(),
        }
    }

    fn dividend(ex_date: &str, amount: &str) -> Action {
        Action::Dividend {
            ex_date: date(ex_date),
            amount: Price::parse(amount).unwrap(),
            currency: Currency::USD,
        }
    }

    const DAYS: [(&str, &str); 4] = [
        ("2026-03-02", "100"),
        ("2026-03-03", "104"),
        ("2026-03-04", "52"),
        ("2026-03-05", "51"),
    ];

    #[test]
    fn closes_before_a_split_are_divided_and_those_after_it_stay() {
        let actions = [split("2026-03-04", "2", "1")];
        let expected = closes(&[
            ("2026-03-02", "50"),
            ("2026-03-03", "52"),
            ("2026-03-04", "52"),
            ("2026-03-05", "51"),
        ]);
        assert_eq!(adjusted(&closes(&DAYS), &actions, None), Some(expected));
    }

    #[test]
    fn a_reverse_split_multiplies() {
        let days = [("2026-03-03", "0.5"), ("2026-03-04", "4")];
        let actions = [split("2026-03-04", "1", "8")];
        let expected = closes(&[("2026-03-03", "4"), ("2026-03-04", "4")]);
        assert_eq!(adjusted(&closes(&days), &actions, None), Some(expected));
    }

    #[test]
    fn a_dividend_takes_its_part_of_the_close_before_it() {
        // 1 − 2/100 = 0.98: of 50 there are 49 left, and of 100 there are 98.
        let days = [
            ("2026-03-02", "50"),
            ("2026-03-03", "100"),
            ("2026-03-04", "99"),
        ];
        let actions = [dividend("2026-03-04", "2")];
        let expected = closes(&[
            ("2026-03-02", "49"),
            ("2026-03-03", "98"),
            ("2026-03-04", "99"),
        ]);
        let all = adjusted(&closes(&days), &actions, Some(Currency::USD));
        assert_eq!(all, Some(expected));
        assert_eq!(
            adjusted(&closes(&days), &actions, None),
            Some(closes(&days))
        );
    }

    #[test]
    fn a_dividend_after_a_split_over_the_same_gap_is_on_the_new_shares() {
        // 100 before the split is 50 after it; 1 − 1/50 = 0.98; 100 × 0.98 / 2 = 49.
        let days = [("2026-03-02", "100"), ("2026-03-09", "50")];
        let actions = [dividend("2026-03-05", "1"), split("2026-03-04", "2", "1")];
        let expected = closes(&[("2026-03-02", "49"), ("2026-03-09", "50")]);
        let all = adjusted(&closes(&days), &actions, Some(Currency::USD));
        assert_eq!(all, Some(expected));
    }

    #[test]
    fn results_are_rounded_half_to_even_to_twelve_digits() {
        let days = [("2026-03-02", "100"), ("2026-03-03", "33")];
        let actions = [split("2026-03-03", "3", "1")];
        let expected = closes(&[("2026-03-02", "33.3333333333"), ("2026-03-03", "33")]);
        assert_eq!(adjusted(&closes(&days), &actions, None), Some(expected));
    }

    #[test]
    fn what_has_no_close_after_it_changes_nothing() {
        let actions = [split("2026-03-06", "2", "1"), split("2026-03-02", "5", "1")];
        assert_eq!(
            adjusted(&closes(&DAYS), &actions, None),
            Some(closes(&DAYS))
        );
    }

    #[test]
    fn a_dividend_of_the_whole_price_leaves_no_price() {
        let actions = [dividend("2026-03-03", "100")];
        let all = adjusted(&closes(&DAYS), &actions, Some(Currency::USD));
        assert_eq!(all, None);
    }
}
