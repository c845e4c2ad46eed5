//! Splits and dividends of the simulated market. Dates, ratios and amounts are our invention.

use domain::{Currency, Price, Quantity};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::catalogue::Listing;
use super::{half_even, steps};
use crate::exchanges::Exchange;
use crate::source::Action;

/// Symbol, ex-date, and how many new shares came for how many old ones.
const SPLITS: [(&str, Date, u32, u32); 3] = [
    ("TSLA", date(2021, 3, 15), 3, 1),
    ("NVDA", date(2023, 9, 18), 10, 1),
    ("VOD.L", date(2019, 5, 13), 1, 2),
];

/// Symbol and yearly dividends in hundredths of a percent of the price, paid in quarters.
#[rustfmt::skip]
const YIELDS: &[(&str, i128)] = &[
    ("AAPL", 50), ("MSFT", 80), ("INTC", 150), ("COST", 60), ("PEP", 280), ("JPM", 250), ("V", 70),
    ("JNJ", 300), ("UNH", 140), ("PFE", 400), ("XOM", 350), ("CVX", 400), ("KO", 300), ("WMT", 150),
    ("CAT", 180), ("NEE", 260), ("O", 550), ("T", 600), ("SPY", 140), ("VOO", 140), ("VTI", 140),
    ("QQQ", 60), ("VEA", 300), ("VWO", 300), ("SCHD", 350), ("VNQ", 400), ("BND", 300), ("AGG", 300),
    ("TLT", 350), ("VTSAX", 140), ("VFIAX", 140), ("FXAIX", 140), ("RY.TO", 400), ("ENB.TO", 650),
    ("VOD.L", 700), ("AZN.L", 200), ("HSBA.L", 500), ("SHEL.L", 400), ("SAP.DE", 150), ("SIE.DE", 250),
    ("MC.PA", 180), ("ASML.AS", 90), ("NESN.SW", 300), ("NOVN.SW", 350), ("7203.T", 260),
    ("6758.T", 80), ("BHP.AX", 500),
];

/// An amount has this many decimal places more than a price.
const FINER_PLACES: u32 = 2;

/// How many of today's shares one share was, as a fraction.
pub(super) fn shares(symbol: &str, at: Timestamp) -> (i128, i128) {
    let day = at.to_zoned(TimeZone::UTC).date();
    SPLITS
        .iter()
        .filter(|(split, ex_date, ..)| *split == symbol && *ex_date > day)
        .fold((1, 1), |(new, old), split| {
            (new * i128::from(split.2), old * i128::from(split.3))
        })
}

/// What happened from `from` to `to`, by ex-date.
pub(super) fn actions(
    exchange: &Exchange,
    listing: &Listing,
    currency: Currency,
    from: Date,
    to: Date,
) -> Vec<Action> {
    let mut actions: Vec<Action> = SPLITS
        .iter()
        .filter(|(symbol, ..)| *symbol == listing.symbol)
        .map(|&(_, ex_date, new, old)| Action::Split {
            ex_date,
            new: Quantity::try_new(new.into()).unwrap_or(Quantity::ZERO),
            old: Quantity::try_new(old.into()).unwrap_or(Quantity::ZERO),
        })
        .collect();
    let per_year = YIELDS.iter().find(|(symbol, _)| *symbol == listing.symbol);
    if let Some((_, per_year)) = per_year {
        let quarters = (from.year()..=to.year()).flat_map(|year| [3, 6, 9, 12].map(|m| (year, m)));
        actions.extend(quarters.filter_map(|(year, month)| {
            dividend(
                exchange,
                listing,
                currency,
                *per_year,
                Date::new(year, month, 1).ok()?,
            )
        }));
    }
    actions.retain(|action| (from..=to).contains(&action.ex_date()));
    actions.sort_by_key(Action::ex_date);
    actions
}

/// A quarter of the yearly yield on the price at the beginning of the month.
fn dividend(
    exchange: &Exchange,
    listing: &Listing,
    currency: Currency,
    per_year: i128,
    month: Date,
) -> Option<Action> {
    let spread = listing
        .symbol
        .bytes()
        .fold(0, |sum, byte| (sum + i64::from(byte)) % 20);
    let mut ex_date = month.checked_add(jiff::Span::new().days(2 + spread)).ok()?;
    while !exchange.is_trading_day(ex_date) {
        ex_date = ex_date.tomorrow().ok()?;
    }
    let at = month.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let places = listing.venue.places + FINER_PLACES;
    let price = steps(listing, at, at, places);
    let amount = half_even(price * per_year, 4 * 10_000).max(1);
    let amount = Decimal::try_from_i128_with_scale(amount, places).ok()?;
    Some(Action::Dividend {
        ex_date,
        amount: Price::try_new(amount.normalize()).ok()?,
        currency,
    })
}
