//! A source of histories that tests script, and what they read from answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use asset_service::AssetConfig;
use asset_service::source::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
};
use domain::{Currency, Price, Ticker};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;
use service_kit::testing::TestResponse;
use tokio::sync::watch;

use crate::support::{Market, down};

/// A source of histories that says what the test tells it to, and notes what it is asked.
#[derive(Debug)]
pub(crate) struct Past {
    name: &'static str,
    told: Mutex<Result<SourceHistory, SourceError>>,
    asked: watch::Sender<Vec<(Date, Date)>>,
    pub(crate) is_answering: watch::Sender<bool>,
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

impl Past {
    pub(crate) fn named(name: &'static str, told: Result<SourceHistory, SourceError>) -> Arc<Self> {
        Arc::new(Self {
            name,
            told: Mutex::new(told),
            asked: watch::Sender::default(),
            is_answering: watch::Sender::new(true),
        })
    }

    pub(crate) fn down() -> Arc<Self> {
        Self::named("past", Err(down()))
    }

    /// A close of 100 plus the day of the month on every weekday of the two years before the
    /// tests' today, and after it.
    pub(crate) fn ordinary() -> Arc<Self> {
        Self::named("past", Ok(weekdays("2025-01-01", "2026-12-31")))
    }

    pub(crate) fn tell(&self, told: Result<SourceHistory, SourceError>) {
        *self.told.lock().unwrap() = told;
    }

    pub(crate) fn asked(&self) -> Vec<(Date, Date)> {
        self.asked.borrow().clone()
    }

    /// Waits until it has been asked so often.
    pub(crate) async fn asked_times(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        asked.wait_for(|asked| asked.len() >= times).await.unwrap();
    }
}

pub(crate) fn weekdays(from: &str, to: &str) -> SourceHistory {
    let closes = date(from)
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= date(to))
        .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
        .map(|day| (day, price(&format!("{}.25", 100 + i32::from(day.day())))));
    SourceHistory {
        currency: Currency::USD,
        closes: closes.collect(),
        actions: Some(Vec::new()),
        crossed_through: None,
        since: None,
    }
}

pub(crate) fn ordinary() -> SourceHistory {
    weekdays("2025-01-01", "2026-12-31")
}

/// The ordinary closes, but for those days.
pub(crate) fn with(mut history: SourceHistory, closes: &[(&str, &str)]) -> SourceHistory {
    for (day, close) in closes {
        let of_day = history
            .closes
            .iter_mut()
            .find(|(known, _)| *known == date(day));
        of_day.unwrap().1 = price(close);
    }
    history
}

/// Ten times the ordinary closes from that day on.
pub(crate) fn tenfold(mut history: SourceHistory, from: &str) -> SourceHistory {
    for (day, close) in &mut history.closes {
        if *day >= date(from) {
            *close = price(&format!("{}", close.value() * Decimal::TEN));
        }
    }
    history
}

pub(crate) async fn over_both(first: &Arc<Past>, second: &Arc<Past>) -> Market {
    let sources = vec![Arc::clone(first), Arc::clone(second)];
    Market::over_all(&AssetConfig::default(), sources).await
}

pub(crate) fn without(mut history: SourceHistory, days: &[&str]) -> SourceHistory {
    let days: Vec<Date> = days.iter().map(|day| date(day)).collect();
    history.closes.retain(|(day, _)| !days.contains(day));
    history
}

impl MarketDataSource for Past {
    fn name(&self) -> &'static str {
        self.name
    }

    fn answers(&self, question: Question, _: &Ticker) -> bool {
        question == Question::History
    }

    fn can_search(&self) -> bool {
        false
    }

    fn quotes<'a>(
        &'a self,
        _: Ask,
        _: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        stream::empty().boxed()
    }

    fn instrument<'a>(
        &'a self,
        _: Ask,
        _: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        async { Err(down()) }.boxed()
    }

    fn history<'a>(
        &'a self,
        _: Ask,
        _: &'a Ticker,
        from: Date,
        to: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        async move {
            self.asked.send_modify(|asked| asked.push((from, to)));
            let mut is_answering = self.is_answering.subscribe();
            is_answering.wait_for(|answering| *answering).await.unwrap();
            let mut told = self.told.lock().unwrap().clone()?;
            told.closes.retain(|(day, _)| (from..=to).contains(day));
            Ok(told)
        }
        .boxed()
    }

    fn search<'a>(
        &'a self,
        _: Ask,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        async { Err(down()) }.boxed()
    }
}

pub(crate) async fn prices(market: &Market, query: &str) -> TestResponse {
    let path = format!("/v1/instruments/ACME/prices?{query}");
    market.get(&path).await.expect(200)
}

/// A process after this one, over the same data directory.
pub(crate) async fn restarted(market: Market, source: Arc<Past>) -> Market {
    let clock = market.clock.clone();
    let storage = market.stop().await;
    Market::start(&AssetConfig::default(), source, storage, clock).await
}

/// The dates of the items and their closes.
pub(crate) fn items(response: &TestResponse) -> BTreeMap<String, String> {
    (0..response.count("/items"))
        .map(|place| {
            let date = response.at(&format!("/items/{place}/date"));
            (date, response.at(&format!("/items/{place}/close")))
        })
        .collect()
}
