//! What holds for every ledger.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::super::cash::moved_by;
use super::super::fixtures::ticker;
use super::super::gains::of_disposal;
use super::super::{Entry, Folded, LotPart, Position, Transaction, held_by_day};
use super::random::{any_method, ledger, market, throws};
use crate::portfolio::CostBasisMethod;
use crate::{Currency, Money, Price, Quantity, Rate};

fn folded(entries: &[Transaction], method: CostBasisMethod) -> Folded {
    Position::fold(ticker(), entries, method).unwrap()
}

/// Sums by currency.
#[derive(Debug, Default, PartialEq)]
struct Purse(BTreeMap<Currency, Decimal>);

impl Purse {
    fn put(&mut self, money: Money) {
        *self.0.entry(money.currency()).or_default() += money.amount();
    }

    fn take(&mut self, money: Money) {
        *self.0.entry(money.currency()).or_default() -= money.amount();
    }

    fn of(amounts: impl IntoIterator<Item = Money>) -> Self {
        let mut purse = Self::default();
        amounts.into_iter().for_each(|money| purse.put(money));
        purse
    }

    fn amount(&self, currency: Currency) -> Decimal {
        self.0.get(&currency).copied().unwrap_or_default()
    }
}

/// What was paid for everything that came in, without fees.
fn paid(entries: &[Transaction]) -> Vec<Money> {
    let costs = |entry: &Transaction| match &entry.entry {
        Entry::Buy(buy) => vec![buy.cost().unwrap()],
        Entry::TransferIn(transfer) => transfer.lots.iter().map(|part| part.cost).collect(),
        _ => vec![],
    };
    entries.iter().flat_map(costs).collect()
}

fn gone(folded: &Folded) -> impl Iterator<Item = &LotPart> {
    let sold = folded.disposals.iter().flat_map(|disposal| &disposal.parts);
    sold.chain(
        folded
            .departures
            .iter()
            .flat_map(|departure| &departure.parts),
    )
}

/// What a price of 12.34 makes a lot worth, in the currency of the lot.
fn value(quantity: Quantity, currency: Currency) -> Money {
    let price = Price::parse("12.34").unwrap();
    price.cost_of(quantity, currency).unwrap()
}

/// `(quantity before − quantity after)` of an entry that is no split.
fn leaves(entry: &Entry) -> Decimal {
    match entry {
        Entry::Buy(buy) => -buy.quantity.value(),
        Entry::TransferIn(transfer) => -transfer
            .lots
            .iter()
            .map(|part| part.quantity.value())
            .sum::<Decimal>(),
        Entry::Sell(sell) => sell.quantity.value(),
        Entry::TransferOut(transfer) => transfer.quantity.value(),
        _ => Decimal::ZERO,
    }
}

proptest! {
    #[test]
    fn cost_and_fees_are_conserved(throws in throws(50), method in any_method()) {
        let entries = ledger(&throws, method, true);
        let folded = folded(&entries, method);
        let open = folded.position.lots().iter();
        let accounted = open.clone().map(|lot| lot.cost).chain(gone(&folded).map(|part| part.cost));
        prop_assert_eq!(Purse::of(accounted), Purse::of(paid(&entries)));

        let fees = |entry: &Transaction| match &entry.entry {
            Entry::Buy(buy) => vec![buy.charges().unwrap()],
            Entry::TransferIn(transfer) => transfer.lots.iter().map(|part| part.fees).collect(),
            _ => vec![],
        };
        let accounted = open.map(|lot| lot.fees).chain(gone(&folded).map(|part| part.fees));
        prop_assert_eq!(Purse::of(accounted), Purse::of(entries.iter().flat_map(fees)));
    }

    #[test]
    fn quantity_is_conserved(throws in throws(50), method in any_method()) {
        let entries = ledger(&throws, method, true);
        let mut position = Position::empty(ticker());
        for entry in &entries {
            let before = position.quantity().unwrap().value();
            let folded = position.apply(entry, method).unwrap();
            position = folded.position;
            let after = position.quantity().unwrap().value();
            if let Entry::Split(split) = &entry.entry {
                let exact = before * split.new.value() / split.old.value();
                prop_assert!((after - exact).abs() <= Decimal::new(5, 11));
            } else {
                prop_assert_eq!(before - after, leaves(&entry.entry));
            }
            for disposal in &folded.disposals {
                let sum: Decimal = disposal.parts.iter().map(|part| part.quantity.value()).sum();
                prop_assert_eq!(sum, disposal.quantity.value());
            }
        }
    }

    #[test]
    fn what_is_held_and_cash_do_not_depend_on_the_method(throws in throws(50)) {
        let entries = ledger(&throws, CostBasisMethod::Fifo, false);
        let held = CostBasisMethod::ALL.map(|method| {
            let position = folded(&entries, method).position;
            let totals: Vec<_> = position
                .totals()
                .iter()
                .map(|totals| (totals.proceeds, totals.income, totals.fees, totals.taxes))
                .filter(|totals| *totals != Default::default())
                .collect();
            (position.quantity().unwrap(), totals)
        });
        prop_assert!(held.iter().all(|other| *other == held[0]), "{:?}", held);
    }

    #[test]
    fn what_was_held_on_a_day_is_what_a_fold_up_to_it_holds(throws in throws(50), method in any_method()) {
        let entries = ledger(&throws, method, true);
        let mut in_order: Vec<_> = entries.iter().collect();
        in_order.sort_by_key(|entry| entry.ledger_order());
        for (date, quantity) in held_by_day(in_order.iter().copied()).unwrap() {
            let until = entries.iter().filter(|entry| entry.trade_date <= date);
            let position = Position::fold(ticker(), until, method).unwrap().position;
            prop_assert_eq!(quantity, position.quantity().unwrap());
        }
    }

    #[test]
    fn gains_and_income_less_fees_are_value_and_money_out_less_money_in(
        throws in throws(50), method in any_method()
    ) {
        let entries = ledger(&throws, method, true);
        let folded = folded(&entries, method);
        // Money out less money in, with what transfers carry at its cost.
        let mut out = Purse::default();
        for entry in &entries {
            moved_by(&entry.entry).unwrap().into_iter().for_each(|money| out.put(money));
            if let Entry::TransferIn(transfer) = &entry.entry {
                transfer.lots.iter().for_each(|part| out.take(part.cost));
            }
        }
        for part in folded.departures.iter().flat_map(|departure| &departure.parts) {
            out.put(part.cost);
        }
        let lots = folded.position.lots();
        let worth = Purse::of(lots.iter().map(|lot| value(lot.quantity, lot.currency)));
        let open_cost = Purse::of(lots.iter().map(|lot| lot.cost));
        for currency in [Currency::USD, Currency::EUR] {
            let totals = folded.position.totals().iter().find(|totals| totals.currency == currency);
            let earned = totals.map_or(Decimal::ZERO, |totals| {
                totals.realized().unwrap().amount() + totals.income - totals.fees - totals.taxes
            });
            let unrealized = worth.amount(currency) - open_cost.amount(currency);
            prop_assert_eq!(earned + unrealized, worth.amount(currency) + out.amount(currency));
        }
    }

    #[test]
    fn gains_in_the_base_currency_account_for_all_that_was_paid(
        throws in throws(50), method in any_method()
    ) {
        let mut entries = ledger(&throws, method, true);
        for entry in &mut entries {
            let date = entry.trade_date;
            entry.entry.fill_rates(date, |currency, date| Some(market(currency, date)));
        }
        let folded = folded(&entries, method);
        let in_base = |cost: Money, rate: Option<Rate>| cost.amount() * rate.unwrap().value();
        let came: Decimal = entries.iter().map(|entry| match &entry.entry {
            Entry::Buy(buy) => in_base(buy.cost().unwrap(), buy.fx_rate),
            Entry::TransferIn(transfer) => {
                transfer.lots.iter().map(|part| in_base(part.cost, part.fx_rate)).sum()
            }
            _ => Decimal::ZERO,
        }).sum();
        let left = folded.departures.iter().flat_map(|departure| &departure.parts);
        let left: Decimal = left.map(|part| in_base(part.cost, part.fx_rate)).sum();
        let open = folded.position.lots().iter();
        let open: Decimal = open.map(|lot| in_base(lot.cost, lot.fx_rate)).sum();
        let mut sold = Decimal::ZERO;
        for disposal in &folded.disposals {
            // No lot here is in a currency that is its own base.
            for part in of_disposal(disposal, Currency::GBP, |_, _| Some(Rate::ONE)).unwrap() {
                let figures = part.figures.unwrap();
                for gain in [figures.gross, figures.net] {
                    let parts = gain.price.try_add(gain.currency).unwrap();
                    prop_assert_eq!(parts, gain.gain);
                    prop_assert_eq!(gain.proceeds.try_sub(gain.cost).unwrap(), gain.gain);
                }
                sold += figures.gross.cost.amount();
            }
        }
        // Rates of pools have 18 places: far below a cent on amounts like these.
        prop_assert!((came - left - open - sold).abs() < Decimal::new(1, 5));
    }

    #[test]
    fn kept_up_entry_by_entry_it_equals_a_fold_of_all(
        throws in throws(40), method in any_method(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0u8..4), 1..60)
    ) {
        let mut waiting = ledger(&throws, method, true);
        let mut entries: Vec<Transaction> = Vec::new();
        let mut position = Position::empty(ticker());
        for (place, change) in changes {
            let mut next = entries.clone();
            let mut added = None;
            let mut removed = None;
            match change {
                // The next in order or any other: back-dated, if later ones are there.
                0 | 1 if !waiting.is_empty() => {
                    let place = if change == 0 { 0 } else { place.index(waiting.len()) };
                    let entry = waiting.remove(place);
                    next.push(entry.clone());
                    added = Some(entry);
                }
                2 if !next.is_empty() => removed = Some(next.remove(place.index(entries.len()))),
                3 if !next.is_empty() => amend(&mut next[place.index(entries.len())]),
                _ => continue,
            }
            let applied = added
                .as_ref()
                .filter(|entry| position.is_last(entry))
                .map(|entry| position.clone().apply(entry, method));
            let Ok(anew) = Position::fold(ticker(), &next, method) else {
                // Refused: everything is as before.
                prop_assert!(applied.is_none_or(|applied| applied.is_err()));
                waiting.extend(added);
                continue;
            };
            if let Some(applied) = applied {
                let step = applied.unwrap();
                prop_assert_eq!(&step.position, &anew.position);
                for disposal in &step.disposals {
                    prop_assert!(anew.disposals.contains(disposal));
                }
                for departure in &step.departures {
                    prop_assert!(anew.departures.contains(departure));
                }
            }
            waiting.extend(removed);
            position = anew.position;
            entries = next;
        }
    }

    #[test]
    fn no_ledger_at_all_makes_it_panic(
        throws in throws(30), keep in prop::collection::vec(any::<bool>(), 30), method in any_method()
    ) {
        let entries: Vec<_> = ledger(&throws, CostBasisMethod::Lifo, true)
            .into_iter()
            .zip(keep)
            .filter_map(|(entry, keep)| keep.then_some(entry))
            .collect();
        let _ = Position::fold(ticker(), &entries, method);
    }
}

/// Twice the quantity or the amount, a week earlier.
fn amend(transaction: &mut Transaction) {
    let week = jiff::Span::new().days(7);
    transaction.trade_date = transaction.trade_date.checked_sub(week).unwrap();
    transaction.revision += 1;
    match &mut transaction.entry {
        Entry::Buy(buy) => buy.quantity = buy.quantity.try_add(buy.quantity).unwrap(),
        Entry::Sell(sell) => sell.price = Price::parse("7.77").unwrap(),
        Entry::Dividend(dividend) => {
            dividend.amount = dividend.amount.try_add(dividend.amount).unwrap();
        }
        _ => {}
    }
}
