//! Whatever two portfolios did, under every method, all views of it tell the same and nothing is left
//! unexplained. Counted again from the entries alone.

use api::portfolio::{
    FigureStatus, Gains, Holding, Investment, Overview, Performance, PerformanceStatement, Summary,
    Transaction,
};
use jiff::ToSpan;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::trading::{Habits, START, TODAY, Trading, assert_close, currency_of};

pub(crate) const METHODS: [&str; 4] = ["FIFO", "LIFO", "HIFO", "AVERAGE"];

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
}

/// What the owner put in and got out, and what it brought and cost, in the base currency.
#[derive(Debug, Default)]
struct Moved {
    into: Decimal,
    income: Decimal,
    fees: Decimal,
    taxes: Decimal,
}

fn of(number: Option<api::Number>) -> Decimal {
    number.map_or(Decimal::ZERO, |number| number.0)
}

impl Trading {
    /// What an amount of an entry is in the base currency: at its own rate, or the market's.
    fn in_base(&self, place: usize, entry: &Transaction, amount: Decimal) -> Decimal {
        let (currency, base) = (entry.currency.as_deref().unwrap(), self.habits.bases[place]);
        let stated = entry.fx_rate.filter(|_| currency != base);
        let rate = stated.map_or_else(
            || self.prices.rate(currency, base, entry.trade_date),
            |rate| rate.0,
        );
        amount * rate
    }

    /// What the entries of a portfolio that neither got nor gave lots moved.
    fn moved(&self, place: usize, entries: &[Transaction]) -> Moved {
        let mut moved = Moved::default();
        for entry in entries.iter().filter(|entry| entry.kind != "SPLIT") {
            let base = |amount| self.in_base(place, entry, amount);
            let (amount, fee, tax) = (of(entry.amount), of(entry.fee), of(entry.tax));
            let is_outside = ["DEPOSIT", "WITHDRAWAL"].contains(&&*entry.kind);
            match &*entry.kind {
                "DIVIDEND" | "INTEREST" => moved.income += base(amount),
                "FEE" => moved.fees += base(amount),
                "TAX" => moved.taxes += base(amount),
                _ => {}
            }
            moved.fees += base(fee);
            moved.taxes += base(tax);
            if is_outside == self.habits.track_cash[place] {
                let effect = base(of(entry.cash_effect));
                moved.into += if is_outside { effect } else { -effect };
            }
        }
        moved
    }

    /// What was paid for everything that came from outside, with fees, in the base currency.
    fn paid(&self, place: usize, entries: &[Transaction]) -> Decimal {
        let mut paid = Decimal::ZERO;
        for entry in entries {
            match &*entry.kind {
                "BUY" => paid -= self.in_base(place, entry, of(entry.cash_effect)),
                "TRANSFER_IN" if entry.counterpart.is_none() => {
                    for lot in entry.lots.iter().flatten() {
                        let currency = lot.currency.as_deref().unwrap();
                        let base = self.habits.bases[place];
                        let stated = lot.fx_rate.filter(|_| currency != base);
                        let market =
                            || self.prices.rate(currency, base, lot.purchase_date.unwrap());
                        let rate = stated.map_or_else(market, |rate| rate.0);
                        paid += (of(lot.cost) + of(lot.fees)) * rate;
                    }
                }
                _ => {}
            }
        }
        paid
    }

    async fn performance(&self, path: &str) -> Performance {
        let found: Performance = self.read(path).await;
        let what = format!("{path} {:?}", self.habits);
        assert_eq!(found.status, FigureStatus::Ok, "{what} {:?}", found.missing);
        let statement = found.statement.as_ref().expect(&what);
        assert_eq!(statement.remainder.0, Decimal::ZERO, "{what}");
        let lines = gained(statement) + statement.start_value.0 + statement.net_transfers.0;
        assert_close(lines, statement.end_value.0, &what);
        assert_eq!(found.start_value, Some(statement.start_value), "{what}");
        assert_eq!(found.end_value, Some(statement.end_value), "{what}");
        assert_eq!(found.net_flow, Some(statement.net_transfers), "{what}");
        assert_close(of(found.gain), gained(statement), &what);
        found
    }
}

/// What a statement explains of the difference between its values but for money in and out.
fn gained(statement: &PerformanceStatement) -> Decimal {
    let earned = statement.realized.0 + statement.unrealized.0 + statement.currency_gain.0;
    earned + statement.income.0 - statement.fees.0 - statement.taxes.0
}

#[tokio::test]
async fn no_statement_leaves_a_remainder_whatever_two_portfolios_did() {
    let cash = [[false, false], [true, true], [true, false]];
    let bases = [["USD", "USD"], ["USD", "EUR"]];
    for (number, method) in METHODS.into_iter().enumerate() {
        for (variant, track_cash) in cash.into_iter().enumerate() {
            let habits = Habits {
                method,
                bases: bases[(number + variant) % 2],
                track_cash,
                charges: true,
                arrivals: true,
                departures: true,
            };
            let seed = u64::try_from(number * 3 + variant).unwrap() + 41;
            let mut trading = Trading::after(seed, habits, 45).await;
            assert_reconciles(&mut trading).await;
        }
    }
}

async fn assert_reconciles(trading: &mut Trading) {
    let from = START + i64::try_from(trading.dice.throw(30)).unwrap().days();
    let to = from + i64::try_from(trading.dice.throw(30)).unwrap().days();
    for range in [String::new(), format!("&from={from}&to={to}")] {
        let mut alone = Vec::new();
        for portfolio in &trading.portfolios {
            let path = format!("{portfolio}/performance?interval=1mo{range}");
            alone.push(trading.performance(&path).await);
            let holdings: List<Holding> = trading
                .read(&format!("{portfolio}/holdings?which=all"))
                .await;
            for holding in holdings.items {
                let ticker = holding.ticker_symbol;
                let path = format!("{portfolio}/holdings/{ticker}/performance?interval=1mo{range}");
                trading.performance(&path).await;
            }
        }
        for currency in ["USD", "EUR", "GBP"] {
            let path = format!("/v1/performance?interval=1mo&currency={currency}{range}");
            let together = trading.performance(&path).await;
            let habits = trading.habits;
            // What went from one to the other cancels.
            if habits.bases == [currency; 2] && habits.track_cash[0] == habits.track_cash[1] {
                let what = format!("{path} {habits:?}");
                let sum = |of: fn(&Performance) -> Decimal| alone.iter().map(of).sum::<Decimal>();
                assert_close(of(together.end_value), sum(|one| of(one.end_value)), &what);
                assert_close(of(together.net_flow), sum(|one| of(one.net_flow)), &what);
                assert_close(of(together.gain), sum(|one| of(one.gain)), &what);
            }
        }
    }
}

#[tokio::test]
async fn gains_and_income_less_fees_are_value_and_money_out_less_money_in_under_every_method() {
    for (seed, base, cash) in [
        (3, "USD", false),
        (5, "EUR", false),
        (7, "USD", true),
        (9, "EUR", true),
    ] {
        let habits = Habits {
            method: "FIFO",
            bases: [base; 2],
            track_cash: [cash; 2],
            charges: true,
            arrivals: false,
            departures: false,
        };
        let trading = Trading::after(seed, habits, 50).await;
        let portfolio = &trading.portfolios[0];
        let moved = trading.moved(0, &trading.entries(0).await);
        let mut twr = None;
        for method in METHODS {
            let change = format!(r#"{{"cost_basis_method":"{method}"}}"#);
            trading
                .world
                .patch(portfolio, &change)
                .send()
                .await
                .expect(200);
            let found = trading
                .performance(&format!("{portfolio}/performance"))
                .await;
            let statement = found.statement.unwrap();
            let what = format!("{method} {base} {cash}");
            assert_close(statement.income.0, moved.income, &what);
            assert_close(statement.fees.0, moved.fees, &what);
            assert_close(statement.taxes.0, moved.taxes, &what);
            assert_close(statement.net_transfers.0, moved.into, &what);
            let value = worth(&trading, portfolio).await;
            assert_close(statement.end_value.0, value, &what);
            let summary: Summary = trading.read(&format!("{portfolio}/summary")).await;
            assert_eq!(summary.total_value, Some(statement.end_value), "{what}");
            assert_close(gained(&statement), value - moved.into, &what);
            assert_eq!(*twr.get_or_insert(found.twr), found.twr, "{what}");
        }
    }
}

/// What is held at today's prices, and the cash if that is followed.
async fn worth(trading: &Trading, portfolio: &str) -> Decimal {
    let base = trading.habits.bases[0];
    let holdings: List<Holding> = trading.read(&format!("{portfolio}/holdings")).await;
    let held = holdings.items.iter().map(|holding| {
        let currency = currency_of(&holding.ticker_symbol);
        let price = trading.prices.on(&holding.ticker_symbol, TODAY);
        holding.quantity.0 * price * trading.prices.rate(currency, base, TODAY)
    });
    let cash: api::portfolio::Cash = trading.read(&format!("{portfolio}/cash")).await;
    let cash = cash
        .items
        .iter()
        .map(|cash| cash.balance.0 * trading.prices.rate(&cash.currency, base, TODAY));
    held.chain(cash).sum()
}

#[tokio::test]
async fn what_was_paid_is_what_is_held_and_what_was_sold_in_every_view() {
    for (number, method) in METHODS.into_iter().enumerate() {
        for charges in [true, false] {
            let is_average = method == "AVERAGE";
            let habits = Habits {
                method,
                bases: [["USD"; 2], ["EUR"; 2]][number % 2],
                track_cash: [false; 2],
                // In an average pool fees are converted at the rate of the cost.
                charges: charges && !is_average,
                arrivals: charges,
                // What leaves an average pool arrives at the rate of its day.
                departures: false,
            };
            let seed = u64::try_from(number).unwrap() * 2 + u64::from(charges) + 101;
            let trading = Trading::after(seed, habits, 50).await;
            for place in [0, 1] {
                assert_costs_add_up(&trading, place).await;
                assert_views_agree(&trading, place).await;
            }
            assert_overview_agrees(&trading).await;
        }
    }
}

async fn assert_costs_add_up(trading: &Trading, place: usize) {
    let (portfolio, base) = (&trading.portfolios[place], trading.habits.bases[place]);
    let what = format!("{place} {:?}", trading.habits);
    let entries = trading.entries(place).await;
    let gains: Gains = trading
        .read(&format!("{portfolio}/gains?page_size=200"))
        .await;
    let summary: Summary = trading.read(&format!("{portfolio}/summary")).await;
    assert_eq!(
        (gains.status, summary.status),
        (FigureStatus::Ok, FigureStatus::Ok),
        "{what}"
    );
    let total = gains.total.unwrap();
    let after_fees = &total.after_fees;
    let paid = trading.paid(place, &entries);
    assert_close(paid, after_fees.cost.0 + of(summary.cost_basis), &what);

    // In the currencies it was paid in, nothing is rounded away.
    let investments: List<Investment> = trading
        .read(&format!("{portfolio}/investments?page_size=200"))
        .await;
    for currency in ["USD", "EUR"] {
        let bought = entries.iter().filter(|entry| entry.kind == "BUY");
        let bought = bought.filter(|entry| entry.currency.as_deref() == Some(currency));
        let came = entries.iter().filter(|entry| entry.kind == "TRANSFER_IN");
        let came = came.flat_map(|entry| entry.lots.iter().flatten());
        let came = came.filter(|lot| lot.currency.as_deref() == Some(currency));
        let sold = gains.items.iter().flat_map(|sale| &sale.lots);
        let sold = sold.filter(|lot| lot.cost_currency == currency);
        let held = investments
            .items
            .iter()
            .filter(|lot| lot.currency == currency);
        let paid = came.map(|lot| of(lot.cost) + of(lot.fees)).sum::<Decimal>()
            - bought.map(|entry| of(entry.cash_effect)).sum::<Decimal>();
        let held: Decimal = held.map(|lot| lot.cost_basis.0).sum();
        assert_eq!(
            paid,
            held + sold.map(|lot| lot.cost.0 + lot.fees.0).sum::<Decimal>(),
            "{what}"
        );
    }

    // Without fees and transfers the statement has the very lines of gains and summary.
    let found = trading
        .performance(&format!("{portfolio}/performance"))
        .await;
    assert_eq!(found.end_value, summary.total_value, "{what}");
    if !trading.habits.charges && !trading.habits.arrivals {
        let statement = found.statement.unwrap();
        let sold = &total.before_fees;
        let by_rate = of(summary.unrealized_currency_gain);
        assert_close(statement.realized.0, sold.price_gain.0, &what);
        assert_close(
            statement.currency_gain.0,
            sold.currency_gain.0 + by_rate,
            &what,
        );
        assert_close(
            statement.unrealized.0,
            of(summary.unrealized_gain) - by_rate,
            &what,
        );
    }
    assert_eq!(base, summary.currency);
}

/// Holdings, investments and the summary: one truth, added up in three ways.
async fn assert_views_agree(trading: &Trading, place: usize) {
    let (portfolio, base) = (&trading.portfolios[place], trading.habits.bases[place]);
    let what = format!("{place} {:?}", trading.habits);
    let summary: Summary = trading.read(&format!("{portfolio}/summary")).await;
    let holdings: List<Holding> = trading.read(&format!("{portfolio}/holdings")).await;
    let investments: List<Investment> = trading
        .read(&format!("{portfolio}/investments?page_size=200"))
        .await;
    assert_eq!(summary.allocation.len(), holdings.items.len(), "{what}");
    for holding in &holdings.items {
        let is_it = |lot: &&Investment| lot.ticker_symbol == holding.ticker_symbol;
        let lots = || investments.items.iter().filter(is_it);
        assert_eq!(
            lots().map(|lot| lot.quantity.0).sum::<Decimal>(),
            holding.quantity.0,
            "{what}"
        );
        if lots().all(|lot| lot.currency == holding.currency) {
            let cost: Decimal = lots().map(|lot| lot.cost_basis.0).sum();
            assert_eq!(cost, of(holding.cost_basis), "{what}");
        }
        // Instruments are types of their own here.
        let part = summary.allocation.iter();
        let part = part.filter(|part| part.instrument_type == holding.ticker_symbol);
        let [part] = part.collect::<Vec<_>>()[..] else {
            panic!("{what}: {:?}", summary.allocation)
        };
        let rate = trading.prices.rate(&holding.currency, base, TODAY);
        let gain = of(part.market_value) - of(part.cost_basis);
        assert_close(of(part.unrealized_gain), gain, &what);
        assert_eq!(part.weight, holding.weight, "{what}");
        if holding.currency == base {
            assert_eq!(part.cost_basis, holding.cost_basis, "{what}");
            assert_eq!(part.market_value, holding.market_value, "{what}");
        } else if holding.currency == currency_of(&holding.ticker_symbol) {
            assert_close(
                of(part.market_value),
                of(holding.market_value) * rate,
                &what,
            );
        }
    }
    let sum: Decimal = summary
        .allocation
        .iter()
        .map(|part| of(part.cost_basis))
        .sum();
    assert_close(of(summary.cost_basis), sum, &what);
    let gain = of(summary.market_value) - of(summary.cost_basis);
    assert_close(of(summary.unrealized_gain), gain, &what);
}

async fn assert_overview_agrees(trading: &Trading) {
    let together: Overview = trading.read("/v1/summary").await;
    let what = format!("{:?}", trading.habits);
    let mut cost = Decimal::ZERO;
    for (portfolio, line) in trading.portfolios.iter().zip(&together.portfolios) {
        let alone: Summary = trading.read(&format!("{portfolio}/summary")).await;
        assert_eq!(line.cost_basis, alone.cost_basis, "{what}");
        assert_eq!(line.market_value, alone.market_value, "{what}");
        cost += of(alone.cost_basis);
    }
    assert_close(of(together.cost_basis), cost, &what);
    // In a third currency no stated rate counts, and what was sold is counted by itself.
    let abroad: Overview = trading.read("/v1/summary?currency=GBP").await;
    assert_eq!(abroad.status, FigureStatus::Ok, "{what}");
    if trading.habits.method == "AVERAGE" {
        return;
    }
    let mut held = Decimal::ZERO;
    for portfolio in &trading.portfolios {
        let lots: List<Investment> = trading
            .read(&format!("{portfolio}/investments?page_size=200"))
            .await;
        held += lots
            .items
            .iter()
            .map(|lot| {
                lot.cost_basis.0 * trading.prices.rate(&lot.currency, "GBP", lot.purchase_date)
            })
            .sum::<Decimal>();
    }
    assert_close(of(abroad.cost_basis), held, &what);
}
