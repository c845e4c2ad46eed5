//! What a portfolio holds, ready to be valued in a currency.
//!
//! Read from positions. Only where several purchases in another currency share
//! one cost and not all state a rate into it (an average pool, a lot that came
//! back), that instrument is folded anew with the market's rates.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ledger::cash::Balances;
use domain::ledger::{Lot, Position, Transaction};
use domain::portfolio::{CostBasisMethod, Portfolio};
use domain::valuation::{CashValue, Market, Total, Worth};
use domain::{Currency, CustomerId, Money, PortfolioId, Ticker};
use service_kit::{AccessToken, Error, Result};

use crate::state::PortfolioService;
use crate::store::journal::Journal;
use crate::store::ledger::{self, Ledger};
use crate::store::portfolios::StoredPortfolio;

pub(super) struct Held {
    pub(super) portfolio: Portfolio,
    /// Where it is followed.
    pub(super) cash: Option<Balances>,
    ledger: Arc<Ledger>,
    /// Instead of the ledger's own.
    restated: BTreeMap<Ticker, Position>,
}

impl Held {
    pub(super) fn positions(&self) -> impl Iterator<Item = &Position> + Clone {
        self.ledger
            .positions()
            .map(|position| self.restated.get(&position.ticker).unwrap_or(position))
    }

    pub(super) fn lots(&self) -> impl Iterator<Item = (&Ticker, &Lot)> + Clone {
        self.positions()
            .flat_map(|position| position.lots().iter().map(|lot| (&position.ticker, lot)))
    }

    pub(super) fn balances(&self) -> impl Iterator<Item = Money> {
        self.cash.iter().flat_map(Balances::iter)
    }

    /// The rates that its cash takes.
    pub(super) fn cash_pairs(&self, base: Currency) -> impl Iterator<Item = (Currency, Currency)> {
        self.balances()
            .map(move |balance| (balance.currency(), base))
            .filter(|(from, to)| from != to)
    }

    pub(super) fn worth<'a>(&self, held: &'a Total, market: &Market) -> Result<Worth<'a>> {
        let cash = self.cash.as_ref();
        let value = |cash: &Balances| CashValue::of(cash.iter(), held.currency, market);
        let cash = cash.map(value).transpose()?;
        Ok(Worth { held, cash })
    }

    /// The holdings of the owner's portfolio, with costs in `base`.
    pub(super) async fn of(
        service: &PortfolioService,
        owner: CustomerId,
        id: PortfolioId,
        base: Option<Currency>,
        token: &AccessToken,
    ) -> Result<Self> {
        let (table, ledgers) = (&service.table, &service.ledgers);
        let (portfolio, ledger) = ledger::load(table, ledgers, owner, id).await?;
        let mut held = Self::read(portfolio.value, ledger);
        if held.needs_entries(base) {
            let (portfolio, ledger, journal) =
                ledger::load_whole(table, ledgers, owner, id).await?;
            held = Self::read(portfolio.value, ledger);
            held.restate(service, &journal, base, token).await?;
        }
        let base = held.base(base);
        if !held.takes_stated(base) {
            held.forget_rates();
        }
        if !held.portfolio.cash_tracking {
            held.cash = None;
        }
        Ok(held)
    }

    fn read(stored: StoredPortfolio, ledger: Arc<Ledger>) -> Self {
        Self {
            portfolio: stored.portfolio,
            cash: stored.cash,
            ledger,
            restated: BTreeMap::new(),
        }
    }

    fn base(&self, asked: Option<Currency>) -> Currency {
        asked.unwrap_or(self.portfolio.base_currency)
    }

    fn needs_entries(&self, base: Option<Currency>) -> bool {
        let lacks_cash = self.portfolio.cash_tracking && self.cash.is_none();
        lacks_cash || self.mixes_rates(self.base(base)).next().is_some()
    }

    /// Folds anew what the market's rates are to be in, and counts the cash that was not.
    async fn restate(
        &mut self,
        service: &PortfolioService,
        journal: &Journal,
        base: Option<Currency>,
        token: &AccessToken,
    ) -> Result<()> {
        let base = self.base(base);
        let mixed: Vec<Ticker> = self.mixes_rates(base).cloned().collect();
        for ticker in mixed {
            let mut entries: Vec<Transaction> = journal.of(&ticker).cloned().collect();
            if !self.takes_stated(base) {
                for entry in &mut entries {
                    entry.entry.forget_rates();
                }
            }
            service.histories.fill(&mut entries, base, token).await;
            let method = self.portfolio.cost_basis_method;
            let folded = Position::fold(ticker.clone(), &entries, method);
            let folded = folded.map_err(Error::internal)?;
            self.restated.insert(ticker, folded.position);
        }
        if self.portfolio.cash_tracking && self.cash.is_none() {
            self.cash = Some(Balances::of(journal.entries())?);
        }
        Ok(())
    }

    /// Whether the rates that entries state are rates into it.
    fn takes_stated(&self, base: Currency) -> bool {
        self.portfolio.base_currency == base
    }

    /// The instruments whose cost the market's rate of one day is not the rate of.
    fn mixes_rates(&self, base: Currency) -> impl Iterator<Item = &Ticker> {
        let is_average = self.portfolio.cost_basis_method == CostBasisMethod::Average;
        let pools = is_average && !self.takes_stated(base);
        let mixes = move |lot: &Lot| lot.currency != base && (pools || lot.lacks_rate_of.is_some());
        let positions = self.ledger.positions();
        positions
            .filter(move |position| position.lots().iter().any(mixes))
            .map(|position| &position.ticker)
    }

    /// Lets the other lots be converted at the market's rates.
    fn forget_rates(&mut self) {
        for position in self.ledger.positions() {
            let without = || {
                let lots = position.lots().iter().map(|lot| Lot {
                    fx_rate: None,
                    ..lot.clone()
                });
                let (ticker, tally) = (position.ticker.clone(), position.tally().clone());
                Position::from_parts(ticker, lots.collect(), tally)
            };
            let ticker = position.ticker.clone();
            self.restated.entry(ticker).or_insert_with(without);
        }
    }
}
