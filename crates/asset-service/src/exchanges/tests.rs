use proptest::prelude::*;

use super::*;

fn exchange(symbol: &str) -> &'static Exchange {
    Exchange::of(&Ticker::parse(symbol).unwrap())
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn state(symbol: &str, now: &str) -> (bool, String) {
    let state = exchange(symbol).market_at(instant(now));
    let until = state
        .until
        .map_or("never".to_owned(), |until| until.to_string());
    (state.is_open, until)
}

fn open(until: &str) -> (bool, String) {
    (true, until.to_owned())
}

fn closed(until: &str) -> (bool, String) {
    (false, until.to_owned())
}

#[test]
fn a_symbol_says_where_it_trades() {
    for (symbol, name) in [
        ("AAPL", "New York"),
        ("BRK-B", "New York"),
        ("VOD.L", "London"),
        ("SAP.DE", "XETRA"),
        ("7203.T", "Tokyo"),
        ("SHOP.TO", "Toronto"),
        ("BTC-USD", "Coins"),
        ("EURUSD=X", "Currencies"),
        ("VTSAX", "US funds"),
        ("^GSPC", "New York"),
        ("ABC.UNKNOWN", "Elsewhere"),
        ("^N225", "Elsewhere"),
        ("ES=F", "Elsewhere"),
        ("CDR.WA", "Warsaw"),
    ] {
        assert_eq!(exchange(symbol).name, name, "{symbol}");
    }
}

#[test]
fn no_suffix_belongs_to_two_exchanges() {
    let mut suffixes: Vec<_> = Exchange::all()
        .flat_map(|exchange| exchange.suffixes)
        .collect();
    let all = suffixes.len();
    suffixes.sort_unstable();
    suffixes.dedup();
    assert_eq!(suffixes.len(), all);
}

#[test]
fn new_york_and_london_change_their_clocks_in_different_weeks() {
    // Both on winter time.
    assert_eq!(
        state("AAPL", "2026-03-06T14:29:59Z"),
        closed("2026-03-06T14:30:00Z")
    );
    assert_eq!(
        state("VOD.L", "2026-03-06T08:00:00Z"),
        open("2026-03-06T16:30:00Z")
    );
    // New York has changed on 8 March, London not yet.
    assert_eq!(
        state("AAPL", "2026-03-09T13:30:00Z"),
        open("2026-03-09T20:00:00Z")
    );
    assert_eq!(
        state("VOD.L", "2026-03-09T16:30:00Z"),
        closed("2026-03-10T08:00:00Z")
    );
    // London has followed on 29 March.
    assert_eq!(
        state("VOD.L", "2026-03-30T07:00:00Z"),
        open("2026-03-30T15:30:00Z")
    );
    // In autumn London goes back first, on 25 October, New York on 1 November.
    assert_eq!(
        state("VOD.L", "2026-10-26T07:30:00Z"),
        closed("2026-10-26T08:00:00Z")
    );
    assert_eq!(
        state("AAPL", "2026-10-26T13:30:00Z"),
        open("2026-10-26T20:00:00Z")
    );
    assert_eq!(
        state("AAPL", "2026-11-02T14:00:00Z"),
        closed("2026-11-02T14:30:00Z")
    );
}

#[test]
fn a_weekend_with_a_holiday_after_it_is_one_rest() {
    // Memorial Day is Monday 25 May 2026; London rests as well.
    assert_eq!(
        state("AAPL", "2026-05-22T20:00:00Z"),
        closed("2026-05-26T13:30:00Z")
    );
    assert_eq!(
        state("VOD.L", "2026-05-22T15:30:00Z"),
        closed("2026-05-26T07:00:00Z")
    );
    let session = exchange("AAPL").last_completed_session(instant("2026-05-26T13:29:00Z"));
    assert_eq!(session.unwrap().date, date(2026, 5, 22));
}

#[test]
fn tokyo_goes_to_lunch() {
    assert_eq!(
        state("7203.T", "2026-03-10T02:30:00Z"),
        closed("2026-03-10T03:30:00Z")
    );
    assert_eq!(
        state("7203.T", "2026-03-10T03:30:00Z"),
        open("2026-03-10T06:30:00Z")
    );
    let session = exchange("7203.T").session(date(2026, 3, 10)).unwrap();
    assert_eq!(session.open, instant("2026-03-10T00:00:00Z"));
    assert_eq!(session.close, instant("2026-03-10T06:30:00Z"));
}

#[test]
fn currencies_trade_from_sunday_evening_to_friday_evening_without_a_break() {
    assert_eq!(
        state("EURUSD=X", "2026-03-15T20:59:59Z"),
        closed("2026-03-15T21:00:00Z")
    );
    assert_eq!(
        state("EURUSD=X", "2026-03-15T21:00:00Z"),
        open("2026-03-20T21:00:00Z")
    );
    assert_eq!(
        state("EURUSD=X", "2026-03-18T21:00:00Z"),
        open("2026-03-20T21:00:00Z")
    );
    assert_eq!(
        state("EURUSD=X", "2026-03-20T21:00:00Z"),
        closed("2026-03-22T21:00:00Z")
    );
}

#[test]
fn coins_never_rest_and_their_day_is_that_of_utc() {
    assert_eq!(state("BTC-USD", "2026-12-25T00:00:00Z"), open("never"));
    let session = exchange("BTC-USD").last_completed_session(instant("2026-03-10T00:00:00Z"));
    assert_eq!(session.unwrap().date, date(2026, 3, 9));
}

#[test]
fn a_fund_is_priced_once_when_new_york_closes() {
    assert_eq!(
        state("VTSAX", "2026-03-10T19:59:00Z"),
        closed("2026-03-10T20:00:00Z")
    );
    let fund = exchange("VTSAX");
    let before = fund
        .last_completed_session(instant("2026-03-10T19:59:59Z"))
        .unwrap();
    let after = fund
        .last_completed_session(instant("2026-03-10T20:00:00Z"))
        .unwrap();
    assert_eq!(
        (before.date, after.date),
        (date(2026, 3, 9), date(2026, 3, 10))
    );
}

/// By nyse.com, londonstockexchange.com, gov.uk, deutsche-boerse.com, euronext.com, six-group.com,
/// tsx.com and asx.com.au.
const RESTING: [(&str, &str); 9] = [
    (
        "AAPL",
        "2026-01-01 2026-01-19 2026-02-16 2026-04-03 2026-05-25 2026-06-19",
    ),
    (
        "AAPL",
        "2026-07-03 2026-09-07 2026-11-26 2026-12-25 2022-06-20 2025-01-09",
    ),
    (
        "VOD.L",
        "2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25",
    ),
    (
        "VOD.L",
        "2026-12-28 2021-12-27 2021-12-28 2022-01-03 2022-06-02 2022-06-03 2022-09-19",
    ),
    (
        "SAP.DE",
        "2026-01-01 2026-04-03 2026-04-06 2026-05-01 2026-12-24 2026-12-25 2026-12-31",
    ),
    ("MC.PA", "2026-04-03 2026-04-06 2026-05-01 2026-12-25"),
    ("NESN.SW", "2026-01-02 2026-05-14 2026-05-25"),
    (
        "SHOP.TO",
        "2026-02-16 2026-05-18 2026-07-01 2026-08-03 2026-09-07 2026-10-12 2026-12-28",
    ),
    ("BHP.AX", "2026-01-26 2026-04-03 2026-04-06 2026-06-08"),
];

/// A New Year's Day on a Saturday is not made up for before it; half days are trading days.
const TRADING: [(&str, &str); 4] = [
    ("AAPL", "2021-12-31 2026-11-27"),
    ("VOD.L", "2022-05-30 2026-12-24"),
    ("MC.PA", "2026-12-24"),
    ("SAP.DE", "2026-05-14"),
];

#[test]
fn exchanges_rest_on_the_days_they_publish() {
    for (rows, trades) in [(&RESTING[..], false), (&TRADING[..], true)] {
        for (symbol, days) in rows {
            for day in days.split(' ') {
                let is_trading = exchange(symbol).is_trading_day(day.parse().unwrap());
                assert_eq!(is_trading, trades, "{symbol} {day}");
            }
        }
    }
}

#[test]
fn new_york_has_252_trading_days_in_2024_and_251_in_2026() {
    let count = |year| {
        date(year, 1, 1)
            .series(Span::new().days(1))
            .take_while(|day| day.year() == year)
            .filter(|day| exchange("AAPL").is_trading_day(*day))
            .count()
    };
    assert_eq!((count(2024), count(2025), count(2026)), (252, 250, 251));
}

#[test]
fn the_day_after_thanksgiving_ends_at_one() {
    assert_eq!(
        state("AAPL", "2026-11-27T15:00:00Z"),
        open("2026-11-27T18:00:00Z")
    );
    assert_eq!(
        state("VOD.L", "2026-12-24T09:00:00Z"),
        open("2026-12-24T12:30:00Z")
    );
}

#[test]
fn tel_aviv_moved_its_week_in_2026() {
    let tel_aviv = exchange("TEVA.TA");
    assert!(tel_aviv.is_trading_day(date(2025, 12, 28)));
    assert!(!tel_aviv.is_trading_day(date(2026, 1, 2)));
    assert!(tel_aviv.is_trading_day(date(2026, 1, 9)));
    assert!(!tel_aviv.is_trading_day(date(2026, 1, 11)));
}

#[test]
fn the_ends_of_time_do_not_panic() {
    for exchange in Exchange::all() {
        for now in [Timestamp::MIN, Timestamp::MAX] {
            let _ = exchange.market_at(now);
            let _ = exchange.last_completed_session(now);
            let _ = exchange.last_begun_session(now);
        }
    }
}

/// Any second from 1900 to 2100, on any exchange.
fn moments() -> impl Strategy<Value = (&'static Exchange, Timestamp)> {
    let all: Vec<_> = Exchange::all().collect();
    let seconds =
        instant("1900-01-02T00:00:00Z").as_second()..instant("2100-01-01T00:00:00Z").as_second();
    (prop::sample::select(all), seconds)
        .prop_map(|(exchange, second)| (exchange, Timestamp::from_second(second).unwrap()))
}

proptest! {
    #[test]
    fn states_alternate_and_last_until_they_change((exchange, now) in moments()) {
        let state = exchange.market_at(now);
        if let Some(until) = state.until {
            prop_assert!(until > now);
            let second = jiff::SignedDuration::from_secs(1);
            prop_assert_eq!(exchange.market_at(until - second).is_open, state.is_open);
            if !matches!(exchange.hours, Hours::Once(_)) {
                prop_assert_ne!(exchange.market_at(until).is_open, state.is_open);
            }
        }
    }

    #[test]
    fn sessions_end_before_the_next_begins((exchange, now) in moments()) {
        let last = exchange.last_completed_session(now).unwrap();
        prop_assert!(last.open <= last.close && last.close <= now);
        prop_assert!(exchange.is_trading_day(last.date));
        let begun = exchange.last_begun_session(now).unwrap();
        prop_assert!(begun.open <= now && begun.date >= last.date);
        if begun.date != last.date {
            prop_assert!(last.close <= begun.open && now < begun.close);
        }
    }
}
