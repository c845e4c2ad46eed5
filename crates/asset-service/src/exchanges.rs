//! When markets trade: exchanges with their hours, time zones and holidays, as pure functions.
//!
//! An exchange is found from the symbol alone: `VOD.L` trades in London, `BTC-USD` always. Which
//! exchanges there are is in [`table`], which days they rest in [`holidays`]. Not here: what an
//! open market means for the age of a price, which is `quotes`' matter.
//!
//! A session belongs to the local date on which it closes. Invariant: sessions of one exchange do
//! not overlap, and a session closes after it opened or, where there is one price a day, with it.

mod holidays;
mod table;

#[cfg(test)]
mod tests;

use std::fmt;

use domain::Ticker;
use jiff::civil::{Date, Time, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use self::holidays::{Day, Rule};

/// No market rests for longer, weekends included.
const LONGEST_REST_DAYS: i64 = 15;

/// Where an instrument trades.
pub(crate) struct Exchange {
    pub(crate) name: &'static str,
    /// What follows the last dot of its symbols.
    suffixes: &'static [&'static str],
    pub(crate) zone: TimeZone,
    hours: Hours,
    rests: Rule,
}

#[derive(Debug, Clone, Copy)]
enum Hours {
    /// From and to, twice where there is a lunch break.
    Weekdays(&'static [(Time, Time)]),
    /// Sunday to Thursday until January 2026, then Monday to Friday.
    TelAviv(&'static [(Time, Time)]),
    /// One price, at this time of each weekday.
    Once(Time),
    /// A day ends when New York's afternoon does, and the next one begins.
    Currencies(Time),
    /// A day is a day of UTC.
    Always,
}

/// Whether a market is open, and until when it stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MarketState {
    pub(crate) is_open: bool,
    /// `None` for what never changes.
    pub(crate) until: Option<Timestamp>,
}

/// One day of trading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) date: Date,
    pub(crate) open: Timestamp,
    pub(crate) close: Timestamp,
}

impl Exchange {
    /// Where a symbol trades. One without a suffix trades in New York; of one with a suffix that is
    /// not in the table nothing is known, so its market counts as open on every weekday.
    pub(crate) fn of(ticker: &Ticker) -> &'static Self {
        if ticker.as_fx_pair().is_some() {
            return &table::CURRENCIES;
        }
        if ticker.as_coin().is_some() {
            return &table::COINS;
        }
        let symbol = ticker.as_str();
        if is_fund(symbol) {
            return &table::FUNDS;
        }
        let suffix = symbol.rsplit_once('.').map(|(_, suffix)| suffix);
        let Some(suffix) = suffix else {
            let is_elsewhere =
                symbol.contains(['^', '=', ':']) && !table::US_INDICES.contains(&symbol);
            return if is_elsewhere {
                &table::ELSEWHERE
            } else {
                &table::NEW_YORK
            };
        };
        let has = |exchange: &&Self| exchange.suffixes.contains(&suffix);
        table::EXCHANGES
            .iter()
            .find(has)
            .unwrap_or(&table::ELSEWHERE)
    }

    #[cfg(test)]
    fn all() -> impl Iterator<Item = &'static Self> {
        [&table::NEW_YORK]
            .into_iter()
            .chain(table::EXCHANGES)
            .chain([
                &table::ELSEWHERE,
                &table::FUNDS,
                &table::CURRENCIES,
                &table::COINS,
            ])
    }

    /// The local date at an instant.
    pub(crate) fn date_at(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone.clone()).date()
    }

    pub(crate) fn is_trading_day(&self, day: Date) -> bool {
        let is_weekday = !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        match self.hours {
            Hours::Always => true,
            Hours::TelAviv(_) if day < date(2026, 1, 5) => {
                !matches!(day.weekday(), Weekday::Friday | Weekday::Saturday)
            }
            _ => is_weekday && (self.rests)(day) != Day::Closed,
        }
    }

    /// Whether it is open, with a lunch break for what it is.
    pub(crate) fn market_at(&self, now: Timestamp) -> MarketState {
        if matches!(self.hours, Hours::Always) {
            let (is_open, until) = (true, None);
            return MarketState { is_open, until };
        }
        let mut open_until = None;
        for (open, close) in self.spans_around(now) {
            match open_until {
                // One span follows right after another: the market stays open.
                Some(until) if open == until => open_until = Some(close),
                Some(_) => break,
                None if now < open => {
                    let (is_open, until) = (false, Some(open));
                    return MarketState { is_open, until };
                }
                None if now < close => open_until = Some(close),
                None => {}
            }
        }
        MarketState {
            is_open: open_until.is_some(),
            until: open_until,
        }
    }

    /// The latest session that has ended. Nothing only before the first day that time can hold.
    pub(crate) fn last_completed_session(&self, now: Timestamp) -> Option<Session> {
        self.days_back(now)
            .filter_map(|day| self.session(day))
            .find(|session| session.close <= now)
    }

    /// The latest session that has begun, which may still go on.
    pub(crate) fn last_begun_session(&self, now: Timestamp) -> Option<Session> {
        self.days_back(now)
            .filter_map(|day| self.session(day))
            .find(|session| session.open <= now)
    }

    /// The latest session before that of a day.
    pub(crate) fn session_before(&self, day: Date) -> Option<Session> {
        (1..=LONGEST_REST_DAYS)
            .filter_map(|days| day.checked_sub(Span::new().days(days)).ok())
            .find_map(|day| self.session(day))
    }

    /// The latest instant at which it was open: now, the beginning of the lunch break, or the last
    /// close.
    pub(crate) fn last_open(&self, now: Timestamp) -> Option<Timestamp> {
        self.days_back(now)
            .flat_map(|day| self.spans(day).into_iter().rev())
            .find(|(open, _)| *open <= now)
            .map(|(_, close)| close.min(now))
    }

    /// From the first opening to the last close of a day; nothing where it does not trade.
    pub(crate) fn session(&self, day: Date) -> Option<Session> {
        let spans = self.spans(day);
        Some(Session {
            date: day,
            open: spans.first()?.0,
            close: spans.last()?.1,
        })
    }

    /// The spans of trading of one day.
    fn spans(&self, day: Date) -> Vec<(Timestamp, Timestamp)> {
        if !self.is_trading_day(day) {
            return Vec::new();
        }
        let early = match (self.rests)(day) {
            Day::Until(close) => Some(close),
            Day::Whole | Day::Closed => None,
        };
        let span = |from: (Date, Time), to: (Date, Time)| {
            Some((self.instant(from.0, from.1)?, self.instant(to.0, to.1)?))
        };
        match self.hours {
            Hours::Weekdays(hours) | Hours::TelAviv(hours) => hours
                .iter()
                .map(|&(open, close)| (open, early.map_or(close, |early| early.min(close))))
                .filter(|(open, close)| open < close)
                .filter_map(|(open, close)| span((day, open), (day, close)))
                .collect(),
            Hours::Once(at) => {
                let at = early.map_or(at, |early| early.min(at));
                span((day, at), (day, at)).into_iter().collect()
            }
            Hours::Currencies(roll) => day
                .yesterday()
                .ok()
                .and_then(|before| span((before, roll), (day, roll)))
                .into_iter()
                .collect(),
            Hours::Always => day
                .tomorrow()
                .ok()
                .and_then(|after| span((day, Time::midnight()), (after, Time::midnight())))
                .into_iter()
                .collect(),
        }
    }

    fn spans_around(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = self.date_at(now);
        (-1..=LONGEST_REST_DAYS)
            .filter_map(move |days| today.checked_add(Span::new().days(days)).ok())
            .flat_map(|day| self.spans(day))
    }

    /// Today, and tomorrow where its session begins today, and back from there.
    fn days_back(&self, now: Timestamp) -> impl Iterator<Item = Date> {
        let today = self.date_at(now);
        (-1..=LONGEST_REST_DAYS)
            .filter_map(move |days| today.checked_sub(Span::new().days(days)).ok())
    }

    fn instant(&self, day: Date, time: Time) -> Option<Timestamp> {
        let zoned = day.to_datetime(time).to_zoned(self.zone.clone());
        zoned.ok().map(|zoned| zoned.timestamp())
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Funds of the United States have five letters, the last an X.
fn is_fund(symbol: &str) -> bool {
    symbol.len() == 5 && symbol.ends_with('X') && symbol.chars().all(|c| c.is_ascii_uppercase())
}
