//! A source that says what the test tells it to, covers what it was told about, and hangs on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use asset_service::source::{
    Action, Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument,
    SourceQuote,
};
use domain::{Currency, InstrumentType, Price, Ticker};
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::Date;
use tokio::sync::{Notify, watch};

use super::now;
use crate::support::{down, ticker};

type Quoted = Result<SourceQuote, SourceError>;

#[derive(Debug)]
pub(super) struct Scripted {
    name: &'static str,
    quotes: Mutex<BTreeMap<Ticker, Quoted>>,
    histories: Mutex<BTreeMap<Ticker, SourceHistory>>,
    hanging: Mutex<BTreeSet<Ticker>>,
    asked: Mutex<Vec<String>>,
    histories_asked: Mutex<Vec<String>>,
    release: Notify,
    tells_histories: watch::Sender<bool>,
    tells_actions: AtomicBool,
}

impl Scripted {
    pub(super) fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self {
            name,
            quotes: Mutex::default(),
            histories: Mutex::default(),
            hanging: Mutex::default(),
            asked: Mutex::default(),
            histories_asked: Mutex::default(),
            release: Notify::new(),
            tells_histories: watch::Sender::new(true),
            tells_actions: AtomicBool::new(true),
        })
    }

    pub(super) fn pricing(name: &'static str, symbol: &str, price: &str) -> Arc<Self> {
        let source = Self::new(name);
        source.price(symbol, price);
        source
    }

    /// In dollars, or in what its name says of a pair.
    pub(super) fn price(&self, symbol: &str, price: &str) {
        self.say(symbol, Ok(quoted(symbol, price)));
    }

    pub(super) fn say(&self, symbol: &str, answer: Quoted) {
        self.quotes.lock().unwrap().insert(ticker(symbol), answer);
    }

    pub(super) fn fail(&self, symbol: &str) {
        self.say(symbol, Err(down()));
    }

    pub(super) fn does_not_know(&self, symbol: &str) {
        self.say(symbol, Err(SourceError::UnknownSymbol));
    }

    pub(super) fn hang(&self, symbol: &str) {
        self.fail(symbol);
        self.hanging.lock().unwrap().insert(ticker(symbol));
    }

    /// Lets one question that hangs go on.
    pub(super) fn release(&self) {
        self.release.notify_one();
    }

    pub(super) fn remember(&self, symbol: &str, closes: &[(&str, &str)], actions: &[Action]) {
        let day = |(date, price): &(&str, &str)| -> (Date, Price) {
            (date.parse().unwrap(), Price::parse(price).unwrap())
        };
        let history = SourceHistory {
            currency: currency(symbol),
            closes: closes.iter().map(day).collect(),
            actions: MarketDataSource::tells_actions(self).then(|| actions.to_vec()),
            crossed_through: None,
            since: None,
        };
        let mut histories = self.histories.lock().unwrap();
        histories.insert(ticker(symbol), history);
    }

    /// Its histories have closes, and nothing else.
    pub(super) fn tells_closes_only(&self) {
        self.tells_actions.store(false, Ordering::SeqCst);
    }

    /// From now on questions about histories are taken and not answered.
    pub(super) fn hold_histories(&self) {
        self.tells_histories.send_replace(false);
    }

    pub(super) fn release_histories(&self) {
        self.tells_histories.send_replace(true);
    }

    /// Which symbols it was asked to price, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(super) fn histories_asked(&self) -> usize {
        self.histories_asked.lock().unwrap().len()
    }

    async fn answer(&self, ticker: &Ticker) -> Quoted {
        if self.hanging.lock().unwrap().contains(ticker) {
            self.release.notified().await;
        }
        let quotes = self.quotes.lock().unwrap();
        let unknown = Err(SourceError::UnknownSymbol);
        quotes.get(ticker).cloned().unwrap_or(unknown)
    }
}

fn currency(symbol: &str) -> Currency {
    let pair = ticker(symbol).as_fx_pair();
    pair.map_or(Currency::USD, |(_, quote)| quote)
}

pub(super) fn quoted(symbol: &str, price: &str) -> SourceQuote {
    SourceQuote {
        price: Price::parse(price).unwrap(),
        currency: currency(symbol),
        previous_close: None,
        as_of: now(),
        is_delayed: false,
        crossed_through: None,
    }
}

impl MarketDataSource for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn answers(&self, question: Question, ticker: &Ticker) -> bool {
        if question == Question::History {
            return self.histories.lock().unwrap().contains_key(ticker);
        }
        self.quotes.lock().unwrap().contains_key(ticker)
    }

    fn tells_actions(&self) -> bool {
        self.tells_actions.load(Ordering::SeqCst)
    }

    fn can_search(&self) -> bool {
        false
    }

    fn history<'a>(
        &'a self,
        _: Ask,
        ticker: &'a Ticker,
        _: Date,
        _: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        let mut asked = self.histories_asked.lock().unwrap();
        asked.push(ticker.to_string());
        let found = self.histories.lock().unwrap().get(ticker).cloned();
        async move {
            let mut tells = self.tells_histories.subscribe();
            tells.wait_for(|tells| *tells).await.unwrap();
            found.ok_or(SourceError::UnknownSymbol)
        }
        .boxed()
    }

    fn quotes<'a>(&'a self, _: Ask, tickers: &'a [Ticker]) -> BoxStream<'a, (Ticker, Quoted)> {
        let asked = tickers.iter().map(ToString::to_string);
        self.asked.lock().unwrap().extend(asked);
        stream::iter(tickers)
            .map(async |ticker| (ticker.clone(), self.answer(ticker).await))
            .buffer_unordered(100)
            .boxed()
    }

    fn instrument<'a>(
        &'a self,
        _: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        async move {
            let quote = self.answer(ticker).await?;
            Ok(SourceInstrument {
                ticker: ticker.clone(),
                name: format!("{ticker} of {}", self.name),
                exchange: None,
                instrument_type: InstrumentType::other(),
                sector: None,
                currency: quote.currency,
            })
        }
        .boxed()
    }

    fn search<'a>(
        &'a self,
        _: Ask,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        future::ready(Ok(Vec::new())).boxed()
    }
}
