//! What is held had cost, and what sales and transfers took of it.
//!
//! Folded with the portfolio's method. Where lots are averaged or joined, their
//! rates are too, so that the fold in another currency needs the market's rates
//! for purchases that state none: [`Terms`] gives them.

use std::borrow::Cow;

use domain::ledger::{Entry, LotPart, Position, Transaction, gains};
use domain::performance::{Direction, OpenLot, Realized};
use domain::portfolio::CostBasisMethod;
use domain::{Currency, PortfolioId, Rate, Ticker};
use jiff::civil::Date;
use service_kit::{Error, Result};

use super::activity::Held;

/// Of one instrument, after all its entries.
#[derive(Debug, Clone)]
pub(super) struct Costs {
    pub(super) lots: Vec<OpenLot>,
    pub(super) realized: Vec<Realized>,
    pub(super) moves: Vec<Move>,
}

/// Lots that came from elsewhere or went there.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) date: Date,
    pub(super) direction: Direction,
    pub(super) parts: Vec<LotPart>,
    /// The other portfolio, if it is one of the owner's.
    pub(super) counterpart: Option<PortfolioId>,
}

/// The currency costs are wanted in, and how to get there.
pub(super) struct Terms<'a> {
    pub(super) method: CostBasisMethod,
    pub(super) currency: Currency,
    /// Whether rates that entries state are rates into it.
    pub(super) takes_stated: bool,
    pub(super) market: &'a dyn Fn(Currency, Date) -> Option<Rate>,
}

impl Costs {
    pub(super) fn of<'a>(
        ticker: &Ticker,
        entries: impl Iterator<Item = &'a Transaction> + Clone,
        method: CostBasisMethod,
    ) -> Result<Self> {
        let folded =
            Position::fold(ticker.clone(), entries.clone(), method).map_err(Error::internal)?;
        let mut realized = Vec::with_capacity(folded.disposals.len());
        for disposal in &folded.disposals {
            // In the currency of the sale, so that no rate is asked for.
            let currency = disposal.proceeds.currency();
            let parts = gains::of_disposal(disposal, currency, |_, _| None)?;
            let sold = parts.iter().zip(&disposal.parts);
            realized.extend(sold.map(|(gain, part)| Realized {
                date: disposal.date,
                proceeds: gain.proceeds,
                rate: disposal.fx_rate,
                lot: open(part),
            }));
        }
        let mut departures = folded.departures.into_iter();
        let moves = entries.filter_map(|transaction| {
            let (direction, parts, counterpart) = match &transaction.entry {
                Entry::TransferIn(transfer) => {
                    (Direction::In, transfer.lots.clone(), transfer.counterpart)
                }
                Entry::TransferOut(transfer) => (
                    Direction::Out,
                    departures.next()?.parts,
                    transfer.counterpart,
                ),
                _ => return None,
            };
            Some(Move {
                date: transaction.trade_date,
                direction,
                parts,
                counterpart: counterpart.map(|other| other.portfolio),
            })
        });
        let moves = moves.collect();
        let lots = folded.position.lots().iter().map(|lot| OpenLot {
            cost: lot.cost,
            purchase_date: lot.purchase_date,
            rate: lot.fx_rate,
            lacks_rate_of: lot.lacks_rate_of,
        });
        Ok(Self {
            lots: lots.collect(),
            realized,
            moves,
        })
    }

    fn without_rates(mut self) -> Self {
        for lot in &mut self.lots {
            lot.rate = None;
        }
        for sale in &mut self.realized {
            sale.rate = None;
            sale.lot.rate = None;
        }
        for part in self.moves.iter_mut().flat_map(|moved| &mut moved.parts) {
            part.fx_rate = None;
        }
        self
    }
}

/// The cost of a part, as that of a lot.
pub(super) fn open(part: &LotPart) -> OpenLot {
    OpenLot {
        cost: part.cost,
        purchase_date: part.purchase_date,
        rate: part.fx_rate,
        lacks_rate_of: part.lacks_rate_of,
    }
}

impl Held {
    /// The costs under these terms, and what was open at the closes of two days.
    pub(super) fn costs(
        &self,
        terms: &Terms<'_>,
        days: [Date; 2],
    ) -> Result<(Cow<'_, Costs>, [Vec<OpenLot>; 2])> {
        let method = terms.method;
        if self.mixes_rates(terms) {
            let entries = self.entries.iter().map(|entry| terms.applied_to(entry));
            let entries: Vec<Transaction> = entries.collect();
            let costs = Costs::of(&self.ticker, entries.iter(), method)?;
            let [first, last] = days.map(|day| self.open_at(day, &costs, entries.iter(), method));
            return Ok((Cow::Owned(costs), [first?, last?]));
        }
        let entries = self.entries.iter().map(|entry| &**entry);
        let [first, last] = days.map(|day| self.open_at(day, &self.costs, entries.clone(), method));
        let (mut first, mut last) = (first?, last?);
        if terms.takes_stated {
            return Ok((Cow::Borrowed(&self.costs), [first, last]));
        }
        first
            .iter_mut()
            .chain(&mut last)
            .for_each(|lot| lot.rate = None);
        Ok((
            Cow::Owned(self.costs.clone().without_rates()),
            [first, last],
        ))
    }

    fn open_at<'a>(
        &self,
        day: Date,
        costs: &Costs,
        entries: impl Iterator<Item = &'a Transaction> + Clone,
        method: CostBasisMethod,
    ) -> Result<Vec<OpenLot>> {
        let is_in = |entry: &&Transaction| entry.trade_date <= day;
        let last = self.entries.last();
        if last.is_none_or(|last| is_in(&&**last)) {
            return Ok(costs.lots.clone());
        }
        Ok(Costs::of(&self.ticker, entries.take_while(is_in), method)?.lots)
    }

    /// Whether the rate of one purchase gets into the cost of another's units.
    fn mixes_rates(&self, terms: &Terms<'_>) -> bool {
        let lacks = |currency: Currency, stated: Option<Rate>| {
            currency != terms.currency && (stated.is_none() || !terms.takes_stated)
        };
        let lacks_rate = |entry: &Entry| match entry {
            Entry::Buy(buy) => lacks(buy.currency, buy.fx_rate),
            Entry::TransferIn(transfer) => transfer
                .lots
                .iter()
                .any(|part| lacks(part.cost.currency(), part.fx_rate)),
            _ => false,
        };
        let may_mix = terms.method == CostBasisMethod::Average
            || self
                .entries
                .iter()
                .any(|entry| matches!(entry.entry, Entry::TransferIn(_)));
        may_mix && self.entries.iter().any(|entry| lacks_rate(&entry.entry))
    }
}

impl Terms<'_> {
    fn applied_to(&self, transaction: &Transaction) -> Transaction {
        let mut transaction = transaction.clone();
        if !self.takes_stated {
            transaction.entry.forget_rates();
        }
        let market = |currency, date| {
            let is_foreign = currency != self.currency;
            is_foreign.then(|| (self.market)(currency, date)).flatten()
        };
        transaction.entry.fill_rates(transaction.trade_date, market);
        transaction
    }
}
