//! How long folding the entries of one instrument takes, by method and number.
//!
//! `cargo bench -p domain --bench ledger` prints the best of several runs. The
//! time for an entry must hardly grow with their number.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where, and prints its figures"
)]

use std::time::{Duration, Instant};

use domain::ledger::{Buy, Entry, Position, Sell, Transaction};
use domain::money::Charge;
use domain::portfolio::CostBasisMethod;
use domain::{
    Currency, InstrumentType, Money, PortfolioId, Price, Quantity, Ticker, TransactionId,
};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use rust_decimal::Decimal;
use uuid::Uuid;

const RUNS: usize = 20;

fn main() {
    println!(
        "{:>8} {:>8} {:>12} {:>12}",
        "method", "entries", "total", "per entry"
    );
    for method in CostBasisMethod::ALL {
        for count in [1_000, 10_000, 100_000] {
            let entries = ledger(count);
            let best = best_of(|| {
                let folded = Position::fold(ticker(), &entries, method).unwrap();
                assert_eq!(folded.disposals.len(), count as usize * 2 / 5);
            });
            let each = best / count;
            println!(
                "{:>8} {count:>8} {best:>12.2?} {each:>12.0?}",
                method.as_str()
            );
        }
    }
}

fn best_of(run: impl Fn()) -> Duration {
    let timed = |_| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    (0..RUNS).map(timed).min().unwrap()
}

fn ticker() -> Ticker {
    Ticker::parse("AAPL").unwrap()
}

/// Three purchases to every two sales, with prices up and down: a good third of
/// the lots is open at the end, and sales cut across several of them.
fn ledger(count: u32) -> Vec<Transaction> {
    let price = |number: u32| Price::try_new(Decimal::from(100 + number * 37 % 101)).unwrap();
    let units = |number: u32| Quantity::try_new(Decimal::new(i64::from(number), 1)).unwrap();
    let buy = |number| {
        Entry::Buy(Buy {
            ticker: ticker(),
            instrument_type: InstrumentType::other(),
            quantity: units(35),
            price: price(number),
            currency: Currency::USD,
            fees: Money::new(Decimal::ONE, Currency::USD),
            tax: Charge::ZERO,
            fx_rate: None,
        })
    };
    let sell = |number| {
        Entry::Sell(Sell {
            ticker: ticker(),
            quantity: units(33),
            price: price(number),
            currency: Currency::USD,
            fee: Charge::ZERO,
            tax: Charge::ZERO,
            fx_rate: None,
            lots: Vec::new(),
        })
    };
    let entry = |number: u32| Transaction {
        id: TransactionId::from_uuid(Uuid::from_u128(u128::from(number))),
        portfolio_id: PortfolioId::from_uuid(Uuid::nil()),
        trade_date: Date::constant(1900, 1, 1)
            .checked_add(Span::new().days(number / 5))
            .unwrap(),
        entry: if matches!(number % 5, 1 | 3) {
            sell(number)
        } else {
            buy(number)
        },
        note: None,
        external_id: None,
        revision: 1,
        recorded_at: Timestamp::UNIX_EPOCH,
        amended_at: Timestamp::UNIX_EPOCH,
    };
    (0..count).map(entry).collect()
}
