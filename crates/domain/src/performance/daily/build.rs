//! Filling the columns: one pass over the days for each track.
//!
//! This is where the time of a valuation goes. A day on which neither price nor
//! quantity changes costs one addition.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::Daily;
use crate::Currency;
use crate::money::ArithmeticError;
use crate::performance::book::{Book, Flow, Gaps, Rates, Unvalued, minus, plus, times};
use crate::performance::marked::Marked;
use crate::performance::range::{Range, day_of};
use crate::performance::{CashTrack, Track};
use crate::valuation::Missing;

/// How a flow of an instrument moves the money of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// Money from or to the outside.
    AsItIs,
    /// Cash that became something without a value left what is valued.
    Reversed,
    /// Within the book, or within what has no value.
    NotAtAll,
}

pub(super) struct Build<'a> {
    rates: &'a Rates<'a>,
    daily: Daily,
    gaps: Gaps,
    /// Whether a gap leaves no way to go on.
    stuck: bool,
    anything_valued: bool,
}

impl<'a> Build<'a> {
    pub(super) fn new(rates: &'a Rates<'a>, range: Range) -> Self {
        let zeros = vec![Decimal::ZERO; range.len()];
        let daily = Daily {
            range,
            value: zeros.clone(),
            at_start: zeros.clone(),
            at_end: zeros,
            fresh: vec![false; range.len()],
            age: vec![0; range.len()],
            missing: Vec::new(),
        };
        Self {
            rates,
            daily,
            gaps: Gaps::default(),
            stuck: false,
            anything_valued: false,
        }
    }

    pub(super) fn all(mut self, book: &Book<'_>) -> Result<Daily, Unvalued> {
        let tracks = book.tracks.iter().map(|track| track.currency);
        let cash = book.cash.iter().map(|cash| cash.currency);
        let currencies: BTreeSet<Currency> = tracks.chain(cash).collect();
        for currency in currencies {
            self.add_currency(book, currency)?;
        }
        for flow in &book.flows {
            self.flow(flow, Counts::AsItIs)?;
        }
        self.finish()
    }

    /// Sums what is in one currency and adds it, converted, to the value.
    fn add_currency(&mut self, book: &Book<'_>, currency: Currency) -> Result<(), Unvalued> {
        let mut column = vec![Decimal::ZERO; self.daily.range.len()];
        for track in book
            .tracks
            .iter()
            .filter(|track| track.currency == currency)
        {
            self.add_track(track, book.cash_tracking, &mut column)?;
        }
        for cash in book.cash.iter().filter(|cash| cash.currency == currency) {
            self.add_cash(cash, &mut column)?;
        }
        let series = self.rates.series(currency);
        let days = self.daily.range.days();
        let rows = days
            .zip(&column)
            .zip(&mut self.daily.value)
            .zip(&mut self.daily.age);
        match series {
            None => {
                for ((_, amount), value) in rows.map(|(row, _)| row) {
                    *value = plus(*value, *amount)?;
                }
            }
            Some(series) => {
                let mut cursor = series.cursor();
                for (((day, amount), value), age) in rows {
                    cursor.advance(day);
                    if let Some(rate) = cursor.current().filter(|_| !amount.is_zero()) {
                        *value = plus(*value, times(*amount, rate.value)?)?;
                        *age = day.saturating_sub(rate.day).max(*age);
                    }
                }
            }
        }
        Ok(())
    }

    fn add_track(
        &mut self,
        track: &Track<'_>,
        cash_tracking: bool,
        column: &mut [Decimal],
    ) -> Result<(), Unvalued> {
        let range = self.daily.range;
        let first_price = track.prices.first_day().unwrap_or(i32::MAX);
        let first_rate = self.rates.known_from(track.currency);
        let known_from = first_price.max(first_rate);
        let unvalued = |day: i32| day < known_from && !track.quantities.level(day).is_zero();
        self.name_gaps(track, first_price, first_rate, unvalued);
        for flow in track.flows {
            let day = day_of(flow.date);
            let without_value = unvalued(day) || unvalued(day.saturating_sub(1));
            let counts = match (without_value, cash_tracking) {
                (false, false) => Counts::AsItIs,
                (true, true) => Counts::Reversed,
                (false, true) | (true, false) => Counts::NotAtAll,
            };
            self.flow(flow, counts)?;
        }
        for flow in track.transfers {
            let day = day_of(flow.date);
            if !(unvalued(day) || unvalued(day.saturating_sub(1))) {
                self.flow(flow, Counts::AsItIs)?;
            }
        }
        self.add_values(track, known_from, column)?;
        if let Some(place) = range.place(known_from).filter(|place| *place > 0)
            && unvalued(known_from.saturating_sub(1))
        {
            let value = Marked::on(track, known_from)?;
            let rate = self
                .rates
                .at(track.currency, known_from)
                .map_or(Decimal::ZERO, |point| point.value);
            add_at(&mut self.daily.at_end, place, times(value, rate)?)?;
        }
        Ok(())
    }

    /// Names what is missing while the track is held without a value.
    fn name_gaps(
        &mut self,
        track: &Track<'_>,
        first_price: i32,
        first_rate: i32,
        unvalued: impl Fn(i32) -> bool,
    ) {
        let known_from = first_price.max(first_rate);
        let days = self.daily.range.days();
        let mut without_value = days
            .take_while(|day| *day < known_from)
            .filter(|day| unvalued(*day));
        let Some(from) = without_value.next() else {
            return;
        };
        let to = without_value.last().unwrap_or(from);
        let price = Missing::Price(track.ticker.clone());
        let rate = self.rates.missing(track.currency);
        for (what, first) in [(price, first_price), (rate, first_rate)] {
            if from < first {
                self.gaps.add(what, from, to.min(first.saturating_sub(1)));
            }
        }
    }

    /// The inner loop: quantity × price for every day from `known_from` on.
    fn add_values(
        &mut self,
        track: &Track<'_>,
        known_from: i32,
        column: &mut [Decimal],
    ) -> Result<(), ArithmeticError> {
        let Some(first) = self
            .daily
            .range
            .place(known_from.max(self.daily.range.opening_day()))
        else {
            return Ok(());
        };
        let mut marked = Marked::of(track);
        let rows = self
            .daily
            .range
            .days()
            .zip(column)
            .zip(&mut self.daily.fresh)
            .zip(&mut self.daily.age);
        for (((day, slot), fresh), age) in rows.skip(first) {
            let was_held = marked.is_held();
            marked.advance(day)?;
            if marked.is_held() {
                *slot = plus(*slot, marked.value())?;
                *age = marked.age().max(*age);
                self.anything_valued = true;
            } else if !was_held {
                continue;
            }
            *fresh |= marked.age() == 0;
        }
        Ok(())
    }

    fn add_cash(
        &mut self,
        cash: &CashTrack<'_>,
        column: &mut [Decimal],
    ) -> Result<(), ArithmeticError> {
        let known_from = self.rates.known_from(cash.currency);
        let mut rates = self
            .rates
            .series(cash.currency)
            .map(|series| series.cursor());
        let mut balances = cash.balances.cursor();
        let rows = self
            .daily
            .range
            .days()
            .zip(column)
            .zip(&mut self.daily.fresh);
        for ((day, slot), fresh) in rows {
            balances.advance(day);
            let new_rate = rates.as_mut().is_some_and(|rates| rates.advance(day));
            let balance = balances
                .current()
                .map_or(Decimal::ZERO, |point| point.value);
            if balance.is_zero() {
                continue;
            }
            if day < known_from {
                self.gaps.add(self.rates.missing(cash.currency), day, day);
                self.stuck = true;
                continue;
            }
            *slot = plus(*slot, balance)?;
            *fresh |= new_rate;
            self.anything_valued = true;
        }
        Ok(())
    }

    fn flow(&mut self, flow: &Flow, counts: Counts) -> Result<(), ArithmeticError> {
        let day = day_of(flow.date);
        let place = self
            .daily
            .range
            .place(day)
            .filter(|_| self.daily.range.covers(day));
        let Some(place) = place.filter(|_| counts != Counts::NotAtAll) else {
            return Ok(());
        };
        match self.rates.amount(flow.amount, flow.rate, day)? {
            Ok(amount) => {
                let amount = match counts {
                    Counts::Reversed => minus(Decimal::ZERO, amount)?,
                    Counts::AsItIs | Counts::NotAtAll => amount,
                };
                let column = if amount > Decimal::ZERO {
                    &mut self.daily.at_start
                } else {
                    &mut self.daily.at_end
                };
                add_at(column, place, amount)
            }
            Err(missing) => {
                self.gaps.add(missing, day, day);
                self.stuck = true;
                Ok(())
            }
        }
    }

    fn finish(mut self) -> Result<Daily, Unvalued> {
        let nothing_valued = !self.gaps.is_empty() && !self.anything_valued;
        let gaps = self.gaps.into_vec();
        if self.stuck || nothing_valued {
            return Err(Unvalued::Missing(gaps));
        }
        for (came, went) in self.daily.at_start.iter().zip(&self.daily.at_end) {
            plus(*came, *went)?;
        }
        self.daily.missing = gaps;
        Ok(self.daily)
    }
}

fn add_at(column: &mut [Decimal], place: usize, amount: Decimal) -> Result<(), ArithmeticError> {
    if let Some(slot) = column.get_mut(place) {
        *slot = plus(*slot, amount)?;
    }
    Ok(())
}
