//! What the market knows of everything one answer is about: closes and rates as
//! columns, and the quotes of today where the range ends today.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use api::asset::{Quote, Staleness};
use domain::performance::{Rates, Series, Track};
use domain::{Currency, Price, Rate, Ticker};
use futures::join;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use service_kit::AccessToken;

use super::activity::Held;
use crate::histories::{Columns, Histories, History, reason};
use crate::prices::{PriceBook, Prices};

/// What an answer needs to know.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) tickers: BTreeSet<Ticker>,
    pub(super) currencies: BTreeSet<Currency>,
    pub(super) base: Currency,
    /// Closes are needed from here on, rates for costs from `rates_from` on.
    pub(super) from: Date,
    pub(super) rates_from: Date,
    /// The last day there can be a close of.
    pub(super) today: Date,
    /// What is held at the end of a range that ends today.
    pub(super) held_now: Option<BTreeSet<Ticker>>,
}

#[derive(Debug, Default)]
pub(crate) struct Market {
    columns: Columns,
    now: BTreeMap<Ticker, Now>,
    /// The columns to which a point of today was added.
    joined: BTreeMap<Ticker, Series>,
}

/// A quote later than the last close.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Now {
    date: Date,
    price: Decimal,
    currency: Currency,
    source: Option<String>,
    staleness: Staleness,
}

/// Where a price or a rate is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// None where nobody said.
    pub(super) source: Option<String>,
    pub(super) staleness: Staleness,
}

/// What a market keeps of what it was made from, to be compared with another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    columns: Columns,
    now: BTreeMap<Ticker, Now>,
}

/// For how long the price of a trade stands in for closes that are not there yet:
/// as long as a close before the range does.
const TRADE_HOLDS_DAYS: i32 = 15;

impl Market {
    pub(super) async fn load(
        histories: &Histories,
        prices: &Prices,
        wanted: Wanted,
        token: &AccessToken,
    ) -> Self {
        let Wanted {
            tickers,
            mut currencies,
            base,
            from,
            rates_from,
            today,
            held_now,
        } = wanted;
        let pair = |currency: &Currency| Ticker::fx_pair(*currency, base);
        let pairs = |currencies: &BTreeSet<Currency>| {
            let foreign = currencies.iter().filter(|currency| **currency != base);
            foreign.map(pair).collect::<BTreeSet<_>>()
        };
        let known = pairs(&currencies);
        let (mut columns, rates) = join!(
            histories.of(tickers, from, today, token),
            histories.of(known.clone(), rates_from, today, token),
        );
        currencies.extend(columns.values().filter_map(|column| column.currency));
        columns.extend(rates);
        let quotes = match held_now {
            Some(held) => {
                let held = held.into_iter().chain(pairs(&currencies)).collect();
                Some(prices.of(held, token).await)
            }
            None => None,
        };
        if let Some(quotes) = &quotes {
            currencies.extend(quotes.market.marks.values().map(|mark| mark.currency));
        }
        let more: BTreeSet<Ticker> = pairs(&currencies).difference(&known).cloned().collect();
        columns.extend(histories.of(more, rates_from, today, token).await);
        let mut market = Self {
            columns,
            ..Self::default()
        };
        for (ticker, quote) in quotes.iter().flat_map(PriceBook::quotes) {
            market.add_now(ticker, quote, today);
        }
        market
    }

    fn add_now(&mut self, ticker: &Ticker, quote: &Quote, today: Date) {
        let Some(now) = Now::of(quote).filter(|now| now.date <= today) else {
            return;
        };
        let column = self.columns.get(ticker);
        let is_later = column
            .and_then(|column| column.series.last_date())
            .is_none_or(|last| now.date > last);
        let fits = column
            .and_then(|column| column.currency)
            .is_none_or(|currency| currency == now.currency);
        let Some(point) = now.point().filter(|_| is_later && fits) else {
            return;
        };
        let series = match column {
            Some(column) => column.series.with(&point),
            None => point,
        };
        self.joined.insert(ticker.clone(), series);
        self.now.insert(ticker.clone(), now);
    }

    pub(super) fn series(&self, ticker: &Ticker) -> Option<&Series> {
        self.joined
            .get(ticker)
            .or_else(|| Some(&self.columns.get(ticker)?.series))
    }

    pub(super) fn column(&self, ticker: &Ticker) -> Option<&History> {
        self.columns.get(ticker).map(|column| &**column)
    }

    /// The currency of an instrument's prices.
    pub(super) fn currency(&self, ticker: &Ticker) -> Option<Currency> {
        let of_column = self.columns.get(ticker).and_then(|column| column.currency);
        of_column.or_else(|| self.now.get(ticker).map(|now| now.currency))
    }

    /// Every rate into `base`.
    pub(super) fn rates(&self, base: Currency) -> Rates<'_> {
        let columns = self.columns.keys().chain(self.joined.keys());
        let series = columns.filter_map(|ticker| {
            let (from, to) = ticker.as_fx_pair()?;
            Some((from, self.series(ticker)?)).filter(|_| to == base)
        });
        Rates::into(base, series)
    }

    pub(super) fn rate_on(&self, from: Currency, to: Currency, day: Date) -> Option<Rate> {
        let series = self.series(&Ticker::fx_pair(from, to))?;
        Rate::try_new(series.on(day)?.value).ok()
    }

    /// An instrument's prices: closes, and before the first of them those of trades.
    pub(super) fn prices(&self, held: &Held) -> Cow<'_, Series> {
        let Some(series) = self.series(&held.ticker) else {
            return Cow::Owned(Series::default());
        };
        let (Some(first), currency) = (series.first_date(), self.currency(&held.ticker)) else {
            return Cow::Borrowed(series);
        };
        let holds = |day: Date| {
            let until = day.until(first).map_or(i32::MAX, |span| span.get_days());
            day < first && (held.ticker.is_own() || until <= TRADE_HOLDS_DAYS)
        };
        let mut trades = held
            .trades
            .iter()
            .take_while(|(day, ..)| *day < first)
            .filter(|(day, traded_in, _)| holds(*day) && Some(*traded_in) == currency)
            .map(|(day, _, price)| (*day, *price))
            .peekable();
        if trades.peek().is_none() {
            return Cow::Borrowed(series);
        }
        Cow::Owned(series.with(&Series::prices(trades)))
    }

    /// The day of the quote that comes after the last close, if there is one.
    pub(super) fn now_of(&self, ticker: &Ticker) -> Option<Date> {
        self.now.get(ticker).map(|now| now.date)
    }

    /// Where the price or rate of a day is from; nothing where it is none of the market's.
    pub(super) fn origin(&self, ticker: &Ticker, day: Date) -> Option<Origin> {
        if let Some(now) = self.now.get(ticker).filter(|now| now.date == day) {
            return Some(Origin {
                source: now.source.clone(),
                staleness: now.staleness,
            });
        }
        let column = self.columns.get(ticker)?;
        column.series.first_date().filter(|first| *first <= day)?;
        let segments = &column.segments;
        let segment = segments
            .iter()
            .find(|segment| segment.from <= day && day <= segment.to);
        // A close before the range comes first in the column and in no segment.
        let segment = segment.or_else(|| segments.first().filter(|first| day < first.from))?;
        Some(Origin {
            source: Some(segment.source.clone()),
            staleness: segment.staleness,
        })
    }

    /// Why something is missing, as a stable word.
    pub(super) fn reason(&self, ticker: &Ticker) -> String {
        match self.columns.get(ticker) {
            Some(column) if column.reason.is_none() => "NO_CLOSE_YET".into(),
            _ => reason(&self.columns, ticker),
        }
    }

    /// None where it must not be kept: prices of a customer's own instruments.
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        let has_own = self.columns.keys().any(Ticker::is_own);
        (!has_own).then(|| Fingerprint {
            columns: self.columns.clone(),
            now: self.now.clone(),
        })
    }

    /// Whether this is what `other` was made from: the very columns, and equal quotes.
    pub(super) fn is(&self, other: &Fingerprint) -> bool {
        let mut columns = self.columns.iter().zip(&other.columns);
        self.now == other.now
            && self.columns.len() == other.columns.len()
            && columns.all(|((ticker, column), (other_ticker, other_column))| {
                ticker == other_ticker && Arc::ptr_eq(column, other_column)
            })
    }
}

impl Now {
    fn of(quote: &Quote) -> Option<Self> {
        Some(Self {
            date: quote.as_of?.to_zoned(TimeZone::UTC).date(),
            price: quote.price?.0,
            currency: Currency::parse(quote.currency.as_deref()?).ok()?,
            source: quote.source.clone(),
            staleness: quote.staleness,
        })
    }

    fn point(&self) -> Option<Series> {
        let price = Price::try_new(self.price).ok()?;
        Some(Series::prices([(self.date, price)]))
    }
}

/// A track without its flows: enough to look prices up.
pub(super) fn bare<'a>(held: &'a Held, currency: Currency, prices: &'a Series) -> Track<'a> {
    Track {
        ticker: &held.ticker,
        currency,
        quantities: &held.quantities,
        prices,
        splits: &held.splits,
        flows: &[],
        transfers: &[],
    }
}
