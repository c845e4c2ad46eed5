//! A small ledger of one foreign instrument, first in first out, to make
//! records that belong together.

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use super::super::super::fixtures::day;
use super::super::super::{Flow, Range, Series};
use super::super::{Direction, OpenLot, Posting, PostingKind, Realized, Records, Transferred};
use crate::{Currency, Money, Rate};

/// Amounts in cents, units in hundredths.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Buy {
        units: i64,
        price: i64,
        fee: i64,
        tax: i64,
        own_rate: bool,
    },
    /// Of all units that are held.
    Sell {
        percent: i64,
        price: i64,
        fee: i64,
        tax: i64,
        own_rate: bool,
    },
    Dividend {
        gross: i64,
        tax: i64,
    },
    Fee(i64),
    Tax(i64),
    /// A withdrawal if negative. Nothing without cash tracking.
    Deposit(i64),
    /// A lot bought long ago for dollars.
    TransferIn {
        units: i64,
        cost: i64,
    },
    /// The oldest lot.
    TransferOut,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) units: Vec<(Date, Decimal)>,
    pub(super) balances: Vec<(Date, Decimal)>,
    pub(super) flows: Vec<Flow>,
    pub(super) transfers: Vec<Flow>,
    pub(super) outside: Vec<Flow>,
    lots: Vec<(Decimal, OpenLot)>,
    balance: Decimal,
    opening_lots: Vec<OpenLot>,
    closing_lots: Vec<OpenLot>,
    realized: Vec<Realized>,
    transferred: Vec<Transferred>,
    postings: Vec<Posting>,
    movements: Vec<Flow>,
}

fn euro(amount: Decimal) -> Money {
    Money::new(amount, Currency::EUR)
}

fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

impl Ledger {
    pub(super) fn of(
        events: &[(i32, Event)],
        prices: &Series,
        rates: &Series,
        cash_tracking: bool,
        range: Range,
    ) -> Self {
        let mut ledger = Self::default();
        for number in 0..60 {
            if day(number) == range.from() {
                ledger.opening_lots = ledger.open();
            }
            for (_, event) in events.iter().filter(|(on, _)| *on == number) {
                ledger.record(day(number), *event, prices, rates, cash_tracking);
            }
            let units = ledger.lots.iter().map(|(units, _)| *units).sum();
            ledger.units.push((day(number), units));
            ledger.balances.push((day(number), ledger.balance));
            if day(number) == range.to() {
                ledger.closing_lots = ledger.open();
            }
        }
        ledger
    }

    pub(super) fn records(&self) -> Records<'_> {
        Records {
            opening_lots: &self.opening_lots,
            closing_lots: &self.closing_lots,
            realized: &self.realized,
            transferred: &self.transferred,
            postings: &self.postings,
            movements: &self.movements,
        }
    }

    fn open(&self) -> Vec<OpenLot> {
        self.lots.iter().map(|(_, lot)| *lot).collect()
    }

    fn record(
        &mut self,
        date: Date,
        event: Event,
        prices: &Series,
        rates: &Series,
        cash_tracking: bool,
    ) {
        // The entry's own rate is not the market's.
        let rate_of = |own: bool| {
            let market = rates.on(date).unwrap().value;
            own.then(|| Rate::try_new(market + Decimal::new(137, 4)).unwrap())
        };
        match event {
            Event::Buy {
                units,
                price,
                fee,
                tax,
                own_rate,
            } => {
                let rate = rate_of(own_rate);
                let cost = cents(units) * cents(price);
                let lot = OpenLot {
                    cost: euro(cost),
                    purchase_date: date,
                    rate,
                    lacks_rate_of: None,
                };
                self.lots.push((cents(units), lot));
                self.post(PostingKind::Fee, date, cents(fee), rate);
                self.post(PostingKind::Tax, date, cents(tax), rate);
                self.trade(date, cost + cents(fee) + cents(tax), rate);
            }
            Event::Sell {
                percent,
                price,
                fee,
                tax,
                own_rate,
            } => {
                self.sell(
                    date,
                    cents(percent),
                    cents(price),
                    (cents(fee), cents(tax)),
                    rate_of(own_rate),
                );
            }
            Event::Dividend { gross, tax } => {
                self.post(PostingKind::Income, date, cents(gross), None);
                self.post(PostingKind::Tax, date, cents(tax), None);
                self.trade(date, cents(tax) - cents(gross), None);
            }
            Event::Fee(amount) => {
                self.post(PostingKind::Fee, date, cents(amount), None);
                self.charge(date, cents(amount), cash_tracking);
            }
            Event::Tax(amount) => {
                self.post(PostingKind::Tax, date, cents(amount), None);
                self.charge(date, cents(amount), cash_tracking);
            }
            Event::Deposit(amount) => {
                if cash_tracking {
                    self.outside.push(Flow {
                        date,
                        amount: euro(cents(amount)),
                        rate: None,
                    });
                    self.pay(date, -cents(amount), None);
                }
            }
            Event::TransferIn { .. } | Event::TransferOut => {
                self.transfer_lot(date, event, prices.on(date).unwrap().value);
            }
        }
    }

    fn transfer_lot(&mut self, date: Date, event: Event, price: Decimal) {
        if let Event::TransferIn { units, cost } = event {
            let cost = Money::new(cents(cost), Currency::USD);
            let lot = OpenLot {
                cost,
                purchase_date: day(-8),
                rate: None,
                lacks_rate_of: None,
            };
            self.lots.push((cents(units), lot));
            self.transfer(date, Direction::In, lot, cents(units) * price);
        } else if !self.lots.is_empty() {
            let (units, lot) = self.lots.remove(0);
            self.transfer(date, Direction::Out, lot, units * price);
        }
    }

    fn sell(
        &mut self,
        date: Date,
        part: Decimal,
        price: Decimal,
        (fee, tax): (Decimal, Decimal),
        rate: Option<Rate>,
    ) {
        let held: Decimal = self.lots.iter().map(|(units, _)| *units).sum();
        let mut left = (held * part).round_dp(2);
        if left.is_zero() {
            return;
        }
        let proceeds = left * price;
        while !left.is_zero() {
            let (units, lot) = &mut self.lots[0];
            let taken = left.min(*units);
            let share = lot.cost.amount() * taken / *units;
            let share = share.round_dp_with_strategy(10, RoundingStrategy::MidpointNearestEven);
            let share = if taken == *units {
                lot.cost.amount()
            } else {
                share
            };
            let sold = OpenLot {
                cost: Money::new(share, lot.cost.currency()),
                ..*lot
            };
            lot.cost = Money::new(lot.cost.amount() - share, lot.cost.currency());
            *units -= taken;
            left -= taken;
            if units.is_zero() {
                self.lots.remove(0);
            }
            self.realized.push(Realized {
                date,
                proceeds: euro(taken * price),
                rate,
                lot: sold,
            });
        }
        self.post(PostingKind::Fee, date, fee, rate);
        self.post(PostingKind::Tax, date, tax, rate);
        self.trade(date, fee + tax - proceeds, rate);
    }

    fn post(&mut self, kind: PostingKind, date: Date, amount: Decimal, rate: Option<Rate>) {
        self.postings.push(Posting {
            kind,
            date,
            amount: euro(amount),
            rate,
        });
    }

    /// Money put into the instrument, out of the cash.
    fn trade(&mut self, date: Date, amount: Decimal, rate: Option<Rate>) {
        self.flows.push(Flow {
            date,
            amount: euro(amount),
            rate,
        });
        self.pay(date, amount, rate);
    }

    /// Money that no instrument is worth more for.
    fn charge(&mut self, date: Date, amount: Decimal, cash_tracking: bool) {
        if !cash_tracking {
            self.outside.push(Flow {
                date,
                amount: euro(amount),
                rate: None,
            });
        }
        self.pay(date, amount, None);
    }

    fn pay(&mut self, date: Date, amount: Decimal, rate: Option<Rate>) {
        self.balance -= amount;
        self.movements.push(Flow {
            date,
            amount: euro(-amount),
            rate,
        });
    }

    fn transfer(&mut self, date: Date, direction: Direction, lot: OpenLot, value: Decimal) {
        let amount = if direction == Direction::In {
            value
        } else {
            -value
        };
        self.transfers.push(Flow {
            date,
            amount: euro(amount),
            rate: None,
        });
        self.transferred.push(Transferred {
            date,
            direction,
            value: euro(value),
            rate: None,
            lot,
        });
    }
}
