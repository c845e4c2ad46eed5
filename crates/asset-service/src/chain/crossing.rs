//! Rates that nobody quotes: the other way round, or through a currency that both sides have a rate
//! to.
//!
//! Both roundings are half to even, to twelve significant digits. A crossed rate is as old as the
//! older of its two rates, and delayed if either is.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Currency, Price, Rate, Ticker};
use futures::channel::mpsc;
use futures::future::{self, FutureExt};
use futures::stream::StreamExt;
use jiff::civil::Date;
use tokio::time::Instant;

use super::batch::{Batch, Case};
use super::turns::{Among, Turns};
use super::{Attributed, Chain, Wanted, worse};
use crate::source::upstream::unavailable;
use crate::source::{Ask, Question, SourceError, SourceHistory, SourceQuote, checked};

type Pair = (Currency, Currency);
type Rates = BTreeMap<Pair, Result<Attributed<SourceQuote>, SourceError>>;

impl Batch<'_> {
    /// Answers the pairs that can be crossed, and gives back the others.
    pub(super) async fn cross(&self, mut cases: Vec<Case>) -> Vec<Case> {
        if cases.is_empty() {
            return cases;
        }
        let pairs = cases.iter().filter_map(Case::pair).collect();
        let rates = self.reversed(&pairs).await;
        cases = self.settle(cases, |pair| rates.get(&pair)?.clone().into());
        for via in &self.chain.0.bases {
            let legs = cases.iter().filter_map(Case::pair);
            let legs: BTreeSet<Pair> = legs
                .filter_map(|pair| legs_of(pair, *via))
                .flatten()
                .collect();
            if legs.is_empty() {
                continue;
            }
            let rates = self.rates(&legs).await;
            cases = self.settle(cases, |pair| {
                let [first, second] = legs_of(pair, *via)?;
                let (first, second) = (rates.get(&first)?.clone(), rates.get(&second)?.clone());
                Some(both(first, second).and_then(|(first, second)| crossed(&first, &second, *via)))
            });
        }
        cases
    }

    fn settle(
        &self,
        cases: Vec<Case>,
        rate: impl Fn(Pair) -> Option<Result<Attributed<SourceQuote>, SourceError>>,
    ) -> Vec<Case> {
        let settled = cases
            .into_iter()
            .filter_map(|case| match case.pair().and_then(&rate) {
                Some(Ok(found)) => self.weigh(case, found),
                Some(Err(error)) => Some(case.failed(error)),
                None => Some(case),
            });
        settled.collect()
    }

    /// The rates of these pairs, where need be from the other way round.
    async fn rates(&self, pairs: &BTreeSet<Pair>) -> Rates {
        let mut rates = self.asked(pairs.iter().copied()).await;
        let is_unknown = |pair: &&Pair| {
            matches!(
                rates.get(pair),
                Some(Err(SourceError::UnknownSymbol)) | None
            )
        };
        let unknown = pairs.iter().filter(is_unknown).copied().collect();
        rates.extend(self.reversed(&unknown).await);
        rates
    }

    async fn reversed(&self, pairs: &BTreeSet<Pair>) -> Rates {
        let swap = |(base, quote): Pair| (quote, base);
        let rates = self.asked(pairs.iter().copied().map(swap)).await;
        let rates = rates.into_iter().map(|(pair, rate)| {
            let pair = swap(pair);
            (pair, rate.and_then(|rate| inverse(rate, pair.1)))
        });
        rates.collect()
    }

    fn asked(&self, pairs: impl Iterator<Item = Pair>) -> impl Future<Output = Rates> + Send {
        let wanted: Vec<Wanted> = pairs
            .map(|(base, quote)| Wanted {
                ticker: Ticker::fx_pair(base, quote),
                last: None,
                currency: None,
            })
            .collect();
        let (found, answers) = mpsc::unbounded();
        let work = self.of_legs(found).run(wanted).boxed();
        async move {
            let ((), answers) = future::join(work, answers.collect::<Vec<_>>()).await;
            let pairs = answers.into_iter();
            pairs
                .filter_map(|(ticker, rate)| Some((ticker.as_fx_pair()?, rate)))
                .collect()
        }
    }
}

/// The two pairs a pair is crossed from.
fn legs_of((base, quote): Pair, via: Currency) -> Option<[Pair; 2]> {
    (via != base && via != quote).then_some([(base, via), (via, quote)])
}

fn both<T>(
    first: Result<T, SourceError>,
    second: Result<T, SourceError>,
) -> Result<(T, T), SourceError> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(first), Err(second)) => Err(worse(first, second)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

fn inverse(
    found: Attributed<SourceQuote>,
    currency: Currency,
) -> Result<Attributed<SourceQuote>, SourceError> {
    let quote = found.value;
    let value = SourceQuote {
        price: checked::inverse(quote.price)?,
        currency,
        previous_close: quote
            .previous_close
            .and_then(|price| checked::inverse(price).ok()),
        ..quote
    };
    let source = found.source;
    Ok(Attributed { source, value })
}

fn crossed(
    first: &Attributed<SourceQuote>,
    second: &Attributed<SourceQuote>,
    via: Currency,
) -> Result<Attributed<SourceQuote>, SourceError> {
    let (from, to) = (&first.value, &second.value);
    let closes = from.previous_close.zip(to.previous_close);
    let value = SourceQuote {
        price: crossed_price(from.price, to.price)?,
        currency: to.currency,
        previous_close: closes.and_then(|(from, to)| crossed_price(from, to).ok()),
        as_of: from.as_of.min(to.as_of),
        is_delayed: from.is_delayed || to.is_delayed,
        crossed_through: Some(via),
    };
    let source = joined(&first.source, &second.source);
    Ok(Attributed { source, value })
}

fn joined(first: &str, second: &str) -> String {
    if first == second {
        first.to_owned()
    } else {
        format!("{first}+{second}")
    }
}

fn crossed_price(from: Price, to: Price) -> Result<Price, SourceError> {
    let crossed = rate(from)?.cross(rate(to)?).map_err(out_of_range)?;
    Price::try_new(crossed.value()).map_err(out_of_range)
}

fn rate(price: Price) -> Result<Rate, SourceError> {
    Rate::try_new(price.value()).map_err(out_of_range)
}

fn out_of_range(error: impl std::fmt::Display) -> SourceError {
    unavailable(format!("a rate cannot be crossed: {error}"))
}

/// A question for history, and how long there is to answer it.
#[derive(Clone, Copy)]
pub(super) struct Days<'a> {
    pub(super) among: Among<'a>,
    pub(super) ask: Ask,
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) deadline: Instant,
}

impl Days<'_> {
    pub(super) async fn direct(
        self,
        chain: &Chain,
        ticker: &Ticker,
    ) -> Result<Attributed<SourceHistory>, SourceError> {
        let turns = Turns::new(chain, Question::History, ticker, self.deadline).among(self.among);
        if turns.is_empty() && ticker.as_fx_pair().is_none() {
            return Err(unavailable("no source has its history"));
        }
        turns
            .ask_until(
                |source| source.history(self.ask, ticker, self.from, self.to),
                |history| !history.closes.is_empty(),
            )
            .await
    }

    /// Crossed day by day, over the days that both rates have.
    pub(super) async fn crossed(
        self,
        chain: &Chain,
        pair: Pair,
    ) -> Result<Attributed<SourceHistory>, SourceError> {
        let mut why = match self.reversed(chain, pair).await {
            Err(error) => error,
            found => return found,
        };
        for via in &chain.0.bases {
            let Some([first, second]) = legs_of(pair, *via) else {
                continue;
            };
            let legs = future::join(self.leg(chain, first), self.leg(chain, second));
            let (first, second) = legs.await;
            match both(first, second) {
                Ok((first, second)) => return Ok(crossed_days(first, &second, *via)),
                Err(error) => why = worse(why, error),
            }
        }
        Err(why)
    }

    async fn leg(
        self,
        chain: &Chain,
        pair: Pair,
    ) -> Result<Attributed<SourceHistory>, SourceError> {
        match self.direct(chain, &Ticker::fx_pair(pair.0, pair.1)).await {
            Err(SourceError::UnknownSymbol) => self.reversed(chain, pair).await,
            answer => answer,
        }
    }

    async fn reversed(
        self,
        chain: &Chain,
        (base, quote): Pair,
    ) -> Result<Attributed<SourceHistory>, SourceError> {
        let ticker = Ticker::fx_pair(quote, base);
        let mut found = self.direct(chain, &ticker).await?;
        found.value.currency = quote;
        let closes = std::mem::take(&mut found.value.closes).into_iter();
        found.value.closes = closes
            .filter_map(|(date, price)| Some((date, checked::inverse(price).ok()?)))
            .collect();
        Ok(found)
    }
}

fn crossed_days(
    first: Attributed<SourceHistory>,
    second: &Attributed<SourceHistory>,
    via: Currency,
) -> Attributed<SourceHistory> {
    let to: BTreeMap<Date, Price> = second.value.closes.iter().copied().collect();
    let closes = first.value.closes.into_iter().filter_map(|(date, from)| {
        let crossed = crossed_price(from, *to.get(&date)?).ok()?;
        Some((date, crossed))
    });
    Attributed {
        source: joined(&first.source, &second.source),
        value: SourceHistory {
            currency: second.value.currency,
            closes: closes.collect(),
            actions: Some(Vec::new()),
            crossed_through: Some(via),
            since: first.value.since.max(second.value.since),
        },
    }
}
