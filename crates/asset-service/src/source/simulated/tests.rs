use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::source::Action;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ticker(symbol: &str) -> Ticker {
    Ticker::parse(symbol).unwrap()
}

fn price_of(symbol: &str, now: Timestamp) -> Decimal {
    let quote = Simulated::default().quote(now, &ticker(symbol)).unwrap();
    quote.price.value()
}

fn fx(base: &str, quote: &str, now: Timestamp) -> Decimal {
    let pair = Ticker::fx_pair(
        Currency::parse(base).unwrap(),
        Currency::parse(quote).unwrap(),
    );
    price_of(pair.as_str(), now)
}

/// By how many millionths two numbers differ.
fn millionths_apart(left: Decimal, right: Decimal) -> Decimal {
    ((left - right) / right).abs() * Decimal::from(1_000_000)
}

#[test]
fn every_listing_is_well_formed_and_listed_once() {
    let market = Simulated::default();
    assert_eq!(market.listings.len(), LISTINGS.len());
    assert!(LISTINGS.len() >= 60);
    let currencies: BTreeSet<_> = market
        .listings
        .values()
        .map(|(instrument, _)| instrument.currency)
        .collect();
    assert!(currencies.len() >= 6, "{currencies:?}");
    for (instrument, _) in market.listings.values() {
        assert!(InstrumentType::KNOWN.contains(&instrument.instrument_type.as_str()));
    }
}

#[test]
fn the_market_is_the_same_in_every_process() {
    // Written down once: a change of these figures changes everybody's demo data.
    let now = at("2026-03-10T15:00:00Z");
    let shown = ["AAPL", "VOD.L", "7203.T", "BTC-USD", "EURUSD=X"]
        .map(|symbol| format!("{symbol} {}", price_of(symbol, now)));
    assert_eq!(
        shown,
        [
            "AAPL 148.54",
            "VOD.L 1.351",
            "7203.T 3211",
            "BTC-USD 107192.92",
            "EURUSD=X 1.163027"
        ]
    );
}

#[test]
fn prices_change_within_the_day() {
    let open = at("2026-03-10T15:00:00Z");
    let prices: BTreeSet<_> = (0..20)
        .map(|tick| price_of("AAPL", open + SignedDuration::from_secs(15 * tick)))
        .collect();
    assert!(prices.len() >= 5, "{prices:?}");
    assert_eq!(
        price_of("AAPL", open),
        price_of("AAPL", open + SignedDuration::from_secs(14))
    );
}

#[test]
fn over_the_weekend_shares_stand_still_and_crypto_does_not() {
    let market = Simulated::default();
    let saturday = at("2026-03-14T12:00:00Z");
    let sunday = saturday + DAY;
    let apple = |now| market.quote(now, &ticker("AAPL")).unwrap();
    assert_eq!(apple(saturday), apple(sunday));
    assert_eq!(apple(sunday).as_of, at("2026-03-13T20:00:00Z"));
    assert_ne!(price_of("BTC-USD", saturday), price_of("BTC-USD", sunday));
}

#[test]
fn the_previous_close_is_what_the_price_was_then() {
    let market = Simulated::default();
    let quote = |symbol: &str, now: &str| market.quote(at(now), &ticker(symbol)).unwrap();
    for (symbol, evening) in [
        ("AAPL", "2026-03-10T23:00:00Z"),
        ("SAP.DE", "2026-03-10T23:00:00Z"),
        ("BTC-USD", "2026-03-11T00:00:00Z"),
        ("EURUSD=X", "2026-03-10T21:00:00Z"),
    ] {
        let next_day = quote(symbol, "2026-03-11T15:00:00Z");
        assert_eq!(
            next_day.previous_close,
            Some(quote(symbol, evening).price),
            "{symbol}"
        );
    }
    let fund = quote("VTSAX", "2026-03-11T15:00:00Z");
    let two_evenings_before = quote("VTSAX", "2026-03-09T23:00:00Z");
    assert_eq!(fund.previous_close, Some(two_evenings_before.price));
}

#[test]
fn currency_pairs_agree_with_each_other() {
    let now = at("2026-03-10T15:00:00Z");
    for (base, middle, quote) in [
        ("EUR", "USD", "JPY"),
        ("GBP", "CHF", "CAD"),
        ("KWD", "VND", "SEK"),
    ] {
        let cross = fx(base, middle, now) * fx(middle, quote, now);
        assert!(
            millionths_apart(cross, fx(base, quote, now)) < Decimal::ONE,
            "{base}{quote}"
        );
        let there_and_back = fx(base, quote, now) * fx(quote, base, now);
        assert!(millionths_apart(there_and_back, Decimal::ONE) < Decimal::ONE);
    }
    assert_eq!(fx("USD", "USD", now), Decimal::ONE);
}

#[test]
fn a_currency_without_a_value_has_no_rate() {
    let unknown = Simulated::default().quote(at("2026-03-10T15:00:00Z"), &ticker("USDXAU=X"));
    assert_eq!(unknown, Err(SourceError::UnknownSymbol));
}

#[test]
fn searching_finds_tickers_names_and_pairs() {
    let now = at("2026-03-10T15:00:00Z");
    let found = |text: &str| -> Vec<String> {
        let found = Simulated::default().matching(now, text);
        found.iter().map(|i| i.ticker.to_string()).collect()
    };
    assert_eq!(found("apple"), ["AAPL"]);
    assert_eq!(found("eurusd=x"), ["EURUSD=X"]);
    assert!(found("vanguard").len() >= 5);
    assert_eq!(found("").len(), LISTINGS.len());
    assert!(found("nothing is called this").is_empty());
}

#[test]
fn half_a_step_rounds_to_even() {
    assert_eq!(
        [5, 15, 25, 14, 16].map(|n| half_even(n, 10)),
        [0, 2, 2, 1, 2]
    );
}

fn any_symbol() -> impl Strategy<Value = &'static str> {
    prop::sample::select(LISTINGS.iter().map(|l| l.symbol).collect::<Vec<_>>())
}

fn any_instant() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    (first..=last).prop_map(|second| Timestamp::from_second(second).unwrap())
}

/// From 1990 to 2100, within reach of a portfolio.
fn any_day() -> impl Strategy<Value = Timestamp> {
    (631_152_000_i64..4_102_444_800)
        .prop_map(|second| Timestamp::from_second(second / 86_400 * 86_400).unwrap())
}

proptest! {
    #[test]
    fn a_price_is_positive_and_exact_in_every_century(symbol in any_symbol(), now in any_instant()) {
        let market = Simulated::default();
        let quote = market.quote(now, &ticker(symbol)).unwrap();
        let places = market.listings[&ticker(symbol)].1.venue.places;
        prop_assert!(quote.price.value() > Decimal::ZERO);
        prop_assert_eq!(quote.price.value().scale(), places);
        prop_assert!(quote.previous_close.is_some());
        prop_assert_eq!(market.quote(now, &ticker(symbol)).unwrap(), quote);
    }

    #[test]
    fn a_price_is_never_from_the_future(symbol in any_symbol(), day in any_day()) {
        let quote = Simulated::default().quote(day, &ticker(symbol)).unwrap();
        prop_assert!(quote.as_of <= day);
    }

    #[test]
    fn from_one_day_to_the_next_a_price_moves_by_less_than_a_third(
        symbol in any_symbol(),
        day in any_day(),
    ) {
        let (today, tomorrow) = (price_of(symbol, day), price_of(symbol, day + DAY));
        let move_percent = ((tomorrow - today) / today).abs() * Decimal::ONE_HUNDRED;
        prop_assert!(move_percent < Decimal::from(33), "{} {}", today, tomorrow);
    }

    #[test]
    fn over_centuries_a_currency_keeps_its_order_of_magnitude(now in any_instant()) {
        let dollars = fx("EUR", "USD", now);
        prop_assert!(dollars > Decimal::new(8, 1) && dollars < Decimal::new(14, 1), "{}", dollars);
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn history_of(symbol: &str, from: &str, to: &str) -> SourceHistory {
    let now = at("2026-03-10T15:00:00Z");
    let market = Simulated::default();
    market
        .closes(now, &ticker(symbol), day(from), day(to))
        .unwrap()
}

#[test]
fn every_close_is_the_quote_of_the_night_after_it() {
    for symbol in [
        "AAPL", "NVDA", "TSLA", "7203.T", "BTC-USD", "EURUSD=X", "VTSAX",
    ] {
        for (date, close) in history_of(symbol, "2023-09-01", "2023-09-30").closes {
            let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp() + DAY;
            // What trades on is asked for at the very end of its day; Tokyo opens at midnight.
            let night = match symbol {
                "BTC-USD" => midnight,
                "EURUSD=X" => midnight - SignedDuration::from_hours(3),
                _ => midnight - SignedDuration::from_secs(1),
            };
            let quote = Simulated::default().quote(night, &ticker(symbol)).unwrap();
            let shown = quote.price;
            assert_eq!(shown, close, "{symbol} on {date}");
        }
    }
}

#[test]
fn sessions_that_are_not_over_have_no_close() {
    let last = |symbol| {
        history_of(symbol, "2026-03-02", "2026-03-31")
            .closes
            .pop()
            .unwrap()
            .0
    };
    assert_eq!(last("AAPL"), day("2026-03-09"));
    assert_eq!(last("7203.T"), day("2026-03-10"));
    assert_eq!(last("BTC-USD"), day("2026-03-09"));
}

#[test]
fn a_share_costs_a_tenth_from_the_day_it_splits_in_ten() {
    let history = history_of("NVDA", "2023-09-15", "2023-09-18");
    let [(_, before), (_, after)] = history.closes.as_slice() else {
        panic!("{history:?}")
    };
    let ratio = before.value() / after.value();
    assert!(
        ratio > Decimal::from(8) && ratio < Decimal::from(12),
        "{ratio}"
    );
    let split = &history.actions.unwrap()[0];
    assert_eq!(split.ex_date(), day("2023-09-18"));
    let quote = Simulated::default()
        .quote(at("2023-09-18T15:00:00Z"), &ticker("NVDA"))
        .unwrap();
    let change = quote.price.value() / quote.previous_close.unwrap().value();
    assert!(
        change > Decimal::new(8, 1) && change < Decimal::new(12, 1),
        "{change}"
    );
}

#[test]
fn payers_pay_every_quarter_and_others_never() {
    let paid = history_of("KO", "2025-01-01", "2025-12-31")
        .actions
        .unwrap();
    assert_eq!(paid.len(), 4, "{paid:?}");
    assert!(
        paid.iter()
            .all(|action| matches!(action, Action::Dividend { .. }))
    );
    assert_eq!(
        history_of("AMZN", "2010-01-01", "2025-12-31").actions,
        Some(Vec::new())
    );
}

#[test]
fn nothing_was_listed_before_the_year_2000() {
    assert_eq!(
        history_of("AAPL", "1980-01-01", "1999-12-31").closes,
        Vec::new()
    );
    assert_eq!(
        history_of("AAPL", "1980-01-01", "2000-01-07").closes.len(),
        5
    );
}
