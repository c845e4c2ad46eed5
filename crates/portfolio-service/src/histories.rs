//! Daily closes and rates over years, from the Asset service, as columns.
//!
//! A column is reused for a minute: closes change once a day. Nothing here
//! fails: what cannot be had is missing, with its reason.
//!
//! Invariant: the prices of a customer's own instrument are asked for with that
//! customer's token and never kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use api::asset::{DailyCloses, HistoryStatus, Segment};
use api::client::{AssetClient, MAX_HISTORIES, MAX_HISTORY_YEARS};
use domain::ledger::Transaction;
use domain::performance::{Series, Split};
use domain::{Currency, Rate, Ticker, ValueError};
use futures::future::join_all;
use jiff::ToSpan;
use jiff::civil::Date;
use moka::sync::Cache;
use service_kit::AccessToken;

/// So many years of closes can be asked for at once.
const MOST_YEARS: i16 = 100;

#[derive(Debug, Clone)]
pub(crate) struct Histories {
    asset: AssetClient,
    recent: Cache<Ticker, Arc<History>>,
}

/// What is known of one instrument, or of one pair of currencies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct History {
    /// Of these days everything there is to know was asked.
    from: Date,
    to: Date,
    /// None where there is no close.
    pub(crate) currency: Option<Currency>,
    /// Closes as traded, or rates.
    pub(crate) series: Series,
    pub(crate) splits: Vec<Split>,
    pub(crate) status: HistoryStatus,
    pub(crate) reason: Option<String>,
    pub(crate) segments: Vec<Segment>,
}

/// The columns one answer was given.
pub(crate) type Columns = BTreeMap<Ticker, Arc<History>>;

impl Histories {
    /// For so many closes together.
    pub(crate) fn new(asset: AssetClient, capacity: u64, reuse: Duration) -> Self {
        let weight = |_: &Ticker, history: &Arc<History>| {
            u32::try_from(history.series.len().saturating_add(32)).unwrap_or(u32::MAX)
        };
        let recent = Cache::builder()
            .max_capacity(capacity)
            .weigher(weight)
            .time_to_live(reuse)
            .build();
        Self { asset, recent }
    }

    /// The columns of instruments and pairs over a range, as far as they can be had: nobody knows
    /// closes of before [`Transaction::EARLIEST`], and no range is longer than [`MOST_YEARS`].
    pub(crate) async fn of(
        &self,
        wanted: BTreeSet<Ticker>,
        from: Date,
        to: Date,
        token: &AccessToken,
    ) -> Columns {
        let reach = to.saturating_sub(MOST_YEARS.years());
        let from = from.max(reach).max(Transaction::EARLIEST).min(to);
        let (own, shared): (Vec<_>, Vec<_>) = wanted.into_iter().partition(Ticker::is_own);
        let mut columns = Columns::new();
        let mut unknown = Vec::new();
        for ticker in shared {
            match self
                .recent
                .get(&ticker)
                .filter(|known| known.covers(from, to))
            {
                Some(known) => drop(columns.insert(ticker, known)),
                None => unknown.push(ticker),
            }
        }
        let fetched = ask(&self.asset, unknown, from, to).await;
        for (ticker, history) in &fetched {
            self.recent.insert(ticker.clone(), Arc::clone(history));
        }
        columns.extend(fetched);
        if !own.is_empty() {
            match self.asset.acting_for(token.reveal()) {
                Ok(asset) => columns.extend(ask(&asset, own, from, to).await),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "no prices of own instruments");
                }
            }
        }
        columns
    }
}

impl Histories {
    /// The rates of currencies in `base`, each on some day.
    pub(crate) async fn rates(
        &self,
        needed: Vec<(Currency, Date)>,
        base: Currency,
        token: &AccessToken,
    ) -> Columns {
        let mut pairs = BTreeSet::new();
        let mut range: Option<(Date, Date)> = None;
        for (currency, day) in needed.into_iter().filter(|(known, _)| *known != base) {
            pairs.insert(Ticker::fx_pair(currency, base));
            let (from, to) = range.unwrap_or((day, day));
            range = Some((from.min(day), to.max(day)));
        }
        match range {
            Some((from, to)) => self.of(pairs, from, to, token).await,
            None => Columns::new(),
        }
    }

    /// Gives purchases that state no rate the market's rate into `base`.
    pub(crate) async fn fill(
        &self,
        entries: &mut [Transaction],
        base: Currency,
        token: &AccessToken,
    ) {
        let unstated = |entry: &Transaction| entry.entry.unstated_rates(entry.trade_date);
        let needed = entries.iter().flat_map(unstated).collect();
        let rates = self.rates(needed, base, token).await;
        for entry in entries {
            let market = |currency, day| rate_on(&rates, currency, base, day);
            entry.entry.fill_rates(entry.trade_date, market);
        }
    }
}

/// Asks in batches, all at once; what one batch fails to bring is missing.
async fn ask(
    asset: &AssetClient,
    tickers: Vec<Ticker>,
    from: Date,
    to: Date,
) -> Vec<(Ticker, Arc<History>)> {
    let years = usize::from(to.year().abs_diff(from.year())) + 1;
    let most = (MAX_HISTORY_YEARS / years).clamp(1, MAX_HISTORIES);
    let batches = tickers.chunks(most).map(|batch| async move {
        let closes = asset.list_closes(batch, from, to).await;
        let closes = closes.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "no daily closes from the asset service");
            Vec::new()
        });
        let histories = batch.iter().zip(closes).filter_map(|(ticker, closes)| {
            let history = History::of(ticker, closes, from, to);
            let history = history.inspect_err(|error| {
                tracing::warn!(%ticker, %error, "daily closes that break their contract");
            });
            Some((ticker.clone(), Arc::new(history.ok()?)))
        });
        histories.collect::<Vec<_>>()
    });
    join_all(batches).await.into_iter().flatten().collect()
}

impl History {
    fn of(ticker: &Ticker, closes: DailyCloses, from: Date, to: Date) -> Result<Self, ValueError> {
        let is_pair = ticker.as_fx_pair().is_some();
        let currency = closes
            .currency
            .as_deref()
            .map(Currency::parse)
            .transpose()?;
        Ok(Self {
            from,
            to,
            currency,
            series: if is_pair {
                closes.rates()?
            } else {
                closes.prices()?
            },
            splits: closes.known_splits()?,
            status: closes.status,
            reason: closes.reason,
            segments: closes.segments,
        })
    }

    fn covers(&self, from: Date, to: Date) -> bool {
        self.from <= from && self.to >= to
    }
}

/// The market's rate of a day, the last one known carried forward. One for a
/// currency in itself; a rate nobody has is none.
pub(crate) fn rate_on(columns: &Columns, from: Currency, to: Currency, day: Date) -> Option<Rate> {
    if from == to {
        return Some(Rate::ONE);
    }
    let column = columns.get(&Ticker::fx_pair(from, to))?;
    Rate::try_new(column.series.on(day)?.value).ok()
}

/// Why something is not in the columns, as a stable word.
pub(crate) fn reason(columns: &Columns, ticker: &Ticker) -> String {
    let known = columns.get(ticker).and_then(|column| column.reason.clone());
    known.unwrap_or_else(|| "SOURCE_UNAVAILABLE".into())
}
