//! Random ledgers of one instrument that work: what is sold is held.

use jiff::Span;
use jiff::civil::Date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::super::fixtures::{id, on, ticker};
use super::super::{
    Buy, Dividend, Entry, Expense, LedgerError, LotPart, NamedLot, Position, Sell, Split,
    Transaction, TransferIn, TransferOut,
};
use crate::money::Charge;
use crate::portfolio::CostBasisMethod;
use crate::{Currency, InstrumentType, Money, Price, Quantity, Rate};

/// One throw of the dice; what becomes of it depends on what is held by then.
#[derive(Debug, Clone)]
pub(super) struct Throw {
    gap: i64,
    kind: u8,
    share: u32,
    quantity: i64,
    price: i64,
    charge: i64,
    euros: bool,
    rate: Option<i64>,
    named: bool,
}

pub(super) fn throws(most: usize) -> impl Strategy<Value = Vec<Throw>> {
    let one = (
        0i64..3,
        0u8..16,
        1u32..=12,
        1i64..1_000_000_000,
        1i64..100_000_000,
        0i64..10_000,
        any::<bool>(),
        prop::option::of(5_000i64..20_000),
        prop::bool::weighted(0.2),
    );
    let throw = one.prop_map(
        |(gap, kind, share, quantity, price, charge, euros, rate, named)| Throw {
            gap,
            kind,
            share,
            quantity,
            price,
            charge,
            euros,
            rate,
            named,
        },
    );
    prop::collection::vec(throw, 1..most)
}

pub(super) fn any_method() -> impl Strategy<Value = CostBasisMethod> {
    prop::sample::select(CostBasisMethod::ALL.to_vec())
}

/// What one unit of a currency cost in dollars on a day.
pub(super) fn market(currency: Currency, date: Date) -> Rate {
    if currency == Currency::USD {
        return Rate::ONE;
    }
    let rate = Decimal::new(10_000 + i64::from(date.day_of_year()), 4);
    Rate::try_new(rate).unwrap()
}

/// A ledger, in its order, that works under `method`. Lots are named in it only
/// if `naming`, because other methods leave other lots.
pub(super) fn ledger(throws: &[Throw], method: CostBasisMethod, naming: bool) -> Vec<Transaction> {
    let mut dealer = Dealer {
        position: Position::empty(ticker()),
        departed: Vec::new(),
        day: Date::constant(2024, 1, 1),
        entries: Vec::new(),
    };
    for throw in throws {
        let day = dealer.day.checked_add(Span::new().days(throw.gap)).unwrap();
        let named = naming && throw.named;
        if let Some(entry) = dealer.entry(throw, named, day) {
            dealer.record(day, entry, method);
        }
    }
    dealer.entries
}

struct Dealer {
    position: Position,
    departed: Vec<LotPart>,
    day: Date,
    entries: Vec<Transaction>,
}

impl Dealer {
    fn record(&mut self, day: Date, entry: Entry, method: CostBasisMethod) {
        let number = u128::try_from(self.entries.len()).unwrap() + 1;
        let mut transaction = on(number, &day.to_string(), entry);
        let last = self.entries.last().map(Transaction::ledger_order);
        if last.is_some_and(|last| transaction.ledger_order() < last) {
            transaction.trade_date = day.tomorrow().unwrap();
        }
        let folded = match self.position.clone().apply(&transaction, method) {
            // A ledger would refuse it too.
            Err(LedgerError::LeavesNothing { .. }) => return,
            folded => folded.unwrap(),
        };
        self.day = transaction.trade_date;
        self.position = folded.position;
        self.departed.extend(
            folded
                .departures
                .into_iter()
                .flat_map(|departure| departure.parts),
        );
        self.entries.push(transaction);
    }

    fn entry(&mut self, throw: &Throw, named: bool, day: Date) -> Option<Entry> {
        let held = self.position.quantity().unwrap();
        match throw.kind {
            0..=5 => Some(Entry::Buy(throw.buy())),
            6..=9 if held > Quantity::ZERO => Some(Entry::Sell(self.sell(throw, named))),
            10 if held > Quantity::ZERO => Some(Entry::TransferOut(self.send(throw, named))),
            11 => Some(Entry::TransferIn(self.receive(throw, day))),
            12 => Some(Entry::Split(Split {
                ticker: ticker(),
                new: Quantity::try_new(Decimal::from(throw.share)).unwrap(),
                old: Quantity::try_new(Decimal::from(throw.quantity % 7 + 1)).unwrap(),
            })),
            13 | 14 => Some(Entry::Dividend(Dividend {
                ticker: ticker(),
                amount: throw.money(throw.price),
                fee: throw.charge(),
                tax: throw.charge(),
                fx_rate: throw.rate(),
            })),
            15 => {
                let expense = Expense {
                    ticker: Some(ticker()),
                    amount: throw.money(throw.charge),
                    fx_rate: throw.rate(),
                };
                Some(if throw.named {
                    Entry::Tax(expense)
                } else {
                    Entry::Fee(expense)
                })
            }
            _ => None,
        }
    }

    /// How much leaves: part of what is held, or all of it.
    fn leaving(&self, throw: &Throw, named: bool) -> (Quantity, Vec<NamedLot>) {
        let part = |whole: Quantity| {
            let part = whole.value() * Decimal::from(throw.share) / Decimal::from(10);
            let part = Quantity::try_new(part.round_dp(6)).unwrap_or(whole);
            part.min(whole)
        };
        if !named {
            return (part(self.position.quantity().unwrap()), Vec::new());
        }
        let lots = self
            .position
            .lots()
            .iter()
            .rev()
            .take(2)
            .map(|lot| NamedLot {
                id: lot.id,
                quantity: part(lot.quantity),
            });
        let lots: Vec<NamedLot> = lots.collect();
        let sum = lots.iter().map(|lot| lot.quantity.value()).sum();
        (Quantity::try_new(sum).unwrap(), lots)
    }

    fn sell(&self, throw: &Throw, named: bool) -> Sell {
        let (quantity, lots) = self.leaving(throw, named);
        Sell {
            ticker: ticker(),
            quantity,
            price: throw.price(),
            currency: throw.currency(),
            fee: throw.charge(),
            tax: throw.charge(),
            fx_rate: throw.rate(),
            lots,
        }
    }

    fn send(&self, throw: &Throw, named: bool) -> TransferOut {
        let (quantity, lots) = self.leaving(throw, named);
        TransferOut {
            ticker: ticker(),
            quantity,
            lots,
            counterpart: None,
        }
    }

    /// A lot from elsewhere, and now and then one that had left before.
    fn receive(&mut self, throw: &Throw, day: Date) -> TransferIn {
        let new = LotPart {
            lot: id(1_000_000 + u128::try_from(self.entries.len()).unwrap()),
            purchase_date: day
                .checked_sub(Span::new().days(throw.quantity % 900))
                .unwrap(),
            quantity: throw.quantity(),
            cost: throw.money(throw.price),
            fees: throw.money(throw.charge),
            fx_rate: throw.rate(),
            lacks_rate_of: None,
        };
        let back = if throw.named {
            self.departed.pop()
        } else {
            None
        };
        TransferIn {
            ticker: ticker(),
            instrument_type: InstrumentType::other(),
            lots: back.into_iter().chain([new]).collect(),
            counterpart: None,
        }
    }
}

impl Throw {
    fn currency(&self) -> Currency {
        if self.euros {
            Currency::EUR
        } else {
            Currency::USD
        }
    }

    fn money(&self, cents: i64) -> Money {
        Money::new(Decimal::new(cents, 2), self.currency())
    }

    fn price(&self) -> Price {
        Price::try_new(Decimal::new(self.price, 4)).unwrap()
    }

    fn quantity(&self) -> Quantity {
        Quantity::try_new(Decimal::new(self.quantity, 6)).unwrap()
    }

    fn charge(&self) -> Charge {
        Charge::try_new(Decimal::new(self.charge, 2)).unwrap()
    }

    fn rate(&self) -> Option<Rate> {
        self.rate
            .map(|rate| Rate::try_new(Decimal::new(rate, 4)).unwrap())
    }

    fn buy(&self) -> Buy {
        Buy {
            ticker: ticker(),
            instrument_type: InstrumentType::other(),
            quantity: self.quantity(),
            price: self.price(),
            currency: self.currency(),
            fees: self.money(self.charge),
            tax: self.charge(),
            fx_rate: self.rate(),
        }
    }
}
