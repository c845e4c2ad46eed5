//! The benchmark as it is answered.

use api::portfolio::{BenchmarkPerformance, BenchmarkPoint, FigureStatus};
use domain::Ticker;
use domain::performance::{Benchmark, Daily, Gap, MoneyWeighted, Rates, Series, Trade, Unvalued};
use domain::valuation::Missing;
use jiff::civil::Date;
use service_kit::Result;

use super::answer::{MISSING_INPUT, Reasons, amount_in};
use super::doubts::Doubts;
use super::market::Market;

/// The same money in `ticker`, at the closes of `dates`, and what it bought.
pub(super) fn benchmark(
    ticker: &Ticker,
    daily: &Daily,
    market: &Market,
    rates: &Rates<'_>,
    dates: impl Iterator<Item = Date>,
) -> Result<(BenchmarkPerformance, Vec<Trade>)> {
    let mut doubts = Doubts::default();
    let mut reasons = Reasons::default();
    let found = match compared(ticker, daily, market, rates) {
        Ok(found) => Some(found),
        Err(Unvalued::Missing(gaps)) => {
            doubts.note(&gaps, market);
            for name in ["twr", "mwr", "end_value"] {
                reasons.add(name, MISSING_INPUT);
            }
            None
        }
        Err(Unvalued::Overflow(error)) => return Err(error.into()),
    };
    let status = found
        .as_ref()
        .map_or(FigureStatus::Unavailable, |_| FigureStatus::Ok);
    let (mut twr, mut mwr) = (None, None);
    if let Some(found) = &found {
        twr = reasons.ratio("twr", found.twr);
        let rate = found.mwr.as_ref().map_err(|none| *none);
        mwr = reasons.ratio("mwr", rate.and_then(MoneyWeighted::rate));
    }
    let values = found.as_ref().map_or([].as_slice(), |found| &found.values);
    let value = |amount| amount_in(rates.base, amount);
    let answer = BenchmarkPerformance {
        ticker_symbol: ticker.to_string(),
        status,
        missing: doubts.into_vec(),
        twr,
        mwr,
        end_value: values.last().map(|(_, last)| value(*last)),
        short_from: found.as_ref().and_then(|found| found.short_from),
        reasons: reasons.into_map(),
        series: at(values, dates)
            .map(|(date, worth)| BenchmarkPoint {
                date,
                value: value(worth),
            })
            .collect::<Vec<BenchmarkPoint>>(),
    };
    Ok((answer, found.map(|found| found.trades).unwrap_or_default()))
}

fn compared(
    ticker: &Ticker,
    daily: &Daily,
    market: &Market,
    rates: &Rates<'_>,
) -> std::result::Result<Benchmark, Unvalued> {
    let (Some(currency), Some(prices)) = (market.currency(ticker), market.series(ticker)) else {
        return Err(Unvalued::Missing(vec![Gap {
            what: Missing::Price(ticker.clone()),
            from: daily.range().from(),
            to: daily.range().to(),
        }]));
    };
    let splits = market
        .column(ticker)
        .map_or([].as_slice(), |column| &column.splits);
    let prices: Series = prices.adjusted_for(splits)?;
    Benchmark::of(daily, ticker, currency, &prices, rates)
}

/// The values of some dates; both rise.
fn at(
    values: &[(Date, rust_decimal::Decimal)],
    dates: impl Iterator<Item = Date>,
) -> impl Iterator<Item = (Date, rust_decimal::Decimal)> {
    let mut values = values.iter().copied();
    dates.filter_map(move |date| values.find(|(day, _)| *day == date))
}
