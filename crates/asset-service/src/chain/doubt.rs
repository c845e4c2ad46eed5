//! Whether a price can be right, from what was known before.
//!
//! | A price | Is |
//! |---|---|
//! | from more than two minutes ahead | refused |
//! | in another currency than its symbol names | refused |
//! | in another currency than it was last, or than its instrument is described in | doubtful |
//! | above 1.5 or below 0.5 of the last price (of its own previous close, if there is none) | doubtful |
//! | anything else | good |
//!
//! A doubtful price wants a second source that says the same: the same currency, within ten per
//! cent. A jump may also be explained by splits, within ten per cent. That a price is positive is
//! known from its type.

use domain::Price;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::Wanted;
use crate::source::{Action, Refusal, SourceError, SourceQuote, checked};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    Good,
    Refused(SourceError),
    /// Too far from what was known to be believed alone.
    Doubtful(Refusal),
}

pub(super) fn judge(wanted: &Wanted, quote: &SourceQuote, now: Timestamp) -> Judgement {
    if let Err(refused) = checked::time(Some(quote.as_of), now) {
        return Judgement::Refused(refused);
    }
    let named = wanted.ticker.quoted_in();
    if let Some(named) = named.filter(|named| *named != quote.currency) {
        let detail = format!("its price is in {} and not in {named}", quote.currency);
        return Judgement::Refused(SourceError::refused(Refusal::WrongCurrency, detail));
    }
    if wanted.currency.is_some_and(|known| known != quote.currency) {
        return Judgement::Doubtful(Refusal::WrongCurrency);
    }
    match reference(wanted, quote) {
        Some(before) if is_jump(before, quote.price) => Judgement::Doubtful(Refusal::Jump),
        _ => Judgement::Good,
    }
}

/// What a price is measured against.
pub(super) fn reference(wanted: &Wanted, quote: &SourceQuote) -> Option<Price> {
    wanted.last.map(|last| last.price).or(quote.previous_close)
}

/// Whether two sources say the same.
pub(super) fn agree(left: &SourceQuote, right: &SourceQuote) -> bool {
    left.currency == right.currency && is_close(left.price, right.price)
}

/// Whether two prices are within ten per cent of each other.
pub(crate) fn is_close(left: Price, right: Price) -> bool {
    let (low, high) = (left.min(right).value(), left.max(right).value());
    times(low, Decimal::new(11, 1)).is_some_and(|limit| high <= limit)
}

/// Whether a price is above 1.5 or below 0.5 of the one before.
pub(crate) fn is_jump(before: Price, now: Price) -> bool {
    let beyond = |factor, is_beyond: fn(&Decimal, &Decimal) -> bool| {
        times(before.value(), factor).is_none_or(|limit| is_beyond(&now.value(), &limit))
    };
    beyond(Decimal::new(15, 1), Decimal::gt) || beyond(Decimal::new(5, 1), Decimal::lt)
}

fn times(price: Decimal, factor: Decimal) -> Option<Decimal> {
    price.checked_mul(factor)
}

/// How many shares one became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ratio(Decimal);

/// All splits together; nothing if there are none.
pub(super) fn split_ratio(actions: &[Action]) -> Option<Ratio> {
    let mut ratio = None;
    for action in actions {
        if let Action::Split { new, old, .. } = action {
            let one = new.value().checked_div(old.value())?;
            ratio = Some(times(ratio.unwrap_or(Decimal::ONE), one)?);
        }
    }
    ratio.map(Ratio)
}

/// Whether a split of this ratio leads from one price to the other.
pub(super) fn explains(ratio: Ratio, before: Price, after: Price) -> bool {
    let expected = before.value().checked_div(ratio.0);
    let expected = expected.and_then(|expected| Price::try_new(expected).ok());
    expected.is_some_and(|expected| is_close(expected, after))
}

/// Why a doubtful quote is refused after all.
pub(super) fn unconfirmed(doubt: Refusal, quote: &SourceQuote) -> SourceError {
    let SourceQuote {
        price, currency, ..
    } = quote;
    let detail = match doubt {
        Refusal::WrongCurrency => {
            format!("its price is in {currency}, as never before, and no other source confirms it")
        }
        _ => {
            format!("its price jumped to {price}, and neither another source nor a split says why")
        }
    };
    SourceError::refused(doubt, detail)
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Quantity, Ticker};
    use jiff::civil::date;

    use super::*;
    use crate::chain::LastPrice;

    const JUMP: Judgement = Judgement::Doubtful(Refusal::Jump);
    const NOW: &str = "2026-03-10T15:00:00Z";

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn wanted(last: Option<&str>) -> Wanted {
        Wanted {
            ticker: Ticker::parse("ACME").unwrap(),
            currency: last.map(|_| Currency::USD),
            last: last.map(|last| LastPrice {
                price: price(last),
                as_of: NOW.parse().unwrap(),
            }),
        }
    }

    fn quote(now: &str, previous_close: Option<&str>) -> SourceQuote {
        SourceQuote {
            price: price(now),
            currency: Currency::USD,
            previous_close: previous_close.map(price),
            as_of: NOW.parse().unwrap(),
            is_delayed: false,
            crossed_through: None,
        }
    }

    fn judged(wanted: &Wanted, quote: &SourceQuote) -> Judgement {
        judge(wanted, quote, NOW.parse().unwrap())
    }

    #[test]
    fn half_more_and_half_less_are_borne_and_a_cent_beyond_is_a_jump() {
        let last = wanted(Some("100"));
        for (now, expected) in [
            ("150", Judgement::Good),
            ("150.01", JUMP),
            ("50", Judgement::Good),
            ("49.99", JUMP),
            ("1000", JUMP),
            ("0.00000001", JUMP),
        ] {
            assert_eq!(judged(&last, &quote(now, None)), expected, "{now}");
        }
    }

    #[test]
    fn what_was_known_counts_more_than_what_the_quote_says_was() {
        let spike = quote("1000", Some("990"));
        assert_eq!(judged(&wanted(Some("100")), &spike), JUMP);
        assert_eq!(judged(&wanted(None), &spike), Judgement::Good);
        let spike = quote("1000", Some("100"));
        assert_eq!(judged(&wanted(None), &spike), JUMP);
        assert_eq!(judged(&wanted(Some("1000")), &spike), Judgement::Good);
        assert_eq!(judged(&wanted(None), &quote("1000", None)), Judgement::Good);
    }

    fn reason(judgement: Judgement) -> Refusal {
        match judgement {
            Judgement::Refused(SourceError::Refused { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn another_currency_is_doubtful_and_where_the_symbol_names_one_it_is_refused() {
        let mut euro = quote("100", None);
        euro.currency = Currency::EUR;
        let doubtful = Judgement::Doubtful(Refusal::WrongCurrency);
        assert_eq!(judged(&wanted(Some("100")), &euro), doubtful);
        assert_eq!(judged(&wanted(None), &euro), Judgement::Good);
        let described = Wanted {
            currency: Some(Currency::USD),
            ..wanted(None)
        };
        assert_eq!(judged(&described, &euro), doubtful);
        let pair = Wanted {
            ticker: Ticker::fx_pair(Currency::GBP, Currency::USD),
            ..wanted(None)
        };
        assert_eq!(reason(judged(&pair, &euro)), Refusal::WrongCurrency);
    }

    #[test]
    fn two_minutes_ahead_are_borne() {
        let mut quote = quote("100", None);
        quote.as_of = "2026-03-10T15:02:00Z".parse().unwrap();
        assert_eq!(judged(&wanted(None), &quote), Judgement::Good);
        quote.as_of = "2026-03-10T15:02:01Z".parse().unwrap();
        assert_eq!(
            reason(judged(&wanted(None), &quote)),
            Refusal::FromTheFuture
        );
    }

    #[test]
    fn ten_per_cent_are_agreement_and_another_currency_is_none() {
        let agrees = |left, right| agree(&quote(left, None), &quote(right, None));
        assert!(agrees("100", "110") && agrees("110", "100"));
        assert!(!agrees("100", "110.01"));
        let mut euro = quote("100", None);
        euro.currency = Currency::EUR;
        assert!(!agree(&quote("100", None), &euro));
    }

    fn split(new: &str, old: &str) -> Action {
        Action::Split {
            ex_date: date(2026, 3, 10),
            new: Quantity::parse(new).unwrap(),
            old: Quantity::parse(old).unwrap(),
        }
    }

    #[test]
    fn a_split_explains_the_price_it_leads_to_and_no_other() {
        let ten_for_one = split_ratio(&[split("10", "1")]).unwrap();
        assert!(explains(ten_for_one, price("1000"), price("104")));
        assert!(!explains(ten_for_one, price("1000"), price("300")));
        assert!(!explains(ten_for_one, price("1000"), price("10000")));
        let one_for_ten = split_ratio(&[split("1", "10")]).unwrap();
        assert!(explains(one_for_ten, price("0.5"), price("4.9")));
    }

    #[test]
    fn splits_multiply_and_dividends_explain_nothing() {
        let twice = split_ratio(&[split("2", "1"), split("3", "1")]).unwrap();
        assert!(explains(twice, price("600"), price("100")));
        let dividend = Action::Dividend {
            ex_date: date(2026, 3, 10),
            amount: price("50"),
            currency: Currency::USD,
        };
        assert_eq!(split_ratio(&[dividend]), None);
    }

    #[test]
    fn the_largest_prices_are_judged_without_overflow() {
        let last = wanted(Some("999999999999.9999999999999999"));
        assert_eq!(
            judged(&last, &quote("0.0000000000000000000000000001", None)),
            JUMP
        );
        assert_eq!(judged(&last, &quote("999999999999", None)), Judgement::Good);
    }
}
