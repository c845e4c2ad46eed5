use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::ledger::Transaction;
use crate::ledger::fixtures::{bought, buy, buys, ticker};
use crate::portfolio::CostBasisMethod;

fn mark(price: &str, previous_close: Option<&str>, currency: Currency) -> Mark {
    Mark {
        price: Price::parse(price).unwrap(),
        currency,
        previous_close: previous_close.map(|close| Price::parse(close).unwrap()),
        as_of: "2026-03-10T20:00:00Z".parse().unwrap(),
    }
}

fn market(mark_of_aapl: Mark) -> Market {
    Market {
        marks: BTreeMap::from([(ticker(), mark_of_aapl)]),
        ..Market::default()
    }
}

fn position_of(ticker: &Ticker, entries: &[Transaction]) -> Position {
    let folded = Position::fold(ticker.clone(), entries, CostBasisMethod::Fifo);
    folded.unwrap().position
}

fn folded(entries: &[Transaction]) -> Position {
    position_of(&ticker(), entries)
}

fn held(quantity: &str, price: &str, date: &str, fees: &str) -> Vec<Position> {
    vec![folded(&[buy(1, date, quantity, price, fees)])]
}

fn shown(money: Option<Money>) -> String {
    money.map_or("nothing".to_owned(), |money| money.to_string())
}

#[test]
fn ten_shares_bought_at_150_and_priced_at_180_have_gained_295_after_fees() {
    let positions = held("10", "150", "2026-01-05", "5");
    let market = market(mark("180", Some("178.5"), Currency::USD));
    let valuation = Valuation::of(&positions, Currency::USD, &market).unwrap();
    assert_eq!(shown(valuation.total.cost_basis()), "1505 USD");
    assert_eq!(shown(valuation.total.market_value()), "1800 USD");
    assert_eq!(shown(valuation.total.unrealized_gain()), "295 USD");
    assert_eq!(shown(valuation.total.day_change()), "15.0 USD");
    assert_eq!(valuation.total.status(), Status::Ok);
    assert_eq!(
        valuation.holdings[0]
            .total
            .average_cost()
            .unwrap()
            .normalize()
            .to_string(),
        "150.5"
    );
    assert_eq!(
        valuation.holdings[0]
            .weight
            .unwrap()
            .normalize()
            .to_string(),
        "1"
    );
}

#[test]
fn a_missing_price_leaves_the_value_unknown_and_is_named() {
    let positions = held("10", "150", "2026-01-05", "0");
    let valuation = Valuation::of(&positions, Currency::USD, &Market::default()).unwrap();
    assert_eq!(valuation.total.market_value(), None);
    assert_eq!(valuation.total.status(), Status::Unavailable);
    assert_eq!(
        valuation.total.missing,
        BTreeSet::from([Missing::Price(ticker())])
    );
    assert_eq!(shown(valuation.total.cost_basis()), "1500 USD");
}

#[test]
fn one_missing_price_of_two_makes_the_total_partial() {
    let msft = Ticker::parse("MSFT").unwrap();
    let mut other = buy(2, "2026-01-05", "1", "400", "0");
    let purchase = bought(&mut other);
    purchase.ticker = msft.clone();
    let mut positions = held("10", "150", "2026-01-05", "0");
    positions.push(position_of(&msft, &[other]));
    let market = market(mark("180", None, Currency::USD));
    let valuation = Valuation::of(&positions, Currency::USD, &market).unwrap();
    assert_eq!(valuation.total.status(), Status::Partial);
    assert_eq!(shown(valuation.total.market_value()), "1800 USD");
    assert_eq!(
        valuation.total.missing,
        BTreeSet::from([Missing::Price(msft)])
    );
    assert_eq!(valuation.holdings[1].weight, None);
}

#[test]
fn the_value_of_an_empty_portfolio_is_zero_and_complete() {
    let valuation = Valuation::of([], Currency::EUR, &Market::default()).unwrap();
    assert_eq!(shown(valuation.total.market_value()), "0 EUR");
    assert_eq!(valuation.total.status(), Status::Ok);
}

#[test]
fn a_missing_rate_is_named_and_never_taken_as_one() {
    let positions = held("10", "150", "2026-01-05", "0");
    let market = market(mark("180", None, Currency::USD));
    let valuation = Valuation::of(&positions, Currency::EUR, &market).unwrap();
    let pair = Missing::Rate {
        base: Currency::USD,
        quote: Currency::EUR,
    };
    let paid_at = Missing::RateOn {
        base: Currency::USD,
        quote: Currency::EUR,
        date: date(2026, 1, 5),
    };
    assert_eq!(valuation.total.missing, BTreeSet::from([pair, paid_at]));
    assert_eq!(valuation.total.market_value(), None);
    assert_eq!(shown(valuation.total.cost_basis()), "nothing");
}

/// Dollars in euros: 0.9 today, 0.8 from 2 January on.
fn dollars_in_euros(market: &mut Market) {
    let pair = (Currency::USD, Currency::EUR);
    market.rates.insert(pair, Rate::parse("0.9").unwrap());
    let past = Series::rates([(date(2026, 1, 2), Rate::parse("0.8").unwrap())]);
    market.past.insert(pair, past);
}

#[test]
fn a_value_takes_todays_rate_and_a_cost_that_of_its_day() {
    let positions = held("10", "150", "2026-01-05", "0");
    let mut market = market(mark("180", None, Currency::USD));
    dollars_in_euros(&mut market);
    let valuation = Valuation::of(&positions, Currency::EUR, &market).unwrap();
    // 10 × 180 × 0.9, 10 × 150 × 0.8; the dollar alone made 1500 × 0.1 of the gain.
    assert_eq!(shown(valuation.total.market_value()), "1620.0 EUR");
    assert_eq!(shown(valuation.total.cost_basis()), "1200.0 EUR");
    assert_eq!(shown(valuation.total.unrealized_gain()), "420.0 EUR");
    assert_eq!(shown(valuation.total.currency_gain()), "150.0 EUR");
    assert_eq!(valuation.holdings[0].total.currency, Currency::USD);
}

#[test]
fn the_rate_a_purchase_states_comes_before_the_markets() {
    let mut entry = buy(1, "2026-01-05", "10", "150", "0");
    bought(&mut entry).fx_rate = Some(Rate::parse("0.85").unwrap());
    let mut market = market(mark("180", None, Currency::USD));
    dollars_in_euros(&mut market);
    let valuation = Valuation::of(&[folded(&[entry])], Currency::EUR, &market).unwrap();
    assert_eq!(shown(valuation.total.cost_basis()), "1275.00 EUR");
}

#[test]
fn past_rates_are_needed_for_foreign_lots_that_state_none() {
    let mut stated = buy(2, "2026-01-07", "10", "150", "0");
    bought(&mut stated).fx_rate = Some(Rate::ONE);
    let entries = [
        buy(1, "2026-01-05", "10", "150", "0"),
        stated,
        buy(3, "2026-02-05", "10", "150", "0"),
    ];
    let position = folded(&entries);
    let pairs = BTreeSet::from([(Currency::USD, Currency::EUR)]);
    assert_eq!(
        past_needs(position.lots().iter(), Currency::EUR),
        Some(PastNeeds {
            pairs,
            from: date(2026, 1, 5),
            to: date(2026, 2, 5),
        })
    );
    assert_eq!(past_needs(position.lots().iter(), Currency::USD), None);
}

#[test]
fn a_price_in_another_currency_than_the_purchase_is_converted_to_it() {
    let positions = held("10", "150", "2026-01-05", "0");
    let mut market = market(mark("100", None, Currency::GBP));
    let lots = positions[0]
        .lots()
        .iter()
        .map(|lot| (&positions[0].ticker, lot));
    let pairs = BTreeSet::from([(Currency::GBP, Currency::USD)]);
    assert_eq!(rates_of_marks(lots, None, &market), pairs);
    market
        .rates
        .insert((Currency::GBP, Currency::USD), Rate::parse("1.25").unwrap());
    let lot = &positions[0].lots()[0];
    let value = LotValue::of(&ticker(), lot, Currency::USD, &market).unwrap();
    let current = value.current.unwrap();
    assert_eq!(current.price.to_string(), "125.00");
    assert_eq!(current.market_value.to_string(), "1250.00 USD");
}

#[test]
fn a_lot_without_a_rate_changes_no_price_and_no_average_of_the_others() {
    let mut in_eur = buy(2, "2026-01-05", "10", "2", "0");
    let purchase = bought(&mut in_eur);
    purchase.currency = Currency::EUR;
    purchase.fees = Money::zero(Currency::EUR);
    let in_usd = buy(1, "2026-01-05", "10", "1.25", "0");
    let positions = [folded(&[in_usd, in_eur])];
    let mut market = market(mark("0.8", None, Currency::GBP));
    market
        .rates
        .insert((Currency::GBP, Currency::USD), Rate::parse("1.25").unwrap());
    let valuation = Valuation::of(&positions, Currency::USD, &market).unwrap();
    let holding = &valuation.holdings[0];
    assert_eq!(holding.total.status(), Status::Partial);
    assert_eq!(holding.price.unwrap().value().normalize().to_string(), "1");
    assert_eq!(
        holding
            .total
            .average_cost()
            .unwrap()
            .normalize()
            .to_string(),
        "1.25"
    );
    assert_eq!(shown(holding.total.cost_basis()), "12.50 USD");
}

#[test]
fn the_value_in_the_base_currency_is_the_quantity_at_the_price_whatever_was_paid_in() {
    let mut in_eur = buy(1, "2026-01-05", "1000", "100", "0");
    let purchase = bought(&mut in_eur);
    purchase.currency = Currency::EUR;
    purchase.fees = Money::zero(Currency::EUR);
    let positions = [folded(&[in_eur])];
    let mut market = market(mark("186.47", None, Currency::USD));
    let rate = |text| Rate::parse(text).unwrap();
    market
        .rates
        .insert((Currency::USD, Currency::EUR), rate("0.8739657"));
    market
        .rates
        .insert((Currency::EUR, Currency::USD), rate("1.144210"));
    let paid_at = Series::rates([(date(2026, 1, 5), rate("1.144210"))]);
    market.past.insert((Currency::EUR, Currency::USD), paid_at);
    let valuation = Valuation::of(&positions, Currency::USD, &market).unwrap();
    assert_eq!(shown(valuation.total.market_value()), "186470.00 USD");
    assert_eq!(shown(valuation.total.cost_basis()), "114421.000000 USD");
    assert_eq!(valuation.holdings[0].total.currency, Currency::EUR);
}

#[test]
fn a_lot_bought_today_changes_from_its_purchase_price() {
    let positions = held("10", "179", "2026-03-10", "0");
    let market = market(mark("180", Some("170"), Currency::USD));
    let valuation = Valuation::of(&positions, Currency::USD, &market).unwrap();
    assert_eq!(shown(valuation.total.day_change()), "10 USD");
}

proptest! {
    #[test]
    fn gain_is_value_less_cost_and_parts_add_up(entries in buys(1..30), price in 1i64..10_000_000) {
        let positions = vec![folded(&entries)];
        let text = Decimal::new(price, 3).to_string();
        let market = market(mark(&text, None, Currency::USD));
        let valuation = Valuation::of(&positions, Currency::USD, &market).unwrap();
        let total = &valuation.total;
        let gain = total.market_value().unwrap().try_sub(total.cost_basis().unwrap()).unwrap();
        prop_assert_eq!(total.unrealized_gain(), Some(gain));
        prop_assert_eq!(&valuation.holdings[0].total, total);
        let quantity = valuation.holdings[0].quantity;
        let direct = Price::parse(&text).unwrap().cost_of(quantity, Currency::USD).unwrap();
        prop_assert_eq!(total.market_value(), Some(direct));
    }
}
