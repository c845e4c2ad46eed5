//! The days of one chart: closes, dividends and splits, as they were at the time.
//!
//! Yahoo divides every close and every dividend by the splits that came after it. That is undone
//! here, by the product of their ratios, so the chart has to reach until today even if the days
//! asked for end earlier. Its figures are 32-bit floats printed in full (`189.97999572753906`),
//! which carry seven significant digits; what is undone is rounded to those, half to even.
//!
//! Invariant: a day whose regular session is not over has no close, and neither has one whose
//! close is `null`. A split that cannot be read leaves no close right, so it is refused.

use std::collections::BTreeMap;

use domain::{Price, Quantity};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;

use super::super::{Action, QuotedCurrency, Refusal, SourceError, SourceHistory, checked};
use super::chart::{Meta, Series, Token};

/// What a 32-bit float carries.
const SIGNIFICANT_DIGITS: u32 = 7;
/// The closing auction is settled by then.
const SETTLING: SignedDuration = SignedDuration::from_mins(30);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Events {
    dividends: BTreeMap<String, Dividend>,
    splits: BTreeMap<String, Split>,
}

#[derive(Debug, Deserialize)]
struct Dividend {
    date: Token,
    amount: Token,
    currency: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Split {
    date: Token,
    numerator: Token,
    denominator: Token,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Indicators {
    quote: Vec<Bars>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Bars {
    close: Vec<Token>,
}

/// What one share before the ex-date is after it.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    ex_date: Date,
    new: Quantity,
    old: Quantity,
}

impl Series {
    /// # Errors
    ///
    /// `Refused` for an unknown currency or a split that is none.
    pub(super) fn history(
        &self,
        now: Timestamp,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let meta = &self.meta;
        let unit = checked::unit(meta.currency.as_deref())?;
        let zone = zone(meta);
        let mut ratios = self.ratios(&zone)?;
        ratios.retain(|ratio| self.leaves_prices(ratio, &zone, unit));
        let is_asked = |day: &Date| (from..=to).contains(day);
        let unfinished = unfinished(meta, now, &zone);
        let days = self.closes(&zone, unit, &ratios);
        let closes = checked::closes(days, now, |day| is_asked(&day) && day < unfinished)?;
        let mut actions: Vec<Action> = self
            .dividends(&zone, unit, &ratios)
            .chain(ratios.iter().map(Ratio::action))
            .filter(|action| is_asked(&ex_date(action)))
            .collect();
        actions.sort_by_key(ex_date);
        Ok(SourceHistory {
            currency: unit.currency,
            closes,
            actions: Some(actions),
            crossed_through: None,
            since: None,
        })
    }

    /// Each day and its figure, divided by the splits that came after it.
    fn figures(&self, zone: &TimeZone) -> impl Iterator<Item = (Date, Option<Decimal>)> {
        let bars = self
            .indicators
            .iter()
            .flat_map(|indicators| &indicators.quote);
        let closes = bars.take(1).flat_map(|bars| &bars.close);
        let times = self.timestamp.iter().flatten();
        times.zip(closes).filter_map(move |(time, close)| {
            Some((day(time, zone)?, checked::number(close.as_deref())))
        })
    }

    fn closes(
        &self,
        zone: &TimeZone,
        unit: QuotedCurrency,
        ratios: &[Ratio],
    ) -> impl Iterator<Item = (Date, Result<Price, SourceError>)> {
        self.figures(zone).map(move |(day, figure)| {
            let close = figure.and_then(|figure| as_of_day(day, figure, ratios));
            (day, checked::price(unit, close))
        })
    }

    /// Whether every close before the split is a price without it: else there was no such split.
    fn leaves_prices(&self, ratio: &Ratio, zone: &TimeZone, unit: QuotedCurrency) -> bool {
        let alone = std::slice::from_ref(ratio);
        let is_price = |figure| checked::price(unit, figure).is_ok();
        let leaves_prices = self.figures(zone).all(|(day, figure)| {
            let undone = figure.and_then(|figure| as_of_day(day, figure, alone));
            !is_price(figure) || is_price(undone)
        });
        if !leaves_prices {
            let (symbol, action) = (self.meta.symbol.as_deref(), ratio.action());
            tracing::warn!(symbol, "left out, for it would leave no price: {action}");
        }
        leaves_prices
    }

    fn dividends(
        &self,
        zone: &TimeZone,
        unit: QuotedCurrency,
        ratios: &[Ratio],
    ) -> impl Iterator<Item = Action> {
        let events = self.events.iter();
        let dividends = events.flat_map(|events| events.dividends.values());
        dividends.filter_map(move |dividend| {
            let ex_date = day(&dividend.date, zone)?;
            let said = dividend.currency.as_deref().filter(|code| !code.is_empty());
            let unit = said
                .map_or(Ok(unit), |code| checked::unit(Some(code)))
                .ok()?;
            let amount = checked::number(dividend.amount.as_deref())?;
            let amount = as_of_day(ex_date, amount, ratios)?;
            Some(Action::Dividend {
                ex_date,
                amount: checked::price(unit, Some(amount)).ok()?,
                currency: unit.currency,
            })
        })
    }

    fn ratios(&self, zone: &TimeZone) -> Result<Vec<Ratio>, SourceError> {
        let ratio = |split: &Split| {
            let quantity =
                |token: &Token| Quantity::try_new(checked::number(token.as_deref())?).ok();
            Some(Ratio {
                ex_date: day(&split.date, zone)?,
                new: quantity(&split.numerator)?,
                old: quantity(&split.denominator)?,
            })
        };
        let splits = self.events.iter().flat_map(|events| events.splits.values());
        let ratios: Option<Vec<Ratio>> = splits.map(ratio).collect();
        ratios.ok_or_else(|| SourceError::refused(Refusal::NotANumber, "its split is none"))
    }
}

impl Ratio {
    fn action(&self) -> Action {
        Action::Split {
            ex_date: self.ex_date,
            new: self.new,
            old: self.old,
        }
    }
}

fn ex_date(action: &Action) -> Date {
    match action {
        Action::Dividend { ex_date, .. } | Action::Split { ex_date, .. } => *ex_date,
    }
}

/// A figure of that day, without the splits that came after it.
fn as_of_day(day: Date, figure: Decimal, ratios: &[Ratio]) -> Option<Decimal> {
    let mut figure = figure;
    for later in ratios.iter().filter(|ratio| ratio.ex_date > day) {
        figure = figure.checked_mul(later.new.value())?;
        figure = figure.checked_div(later.old.value())?;
    }
    let strategy = RoundingStrategy::MidpointNearestEven;
    let rounded = figure.round_sf_with_strategy(SIGNIFICANT_DIGITS, strategy)?;
    Some(rounded.normalize())
}

fn day(time: &Token, zone: &TimeZone) -> Option<Date> {
    let at = checked::second(time.as_deref())?;
    Some(at.to_zoned(zone.clone()).date())
}

/// Of the exchange; where its name is unknown, by how far it is from UTC today.
fn zone(meta: &Meta) -> TimeZone {
    let named = meta.exchange_timezone_name.as_deref();
    let named = named.and_then(|name| TimeZone::get(name).ok());
    named.unwrap_or_else(|| {
        let seconds = meta
            .gmtoffset
            .and_then(|seconds| Offset::from_seconds(seconds).ok());
        TimeZone::fixed(seconds.unwrap_or(Offset::UTC))
    })
}

/// The first day that has no close yet: that of the session that is not over, or else today. The
/// next session may be days away.
fn unfinished(meta: &Meta, now: Timestamp, zone: &TimeZone) -> Date {
    let today = now.to_zoned(zone.clone()).date();
    let Some((start, end)) = meta.session() else {
        return today;
    };
    let day = start.to_zoned(zone.clone()).date();
    match end.saturating_add(SETTLING) {
        Ok(settled) if settled <= now => day.tomorrow().unwrap_or(Date::MAX),
        _ => day,
    }
}
