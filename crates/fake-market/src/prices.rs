//! What everything costs: waves around a level that the symbol gives.
//!
//! Sources differ by a few thousandths, and in the last digit, which is their own: 1 is Yahoo's,
//! 2 Finnhub's, and so on in the order of [`Source::ALL`].

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::events::shares_then;
use crate::listing::{CURRENCIES, Class, Listing};
use crate::sources::Source;

const DAY: i64 = 86_400;
/// Decimals of a price, and of a rate.
const PLACES: (u32, u32) = (4, 7);

/// What the source says that the symbol costs at that second, in whole units of its currency, as
/// traded then. Nothing for a symbol that does not exist.
///
/// A source that publishes once a day says the same all day, in UTC.
pub fn price(source: Source, symbol: &str, at: Timestamp) -> Option<Decimal> {
    let listing = Listing::find(symbol)?;
    let second = if source.publishes_daily() {
        at.as_second().div_euclid(DAY) * DAY
    } else {
        at.as_second()
    };
    let (units, places) = match listing.class {
        Class::Pair => {
            let rate = worth(&listing.base, second) * 10_000_000 / worth(listing.currency, second);
            (rate, PLACES.1)
        }
        Class::Coin | Class::Stock => {
            let level = 200_000 + i128::from(hash(&listing.base) % 4_800_000);
            let dollars = waved(level, &listing.base, second, 150);
            let units = dollars * i128::from(shares_then(&listing, at));
            let units = if listing.class == Class::Coin {
                units * 10_000_000 / worth(listing.currency, second)
            } else {
                units
            };
            (units, PLACES.0)
        }
    };
    let skewed = units * (1_000_000 + source.skew()) / 1_000_000;
    let marked = skewed.max(10) / 10 * 10 + source.mark();
    Decimal::try_from_i128_with_scale(marked, places).ok()
}

/// What the source says that the symbol closed at on that day, as traded then.
pub fn close(source: Source, symbol: &str, date: Date) -> Option<Decimal> {
    price(source, symbol, closing(&Listing::find(symbol)?, date)?)
}

/// When a day closes: at 21:00 UTC, and for coins when it ends.
pub(crate) fn closing(listing: &Listing, date: Date) -> Option<Timestamp> {
    let closing = match listing.class {
        Class::Coin => date.tomorrow().ok()?.at(0, 0, 0, 0),
        Class::Stock | Class::Pair => date.at(21, 0, 0, 0),
    };
    Some(closing.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Ten-millionths of a dollar.
fn worth(currency: &str, second: i64) -> i128 {
    let level = CURRENCIES
        .iter()
        .find(|(known, _)| *known == currency)
        .map_or(10_000_000, |(_, level)| *level);
    waved(i128::from(level), currency, second, 20).max(1)
}

fn waved(level: i128, name: &str, second: i64, yearly: i128) -> i128 {
    let phase = i64::try_from(hash(name) % 1_000_003).unwrap_or_default() * 97;
    let parts = yearly * triangle(second + phase, 365 * DAY)
        + 5 * triangle(second + phase, 9 * DAY)
        + 2 * triangle(second + phase, 600);
    level * (1_000_000 + parts) / 1_000_000
}

/// Up and down between -1000 and 1000 in one period.
fn triangle(second: i64, period: i64) -> i128 {
    let part = i128::from(second.rem_euclid(period)) * 4_000 / i128::from(period);
    if part < 2_000 {
        part - 1_000
    } else {
        3_000 - part
    }
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn sources_agree_within_two_percent_and_never_to_the_digit() {
        let now = at("2026-03-10T15:00:00Z");
        for symbol in [
            "ACME", "SYM00001", "VOD.L", "BTC-USD", "EURUSD=X", "JPYEUR=X",
        ] {
            let prices: Vec<Decimal> = Source::ALL
                .iter()
                .map(|source| price(*source, symbol, now).unwrap())
                .collect();
            for (place, price) in prices.iter().enumerate() {
                assert!(
                    prices[..place].iter().all(|other| other != price),
                    "{symbol} {prices:?}"
                );
                let ratio = *price / prices[0];
                assert!(
                    (ratio - Decimal::ONE).abs() < Decimal::new(2, 2),
                    "{symbol} {prices:?}"
                );
            }
        }
    }

    #[test]
    fn a_price_does_not_jump() {
        let (now, later) = (at("2026-03-10T15:00:00Z"), at("2026-03-11T15:02:00Z"));
        for number in 1..500 {
            let symbol = format!("SYM{number:05}");
            let [before, after] = [now, later].map(|at| price(Source::Yahoo, &symbol, at).unwrap());
            let ratio = after / before;
            assert!(
                (ratio - Decimal::ONE).abs() < Decimal::new(3, 2),
                "{symbol}: {ratio}"
            );
        }
    }

    #[test]
    fn a_price_moves_within_a_minute() {
        let (now, later) = (at("2026-03-10T15:00:00Z"), at("2026-03-10T15:01:00Z"));
        let moved = |symbol: &&str| {
            price(Source::Yahoo, symbol, now) != price(Source::Yahoo, symbol, later)
        };
        assert!(["ACME", "VOD.L", "BTC-USD", "EURUSD=X"].iter().all(moved));
    }

    #[test]
    fn a_symbol_that_does_not_exist_has_no_price() {
        let now = at("2026-03-10T15:00:00Z");
        for symbol in ["NOPE", "NOPE1", "", "A B", "A.XX", "EURXXX=X", "X=X"] {
            assert_eq!(price(Source::Yahoo, symbol, now), None, "{symbol}");
        }
    }

    #[test]
    fn who_publishes_daily_says_the_same_all_day() {
        let [morning, evening] = ["2026-03-10T00:00:00Z", "2026-03-10T23:59:59Z"].map(at);
        let rate = |source, at| price(source, "EURUSD=X", at).unwrap();
        assert_eq!(rate(Source::Ecb, morning), rate(Source::Ecb, evening));
        assert_ne!(rate(Source::Yahoo, morning), rate(Source::Yahoo, evening));
    }
}
