//! Where the difference between two values came from, to the last digit.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::book::{Book, Flow, Gaps, Rates, Unvalued, minus, plus};
use super::range::{Range, day_of};
use super::{Close, Gap};
use crate::money::ArithmeticError;
use crate::valuation::Missing;
use crate::{Currency, Money, Rate};

/// A performance statement. All amounts are exact and in one currency:
///
/// ```text
/// start_value + net_transfers + realized + unrealized + income + currency
///     − fees − taxes = end_value
/// ```
///
/// Every gain is parted at the day's rate. With proceeds `P`, cost `C`, the
/// rate `s` of the sale's day and the rate `b` of the purchase's,
///
/// `P·s − C·b = (P·s − C·s) + C·(s − b)`
///
/// is a price part and a currency part. `unrealized` is the change of the
/// price parts of what is held, `value − C·s`, with the rates of the closes;
/// what a transfer brings or takes with it is not a change. Costs and proceeds
/// are without fees and taxes, which have lines of their own.
///
/// Foreign cash earns `balance·rate` at the end, less that at the beginning,
/// less every movement at its day's rate; that is in `currency` too.
///
/// A statement is whole or there is none: one price or rate that is missing at
/// either close, or on the day of an entry, leaves it [`Unvalued::Missing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    pub base: Currency,
    pub start_value: Decimal,
    pub net_transfers: Decimal,
    pub realized: Decimal,
    pub unrealized: Decimal,
    pub income: Decimal,
    pub fees: Decimal,
    pub taxes: Decimal,
    pub currency: Decimal,
    pub end_value: Decimal,
}

/// What the ledger says about the range. Entries of other days do not count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Records<'a> {
    /// What was open at the close of the day before the range.
    pub opening_lots: &'a [OpenLot],
    /// What is open at its end.
    pub closing_lots: &'a [OpenLot],
    pub realized: &'a [Realized],
    pub transferred: &'a [Transferred],
    pub postings: &'a [Posting],
    /// Every movement of cash, with cash tracking: also those that are external.
    pub movements: &'a [Flow],
}

/// What is left of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLot {
    /// Without fees.
    pub cost: Money,
    pub purchase_date: Date,
    /// The purchase's own rate; without it the market's of its date.
    pub rate: Option<Rate>,
    /// The day of another purchase in the cost, whose rate is missing: then so is that of the cost.
    pub lacks_rate_of: Option<Date>,
}

/// One lot's part in a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Realized {
    pub date: Date,
    /// Without fees.
    pub proceeds: Money,
    /// The sale's own rate; without it the market's of its date.
    pub rate: Option<Rate>,
    /// The part of the lot that was sold.
    pub lot: OpenLot,
}

/// A lot that came from or went to another portfolio, at what it was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transferred {
    pub date: Date,
    pub direction: Direction,
    /// The same amount as the flow of the transfer.
    pub value: Money,
    /// The transfer's own rate; without it the market's of its date.
    pub rate: Option<Rate>,
    pub lot: OpenLot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

/// Income, a fee or a tax. A reversal is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    pub kind: PostingKind,
    pub date: Date,
    pub amount: Money,
    /// The entry's own rate; without it the market's of its date.
    pub rate: Option<Rate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostingKind {
    /// Dividends and interest before tax and fees.
    Income,
    /// Of purchases, sales and by themselves.
    Fee,
    Tax,
}

impl Statement {
    /// # Errors
    ///
    /// `Missing` with everything that is missing, `Overflow`.
    pub fn of(
        book: &Book<'_>,
        rates: &Rates<'_>,
        range: Range,
        records: &Records<'_>,
    ) -> Result<Self, Unvalued> {
        let opening = Close::of(book, rates, range.opening())?;
        let closing = Close::of(book, rates, range.to())?;
        let mut build = Build {
            rates,
            range,
            gaps: Gaps::default(),
            parts: Parts::default(),
        };
        build.note(&opening.missing);
        build.note(&closing.missing);
        let external = match book.external_flows(rates, range) {
            Ok(flows) => flows,
            Err(Unvalued::Missing(gaps)) => {
                build.note(&gaps);
                Vec::new()
            }
            Err(overflow) => return Err(overflow),
        };
        let moved = build.add(records)?;
        build.add_close(
            &opening,
            range.opening_day(),
            records.opening_lots,
            Direction::Out,
        )?;
        build.add_close(
            &closing,
            range.closing_day(),
            records.closing_lots,
            Direction::In,
        )?;
        let Build { gaps, parts, .. } = build;
        if !gaps.is_empty() {
            return Err(Unvalued::Missing(gaps.into_vec()));
        }
        let cash = |close: &Close| minus(close.value()?, close.securities()?);
        let cash_earned = minus(minus(cash(&closing)?, cash(&opening)?)?, moved)?;
        Ok(Self {
            base: rates.base,
            start_value: opening.value()?,
            net_transfers: external
                .into_iter()
                .try_fold(Decimal::ZERO, |sum, (_, amount)| plus(sum, amount))?,
            realized: parts.realized,
            unrealized: parts.unrealized,
            income: parts.income,
            fees: parts.fees,
            taxes: parts.taxes,
            currency: if book.cash_tracking {
                plus(parts.currency, cash_earned)?
            } else {
                parts.currency
            },
            end_value: closing.value()?,
        })
    }

    /// What the lines do not explain. Zero, up to the last of 28 digits, for
    /// records that belong to the book.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn remainder(&self) -> Result<Decimal, ArithmeticError> {
        let added = [
            self.net_transfers,
            self.realized,
            self.unrealized,
            self.income,
            self.currency,
        ];
        let explained = added.into_iter().try_fold(self.start_value, plus)?;
        minus(
            self.end_value,
            minus(minus(explained, self.fees)?, self.taxes)?,
        )
    }
}

#[derive(Debug, Default)]
struct Parts {
    realized: Decimal,
    unrealized: Decimal,
    income: Decimal,
    fees: Decimal,
    taxes: Decimal,
    currency: Decimal,
}

struct Build<'a> {
    rates: &'a Rates<'a>,
    range: Range,
    gaps: Gaps,
    parts: Parts,
}

/// A gain in the base currency, in its two parts.
struct Gain {
    price: Decimal,
    currency: Decimal,
}

impl Build<'_> {
    fn note(&mut self, missing: &[Gap]) {
        for gap in missing {
            self.gaps
                .add(gap.what.clone(), day_of(gap.from), day_of(gap.to));
        }
    }

    /// An amount in the base currency; zero where a rate is missing, which is noted.
    fn base(
        &mut self,
        amount: Money,
        own: Option<Rate>,
        day: i32,
    ) -> Result<Decimal, ArithmeticError> {
        match self.rates.amount(amount, own, day)? {
            Ok(amount) => Ok(amount),
            Err(missing) => {
                self.gaps.add(missing, day, day);
                Ok(Decimal::ZERO)
            }
        }
    }

    fn cost_at_purchase(&mut self, lot: &OpenLot) -> Result<Decimal, ArithmeticError> {
        if let Some(date) = lot.lacks_rate_of
            && lot.cost.currency() != self.rates.base
        {
            let missing = Missing::Rate {
                base: lot.cost.currency(),
                quote: self.rates.base,
            };
            self.gaps.add(missing, day_of(date), day_of(date));
            return Ok(Decimal::ZERO);
        }
        self.base(lot.cost, lot.rate, day_of(lot.purchase_date))
    }

    /// The gain of one lot that was worth `value` on a day.
    fn gain(
        &mut self,
        lot: &OpenLot,
        value: Money,
        own: Option<Rate>,
        day: i32,
    ) -> Result<Gain, ArithmeticError> {
        // A rate of the entry's own is one of its own currency.
        let own_of_cost = own.filter(|_| value.currency() == lot.cost.currency());
        let worth = self.base(value, own, day)?;
        let cost_that_day = self.base(lot.cost, own_of_cost, day)?;
        let cost = self.cost_at_purchase(lot)?;
        Ok(Gain {
            price: minus(worth, cost_that_day)?,
            currency: minus(cost_that_day, cost)?,
        })
    }

    /// Everything dated in the range. Gives what the cash moved by.
    fn add(&mut self, records: &Records<'_>) -> Result<Decimal, ArithmeticError> {
        let range = self.range;
        let within = |date: Date| range.covers(day_of(date));
        for sale in records.realized.iter().filter(|sale| within(sale.date)) {
            let gain = self.gain(&sale.lot, sale.proceeds, sale.rate, day_of(sale.date))?;
            self.parts.realized = plus(self.parts.realized, gain.price)?;
            self.parts.currency = plus(self.parts.currency, gain.currency)?;
        }
        for moved in records
            .transferred
            .iter()
            .filter(|moved| within(moved.date))
        {
            let gain = self.gain(&moved.lot, moved.value, moved.rate, day_of(moved.date))?;
            // What a lot brings with it was gained elsewhere; what it takes away was gained here.
            let here = if moved.direction == Direction::In {
                minus
            } else {
                plus
            };
            self.parts.unrealized = here(self.parts.unrealized, gain.price)?;
            self.parts.currency = here(self.parts.currency, gain.currency)?;
        }
        for posting in records
            .postings
            .iter()
            .filter(|posting| within(posting.date))
        {
            let amount = self.base(posting.amount, posting.rate, day_of(posting.date))?;
            let line = match posting.kind {
                PostingKind::Income => &mut self.parts.income,
                PostingKind::Fee => &mut self.parts.fees,
                PostingKind::Tax => &mut self.parts.taxes,
            };
            *line = plus(*line, amount)?;
        }
        let mut moved = Decimal::ZERO;
        for flow in records.movements.iter().filter(|flow| within(flow.date)) {
            moved = plus(moved, self.base(flow.amount, flow.rate, day_of(flow.date))?)?;
        }
        Ok(moved)
    }

    /// The unrealised parts at one close: `In` adds them, `Out` takes them away.
    fn add_close(
        &mut self,
        close: &Close,
        day: i32,
        lots: &[OpenLot],
        direction: Direction,
    ) -> Result<(), ArithmeticError> {
        let mut price = close.securities()?;
        let mut currency = Decimal::ZERO;
        for lot in lots {
            let cost_that_day = self.base(lot.cost, None, day)?;
            price = minus(price, cost_that_day)?;
            currency = plus(currency, minus(cost_that_day, self.cost_at_purchase(lot)?)?)?;
        }
        let count = if direction == Direction::In {
            plus
        } else {
            minus
        };
        self.parts.unrealized = count(self.parts.unrealized, price)?;
        self.parts.currency = count(self.parts.currency, currency)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
