//! The money a ledger leaves: one balance for each currency.
//!
//! Every entry moves cash by what it says ([`moved_by`]); a transfer of lots and
//! a split move none. A balance below zero is allowed and flagged, not refused:
//! an import may begin with a purchase whose deposit was never recorded.
//!
//! Balances are those at the end of a day, so a purchase and the deposit that
//! pays for it may be recorded on one day in any order. Sums are exact.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::exact::{add, rounded, sub};
use super::{Entry, LedgerError, Transaction};
use crate::money::{ArithmeticError, Charge};
use crate::{Currency, Money};

/// The cash of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashAccount {
    pub currency: Currency,
    pub balance: Money,
    /// The balance at the end of each day it was moved on, in order.
    pub steps: Vec<(Date, Decimal)>,
    /// The first day that ended below zero.
    pub first_negative: Option<Date>,
}

/// What there is of each currency, kept up entry by entry, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances(Vec<Money>);

impl Balances {
    /// # Errors
    ///
    /// As [`moved_by`].
    pub fn of<'a>(
        entries: impl IntoIterator<Item = &'a Transaction>,
    ) -> Result<Self, ArithmeticError> {
        let mut balances = Self::default();
        for transaction in entries {
            balances.count(&transaction.entry)?;
        }
        Ok(balances)
    }

    /// Adds what an entry moves.
    ///
    /// # Errors
    ///
    /// As [`moved_by`].
    pub fn count(&mut self, entry: &Entry) -> Result<(), ArithmeticError> {
        moved_by(entry)?.map_or(Ok(()), |moved| self.add(moved))
    }

    /// Takes back what an entry moved.
    ///
    /// # Errors
    ///
    /// As [`moved_by`].
    pub fn take_back(&mut self, entry: &Entry) -> Result<(), ArithmeticError> {
        let moved = moved_by(entry)?.map(outgoing).transpose()?;
        moved.map_or(Ok(()), |moved| self.add(moved))
    }

    fn add(&mut self, moved: Money) -> Result<(), ArithmeticError> {
        let currency = moved.currency();
        match self
            .0
            .binary_search_by_key(&currency, |money| money.currency())
        {
            Ok(place) => {
                let sum = add(self.0[place].amount(), moved.amount())?;
                self.0[place] = Money::new(sum, currency);
                if sum.is_zero() {
                    self.0.remove(place);
                }
            }
            Err(place) if !moved.amount().is_zero() => self.0.insert(place, moved),
            Err(_) => {}
        }
        Ok(())
    }

    /// Zero where there is none.
    pub fn of_currency(&self, currency: Currency) -> Money {
        let found = self.iter().find(|balance| balance.currency() == currency);
        found.unwrap_or(Money::zero(currency))
    }

    /// By currency; none of them is zero.
    pub fn iter(&self) -> impl Iterator<Item = Money> {
        self.0.iter().copied()
    }
}

/// What an entry does to the cash of its currency; nothing for a split or a
/// transfer of lots.
///
/// | Entry | Cash |
/// |---|---|
/// | BUY | `−(price × quantity) − fees − tax` |
/// | SELL | `price × quantity − fee − tax` |
/// | DIVIDEND, INTEREST | `amount − fee − tax` |
/// | DEPOSIT, cash `TRANSFER_IN` | `amount` |
/// | FEE, TAX, WITHDRAWAL, cash `TRANSFER_OUT` | `−amount` |
///
/// Every amount is rounded half to even to ten places before it counts.
///
/// # Errors
///
/// `Overflow`, and `CurrencyMismatch` for fees of a BUY in another currency.
pub fn moved_by(entry: &Entry) -> Result<Option<Money>, ArithmeticError> {
    let moved = match entry {
        Entry::Buy(buy) => {
            let charges = rounded(buy.charges()?.amount());
            let paid = add(rounded(buy.cost()?.amount()), charges)?;
            outgoing(Money::new(paid, buy.currency))?
        }
        Entry::Sell(sale) => after(sale.proceeds()?, sale.fee, sale.tax)?,
        Entry::Dividend(dividend) => after(dividend.amount, dividend.fee, dividend.tax)?,
        Entry::Interest(interest) => after(interest.amount, interest.fee, interest.tax)?,
        Entry::Fee(expense) | Entry::Tax(expense) => outgoing(expense.amount)?,
        Entry::Deposit(flow) => incoming(flow.amount),
        Entry::Withdrawal(flow) => outgoing(flow.amount)?,
        Entry::CashTransferIn(transfer) => incoming(transfer.amount),
        Entry::CashTransferOut(transfer) => outgoing(transfer.amount)?,
        Entry::Split(_) | Entry::TransferIn(_) | Entry::TransferOut(_) => return Ok(None),
    };
    Ok(Some(moved))
}

fn incoming(amount: Money) -> Money {
    Money::new(rounded(amount.amount()), amount.currency())
}

fn outgoing(amount: Money) -> Result<Money, ArithmeticError> {
    let negative = sub(Decimal::ZERO, rounded(amount.amount()))?;
    Ok(Money::new(negative, amount.currency()))
}

fn after(gross: Money, fee: Charge, tax: Charge) -> Result<Money, ArithmeticError> {
    let gross_amount = rounded(gross.amount());
    let net = sub(
        sub(gross_amount, rounded(fee.value()))?,
        rounded(tax.value()),
    )?;
    Ok(Money::new(net, gross.currency()))
}

/// The cash of every currency the entries move, ordered by currency. The
/// entries may come in any order.
///
/// # Errors
///
/// `TooLarge`, of an entry if it is one by itself, and `Inconsistent` for fees in another currency than their price.
pub fn accounts<'a>(
    entries: impl IntoIterator<Item = &'a Transaction>,
) -> Result<Vec<CashAccount>, LedgerError> {
    let mut all = Vec::new();
    for transaction in entries {
        let moved = moved_by(&transaction.entry).map_err(|error| match error {
            ArithmeticError::Overflow => LedgerError::TooLarge,
            ArithmeticError::CurrencyMismatch { .. } => LedgerError::Inconsistent {
                entry: transaction.id,
                reason: "the fees are in another currency than the price",
            },
        })?;
        all.extend(moved.map(|moved| (transaction.trade_date, moved)));
    }
    Ok(accounts_of(all)?)
}

/// The same from what moved the cash on which days.
///
/// # Errors
///
/// `Overflow`.
pub fn accounts_of(
    moves: impl IntoIterator<Item = (Date, Money)>,
) -> Result<Vec<CashAccount>, ArithmeticError> {
    // A list for each of the few currencies: entries mostly come by day, and sorting what is
    // sorted is fast.
    let mut by_currency: Vec<(Currency, Vec<(Date, Decimal)>)> = Vec::new();
    for (date, moved) in moves {
        let currency = moved.currency();
        let known = by_currency.iter().position(|(known, _)| *known == currency);
        let place = known.unwrap_or(by_currency.len());
        if known.is_none() {
            by_currency.push((currency, Vec::new()));
        }
        if let Some((_, moves)) = by_currency.get_mut(place) {
            moves.push((date, moved.amount()));
        }
    }
    by_currency.sort_by_key(|(currency, _)| *currency);
    let mut accounts: Vec<CashAccount> = Vec::with_capacity(by_currency.len());
    for (currency, mut moves) in by_currency {
        moves.sort_by_key(|(date, _)| *date);
        let mut account = CashAccount::empty(currency);
        for day in moves.chunk_by(|(one, _), (other, _)| one == other) {
            let sum = day
                .iter()
                .try_fold(Decimal::ZERO, |sum, (_, amount)| add(sum, *amount))?;
            if let Some((date, _)) = day.first() {
                account.step(*date, sum)?;
            }
        }
        accounts.push(account);
    }
    Ok(accounts)
}

/// A day that ends with less than nothing of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdraft {
    pub date: Date,
    pub balance: Money,
}

/// For every currency the first day that ends below zero with some entries, and
/// lower than without them.
#[must_use]
pub fn overdrafts(without: &[CashAccount], with: &[CashAccount]) -> Vec<Overdraft> {
    let overdraft = |account: &CashAccount| {
        let other = without
            .iter()
            .find(|other| other.currency == account.currency)
            .map_or(&[][..], |other| &other.steps);
        let mut days: Vec<Date> = [other, &account.steps]
            .into_iter()
            .flatten()
            .map(|(date, _)| *date)
            .collect();
        days.sort_unstable();
        days.into_iter().find_map(|date| {
            let balance = at_end_of(date, &account.steps);
            let is_caused = balance < Decimal::ZERO && balance < at_end_of(date, other);
            is_caused.then(|| Overdraft {
                date,
                balance: Money::new(balance, account.currency),
            })
        })
    };
    with.iter().filter_map(overdraft).collect()
}

fn at_end_of(day: Date, steps: &[(Date, Decimal)]) -> Decimal {
    let later = steps.partition_point(|(date, _)| *date <= day);
    let last = later.checked_sub(1).and_then(|place| steps.get(place));
    last.map_or(Decimal::ZERO, |(_, balance)| *balance)
}

impl CashAccount {
    const fn empty(currency: Currency) -> Self {
        Self {
            currency,
            balance: Money::zero(currency),
            steps: Vec::new(),
            first_negative: None,
        }
    }

    fn step(&mut self, date: Date, amount: Decimal) -> Result<(), ArithmeticError> {
        let balance = add(self.balance.amount(), amount)?;
        self.balance = Money::new(balance, self.currency);
        self.steps.push((date, balance));
        if balance < Decimal::ZERO && self.first_negative.is_none() {
            self.first_negative = Some(date);
        }
        Ok(())
    }
}
