//! A source of quotes, descriptions and searches that tests script.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use asset_service::source::{
    Ask, MarketDataSource, Purpose, Question, SourceError, SourceHistory, SourceInstrument,
    SourceQuote,
};
use domain::{Currency, InstrumentType, Price, Ticker};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use jiff::civil::Date;
use tokio::sync::watch;

use super::{NOW, ticker};

/// A source that says what the test tells it to, and counts how often it is asked.
#[derive(Debug)]
pub(crate) struct FakeSource {
    quotes: Mutex<BTreeMap<Ticker, Result<SourceQuote, SourceError>>>,
    /// The symbols of each question, all in a row, and how many each had.
    asked: watch::Sender<Vec<Ticker>>,
    calls: Mutex<Vec<usize>>,
    is_answering: watch::Sender<bool>,
    refuses_background: AtomicBool,
    /// What it finds, unless its search is down.
    listed: Mutex<Option<Vec<Ticker>>>,
    searches: AtomicUsize,
    /// What everything is called.
    name: Mutex<Option<String>>,
}

impl FakeSource {
    /// Knows nothing yet.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            quotes: Mutex::default(),
            asked: watch::Sender::default(),
            calls: Mutex::default(),
            is_answering: watch::Sender::new(true),
            refuses_background: AtomicBool::default(),
            listed: Mutex::default(),
            searches: AtomicUsize::default(),
            name: Mutex::default(),
        })
    }

    pub(crate) fn pricing(symbol: &str, price: &str) -> Arc<Self> {
        let source = Self::new();
        source.price(symbol, price);
        source
    }

    /// In dollars.
    pub(crate) fn price(&self, symbol: &str, price: &str) {
        self.price_in(Currency::USD, symbol, price);
    }

    pub(crate) fn price_in(&self, currency: Currency, symbol: &str, price: &str) {
        let quote = SourceQuote {
            price: Price::parse(price).unwrap(),
            currency,
            previous_close: None,
            as_of: NOW.parse().unwrap(),
            is_delayed: false,
            crossed_through: None,
        };
        self.script(symbol, Ok(quote));
    }

    /// From now on its search finds these, whatever the text.
    pub(crate) fn list(&self, symbols: &[&str]) {
        let listed = symbols.iter().map(|symbol| ticker(symbol)).collect();
        *self.listed.lock().unwrap() = Some(listed);
    }

    pub(crate) fn times_searched(&self) -> usize {
        self.searches.load(Ordering::SeqCst)
    }

    /// Describes everything under another name from now on.
    pub(crate) fn rename(&self, name: &str) {
        *self.name.lock().unwrap() = Some(name.to_owned());
    }

    fn description(&self, ticker: &Ticker, currency: Currency) -> SourceInstrument {
        let name = self.name.lock().unwrap().clone();
        SourceInstrument {
            ticker: ticker.clone(),
            name: name.unwrap_or_else(|| format!("{ticker} Inc.")),
            exchange: None,
            instrument_type: InstrumentType::other(),
            sector: None,
            currency,
        }
    }

    pub(crate) fn fail(&self, symbol: &str) {
        self.script(symbol, Err(down()));
    }

    fn script(&self, symbol: &str, answer: Result<SourceQuote, SourceError>) {
        let mut quotes = self.quotes.lock().unwrap();
        quotes.insert(ticker(symbol), answer);
    }

    /// From now on questions are taken and not answered.
    pub(crate) fn hold(&self) {
        self.is_answering.send_replace(false);
    }

    pub(crate) fn release(&self) {
        self.is_answering.send_replace(true);
    }

    /// From now on it is asked nothing behind the scenes, as when half a minute's calls are spent.
    pub(crate) fn refuse_background(&self) {
        self.refuses_background.store(true, Ordering::SeqCst);
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.asked.borrow().len()
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// How many symbols the largest question had.
    pub(crate) fn largest_call(&self) -> usize {
        let calls = self.calls.lock().unwrap();
        calls.iter().copied().max().unwrap_or_default()
    }

    /// Waits until it has been asked so often.
    pub(crate) async fn asked_times(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        asked.wait_for(|asked| asked.len() >= times).await.unwrap();
    }

    async fn answering(&self) {
        let mut is_answering = self.is_answering.subscribe();
        is_answering.wait_for(|answering| *answering).await.unwrap();
    }

    fn answer(&self, ticker: &Ticker) -> Result<SourceQuote, SourceError> {
        let quotes = self.quotes.lock().unwrap();
        let unknown = Err(SourceError::UnknownSymbol);
        quotes.get(ticker).cloned().unwrap_or(unknown)
    }
}

pub(crate) fn down() -> SourceError {
    SourceError::Unavailable("the test says so".to_owned())
}

impl MarketDataSource for FakeSource {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn answers(&self, _: Question, _: &Ticker) -> bool {
        true
    }

    fn can_search(&self) -> bool {
        true
    }

    fn history<'a>(
        &'a self,
        _: Ask,
        _: &'a Ticker,
        _: Date,
        _: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        async { Err(down()) }.boxed()
    }

    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        self.calls.lock().unwrap().push(tickers.len());
        self.asked
            .send_modify(|asked| asked.extend_from_slice(tickers));
        stream::iter(tickers)
            .then(move |ticker| async move {
                self.answering().await;
                let is_refused = ask.purpose == Purpose::Background
                    && self.refuses_background.load(Ordering::SeqCst);
                let answer = if is_refused {
                    Err(down())
                } else {
                    self.answer(ticker)
                };
                (ticker.clone(), answer)
            })
            .boxed()
    }

    /// What has a price has a description.
    fn instrument<'a>(
        &'a self,
        _: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        async move {
            self.answering().await;
            let quote = self.answer(ticker)?;
            Ok(self.description(ticker, quote.currency))
        }
        .boxed()
    }

    fn search<'a>(
        &'a self,
        _: Ask,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        async {
            self.searches.fetch_add(1, Ordering::SeqCst);
            self.answering().await;
            let listed = self.listed.lock().unwrap().clone();
            let found = listed.ok_or_else(down)?;
            let described = |ticker| self.description(ticker, Currency::USD);
            Ok(found.iter().map(described).collect())
        }
        .boxed()
    }
}
