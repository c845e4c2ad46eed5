//! What the entries of a portfolio say, as columns.
//!
//! Derived once for each version of a portfolio; an instrument whose entries are
//! those of the version before is taken from there. Nothing here knows a price: units
//! and money are as they were recorded, and a rate is one an entry states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ledger::{Entry, EntryKind, Transaction, cash, held_by_day};
use domain::money::Charge;
use domain::performance::{Flow, Posting, PostingKind, Series, Split};
use domain::portfolio::Portfolio;
use domain::{Currency, Money, PortfolioId, Price, Rate, Ticker};
use jiff::civil::Date;
use service_kit::{Error, Result};

use super::costs::Costs;

/// One portfolio.
#[derive(Debug)]
pub(crate) struct Activity {
    pub(crate) portfolio: Portfolio,
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
#[derive(Debug)]
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
}

impl Activity {
    /// The entries come in ledger order; `before` is what was derived for an earlier version.
    pub(super) fn of<'a>(
        portfolio: &Portfolio,
        entries: impl Iterator<Item = &'a Arc<Transaction>> + Clone,
        before: Option<&Self>,
    ) -> Result<Self> {
        let mut by_ticker: BTreeMap<&'a Ticker, Vec<Arc<Transaction>>> = BTreeMap::new();
        let mut activity = Self {
            portfolio: portfolio.clone(),
            holdings: Vec::new(),
            cash: Vec::new(),
            movements: Vec::new(),
            outside: Vec::new(),
            postings: Vec::new(),
            currencies: BTreeSet::new(),
            days: None,
            costs_from: None,
        };
        for transaction in entries.clone() {
            activity.note(transaction)?;
            match transaction.entry.ticker() {
                Some(ticker) => by_ticker
                    .entry(ticker)
                    .or_default()
                    .push(Arc::clone(transaction)),
                None => post(transaction, &mut activity.postings),
            }
        }
        let method = portfolio.cost_basis_method;
        let before = before.filter(|before| before.portfolio.cost_basis_method == method);
        activity.holdings = by_ticker
            .into_iter()
            .map(|(ticker, entries)| {
                let known = before.and_then(|before| before.holding(ticker));
                if let Some(known) = known.filter(|known| known.is_of(&entries)) {
                    return Ok(Arc::clone(known));
                }
                let costs = Costs::of(ticker, entries.iter().map(|entry| &**entry), method)?;
                Ok(Arc::new(Held::of(ticker, entries, costs)?))
            })
            .collect::<Result<_>>()?;
        if portfolio.cash_tracking {
            let entries = entries.map(|entry| &**entry);
            let accounts = cash::accounts(entries).map_err(Error::internal)?;
            activity.cash = accounts
                .into_iter()
                .map(|account| (account.currency, Series::balances(account.steps)))
                .collect();
        }
        Ok(activity)
    }

    fn note(&mut self, transaction: &Transaction) -> Result<()> {
        let date = transaction.trade_date;
        let (first, _) = self.days.unwrap_or((date, date));
        self.days = Some((first, date));
        let mut cost_of = date;
        if let Entry::TransferIn(transfer) = &transaction.entry {
            for part in &transfer.lots {
                cost_of = cost_of.min(part.purchase_date);
                self.currencies.insert(part.cost.currency());
            }
        }
        self.costs_from = Some(self.costs_from.map_or(cost_of, |known| known.min(cost_of)));
        let Some(moved) = moved(transaction)? else {
            return Ok(());
        };
        self.currencies.insert(moved.amount.currency());
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
    /// Whether it was derived from these very entries.
    fn is_of(&self, entries: &[Arc<Transaction>]) -> bool {
        let mut both = self.entries.iter().zip(entries);
        self.entries.len() == entries.len() && both.all(|(one, other)| Arc::ptr_eq(one, other))
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
        };
        for transaction in &entries {
            let date = transaction.trade_date;
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
                held.flows.push(opposite(moved));
            }
            post(transaction, &mut held.postings);
        }
        held.entries = entries;
        Ok(held)
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
