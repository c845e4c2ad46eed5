//! Prices and rates for a valuation, from the Asset service.
//!
//! A price is reused for about a second, so that the busiest portfolio costs
//! the Asset service about one batch a second and not one a request. Nothing here
//! fails: what cannot be had is missing, with its reason.
//!
//! Invariant: the price of a customer's own instrument is asked for with that customer's token,
//! and is never kept; so nobody is shown another customer's, nor an older one than they entered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use api::asset::{Instrument, Quote};
use api::client::{AssetClient, ClientError, MAX_QUOTES};
use domain::ledger::Lot;
use domain::performance::Series;
use domain::valuation::{Mark, Market, Missing, PastNeeds, needs, past_needs, rates_of_marks};
use domain::{Currency, Price, Rate, Ticker};
use futures::future::join_all;
use futures::join;
use moka::sync::Cache;
use service_kit::AccessToken;

use crate::histories::Histories;

const MOST_REUSED: u64 = 50_000;
const INSTRUMENT_REUSE: Duration = Duration::from_mins(10);

#[derive(Debug, Clone)]
pub(crate) struct Prices {
    asset: AssetClient,
    recent: Cache<Ticker, Arc<Seen>>,
    instruments: Cache<Ticker, Option<Instrument>>,
    histories: Histories,
}

/// A quote, and what a valuation needs of it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) quote: Quote,
    mark: Option<Mark>,
}

/// Everything one valuation was given.
#[derive(Debug, Default)]
pub(crate) struct PriceBook {
    pub(crate) market: Market,
    seen: BTreeMap<Ticker, Arc<Seen>>,
}

impl Prices {
    pub(crate) fn new(asset: AssetClient, histories: Histories, reuse_milliseconds: u64) -> Self {
        let recent = Cache::builder()
            .max_capacity(MOST_REUSED)
            .time_to_live(Duration::from_millis(reuse_milliseconds))
            .build();
        let instruments = Cache::builder()
            .max_capacity(MOST_REUSED)
            .time_to_live(INSTRUMENT_REUSE)
            .build();
        Self {
            asset,
            recent,
            instruments,
            histories,
        }
    }

    /// What is known of an instrument; nothing when no source knows it.
    pub(crate) async fn instrument(
        &self,
        ticker: &Ticker,
        token: &AccessToken,
    ) -> Result<Option<Instrument>, ClientError> {
        if ticker.is_own() {
            let asset = self.asset.acting_for(token.reveal())?;
            return asset.get_instrument(ticker).await;
        }
        if let Some(known) = self.instruments.get(ticker) {
            return Ok(known);
        }
        let found = self.asset.get_instrument(ticker).await?;
        self.instruments.insert(ticker.clone(), found.clone());
        Ok(found)
    }

    /// What valuing `lots` needs, and summing them in `base` if there is one.
    pub(crate) async fn book<'a>(
        &self,
        lots: impl Iterator<Item = (&'a Ticker, &'a Lot)> + Clone,
        base: Option<Currency>,
        token: &AccessToken,
    ) -> PriceBook {
        let (tickers, pairs) = needs(lots.clone(), base);
        let (own, tickers) = tickers.into_iter().partition(Ticker::is_own);
        let mut book = PriceBook::default();
        let ((), own, past) = join!(
            self.add(&mut book, tickers, &pairs),
            self.ask_own(own, token),
            self.past_rates(lots.clone().map(|(_, lot)| lot), base, token),
        );
        book.market.past = past;
        for (ticker, seen) in own {
            book.insert(ticker, seen);
        }
        let more_pairs = rates_of_marks(lots, base, &book.market);
        self.add_rates(&mut book, more_pairs).await;
        book
    }

    /// Adds the rates of pairs to what a valuation was given.
    pub(crate) async fn add_rates(
        &self,
        book: &mut PriceBook,
        mut pairs: BTreeSet<(Currency, Currency)>,
    ) {
        pairs.retain(|pair| !book.market.rates.contains_key(pair));
        if !pairs.is_empty() {
            self.add(book, Vec::new(), &pairs).await;
        }
    }

    /// The quotes of some symbols, pairs among them, as far as they can be had.
    pub(crate) async fn of(&self, wanted: BTreeSet<Ticker>, token: &AccessToken) -> PriceBook {
        let (own, wanted) = wanted.into_iter().partition(Ticker::is_own);
        let mut book = PriceBook::default();
        let pairs = BTreeSet::new();
        let ((), own) = join!(
            self.add(&mut book, wanted, &pairs),
            self.ask_own(own, token),
        );
        for (ticker, seen) in own {
            book.insert(ticker, seen);
        }
        book
    }

    /// What the currencies of lots cost on the days they were paid in.
    async fn past_rates<'a>(
        &self,
        lots: impl Iterator<Item = &'a Lot>,
        base: Option<Currency>,
        token: &AccessToken,
    ) -> BTreeMap<(Currency, Currency), Series> {
        let needs = base.and_then(|base| past_needs(lots, base));
        let Some(PastNeeds { pairs, from, to }) = needs else {
            return BTreeMap::new();
        };
        let wanted = pairs.iter().map(|(from, to)| Ticker::fx_pair(*from, *to));
        let columns = self.histories.of(wanted.collect(), from, to, token).await;
        let known = |pair: (Currency, Currency)| {
            let column = columns.get(&Ticker::fx_pair(pair.0, pair.1))?;
            Some((pair, column.series.clone()))
        };
        pairs.into_iter().filter_map(known).collect()
    }

    async fn add(
        &self,
        book: &mut PriceBook,
        mut wanted: Vec<Ticker>,
        pairs: &BTreeSet<(Currency, Currency)>,
    ) {
        wanted.extend(
            pairs
                .iter()
                .map(|(base, quote)| Ticker::fx_pair(*base, *quote)),
        );
        let mut unknown = Vec::new();
        for ticker in wanted {
            match self.recent.get(&ticker) {
                Some(seen) => book.insert(ticker, seen),
                None => unknown.push(ticker),
            }
        }
        for (ticker, seen) in ask(&self.asset, unknown).await {
            self.recent.insert(ticker.clone(), Arc::clone(&seen));
            book.insert(ticker, seen);
        }
    }

    async fn ask_own(&self, tickers: Vec<Ticker>, token: &AccessToken) -> Vec<(Ticker, Arc<Seen>)> {
        match self.asset.acting_for(token.reveal()) {
            Ok(asset) => ask(&asset, tickers).await,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "no prices of own instruments");
                Vec::new()
            }
        }
    }
}

/// Asks in batches, all at once; what one batch fails to bring is missing.
async fn ask(asset: &AssetClient, tickers: Vec<Ticker>) -> Vec<(Ticker, Arc<Seen>)> {
    let batches = tickers.chunks(MAX_QUOTES).map(|batch| async move {
        let quotes = asset.list_quotes(batch).await.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "no prices from the asset service");
            Vec::new()
        });
        let seen = quotes.into_iter().map(|quote| Arc::new(Seen::new(quote)));
        batch.iter().cloned().zip(seen).collect::<Vec<_>>()
    });
    join_all(batches).await.into_iter().flatten().collect()
}

impl Seen {
    fn new(quote: Quote) -> Self {
        let mark = mark_of(&quote);
        Self { quote, mark }
    }
}

fn mark_of(quote: &Quote) -> Option<Mark> {
    Some(Mark {
        price: Price::try_new(quote.price?.0).ok()?,
        currency: Currency::parse(quote.currency.as_deref()?).ok()?,
        previous_close: quote
            .previous_close
            .and_then(|close| Price::try_new(close.0).ok()),
        as_of: quote.as_of?,
    })
}

impl PriceBook {
    fn insert(&mut self, ticker: Ticker, seen: Arc<Seen>) {
        if let Some(mark) = &seen.mark {
            let rate = Rate::try_new(mark.price.value()).ok();
            if let Some((pair, rate)) = ticker.as_fx_pair().zip(rate) {
                self.market.rates.insert(pair, rate);
            }
            // A pair may be held like any other instrument.
            self.market.marks.insert(ticker.clone(), mark.clone());
        }
        self.seen.insert(ticker, seen);
    }

    pub(crate) fn quote(&self, ticker: &Ticker) -> Option<&Quote> {
        self.seen.get(ticker).map(|seen| &seen.quote)
    }

    /// Every quote used, pairs included.
    pub(crate) fn quotes(&self) -> impl Iterator<Item = (&Ticker, &Quote)> {
        self.seen.iter().map(|(ticker, seen)| (ticker, &seen.quote))
    }

    /// Why something is missing, as a stable word.
    pub(crate) fn reason(&self, missing: &Missing) -> String {
        let quote = self.quote(&symbol_of(missing));
        quote
            .and_then(|quote| quote.reason.clone())
            .unwrap_or_else(|| "SOURCE_UNAVAILABLE".into())
    }
}

/// The symbol under which what is missing would be asked for.
pub(crate) fn symbol_of(missing: &Missing) -> Ticker {
    match missing {
        Missing::Price(ticker) => ticker.clone(),
        Missing::Rate { base, quote } | Missing::RateOn { base, quote, .. } => {
            Ticker::fx_pair(*base, *quote)
        }
    }
}
