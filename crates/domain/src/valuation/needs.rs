//! What a valuation has to be given: prices, rates of today, rates of past days.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Market;
use crate::ledger::Lot;
use crate::{Currency, Ticker};

/// Every price that valuing `lots` asks for, and, where they are to be summed
/// in `base`, every rate.
///
/// Rates of instruments that trade in another currency than they were bought in
/// are known only once their price is; [`rates_of_marks`] names those.
pub fn needs<'a>(
    lots: impl Iterator<Item = (&'a Ticker, &'a Lot)>,
    base: Option<Currency>,
) -> (BTreeSet<Ticker>, BTreeSet<(Currency, Currency)>) {
    let mut tickers = BTreeSet::new();
    let mut pairs = BTreeSet::new();
    for (ticker, currency) in kinds(lots) {
        tickers.insert(ticker.clone());
        let base = base.filter(|base| *base != currency);
        pairs.extend(base.map(|base| (currency, base)));
    }
    (tickers, pairs)
}

/// The missing rates from the currency a price came in to the currency a lot
/// was bought in, and to `base` where the lots are to be summed in it.
pub fn rates_of_marks<'a>(
    lots: impl Iterator<Item = (&'a Ticker, &'a Lot)>,
    base: Option<Currency>,
    market: &Market,
) -> BTreeSet<(Currency, Currency)> {
    kinds(lots)
        .filter_map(|(ticker, currency)| Some((market.marks.get(ticker)?.currency, currency)))
        .flat_map(|(from, to)| [Some((from, to)), base.map(|base| (from, base))])
        .flatten()
        .filter(|pair| pair.0 != pair.1 && !market.rates.contains_key(pair))
        .collect()
}

/// Each instrument with each currency it was bought in, once for lots in a row.
fn kinds<'a>(
    lots: impl Iterator<Item = (&'a Ticker, &'a Lot)>,
) -> impl Iterator<Item = (&'a Ticker, Currency)> {
    let mut last = None;
    lots.map(|(ticker, lot)| (ticker, lot.currency))
        .filter(move |(ticker, currency)| {
            let kind = Some((std::ptr::from_ref(*ticker), *currency));
            std::mem::replace(&mut last, kind) != kind
        })
}

/// Rates of past days that a valuation takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastNeeds {
    pub pairs: BTreeSet<(Currency, Currency)>,
    pub from: Date,
    pub to: Date,
}

/// The past rates that the cost of `lots` in `base` takes, if it takes any.
pub fn past_needs<'a>(lots: impl Iterator<Item = &'a Lot>, base: Currency) -> Option<PastNeeds> {
    let mut needs: Option<PastNeeds> = None;
    for lot in lots.filter(|lot| lot.currency != base && lot.fx_rate.is_none()) {
        let day = lot.purchase_date;
        let needs = needs.get_or_insert_with(|| PastNeeds {
            pairs: BTreeSet::new(),
            from: day,
            to: day,
        });
        needs.pairs.insert((lot.currency, base));
        needs.from = needs.from.min(day);
        needs.to = needs.to.max(day);
    }
    needs
}
