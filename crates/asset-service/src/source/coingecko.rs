//! CoinGecko: coins only, with a demo key or with none.
//!
//! Coins are asked for by a slug (`bitcoin`), and several share a symbol: `BTC` is the one with the
//! largest market capitalisation. What a symbol stands for is looked up once a day, one that stands
//! for nothing once an hour. A batch is one call.
//!
//! A day ends at midnight UTC. A range of more than 90 days is answered with a point a day, a shorter one
//! with a point an hour, of which the last is of another moment: so more than 90 days are always asked for,
//! and a close stays what it was. Without a paid plan, history reaches back 365 days; a longer range
//! is answered as far as that.

mod answer;

use std::collections::{BTreeMap, BTreeSet};

use domain::{Currency, Price, Ticker};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::de::DeserializeOwned;
use service_kit::config::ConfigError;

use self::answer::{Chart, Coin, Found, Prices};
use super::upstream::{Call, CallBook, Upstream, UpstreamConfig};
use super::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
    checked, symbols,
};

pub const NAME: &str = "coingecko";

const MOST_HITS: usize = 8;
const KEPT_SYMBOLS: u64 = 20_000;
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
const UNKNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A day less than its limit, which is a matter of hours.
const REACH_DAYS: i64 = 364;
/// What makes a range long enough for a point a day.
const DAILY_DAYS: i64 = 92;

/// The CoinGecko source.
#[derive(Debug)]
pub struct CoinGecko {
    upstream: Upstream,
    /// By symbol.
    coins: moka::sync::Cache<String, Meaning>,
}

/// What a symbol stands for, if anything.
#[derive(Debug, Clone)]
struct Meaning {
    coin: Option<Coin>,
    until: Timestamp,
}

/// By symbol, what it stands for or why nobody can say.
type Coins = BTreeMap<String, Result<Coin, SourceError>>;

impl CoinGecko {
    /// With the limits without a key, and those of the demo plan a month.
    pub fn defaults() -> UpstreamConfig {
        UpstreamConfig {
            calls_per_minute: 5,
            calls_per_month: 10_000,
            ..UpstreamConfig::at("https://api.coingecko.com")
        }
    }

    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn try_new(config: &UpstreamConfig, book: &CallBook) -> Result<Self, ConfigError> {
        let key_header = Some(("x-cg-demo-api-key", ""));
        Ok(Self {
            upstream: Upstream::try_new(NAME, config, key_header, book)?,
            coins: moka::sync::Cache::new(KEPT_SYMBOLS),
        })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        ask: Ask,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, SourceError> {
        let path = [&["api", "v3"], path].concat();
        let answered = self.upstream.get(ask, &Call::new(&path, query)).await?;
        answered.read(checked::json)
    }

    /// What each of these symbols stands for. One that cannot be looked up stands for what it did.
    async fn coins(&self, ask: Ask, symbols: BTreeSet<String>) -> Coins {
        let known = symbols.into_iter().map(|symbol| {
            let meaning = self.coins.get(&symbol);
            (symbol, meaning)
        });
        let (current, lapsed): (BTreeMap<_, _>, BTreeMap<_, _>) =
            known.partition(|(_, meaning)| matches!(meaning, Some(known) if ask.now < known.until));
        let mut coins: Coins = current
            .into_iter()
            .map(|(symbol, meaning)| {
                let coin = meaning.and_then(|meaning| meaning.coin);
                (symbol, coin.ok_or(SourceError::UnknownSymbol))
            })
            .collect();
        if lapsed.is_empty() {
            return coins;
        }
        match self.look_up(ask, lapsed.keys()).await {
            Ok(found) => coins.extend(found),
            Err(error) => coins.extend(lapsed.into_iter().map(|(symbol, meaning)| {
                let coin = meaning.and_then(|meaning| meaning.coin);
                (symbol, coin.ok_or_else(|| error.clone()))
            })),
        }
        coins
    }

    async fn look_up(
        &self,
        ask: Ask,
        symbols: impl Iterator<Item = &String> + Clone,
    ) -> Result<Coins, SourceError> {
        let names: Vec<&str> = symbols.clone().map(String::as_str).collect();
        let names = names.join(",");
        let query = [
            ("vs_currency", "usd"),
            ("symbols", names.as_str()),
            ("include_tokens", "top"),
            ("per_page", "250"),
        ];
        let found: Vec<Coin> = self.get(ask, &["coins", "markets"], &query).await?;
        let mut largest = answer::largest(found);
        let meanings = symbols.map(|symbol| {
            let coin = largest.remove(symbol);
            let coin = coin.filter(|coin| answer::is_safe(&coin.id).is_ok());
            let kept_for = if coin.is_some() {
                KNOWN_FOR
            } else {
                UNKNOWN_FOR
            };
            let until = ask.now.saturating_add(kept_for).unwrap_or(Timestamp::MAX);
            let meaning = Meaning {
                coin: coin.clone(),
                until,
            };
            self.coins.insert(symbol.clone(), meaning);
            (symbol.clone(), coin.ok_or(SourceError::UnknownSymbol))
        });
        Ok(meanings.collect())
    }

    async fn coin(&self, ask: Ask, ticker: &Ticker) -> Result<(Coin, Currency), SourceError> {
        let (symbol, currency) = symbols::coingecko(ticker).ok_or(SourceError::UnknownSymbol)?;
        let mut coins = self.coins(ask, BTreeSet::from([symbol.clone()])).await;
        let coin = coins.remove(&symbol);
        Ok((coin.unwrap_or(Err(SourceError::UnknownSymbol))?, currency))
    }

    async fn batch(
        &self,
        ask: Ask,
        tickers: &[Ticker],
    ) -> Vec<(Ticker, Result<SourceQuote, SourceError>)> {
        let asked: Vec<_> = tickers.iter().map(symbols::coingecko).collect();
        let symbols = asked.iter().flatten().map(|(symbol, _)| symbol.clone());
        let coins = self.coins(ask, symbols.collect()).await;
        let prices = self.prices(ask, &coins, asked.iter().flatten()).await;
        let answers = tickers.iter().zip(&asked).map(|(ticker, asked)| {
            let quote = asked.as_ref().ok_or(SourceError::UnknownSymbol);
            let quote = quote.and_then(|(symbol, currency)| {
                let coin = coins.get(symbol).ok_or(SourceError::UnknownSymbol)?;
                let coin = coin.as_ref().map_err(SourceError::clone)?;
                let prices = prices.as_ref().map_err(SourceError::clone)?;
                answer::quote(prices, ask, &coin.id, *currency)
            });
            (ticker.clone(), quote)
        });
        answers.collect()
    }

    async fn prices<'a>(
        &self,
        ask: Ask,
        coins: &Coins,
        asked: impl Iterator<Item = &'a (String, Currency)>,
    ) -> Result<Prices, SourceError> {
        let ids: Vec<&str> = coins
            .values()
            .flatten()
            .map(|coin| coin.id.as_str())
            .collect();
        if ids.is_empty() {
            return Ok(Prices::new());
        }
        let currencies: BTreeSet<String> = asked.map(|(_, currency)| in_small(*currency)).collect();
        let currencies: Vec<String> = currencies.into_iter().collect();
        let query = [
            ("ids", ids.join(",")),
            ("vs_currencies", currencies.join(",")),
            ("include_last_updated_at", "true".to_owned()),
            ("precision", "full".to_owned()),
        ];
        let query = query.each_ref().map(|(key, value)| (*key, value.as_str()));
        self.get(ask, &["simple", "price"], &query).await
    }

    async fn closes(
        &self,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let (coin, currency) = self.coin(ask, ticker).await?;
        let today = ask.now.to_zoned(TimeZone::UTC).date();
        let reach = today.saturating_sub(Span::new().days(REACH_DAYS));
        let since = Some(reach).filter(|reach| from < *reach);
        if to < reach {
            return Ok(history(currency, Vec::new(), since));
        }
        let second = |day: Date| {
            let midnight = day.to_zoned(TimeZone::UTC);
            midnight
                .map_err(checked::unreadable)
                .map(|day| day.timestamp().as_second())
        };
        let first = today.saturating_sub(Span::new().days(DAILY_DAYS)).min(from);
        let first = second(first.max(reach))?.to_string();
        // Two days on, for the points at the midnight that ends the last day.
        let last = second(today.saturating_add(Span::new().days(2)))?;
        let (last, currency_code) = (last.to_string(), in_small(currency));
        let query = [
            ("vs_currency", currency_code.as_str()),
            ("from", &first),
            ("to", &last),
            ("precision", "full"),
        ];
        let path = ["coins", &coin.id, "market_chart", "range"];
        let chart: Chart = self.get(ask, &path, &query).await?;
        let closes = chart.closes(ask, from.max(reach), to)?;
        Ok(history(currency, closes, since))
    }
}

/// Coins pay no dividends and are not split.
fn history(currency: Currency, closes: Vec<(Date, Price)>, since: Option<Date>) -> SourceHistory {
    SourceHistory {
        currency,
        closes,
        actions: Some(Vec::new()),
        crossed_through: None,
        since,
    }
}

fn in_small(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}

impl MarketDataSource for CoinGecko {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answers(&self, _: Question, ticker: &Ticker) -> bool {
        symbols::coingecko(ticker).is_some()
    }

    fn upstream(&self) -> Option<&Upstream> {
        Some(&self.upstream)
    }

    fn can_search(&self) -> bool {
        true
    }

    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        stream::once(self.batch(ask, tickers))
            .flat_map(stream::iter)
            .boxed()
    }

    fn instrument<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        async move {
            let (coin, currency) = self.coin(ask, ticker).await?;
            Ok(coin.instrument(ticker.clone(), currency))
        }
        .boxed()
    }

    fn history<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
        from: Date,
        to: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        self.closes(ask, ticker, from, to).boxed()
    }

    /// Coins without a rank are left out: their symbols would be somebody else's.
    fn search<'a>(
        &'a self,
        ask: Ask,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        async move {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let found: Found = self.get(ask, &["search"], &[("query", text)]).await?;
            let mut coins: Vec<Coin> = answer::largest(found.coins).into_values().collect();
            coins.retain(Coin::has_rank);
            coins.sort_by_key(Coin::rank);
            let hits = coins.into_iter().filter_map(Coin::in_dollars);
            Ok(hits.take(MOST_HITS).collect())
        }
        .boxed()
    }
}
