//! The rates that entries state, each into the base currency there was, and those they leave out.

use jiff::civil::Date;

use super::{Buy, CashFlow, CashTransfer, Dividend, Entry, Expense, Interest, Sell};
use crate::{Currency, Rate};

impl Entry {
    /// Whether the entry states a rate, which is one into the base currency there was.
    pub fn states_rate(&self) -> bool {
        match self {
            Self::Buy(Buy { fx_rate, .. })
            | Self::Sell(Sell { fx_rate, .. })
            | Self::Dividend(Dividend { fx_rate, .. })
            | Self::Interest(Interest { fx_rate, .. })
            | Self::Fee(Expense { fx_rate, .. })
            | Self::Tax(Expense { fx_rate, .. })
            | Self::Deposit(CashFlow { fx_rate, .. })
            | Self::Withdrawal(CashFlow { fx_rate, .. })
            | Self::CashTransferIn(CashTransfer { fx_rate, .. })
            | Self::CashTransferOut(CashTransfer { fx_rate, .. }) => fx_rate.is_some(),
            Self::TransferIn(transfer) => transfer.lots.iter().any(|part| part.fx_rate.is_some()),
            Self::Split(_) | Self::TransferOut(_) => false,
        }
    }

    /// Takes away every rate the entry states, for folding it in another currency
    /// than the base they are rates into.
    pub fn forget_rates(&mut self) {
        match self {
            Self::Buy(Buy { fx_rate, .. })
            | Self::Sell(Sell { fx_rate, .. })
            | Self::Dividend(Dividend { fx_rate, .. })
            | Self::Interest(Interest { fx_rate, .. })
            | Self::Fee(Expense { fx_rate, .. })
            | Self::Tax(Expense { fx_rate, .. })
            | Self::Deposit(CashFlow { fx_rate, .. })
            | Self::Withdrawal(CashFlow { fx_rate, .. })
            | Self::CashTransferIn(CashTransfer { fx_rate, .. })
            | Self::CashTransferOut(CashTransfer { fx_rate, .. }) => *fx_rate = None,
            Self::TransferIn(transfer) => {
                for part in &mut transfer.lots {
                    part.fx_rate = None;
                }
            }
            Self::Split(_) | Self::TransferOut(_) => {}
        }
    }

    /// The currencies and days of the purchases of this entry that state no rate.
    pub fn unstated_rates(&self, traded: Date) -> Vec<(Currency, Date)> {
        match self {
            Self::Buy(buy) if buy.fx_rate.is_none() => vec![(buy.currency, traded)],
            Self::TransferIn(transfer) => transfer
                .lots
                .iter()
                .filter(|part| part.fx_rate.is_none())
                .map(|part| (part.cost.currency(), part.purchase_date))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Gives the purchases of this entry the market's rates where it states none.
    ///
    /// Average cost in a currency other than the instrument's needs the rate of
    /// every purchase in the pool, so an AVERAGE ledger is folded from entries
    /// filled this way when its gains are wanted in the base currency.
    pub fn fill_rates(&mut self, traded: Date, rate: impl Fn(Currency, Date) -> Option<Rate>) {
        match self {
            Self::Buy(buy) => buy.fx_rate = buy.fx_rate.or_else(|| rate(buy.currency, traded)),
            Self::TransferIn(transfer) => {
                for part in &mut transfer.lots {
                    let market = || rate(part.cost.currency(), part.purchase_date);
                    part.fx_rate = part.fx_rate.or_else(market);
                }
            }
            _ => {}
        }
    }
}
