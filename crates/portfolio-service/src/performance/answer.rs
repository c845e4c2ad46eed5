//! The figures of a book as they are answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Number;
use api::portfolio::{
    FigureStatus, MaxDrawdown, Performance, PerformanceInterval, PerformancePoint,
    PerformanceStatement, ReturnOfDay,
};
use domain::performance::{
    Book, Daily, DayReturn, Drawdown, Figures, Interval, NoFigure, Point, Range, Ratio, Statement,
    Unvalued,
};
use domain::{Currency, Money};
use rust_decimal::{Decimal, RoundingStrategy};
use service_kit::Result;

use super::activity::Activity;
use super::benchmark::benchmark;
use super::doubts::{Doubts, warnings};
use super::explain::explanation;
use super::followed::{Followed, Scope};
use super::market::Market;
use super::question::{Question, Subject};
use crate::http::figures;

/// Why a figure is missing whose inputs are.
pub(super) const MISSING_INPUT: &str = "MISSING_INPUT";
const REMAINDER_PLACES: u32 = 8;

/// Why figures do not exist, by their names.
#[derive(Debug, Default)]
pub(super) struct Reasons(BTreeMap<String, String>);

impl Reasons {
    pub(super) fn of<T>(
        &mut self,
        name: &str,
        figure: std::result::Result<T, NoFigure>,
    ) -> Option<T> {
        figure
            .inspect_err(|reason| self.add(name, reason.code()))
            .ok()
    }

    pub(super) fn ratio(
        &mut self,
        name: &str,
        figure: std::result::Result<Ratio, NoFigure>,
    ) -> Option<Number> {
        self.of(name, figure.and_then(Ratio::written)).map(Number)
    }

    pub(super) fn add(&mut self, name: &str, reason: &str) {
        self.0.insert(name.to_owned(), reason.to_owned());
    }

    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }
}

pub(super) fn measured(
    question: &Question,
    range: Range,
    activities: &[Arc<Activity>],
    market: &Market,
) -> Result<Performance> {
    let scope = Scope {
        activities,
        only: question.only(),
    };
    let followed = Followed::of(scope, market, question.base, range)?;
    let book = followed.book();
    let mut doubts = Doubts::default();
    let mut reasons = Reasons::default();
    let mut answer = empty(question);
    let mut gaps = Vec::new();
    let mut trades = Vec::new();
    match Daily::of(&book, &followed.rates, range) {
        Ok(daily) => {
            gaps.extend_from_slice(daily.missing());
            doubts.note(&gaps, market);
            doubts.note_unknown(&followed, market);
            fill(&mut answer, &daily, question.base, &mut reasons)?;
            if let Some(ticker) = &question.benchmark {
                let dates = answer.series.iter().map(|point| point.date);
                let (found, bought) = benchmark(ticker, &daily, market, &followed.rates, dates)?;
                answer.benchmark = Some(found);
                trades = bought;
            }
        }
        Err(Unvalued::Missing(gaps)) => {
            doubts.note(&gaps, market);
            answer.status = FigureStatus::Unavailable;
            let asked = question.benchmark.as_ref().map(|_| "benchmark");
            for name in FIGURES.into_iter().chain(asked) {
                reasons.add(name, MISSING_INPUT);
            }
        }
        Err(Unvalued::Overflow(error)) => return Err(error.into()),
    }
    doubts.note(&followed.unpriced, market);
    let is_whole = answer.status == FigureStatus::Ok && gaps.is_empty();
    let statement = statement(&followed, &book, &mut doubts, market)?;
    answer.statement = statement.filter(|_| is_whole);
    if answer.statement.is_none() {
        reasons.add("statement", MISSING_INPUT);
    }
    if answer.status == FigureStatus::Ok {
        answer.status = doubts.status();
    }
    if question.explains {
        let benchmark = question.benchmark.as_ref();
        let benchmark = benchmark.map(|ticker| (ticker, &*trades));
        answer.explanation = Some(explanation(&followed, market, benchmark)?);
    }
    answer.warnings = warnings(&followed, market);
    answer.missing = doubts.into_vec();
    answer.reasons = reasons.into_map();
    Ok(answer)
}

/// Every figure that may be null, besides the benchmark.
const FIGURES: [&str; 13] = [
    "start_value",
    "end_value",
    "net_flow",
    "gain",
    "simple_return",
    "twr",
    "twr_annualized",
    "mwr",
    "mwr_over_range",
    "volatility",
    "max_drawdown",
    "best_day",
    "worst_day",
];

fn empty(question: &Question) -> Performance {
    let (portfolio, ticker) = match &question.subject {
        Subject::Portfolio(id) => (Some(id), None),
        Subject::Holding(id, ticker) => (Some(id), Some(ticker)),
        Subject::Customer(_) => (None, None),
    };
    Performance {
        portfolio_id: portfolio.map(ToString::to_string),
        ticker_symbol: ticker.map(ToString::to_string),
        currency: question.base.code().to_owned(),
        from: question.from,
        to: question.to,
        interval: question.interval,
        status: FigureStatus::Ok,
        missing: Vec::new(),
        warnings: Vec::new(),
        start_value: None,
        end_value: None,
        net_flow: None,
        gain: None,
        simple_return: None,
        twr: None,
        twr_annualized: None,
        mwr: None,
        mwr_over_range: None,
        mwr_others: Vec::new(),
        volatility: None,
        max_drawdown: None,
        best_day: None,
        worst_day: None,
        since: None,
        days: None,
        left_out: Vec::new(),
        below_zero: None,
        reasons: BTreeMap::new(),
        statement: None,
        benchmark: None,
        series: Vec::new(),
        explanation: None,
    }
}

fn fill(
    answer: &mut Performance,
    daily: &Daily,
    base: Currency,
    reasons: &mut Reasons,
) -> Result<()> {
    let (figures, returns) = Figures::with_returns(daily)?;
    let points = daily.points(returns.as_ref().ok(), interval(answer.interval))?;
    answer.series = points.iter().map(|point| shown(point, base)).collect();
    let money = |amount| Some(amount_in(base, amount));
    let (start, end) = (daily.opening_value(), daily.closing_value());
    let flows = subtract(subtract(end, start)?, figures.gain)?;
    answer.start_value = money(start);
    answer.end_value = money(end);
    answer.gain = money(figures.gain);
    answer.net_flow = money(flows);
    answer.simple_return = reasons.ratio("simple_return", figures.simple_return);
    answer.twr = reasons.ratio("twr", figures.twr);
    answer.twr_annualized = reasons.ratio("twr_annualized", figures.twr_annualized);
    answer.mwr = reasons.ratio("mwr", figures.mwr);
    answer.mwr_over_range = reasons.ratio("mwr_over_range", figures.mwr_over_range);
    let others = figures
        .mwr_others
        .into_iter()
        .filter_map(|other| other.written().ok());
    answer.mwr_others = others.map(Number).collect();
    answer.volatility = reasons.ratio("volatility", figures.volatility);
    let drawdown = figures.max_drawdown.and_then(drawdown);
    answer.max_drawdown = reasons.of("max_drawdown", drawdown);
    answer.best_day = reasons.of("best_day", figures.best_day.and_then(day));
    answer.worst_day = reasons.of("worst_day", figures.worst_day.and_then(day));
    answer.since = figures.since;
    answer.days = figures.days;
    answer.left_out = figures.left_out;
    answer.below_zero = figures.below_zero;
    Ok(())
}

fn subtract(left: Decimal, right: Decimal) -> Result<Decimal> {
    let difference = left.checked_sub(right);
    Ok(difference.ok_or(domain::money::ArithmeticError::Overflow)?)
}

pub(super) fn amount_in(base: Currency, amount: Decimal) -> Number {
    figures::amount(Money::new(amount, base))
}

fn drawdown(found: Drawdown) -> std::result::Result<MaxDrawdown, NoFigure> {
    Ok(MaxDrawdown {
        depth: Number(found.depth.written()?),
        peak: found.fall.map(|fall| fall.peak),
        trough: found.fall.map(|fall| fall.trough),
        recovery: found.fall.and_then(|fall| fall.recovery),
    })
}

fn day(found: DayReturn) -> std::result::Result<ReturnOfDay, NoFigure> {
    Ok(ReturnOfDay {
        date: found.date,
        ratio: Number(found.ratio.written()?),
    })
}

fn shown(point: &Point, base: Currency) -> PerformancePoint {
    PerformancePoint {
        date: point.date,
        value: amount_in(base, point.value),
        net_flow: amount_in(base, point.net_flow),
        twr: point.twr.and_then(|twr| twr.written().ok()).map(Number),
    }
}

const fn interval(asked: PerformanceInterval) -> Interval {
    match asked {
        PerformanceInterval::Day => Interval::Day,
        PerformanceInterval::Week => Interval::Week,
        PerformanceInterval::Month => Interval::Month,
    }
}

fn statement(
    followed: &Followed<'_>,
    book: &Book<'_>,
    doubts: &mut Doubts,
    market: &Market,
) -> Result<Option<PerformanceStatement>> {
    let found = Statement::of(book, &followed.rates, followed.range, &followed.records());
    let found = match found {
        Ok(found) => found,
        Err(Unvalued::Missing(gaps)) => {
            doubts.note(&gaps, market);
            return Ok(None);
        }
        Err(Unvalued::Overflow(error)) => return Err(error.into()),
    };
    // What was transferred at an unknown price leaves no line to put it in.
    if !followed.unpriced.is_empty() {
        return Ok(None);
    }
    let remainder = found
        .remainder()?
        .round_dp_with_strategy(REMAINDER_PLACES, RoundingStrategy::MidpointNearestEven);
    let money = |amount| amount_in(followed.base, amount);
    Ok(Some(PerformanceStatement {
        start_value: money(found.start_value),
        net_transfers: money(found.net_transfers),
        realized: money(found.realized),
        unrealized: money(found.unrealized),
        income: money(found.income),
        fees: money(found.fees),
        taxes: money(found.taxes),
        currency_gain: money(found.currency),
        end_value: money(found.end_value),
        remainder: figures::number(remainder),
    }))
}
