//! What a valuation costs for each instrument and day, and a rate for each flow.
//!
//! The market is made up, the same in every run: a price on every weekday, one
//! instrument in three in another currency with a rate of its own every weekday.

use std::error::Error;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use domain::performance::{Book, Daily, Figures, Flow, MoneyWeighted, Range, Rates, Series, Track};
use domain::{Currency, Money, Price, Quantity, Rate, Ticker};
use jiff::civil::{Date, Weekday, date};
use rust_decimal::Decimal;

type Any = Box<dyn Error>;

const INSTRUMENTS: u32 = 20;
const FROM: Date = date(2015, 1, 1);
const TO: Date = date(2024, 12, 28);

struct Held {
    ticker: Ticker,
    currency: Currency,
    prices: Series,
    quantities: Series,
    flows: Vec<Flow>,
}

/// A fixed sequence that looks random (a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

fn weekdays() -> impl Iterator<Item = Date> {
    FROM.series(jiff::Span::new().days(1))
        .take_while(|day| *day <= TO)
        .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
}

fn walk(numbers: &mut Numbers, start: i64, scale: u32) -> Vec<(Date, Decimal)> {
    let mut level = start;
    weekdays()
        .map(|day| {
            level += level / 100 * (numbers.below(201) - 100) / 100 + 1;
            (day, Decimal::new(level, scale))
        })
        .collect()
}

fn held(number: u32, trades: usize) -> Result<Held, Any> {
    let mut numbers = Numbers(u64::from(number) + 1);
    let currency = if number % 3 == 2 {
        Currency::EUR
    } else {
        Currency::USD
    };
    let closes = walk(&mut numbers, 150_000 + i64::from(number) * 10_000, 3);
    let prices: Vec<(Date, Price)> = closes
        .iter()
        .map(|(day, value)| Ok((*day, Price::try_new(*value)?)))
        .collect::<Result<_, Any>>()?;
    let mut units = Decimal::ZERO;
    let (mut steps, mut flows) = (Vec::new(), Vec::new());
    let every = (prices.len() / trades).max(1);
    for (day, price) in prices.iter().step_by(every) {
        let bought = Decimal::new(numbers.below(9_000_000) + 1_000_000, 6);
        units += bought;
        steps.push((*day, Quantity::try_new(units)?));
        let amount = Money::new(price.value() * bought, currency);
        flows.push(Flow {
            date: *day,
            amount,
            rate: None,
        });
    }
    Ok(Held {
        ticker: Ticker::parse(&format!("T{number}")).map_err(|error| error.to_string())?,
        currency,
        prices: Series::prices(prices),
        quantities: Series::quantities(steps),
        flows,
    })
}

fn valuation(criterion: &mut Criterion) -> Result<(), Any> {
    let range = Range::try_new(FROM, TO)?;
    let instruments: Vec<Held> = (0..INSTRUMENTS)
        .map(|number| held(number, 50))
        .collect::<Result<_, _>>()?;
    let tracks = instruments.iter().map(|held| Track {
        ticker: &held.ticker,
        currency: held.currency,
        quantities: &held.quantities,
        prices: &held.prices,
        splits: &[],
        flows: &held.flows,
        transfers: &[],
    });
    let book = Book {
        tracks: tracks.collect(),
        ..Book::default()
    };
    let euro: Vec<(Date, Rate)> = walk(&mut Numbers(99), 110_000, 5)
        .into_iter()
        .map(|(day, value)| Ok((day, Rate::try_new(value)?)))
        .collect::<Result<_, Any>>()?;
    let euro = Series::rates(euro);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);

    let mut group = criterion.benchmark_group("20 instruments, 3650 days");
    group.throughput(Throughput::Elements(u64::from(INSTRUMENTS) * 3650));
    group.bench_function("value and flows, exact", |bench| {
        bench.iter(|| Daily::of(black_box(&book), &rates, range));
    });
    let daily = Daily::of(&book, &rates, range)?;
    group.bench_function("all figures of it", |bench| {
        bench.iter(|| Figures::of(black_box(&daily)));
    });
    group.finish();
    Ok(())
}

fn internal_rate(criterion: &mut Criterion) {
    let mut numbers = Numbers(7);
    let days = FROM.series(jiff::Span::new().days(1)).take(3650);
    let days: Vec<Date> = days.collect();
    let mut flows: Vec<(Date, Decimal)> = (0..10_000)
        .filter_map(|_| {
            let day = days.get(usize::try_from(numbers.below(3650)).ok()?)?;
            Some((*day, Decimal::new(-numbers.below(1_000_000) - 1, 2)))
        })
        .collect();
    let saved: Decimal = flows.iter().map(|(_, amount)| -*amount).sum();
    flows.push((TO, saved * Decimal::new(15, 1)));
    let mut group = criterion.benchmark_group("10000 flows over ten years");
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("one rate", |bench| {
        bench.iter(|| MoneyWeighted::of(black_box(&flows).iter().copied()));
    });
    // Signs at random, so that several rates must be looked for.
    for (_, amount) in &mut flows {
        if numbers.below(2) == 0 {
            *amount = -*amount;
        }
    }
    group.bench_function("several possible", |bench| {
        bench.iter(|| MoneyWeighted::of(black_box(&flows).iter().copied()));
    });
    group.finish();
}

fn valuations(criterion: &mut Criterion) {
    let outcome = valuation(criterion).map_err(|error| error.to_string());
    assert_eq!(outcome, Ok(()), "the made-up market can be valued");
}

criterion_group!(benches, valuations, internal_rate);
criterion_main!(benches);
