//! The time-weighted return of random prices, and money that comes and goes beside it.

use api::Number;
use api::portfolio::Performance;
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::trading::{Habits, START, Trading, currency_of};
use crate::world::{entry, traded};

const HELD: [&str; 2] = ["ACME", "SAP.DE"];

impl Trading {
    /// The same number of units of everything bought or sold at the prices and rates of a day, with
    /// the money for it from outside or to it.
    fn traded_at(&self, kind: &str, quantity: u64, date: Date, prices_of: Date) -> Vec<String> {
        let mut rows = Vec::new();
        for ticker in HELD {
            let price = self.prices.on(ticker, prices_of);
            let currency = currency_of(ticker);
            let rate = self.prices.rate(currency, "USD", prices_of);
            let money = format!(r#""currency":"{currency}","fx_rate":{rate}"#);
            let (date, units) = (date.to_string(), quantity.to_string());
            rows.push(traded(
                kind,
                ticker,
                &units,
                &price.to_string(),
                &date,
                &format!(",{money}"),
            ));
            if self.habits.track_cash[0] {
                let kind = if kind == "BUY" {
                    "DEPOSIT"
                } else {
                    "WITHDRAWAL"
                };
                let amount = Decimal::from(quantity) * price;
                rows.push(entry(kind, &date, &format!(r#""amount":{amount},{money}"#)));
            }
        }
        rows
    }
}

#[tokio::test]
async fn money_that_comes_and_goes_does_not_move_the_time_weighted_return() {
    for (seed, cash) in [(81, false), (82, true), (83, false), (84, true)] {
        let habits = Habits {
            method: "FIFO",
            bases: ["USD"; 2],
            track_cash: [cash, false],
            charges: false,
            arrivals: false,
            departures: false,
        };
        let mut trading = Trading::open(seed, habits).await;
        let portfolio = trading.portfolios[0].clone();
        let first = trading.traded_at("BUY", 64, START, START);
        trading.world.batch(&portfolio, &first).await.expect(201);
        let range = format!("from={}&to={}", START + 1.day(), START + 50.days());
        let paths = [
            format!("{portfolio}/performance?{range}"),
            format!("/v1/performance?{range}"),
        ];
        let alone: Performance = trading.read(&paths[0]).await;
        let mut done = 0;
        for _ in 0..12 {
            let day = START + i64::try_from(trading.dice.throw(49) + 1).unwrap().days();
            let quantity = trading.dice.throw(90) + 1;
            // In at the prices the day begins with, out at those it ends with.
            let rows = match trading.dice.throw(2) {
                0 => trading.traded_at("BUY", quantity, day, day - 1.day()),
                _ => trading.traded_at("SELL", quantity, day, day),
            };
            let answer = trading.world.batch(&portfolio, &rows).await;
            if answer.status != 201 {
                assert_eq!(answer.expect(409).problem().code, "OVERSOLD");
                continue;
            }
            done += 1;
            for path in &paths {
                let now: Performance = trading.read(path).await;
                assert_ne!((alone.net_flow, alone.mwr), (now.net_flow, now.mwr));
                assert_same_returns(&alone, &now);
            }
        }
        assert!(done > 5, "{done}");
    }
}

/// Up to the last of the eight places that are shown.
fn assert_same_returns(alone: &Performance, now: &Performance) {
    let same = |one: Option<Number>, other: Option<Number>, what: &str| {
        let (one, other) = (one.expect(what).0, other.expect(what).0);
        let apart = (one - other).abs();
        assert!(apart <= Decimal::new(2, 8), "{what}: {one} and {other}");
    };
    same(alone.twr, now.twr, "twr");
    assert_eq!(alone.series.len(), 50);
    for (one, other) in alone.series.iter().zip(&now.series) {
        same(one.twr, other.twr, &one.date.to_string());
    }
    same(alone.volatility, now.volatility, "volatility");
    let [one, other] = [alone, now].map(|found| found.max_drawdown.clone().unwrap());
    same(Some(one.depth), Some(other.depth), "drawdown");
    assert_eq!(
        (one.peak, one.trough, one.recovery),
        (other.peak, other.trough, other.recovery)
    );
    for (one, other) in [
        (&alone.best_day, &now.best_day),
        (&alone.worst_day, &now.worst_day),
    ] {
        let (one, other) = (one.as_ref().unwrap(), other.as_ref().unwrap());
        assert_eq!(one.date, other.date);
        same(Some(one.ratio), Some(other.ratio), "day");
    }
}
