//! What the entries of a portfolio say, as columns.
//!
//! Derived once for each version of a portfolio, from the first day on that differs from
//! the version before; an instrument whose entries are the same is taken from there. Nothing here knows a price: units
//! and money are as they were recorded, and a rate is one an entry states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ledger::{Entry, EntryKind, Transaction, cash, held_by_day};
use domain::money::Charge;
use domain::performance::{Flow, Posting, PostingKind, Series, Split};
use domain::portfolio::{CostBasisMethod, Portfolio};
use domain::{Currency, Money, PortfolioId, Price, Rate, Ticker};
use jiff::civil::Date;
use service_kit::{Error, Result};

use super::costs::Costs;

/// One portfolio.
#[derive(Debug)]
pub(crate) struct Activity {
    pub(crate) portfolio: Portfolio,
    /// In ledger order.
    entries: Vec<Arc<Transaction>>,
    /// By ticker.
    pub(super) holdings: Vec<Arc<Held>>,
    /// Balances by currency; none without cash tracking, like the movements.
    pub(super) cash: Vec<(Currency, Series)>,
    pub(super) movements: Vec<Moved>,
    /// Of no instrument, from outside or out of here.
    pub(super) outside: Vec<Moved>,
    /// Of no instrument.
    pub(super) postings: Vec<Posting>,
    /// Every currency an amount is in.
    pub(super) currencies: BTreeSet<Currency>,
    /// The days of the first and the last entry.
    pub(super) days: Option<(Date, Date)>,
    /// The first day a cost is of: lots that were transferred in are older than their entry.
    pub(super) costs_from: Option<Date>,
}

/// Money that came or went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    pub(super) flow: Flow,
    /// Where it came from or went to, if that is another portfolio of the owner.
    pub(super) counterpart: Option<PortfolioId>,
}

/// One instrument.
#[derive(Debug)]
pub(crate) struct Held {
    pub(super) ticker: Ticker,
    /// That of the first trade, for as long as the market does not say.
    pub(super) currency: Option<Currency>,
    pub(super) entries: Vec<Arc<Transaction>>,
    pub(super) quantities: Series,
    /// Money put in and got out.
    pub(super) flows: Vec<Flow>,
    pub(super) splits: Vec<Split>,
    /// What was paid or got for one unit.
    pub(super) trades: Vec<(Date, Currency, Price)>,
    pub(super) postings: Vec<Posting>,
    pub(super) costs: Costs,
    /// Of its money and of the lots it came with.
    currencies: BTreeSet<Currency>,
    /// The first day a cost is of.
    costs_from: Option<Date>,
}

impl Activity {
    /// The entries come in ledger order; `before` is what was derived for an earlier version. Only
    /// what is of the first day they differ on and later is derived anew.
    pub(super) fn of<'a>(
        portfolio: &Portfolio,
        entries: impl Iterator<Item = &'a Arc<Transaction>> + Clone,
        before: Option<&Self>,
    ) -> Result<Self> {
        let before = before.filter(|before| before.derives_as(portfolio));
        let from = before.map_or(Some(Date::MIN), |before| {
            before.differs_from(entries.clone())
        });
        let from = from.unwrap_or(Date::MAX);
        let mut activity = match before {
            Some(before) => before.until(from),
            None => Self::default_of(portfolio),
        };
        activity.portfolio = portfolio.clone();
        let mut later: BTreeMap<&'a Ticker, Vec<Arc<Transaction>>> = BTreeMap::new();
        for transaction in entries.skip_while(|entry| entry.trade_date < from) {
            activity.entries.push(Arc::clone(transaction));
            activity.note(transaction)?;
            match transaction.entry.ticker() {
                Some(ticker) => later
                    .entry(ticker)
                    .or_default()
                    .push(Arc::clone(transaction)),
                None => post(transaction, &mut activity.postings),
            }
        }
        let known = before.map_or(&[][..], |before| &before.holdings);
        let tickers: BTreeSet<&Ticker> = known
            .iter()
            .map(|held| &held.ticker)
            .chain(later.keys().copied())
            .collect();
        for ticker in tickers {
            let known = before.and_then(|before| before.holding(ticker));
            let later = later.get(ticker).map_or(&[][..], Vec::as_slice);
            let method = portfolio.cost_basis_method;
            activity
                .holdings
                .extend(Held::after(ticker, known, from, later, method)?);
        }
        activity.sum_up()?;
        Ok(activity)
    }

    fn default_of(portfolio: &Portfolio) -> Self {
        Self {
            portfolio: portfolio.clone(),
            entries: Vec::new(),
            holdings: Vec::new(),
            cash: Vec::new(),
            movements: Vec::new(),
            outside: Vec::new(),
            postings: Vec::new(),
            currencies: BTreeSet::new(),
            days: None,
            costs_from: None,
        }
    }

    fn derives_as(&self, portfolio: &Portfolio) -> bool {
        let (one, other) = (&self.portfolio, portfolio);
        one.cost_basis_method == other.cost_basis_method && one.cash_tracking == other.cash_tracking
    }

    /// The first day on which these entries are others.
    fn differs_from<'a>(
        &self,
        mut entries: impl Iterator<Item = &'a Arc<Transaction>> + Clone,
    ) -> Option<Date> {
        let same = |(one, other): &(&Arc<Transaction>, &Arc<Transaction>)| Arc::ptr_eq(one, other);
        let known = self.entries.iter();
        let alike = known.zip(entries.clone()).take_while(same).count();
        let known = self.entries.get(alike);
        let other = entries.nth(alike);
        let days = known.into_iter().chain(other).map(|entry| entry.trade_date);
        days.min()
    }

    /// What is of the days before.
    fn until(&self, day: Date) -> Self {
        let moves = |moves: &[Moved]| {
            let count = moves.partition_point(|moved| moved.flow.date < day);
            moves[..count].to_vec()
        };
        let entries = self.entries.partition_point(|entry| entry.trade_date < day);
        let postings = self.postings.partition_point(|posting| posting.date < day);
        Self {
            entries: self.entries[..entries].to_vec(),
            movements: moves(&self.movements),
            outside: moves(&self.outside),
            postings: self.postings[..postings].to_vec(),
            ..Self::default_of(&self.portfolio)
        }
    }

    /// What all entries and holdings say together.
    fn sum_up(&mut self) -> Result<()> {
        let days = || self.entries.iter().map(|entry| entry.trade_date);
        self.days = days().next().zip(days().next_back());
        let lots = self.holdings.iter().filter_map(|held| held.costs_from);
        self.costs_from = lots.chain(days().next()).min();
        let of_holdings = self.holdings.iter().flat_map(|held| &held.currencies);
        let moves = self.movements.iter().chain(&self.outside);
        let of_moves = moves.map(|moved| moved.flow.amount.currency());
        let of_postings = self
            .postings
            .iter()
            .map(|posting| posting.amount.currency());
        let mut currencies: Vec<Currency> = of_moves.chain(of_postings).collect();
        currencies.dedup();
        self.currencies = of_holdings.copied().chain(currencies).collect();
        if self.portfolio.cash_tracking {
            let moves = self.movements.iter();
            let moves = moves.map(|moved| (moved.flow.date, moved.flow.amount));
            self.cash = cash::accounts_of(moves)?
                .into_iter()
                .map(|account| (account.currency, Series::balances(account.steps)))
                .collect();
        }
        Ok(())
    }

    fn note(&mut self, transaction: &Transaction) -> Result<()> {
        let Some(moved) = moved(transaction)? else {
            return Ok(());
        };
        let tracks_cash = self.portfolio.cash_tracking;
        let counterpart = transaction.entry.counterpart().map(|other| other.portfolio);
        if tracks_cash {
            self.movements.push(Moved {
                flow: moved,
                counterpart,
            });
        }
        let is_external = match transaction.entry.kind() {
            EntryKind::Deposit
            | EntryKind::Withdrawal
            | EntryKind::TransferIn
            | EntryKind::TransferOut => tracks_cash,
            _ => !tracks_cash && transaction.entry.ticker().is_none(),
        };
        if is_external {
            // Cash that comes is money that comes; a fee without cash was paid from outside.
            let flow = if tracks_cash { moved } else { opposite(moved) };
            self.outside.push(Moved { flow, counterpart });
        }
        Ok(())
    }

    pub(super) fn holding(&self, ticker: &Ticker) -> Option<&Arc<Held>> {
        let found = self
            .holdings
            .binary_search_by(|held| held.ticker.cmp(ticker));
        found.ok().and_then(|place| self.holdings.get(place))
    }

    /// Whether there was ever an entry about the instrument.
    pub(crate) fn knows(&self, ticker: &Ticker) -> bool {
        self.holding(ticker).is_some()
    }

    /// How much memory it takes, in entries.
    pub(super) fn weight(&self) -> usize {
        let entries = self.holdings.iter().map(|held| held.entries.len());
        entries.sum::<usize>() + self.outside.len()
    }
}

impl Held {
    /// After those of its entries that are of the days before `from`, and `later` ones. None
    /// where there is no entry.
    fn after(
        ticker: &Ticker,
        known: Option<&Arc<Self>>,
        from: Date,
        later: &[Arc<Transaction>],
        method: CostBasisMethod,
    ) -> Result<Option<Arc<Self>>> {
        let before = known.map_or(&[][..], |held| {
            let count = held
                .entries
                .partition_point(|entry| entry.trade_date < from);
            &held.entries[..count]
        });
        if let Some(known) = known.filter(|known| known.entries[before.len()..].iter().eq(later)) {
            return Ok(Some(Arc::clone(known)));
        }
        let entries = [before, later].concat();
        if entries.is_empty() {
            return Ok(None);
        }
        let costs = Costs::of(ticker, entries.iter().map(|entry| &**entry), method)?;
        Ok(Some(Arc::new(Self::of(ticker, entries, costs)?)))
    }

    fn of(ticker: &Ticker, entries: Vec<Arc<Transaction>>, costs: Costs) -> Result<Self> {
        let steps = held_by_day(entries.iter().map(|entry| &**entry)).map_err(Error::internal)?;
        let mut held = Self {
            ticker: ticker.clone(),
            currency: None,
            entries: Vec::new(),
            quantities: Series::quantities(steps),
            flows: Vec::new(),
            splits: Vec::new(),
            trades: Vec::new(),
            postings: Vec::new(),
            costs,
            currencies: BTreeSet::new(),
            costs_from: None,
        };
        for transaction in &entries {
            let date = transaction.trade_date;
            held.note_costs(transaction);
            match &transaction.entry {
                Entry::Buy(buy) => held.trades.push((date, buy.currency, buy.price)),
                Entry::Sell(sale) => held.trades.push((date, sale.currency, sale.price)),
                Entry::Split(split) => held.splits.push(Split {
                    date,
                    new: split.new,
                    old: split.old,
                }),
                Entry::TransferIn(transfer) if held.currency.is_none() => {
                    held.currency = transfer.lots.first().map(|part| part.cost.currency());
                }
                _ => {}
            }
            if let Some(moved) = moved(transaction)? {
                held.currency = held.currency.or(Some(moved.amount.currency()));
                held.currencies.insert(moved.amount.currency());
                held.flows.push(opposite(moved));
            }
            post(transaction, &mut held.postings);
        }
        held.entries = entries;
        Ok(held)
    }

    fn note_costs(&mut self, transaction: &Transaction) {
        let mut first = transaction.trade_date;
        if let Entry::TransferIn(transfer) = &transaction.entry {
            for part in &transfer.lots {
                first = first.min(part.purchase_date);
                self.currencies.insert(part.cost.currency());
            }
        }
        self.costs_from = Some(self.costs_from.map_or(first, |known| known.min(first)));
    }
}

/// What an entry does to cash, as a flow.
fn moved(transaction: &Transaction) -> Result<Option<Flow>> {
    let moved = cash::moved_by(&transaction.entry)?;
    Ok(moved.map(|amount| Flow {
        date: transaction.trade_date,
        amount,
        rate: stated(&transaction.entry),
    }))
}

fn opposite(flow: Flow) -> Flow {
    let amount = Money::new(-flow.amount.amount(), flow.amount.currency());
    Flow { amount, ..flow }
}

/// The rate an entry states for its money.
fn stated(entry: &Entry) -> Option<Rate> {
    match entry {
        Entry::Buy(buy) => buy.fx_rate,
        Entry::Sell(sale) => sale.fx_rate,
        Entry::Dividend(dividend) => dividend.fx_rate,
        Entry::Interest(interest) => interest.fx_rate,
        Entry::Fee(expense) | Entry::Tax(expense) => expense.fx_rate,
        Entry::Deposit(flow) | Entry::Withdrawal(flow) => flow.fx_rate,
        Entry::CashTransferIn(transfer) | Entry::CashTransferOut(transfer) => transfer.fx_rate,
        Entry::Split(_) | Entry::TransferIn(_) | Entry::TransferOut(_) => None,
    }
}

/// Adds the income, the fees and the taxes of an entry.
fn post(transaction: &Transaction, postings: &mut Vec<Posting>) {
    let nothing = |currency| Money::zero(currency);
    let earned = |amount: Money, fee: Charge, tax: Charge| {
        let currency = amount.currency();
        [amount, fee.in_currency(currency), tax.in_currency(currency)]
    };
    let [income, fee, tax] = match &transaction.entry {
        Entry::Buy(buy) => [
            nothing(buy.currency),
            buy.fees,
            buy.tax.in_currency(buy.currency),
        ],
        Entry::Sell(sale) => earned(nothing(sale.currency), sale.fee, sale.tax),
        Entry::Dividend(dividend) => earned(dividend.amount, dividend.fee, dividend.tax),
        Entry::Interest(interest) => earned(interest.amount, interest.fee, interest.tax),
        Entry::Fee(expense) => {
            let nothing = nothing(expense.amount.currency());
            [nothing, expense.amount, nothing]
        }
        Entry::Tax(expense) => {
            let nothing = nothing(expense.amount.currency());
            [nothing, nothing, expense.amount]
        }
        _ => return,
    };
    let kinds = [PostingKind::Income, PostingKind::Fee, PostingKind::Tax];
    let posted = kinds.into_iter().zip([income, fee, tax]);
    postings.extend(posted.filter(|(_, amount)| !amount.amount().is_zero()).map(
        |(kind, amount)| Posting {
            kind,
            date: transaction.trade_date,
            amount,
            rate: stated(&transaction.entry),
        },
    ));
}
