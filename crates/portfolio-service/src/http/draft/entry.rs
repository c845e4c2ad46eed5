//! A draft becomes an entry.

use api::portfolio::{GivenLot, SplitRatio};
use domain::ledger::{
    Buy, CashFlow, CashTransfer, Dividend, Entry, EntryKind, Expense, Interest, LotPart, NamedLot,
    Sell, Split, TransferIn, TransferOut,
};
use domain::money::Charge;
use domain::{Currency, InstrumentType, TransactionId};
use service_kit::{Clock, Error, Result};

use super::{Draft, Shape};

/// What an entry leaves out and its instrument knows.
#[derive(Debug, Clone)]
pub(in crate::http) struct Known {
    pub(in crate::http) currency: Currency,
    pub(in crate::http) instrument_type: InstrumentType,
}

impl Draft {
    /// Whether somebody has to say in which currency the entry is, or what its instrument is.
    pub(in crate::http) fn leaves_out(&self) -> (bool, bool) {
        let currency = match self.shape {
            Shape::Of(EntryKind::Split) | Shape::LotsOut => false,
            Shape::LotsIn => self.lots.iter().any(|lot| lot.currency.is_none()),
            Shape::Of(_) => self.currency.is_none(),
        };
        let brings_lots = matches!(self.shape, Shape::Of(EntryKind::Buy) | Shape::LotsIn);
        (currency, brings_lots && self.instrument_type.is_none())
    }

    /// The currency that the entry or, of lots that come, the first of them states.
    pub(in crate::http) fn states_currency(&self) -> Option<Currency> {
        let of_lots = || self.lots.iter().find_map(|lot| lot.currency);
        self.currency.or_else(of_lots)
    }

    /// The entry, with what it left out.
    pub(in crate::http) fn entry(self, known: Known, clock: &Clock) -> Result<Entry> {
        let shape = self.shape.name();
        self.put_together(known, clock)
            .ok_or_else(|| Error::internal(format!("a {shape} that was read lacks a field")))
    }

    fn put_together(self, known: Known, clock: &Clock) -> Option<Entry> {
        let currency = self.currency.unwrap_or(known.currency);
        let money = || Some(self.amount?.in_currency(currency));
        let (fee, tax, fx_rate) = (self.fee, self.tax, self.fx_rate);
        let flow = || {
            let amount = money()?;
            Some(CashFlow { amount, fx_rate })
        };
        let expense = || {
            Some(Expense {
                ticker: self.ticker.clone(),
                amount: money()?,
                fx_rate,
            })
        };
        Some(match self.shape {
            Shape::Of(EntryKind::Buy) => Entry::Buy(Buy {
                ticker: self.ticker?,
                instrument_type: self.instrument_type.unwrap_or(known.instrument_type),
                quantity: self.quantity?,
                price: self.price?,
                currency,
                fees: fee.in_currency(currency),
                tax,
                fx_rate,
            }),
            Shape::Of(EntryKind::Sell) => Entry::Sell(Sell {
                lots: self.named()?,
                ticker: self.ticker?,
                quantity: self.quantity?,
                price: self.price?,
                currency,
                fee,
                tax,
                fx_rate,
            }),
            Shape::Of(EntryKind::Dividend) => Entry::Dividend(Dividend {
                amount: money()?,
                ticker: self.ticker?,
                fee,
                tax,
                fx_rate,
            }),
            Shape::Of(EntryKind::Interest) => Entry::Interest(Interest {
                amount: money()?,
                ticker: self.ticker,
                fee,
                tax,
                fx_rate,
            }),
            Shape::Of(EntryKind::Fee) => Entry::Fee(expense()?),
            Shape::Of(EntryKind::Tax) => Entry::Tax(expense()?),
            Shape::Of(EntryKind::Deposit) => Entry::Deposit(flow()?),
            Shape::Of(EntryKind::Withdrawal) => Entry::Withdrawal(flow()?),
            Shape::Of(EntryKind::Split) => {
                let SplitRatio { new, old } = self.ratio?;
                let ticker = self.ticker?;
                Entry::Split(Split { ticker, new, old })
            }
            Shape::Of(EntryKind::TransferIn | EntryKind::TransferOut)
            | Shape::LotsIn
            | Shape::LotsOut => self.transfer(currency, known.instrument_type, clock)?,
        })
    }

    fn transfer(
        self,
        currency: Currency,
        known_type: InstrumentType,
        clock: &Clock,
    ) -> Option<Entry> {
        let cash = || {
            Some(CashTransfer {
                amount: self.amount?.in_currency(currency),
                fx_rate: self.fx_rate,
                counterpart: None,
            })
        };
        match self.shape {
            Shape::LotsIn => Some(Entry::TransferIn(TransferIn {
                lots: self
                    .lots
                    .iter()
                    .map(|lot| arriving(lot, currency, clock))
                    .collect::<Option<_>>()?,
                ticker: self.ticker?,
                instrument_type: self.instrument_type.unwrap_or(known_type),
                counterpart: None,
            })),
            Shape::LotsOut => Some(Entry::TransferOut(TransferOut {
                lots: self.named()?,
                ticker: self.ticker?,
                quantity: self.quantity?,
                counterpart: None,
            })),
            Shape::Of(EntryKind::TransferIn) => cash().map(Entry::CashTransferIn),
            Shape::Of(_) => cash().map(Entry::CashTransferOut),
        }
    }

    fn named(&self) -> Option<Vec<NamedLot>> {
        self.lots.iter().map(named_lot).collect()
    }
}

fn named_lot(lot: &GivenLot) -> Option<NamedLot> {
    Some(NamedLot {
        id: lot.investment_id?,
        quantity: lot.quantity,
    })
}

fn arriving(lot: &GivenLot, currency: Currency, clock: &Clock) -> Option<LotPart> {
    let currency = lot.currency.unwrap_or(currency);
    let new_id = || TransactionId::from_uuid(clock.new_id());
    Some(LotPart {
        lot: lot.investment_id.unwrap_or_else(new_id),
        purchase_date: lot.purchase_date?,
        quantity: lot.quantity,
        cost: lot.cost?.in_currency(currency),
        fees: lot.fees.unwrap_or(Charge::ZERO).in_currency(currency),
        fx_rate: lot.fx_rate,
        lacks_rate_of: None,
    })
}
