use jiff::civil::date;
use proptest::prelude::*;

use super::super::fixtures::{
    Owned, balances, day, dec, dollars, flow, prices, range, rates, some_prices, some_rates, usd,
};
use super::super::{Book, CashTrack, Daily, Flow, Series};
use super::*;
use crate::valuation::Missing;
use crate::{Currency, Quantity};

mod ledger;
use ledger::{Event, Ledger};

fn money(amount: &str, currency: Currency) -> Money {
    Money::new(dec(amount), currency)
}

fn lot(cost: &str, currency: Currency, purchase_date: Date) -> OpenLot {
    OpenLot {
        cost: money(cost, currency),
        purchase_date,
        rate: None,
        lacks_rate_of: None,
    }
}

fn posting(kind: PostingKind, date: Date, amount: &str) -> Posting {
    Posting {
        kind,
        date,
        amount: money(amount, Currency::USD),
        rate: None,
    }
}

/// Lines in the order of the statement.
fn lines(statement: &Statement) -> Vec<String> {
    [
        statement.start_value,
        statement.net_transfers,
        statement.realized,
        statement.unrealized,
        statement.income,
        statement.fees,
        statement.taxes,
        statement.currency,
        statement.end_value,
    ]
    .map(|line| line.normalize().to_string())
    .to_vec()
}

#[test]
fn a_year_of_trading_adds_up_line_by_line() {
    // Ten held at 100, priced 110 at the beginning; four sold at 120 for a fee
    // of 5 and a tax of 2; a dividend of 12 with a tax of 3; priced 130 at the end.
    let closes = prices(&[
        (date(2023, 6, 1), "100"),
        (date(2023, 12, 29), "110"),
        (date(2024, 12, 31), "130"),
    ]);
    let sold = date(2024, 3, 4);
    let paid = date(2024, 6, 3);
    let flows = [usd(sold, "-473"), usd(paid, "-9")];
    let held = Owned::new(
        "AAPL",
        &[(date(2023, 6, 1), "10"), (sold, "6")],
        closes,
        &flows,
    );
    let bought = date(2023, 6, 1);
    let records = Records {
        opening_lots: &[lot("1000", Currency::USD, bought)],
        closing_lots: &[lot("600", Currency::USD, bought)],
        realized: &[Realized {
            date: sold,
            proceeds: money("480", Currency::USD),
            rate: None,
            lot: lot("400", Currency::USD, bought),
        }],
        postings: &[
            posting(PostingKind::Fee, sold, "5"),
            posting(PostingKind::Tax, sold, "2"),
            posting(PostingKind::Income, paid, "12"),
            posting(PostingKind::Tax, paid, "3"),
            posting(PostingKind::Fee, date(2023, 6, 1), "99"),
        ],
        ..Records::default()
    };
    let year = range(date(2024, 1, 1), date(2024, 12, 31));
    let statement = Statement::of(&held.book(), &dollars(), year, &records).unwrap();
    assert_eq!(
        lines(&statement),
        ["1100", "-482", "80", "80", "12", "5", "5", "0", "780"]
    );
    assert_eq!(statement.remainder(), Ok(Decimal::ZERO));
}

#[test]
fn a_foreign_gain_is_parted_into_price_and_currency() {
    // 100 EUR at 1.10 become 150 EUR sold at 1.20: 40·1.2 … of the price, 10 of the currency.
    let euro = rates(&[(day(-5), "1.10"), (day(2), "1.20"), (day(4), "1.25")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let sold = [flow(day(2), "-150", Currency::EUR)];
    let held = Owned::new(
        "SAP.DE",
        &[(day(-5), "2"), (day(2), "1")],
        prices(&[(day(-5), "100"), (day(2), "150")]),
        &sold,
    )
    .in_euro();
    let one = lot("100", Currency::EUR, day(-5));
    let records = Records {
        opening_lots: &[lot("200", Currency::EUR, day(-5))],
        closing_lots: &[one],
        realized: &[Realized {
            date: day(2),
            proceeds: money("150", Currency::EUR),
            rate: None,
            lot: one,
        }],
        ..Records::default()
    };
    let statement = Statement::of(&held.book(), &rates, range(day(0), day(4)), &records).unwrap();
    // Sold: 50·1.20 and 100·0.10. Open: 50·1.25 and 100·0.15.
    assert_eq!(
        lines(&statement),
        ["220", "-180", "60", "62.5", "0", "0", "0", "25", "187.5"]
    );
    assert_eq!(statement.remainder(), Ok(Decimal::ZERO));
}

#[test]
fn a_rate_of_the_entrys_own_counts_before_the_markets() {
    let euro = rates(&[(day(-5), "1.10")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let own = Rate::parse("1.30").ok();
    let sold = Flow {
        rate: own,
        ..flow(day(2), "-150", Currency::EUR)
    };
    let held = Owned::new(
        "SAP.DE",
        &[(day(-5), "1"), (day(2), "0")],
        prices(&[(day(-5), "100")]),
        &[sold],
    )
    .in_euro();
    let one = OpenLot {
        rate: Rate::parse("1.00").ok(),
        lacks_rate_of: None,
        ..lot("100", Currency::EUR, day(-5))
    };
    let records = Records {
        opening_lots: &[one],
        realized: &[Realized {
            date: day(2),
            proceeds: money("150", Currency::EUR),
            rate: own,
            lot: one,
        }],
        ..Records::default()
    };
    let statement = Statement::of(&held.book(), &rates, range(day(0), day(4)), &records).unwrap();
    assert_eq!(
        lines(&statement),
        ["110", "-195", "65", "0", "0", "0", "0", "20", "0"]
    );
    assert_eq!(statement.remainder(), Ok(Decimal::ZERO));
}

#[test]
fn foreign_cash_earns_only_in_currency() {
    let euro = rates(&[(day(-5), "1.10"), (day(2), "1.20"), (day(4), "1.00")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let balance = balances(&[(day(-5), "100"), (day(2), "150")]);
    let paid_in = [flow(day(2), "50", Currency::EUR)];
    let book = Book {
        cash: vec![CashTrack {
            currency: Currency::EUR,
            balances: &balance,
        }],
        flows: paid_in.to_vec(),
        cash_tracking: true,
        ..Book::default()
    };
    let records = Records {
        movements: &paid_in,
        ..Records::default()
    };
    let statement = Statement::of(&book, &rates, range(day(0), day(4)), &records).unwrap();
    assert_eq!(
        lines(&statement),
        ["110", "60", "0", "0", "0", "0", "0", "-20", "150"]
    );
    assert_eq!(statement.remainder(), Ok(Decimal::ZERO));
}

#[test]
fn what_a_transferred_lot_gained_elsewhere_is_no_gain_here() {
    let mut held = Owned::new(
        "AAPL",
        &[(day(1), "1")],
        prices(&[(day(-5), "150"), (day(3), "160")]),
        &[],
    );
    held.transfers = vec![usd(day(1), "150")];
    let came = lot("20", Currency::USD, date(2010, 1, 4));
    let moved = Transferred {
        date: day(1),
        direction: Direction::In,
        value: money("150", Currency::USD),
        rate: None,
        lot: came,
    };
    let records = Records {
        closing_lots: &[came],
        transferred: &[moved],
        ..Records::default()
    };
    let statement =
        Statement::of(&held.book(), &dollars(), range(day(0), day(4)), &records).unwrap();
    assert_eq!(
        lines(&statement),
        ["0", "150", "0", "10", "0", "0", "0", "0", "160"]
    );
}

#[test]
fn a_statement_lacks_nothing_or_there_is_none() {
    let held = Owned::new(
        "NEW",
        &[(day(1), "1")],
        Series::default(),
        &[flow(day(1), "5", Currency::GBP)],
    );
    let one = lot("5", Currency::EUR, day(1));
    let records = Records {
        closing_lots: &[one],
        ..Records::default()
    };
    let found = Statement::of(&held.book(), &dollars(), range(day(0), day(4)), &records);
    let Err(Unvalued::Missing(gaps)) = found else {
        panic!("{found:?}")
    };
    let rate = |base| Missing::Rate {
        base,
        quote: Currency::USD,
    };
    let named: Vec<_> = gaps
        .iter()
        .map(|gap| (gap.what.clone(), gap.from, gap.to))
        .collect();
    assert_eq!(
        named,
        [
            (Missing::Price(held.ticker.clone()), day(4), day(4)),
            (rate(Currency::EUR), day(1), day(4)),
            (rate(Currency::GBP), day(1), day(1)),
        ]
    );
}

#[test]
fn amounts_too_large_to_add_up_are_an_error_and_no_panic() {
    let huge = Posting {
        kind: PostingKind::Income,
        date: day(1),
        amount: Money::new(Decimal::MAX, Currency::USD),
        rate: None,
    };
    let records = Records {
        postings: &[huge, huge],
        ..Records::default()
    };
    let found = Statement::of(
        &Book::default(),
        &dollars(),
        range(day(0), day(4)),
        &records,
    );
    assert_eq!(found, Err(Unvalued::Overflow(ArithmeticError::Overflow)));
}

#[test]
fn records_that_do_not_belong_to_the_book_leave_a_remainder() {
    let held = Owned::new(
        "AAPL",
        &[(day(1), "1")],
        prices(&[(day(-5), "150")]),
        &[usd(day(1), "151")],
    );
    let records = Records {
        closing_lots: &[lot("150", Currency::USD, day(1))],
        ..Records::default()
    };
    let statement =
        Statement::of(&held.book(), &dollars(), range(day(0), day(4)), &records).unwrap();
    assert_eq!(statement.remainder(), Ok(dec("-1")));
}

fn events() -> impl Strategy<Value = Vec<(i32, Event)>> {
    let cents = || 1i64..100_000;
    let event = prop_oneof![
        4 => (1i64..10_000, cents(), 0i64..500, 0i64..500, any::<bool>())
            .prop_map(|(units, price, fee, tax, own_rate)| Event::Buy { units, price, fee, tax, own_rate }),
        3 => (1i64..100, cents(), 0i64..500, 0i64..500, any::<bool>())
            .prop_map(|(percent, price, fee, tax, own_rate)| Event::Sell { percent, price, fee, tax, own_rate }),
        1 => (cents(), 0i64..500).prop_map(|(gross, tax)| Event::Dividend { gross, tax }),
        1 => cents().prop_map(Event::Fee),
        1 => cents().prop_map(Event::Tax),
        1 => (-100_000i64..100_000).prop_map(Event::Deposit),
        1 => (1i64..10_000, cents()).prop_map(|(units, cost)| Event::TransferIn { units, cost }),
        1 => Just(Event::TransferOut),
    ];
    prop::collection::vec((0i32..60, event), 0..40)
}

proptest! {
    #[test]
    fn the_lines_of_any_ledger_add_up_to_the_last_digit(
        mut events in events(),
        prices in some_prices(),
        euro in some_rates(),
        cash_tracking in any::<bool>(),
        (from, length) in (0i32..60, 0i32..60),
    ) {
        events.sort_by_key(|(number, _)| *number);
        let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
        let days = range(day(from), day((from + length).min(59)));
        let ledger = Ledger::of(&events, &prices, &euro, cash_tracking, days);
        let balances = Series::balances(ledger.balances.iter().copied());
        let quantities = Series::quantities(ledger.units.iter().map(|(date, units)| {
            (*date, Quantity::try_new(*units).unwrap_or(Quantity::ZERO))
        }));
        let mut held = Owned::new("SOME", &[], prices.clone(), &ledger.flows).in_euro();
        held.quantities = quantities;
        held.transfers.clone_from(&ledger.transfers);
        let cash = CashTrack { currency: Currency::EUR, balances: &balances };
        let book = Book {
            tracks: vec![held.track()],
            cash: if cash_tracking { vec![cash] } else { Vec::new() },
            flows: ledger.outside.clone(),
            cash_tracking,
        };
        let statement = Statement::of(&book, &rates, days, &ledger.records()).unwrap();
        prop_assert_eq!(statement.remainder().unwrap(), Decimal::ZERO, "{:?}", statement);
        let daily = Daily::of(&book, &rates, days).unwrap();
        prop_assert_eq!(statement.start_value, daily.opening_value());
        prop_assert_eq!(statement.end_value, daily.closing_value());
        let flows = daily.days().map(|day| day.net_flow).sum::<Decimal>();
        prop_assert_eq!(statement.net_transfers, flows);
    }
}
