//! Gains in the base currency, with price and currency apart.

use jiff::civil::Date;

use super::super::fixtures::*;
use super::super::gains::{Figures, Gain, MissingRate, PartGain, of_disposal};
use super::super::{Entry, Transaction};
use crate::money::Charge;
use crate::{Currency, Money, Rate};

fn rate(text: &str) -> Option<Rate> {
    Rate::parse(text).ok()
}

/// The figures as text: gain, price part, currency part.
fn figures(gain: &Gain) -> [String; 3] {
    [gain.gain, gain.price, gain.currency].map(|money| money.amount().normalize().to_string())
}

fn in_eur(mut entry: Transaction, fx_rate: Option<&str>) -> Transaction {
    match &mut entry.entry {
        Entry::Buy(buy) => {
            buy.currency = Currency::EUR;
            buy.fees = Money::new(buy.fees.amount(), Currency::EUR);
            buy.fx_rate = fx_rate.and_then(rate);
        }
        Entry::Sell(sell) => {
            sell.currency = Currency::EUR;
            sell.fx_rate = fx_rate.and_then(rate);
        }
        other => panic!("a trade expected, not {other:?}"),
    }
    entry
}

fn gains(
    entries: &[Transaction],
    market: impl Fn(Currency, Date) -> Option<Rate>,
) -> Vec<PartGain> {
    let folded = fifo(entries).unwrap();
    of_disposal(&folded.disposals[0], Currency::USD, market).unwrap()
}

/// The example of `docs/ledger.md`.
#[test]
fn a_gain_abroad_is_split_into_price_and_currency() {
    let entries = [
        in_eur(buy(1, "2025-01-06", "10", "100", "5"), Some("1.10")),
        in_eur(sell(2, "2026-01-07", "10", "120", "6"), Some("1.20")),
    ];
    let [part] = gains(&entries, |_, _| None).try_into().unwrap();
    let known = part.figures.unwrap();
    // 1,200 × 1.20 − 1,000 × 1.10; (1,200 − 1,000) × 1.20; 1,000 × 0.10.
    assert_eq!(figures(&known.gross), ["340", "240", "100"]);
    // 1,194 × 1.20 − 1,005 × 1.10; (1,194 − 1,005) × 1.20; 1,005 × 0.10.
    assert_eq!(figures(&known.net), ["327.3", "226.8", "100.5"]);
    assert_eq!(part.held_days, 366);
}

#[test]
fn a_gain_at_home_has_no_currency_part_and_needs_no_rate() {
    let entries = [
        buy(1, "2025-01-06", "10", "100", "5"),
        sell(2, "2025-03-07", "10", "120", "6"),
    ];
    let [part] = gains(&entries, |_, _| None).try_into().unwrap();
    let known = part.figures.unwrap();
    assert_eq!(figures(&known.gross), ["200", "200", "0"]);
    assert_eq!(figures(&known.net), ["189", "189", "0"]);
    assert_eq!(part.held_days, 60);
}

#[test]
fn the_entrys_own_rate_comes_before_the_markets() {
    let entries = [
        in_eur(buy(1, "2025-01-06", "10", "100", "0"), None),
        in_eur(sell(2, "2025-02-06", "10", "100", "0"), Some("1.5")),
    ];
    let [part] = gains(&entries, |_, _| rate("1.25")).try_into().unwrap();
    assert_eq!(figures(&part.figures.unwrap().gross), ["250", "0", "250"]);
}

#[test]
fn a_missing_rate_is_named_with_its_day_and_never_taken_as_one() {
    let entries = [
        in_eur(buy(1, "2025-01-06", "10", "100", "0"), None),
        in_eur(sell(2, "2025-02-06", "10", "100", "0"), None),
    ];
    let [part] = gains(&entries, |_, _| None).try_into().unwrap();
    let missing = |date: &str| MissingRate {
        currency: Currency::EUR,
        base: Currency::USD,
        date: date.parse().unwrap(),
    };
    let expected = [missing("2025-01-06"), missing("2025-02-06")];
    assert_eq!(part.figures, Err(expected.into()));
}

#[test]
fn bought_in_one_currency_and_sold_in_another_takes_three_rates() {
    let entries = [
        in_eur(buy(1, "2025-01-06", "10", "100", "0"), Some("1.1")),
        sell(2, "2025-02-06", "10", "130", "0"),
    ];
    let [part] = gains(&entries, |_, date| {
        rate(if date.month() == 2 { "1.2" } else { "9" })
    })
    .try_into()
    .unwrap();
    // 1,300 − 1,000 × 1.1; 1,300 − 1,000 × 1.2; 1,000 × 0.1.
    assert_eq!(figures(&part.figures.unwrap().gross), ["200", "100", "100"]);
}

#[test]
fn proceeds_and_charges_are_spread_over_the_parts_to_the_last_digit() {
    let entries = [
        buy(1, "2025-01-06", "1", "1", "0"),
        buy(2, "2025-01-07", "1", "1", "0"),
        buy(3, "2025-01-08", "1", "1", "0"),
        sell(4, "2025-02-06", "3", "0.3333333333", "0.01"),
    ];
    let parts = gains(&entries, |_, _| None);
    let charges: Vec<_> = parts
        .iter()
        .map(|part| part.charges.amount().to_string())
        .collect();
    assert_eq!(charges, ["0.0033333333", "0.0033333334", "0.0033333333"]);
    let figures = parts.into_iter().map(|part| part.figures.unwrap());
    let sum = figures.fold(Figures::zero(Currency::USD), |sum, part| {
        sum.plus(&part).unwrap()
    });
    assert_eq!(sum.net.gain, usd("-2.0100000001"));
}

#[test]
fn average_cost_abroad_has_the_average_rate_of_what_was_paid() {
    let mut entries = vec![
        in_eur(buy(1, "2025-01-06", "10", "100", "0"), Some("1")),
        in_eur(buy(2, "2025-01-07", "10", "300", "0"), None),
        in_eur(sell(3, "2025-02-06", "10", "200", "0"), Some("1.5")),
        in_eur(sell(4, "2025-02-07", "10", "200", "0"), Some("1.5")),
    ];
    for entry in &mut entries {
        entry.entry.fill_rates(entry.trade_date, |_, _| rate("1.2"));
    }
    let folded = fold(&entries, crate::portfolio::CostBasisMethod::Average).unwrap();
    // 1,000 × 1 + 3,000 × 1.2 is 4,600 for 4,000: 1.15 each, 2,300 a sale.
    for disposal in &folded.disposals {
        let parts = of_disposal(disposal, Currency::USD, |_, _| None).unwrap();
        let gross = parts[0].figures.as_ref().unwrap().gross;
        assert_eq!(figures(&gross), ["700", "0", "700"]);
        assert_eq!(gross.cost, usd("2300"));
    }
}

#[test]
fn an_average_over_purchases_without_a_rate_has_none() {
    let entries = [
        in_eur(buy(1, "2025-01-06", "10", "100", "0"), Some("1")),
        in_eur(buy(2, "2025-01-07", "10", "300", "0"), None),
        in_eur(sell(3, "2025-02-06", "10", "200", "0"), Some("1.5")),
    ];
    let folded = fold(&entries, crate::portfolio::CostBasisMethod::Average).unwrap();
    assert_eq!(folded.disposals[0].parts[0].fx_rate, None);
    assert_eq!(folded.position.lots()[0].fx_rate, None);
}

#[test]
fn charges_of_a_sale_include_its_tax() {
    let mut sale = sell(2, "2025-02-06", "10", "120", "6");
    if let Entry::Sell(sell) = &mut sale.entry {
        sell.tax = Charge::parse("4").unwrap();
    }
    let entries = [buy(1, "2025-01-06", "10", "100", "0"), sale];
    let [part] = gains(&entries, |_, _| None).try_into().unwrap();
    assert_eq!(figures(&part.figures.unwrap().net), ["190", "190", "0"]);
}
