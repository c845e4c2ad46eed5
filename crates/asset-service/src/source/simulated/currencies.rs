//! What one unit of each currency is worth in US dollars, from which every pair follows.
//!
//! A pair is the quotient of two values, so cross rates and inverse rates agree to rounding. The
//! levels are our invention, like all levels of this market.

use domain::{Currency, Price};
use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

use super::path::Course;

/// A rate shows this many digits: enough for a large amount, and still readable.
const RATE_DIGITS: u32 = 7;
/// A course is in parts per billion.
const PPB_PLACES: u32 = 9;
const FLOATING: u8 = 25;
const PEGGED: u8 = 0;

/// Code, value in dollars as digits and decimal places, and how much it moves.
#[rustfmt::skip]
const VALUES: &[(&str, i64, u32, u8)] = &[
    ("AED", 272, 3, PEGGED), ("ARS", 10, 4, FLOATING), ("AUD", 66, 2, FLOATING), ("BDT", 83, 4, FLOATING),
    ("BHD", 265, 2, PEGGED), ("BRL", 18, 2, FLOATING), ("CAD", 73, 2, FLOATING), ("CHF", 114, 2, FLOATING),
    ("CLP", 105, 5, FLOATING), ("CNY", 14, 2, FLOATING), ("COP", 24, 5, FLOATING), ("CZK", 43, 3, FLOATING),
    ("DKK", 147, 3, FLOATING), ("EGP", 20, 3, FLOATING), ("EUR", 110, 2, FLOATING), ("GBP", 128, 2, FLOATING),
    ("GHS", 66, 3, FLOATING), ("HKD", 128, 3, PEGGED), ("HUF", 27, 4, FLOATING), ("IDR", 62, 6, FLOATING),
    ("ILS", 27, 2, FLOATING), ("INR", 12, 3, FLOATING), ("ISK", 72, 4, FLOATING), ("JOD", 141, 2, PEGGED),
    ("JPY", 68, 4, FLOATING), ("KES", 77, 4, FLOATING), ("KRW", 73, 5, FLOATING), ("KWD", 325, 2, FLOATING),
    ("KZT", 20, 4, FLOATING), ("LKR", 33, 4, FLOATING), ("MAD", 10, 2, FLOATING), ("MXN", 55, 3, FLOATING),
    ("MYR", 22, 2, FLOATING), ("NGN", 65, 5, FLOATING), ("NOK", 94, 3, FLOATING), ("NZD", 60, 2, FLOATING),
    ("OMR", 260, 2, PEGGED), ("PEN", 27, 2, FLOATING), ("PHP", 17, 3, FLOATING), ("PKR", 36, 4, FLOATING),
    ("PLN", 25, 2, FLOATING), ("QAR", 275, 3, PEGGED), ("RON", 22, 2, FLOATING), ("SAR", 267, 3, PEGGED),
    ("SEK", 96, 3, FLOATING), ("SGD", 75, 2, FLOATING), ("THB", 28, 3, FLOATING), ("TRY", 30, 3, FLOATING),
    ("TWD", 31, 3, FLOATING), ("UAH", 24, 3, FLOATING), ("USD", 1, 0, PEGGED), ("UYU", 25, 3, FLOATING),
    ("VND", 40, 6, FLOATING), ("ZAR", 55, 3, FLOATING),
];

/// The price of one `base` in `quote`, or nothing for a currency this market does not have.
pub(super) fn rate(base: Currency, quote: Currency, at: Timestamp) -> Option<Price> {
    let ratio = dollars(base, at)?.checked_div(dollars(quote, at)?)?;
    let rounded =
        ratio.round_sf_with_strategy(RATE_DIGITS, RoundingStrategy::MidpointNearestEven)?;
    Price::try_new(rounded).ok()
}

fn dollars(currency: Currency, at: Timestamp) -> Option<Decimal> {
    let code = currency.code();
    let &(_, digits, places, volatility_percent) =
        VALUES.iter().find(|(listed, ..)| *listed == code)?;
    let level = Course::new(code, volatility_percent, 0).level(at);
    Decimal::try_from_i128_with_scale(i128::from(digits) * level, places + PPB_PLACES).ok()
}
