//! What figures were made from: flows, sales, income and charges, both closes
//! line by line, and what the money bought of the benchmark.

use api::Number;
use api::portfolio::{
    BenchmarkTrade, ExplainedCash, ExplainedClose, ExplainedHolding, ExplainedPosting,
    ExplainedSale, Explanation, KindOfPosting, UsedFlow, UsedPrice,
};
use domain::performance::{
    Book, CashLine, Close, Flow, Line, Observed, Posting, PostingKind, Realized, Trade,
};
use domain::{Currency, Money, PortfolioId, Rate, Ticker};
use jiff::civil::Date;
use rust_decimal::Decimal;
use service_kit::Result;

use super::answer::amount_in;
use super::followed::{Followed, Origin};
use super::market::Market;
use crate::http::figures::{amount, number};

/// Of a rate or a price that an entry states.
const LEDGER: &str = "ledger";

pub(super) fn explanation(
    followed: &Followed<'_>,
    market: &Market,
    benchmark: Option<(&Ticker, &[Trade])>,
) -> Result<Explanation> {
    let explained = Explained { followed, market };
    let trades = benchmark.iter().flat_map(|(ticker, trades)| {
        let trades = trades.iter();
        trades.map(|trade| explained.benchmark_trade(ticker, trade))
    });
    let flows = followed.external();
    Ok(Explanation {
        flows: flows
            .iter()
            .map(|(origin, flow)| explained.flow(*origin, flow))
            .collect(),
        sales: followed
            .sold()
            .filter_map(|(origin, sale)| explained.sale(origin, sale))
            .collect(),
        postings: followed
            .posted()
            .map(|(origin, posting)| explained.posting(origin, posting))
            .collect(),
        opening: explained.close(followed.range.opening())?,
        closing: explained.close(followed.range.to())?,
        benchmark: trades.collect(),
    })
}

struct Explained<'a> {
    followed: &'a Followed<'a>,
    market: &'a Market,
}

impl Explained<'_> {
    fn flow(&self, origin: Origin<'_>, flow: &Flow) -> UsedFlow {
        let rate = self.rate(flow.amount.currency(), flow.rate, flow.date);
        UsedFlow {
            date: flow.date,
            portfolio_id: origin.portfolio.to_string(),
            ticker_symbol: origin.ticker.map(ToString::to_string),
            amount: amount(flow.amount),
            currency: flow.amount.currency().code().to_owned(),
            value: self.value(flow.amount, rate.as_ref()),
            rate,
        }
    }

    /// None for what is of no instrument: nothing like it is sold.
    fn sale(&self, origin: Origin<'_>, sale: &Realized) -> Option<ExplainedSale> {
        let (proceeds, lot) = (sale.proceeds, sale.lot);
        let cost_currency = lot.cost.currency();
        let own = sale.rate.filter(|_| proceeds.currency() == cost_currency);
        let rate = self.rate(proceeds.currency(), sale.rate, sale.date);
        let cost_rate = self.rate(cost_currency, own, sale.date);
        let lacks_rate = lot.lacks_rate_of.is_some() && cost_currency != self.followed.base;
        let purchase_rate = (!lacks_rate)
            .then(|| self.rate(cost_currency, lot.rate, lot.purchase_date))
            .flatten();
        let sold = product(proceeds, rate.as_ref());
        let then = product(lot.cost, cost_rate.as_ref());
        let paid = product(lot.cost, purchase_rate.as_ref());
        let difference = |left: Option<Decimal>, right: Option<Decimal>| {
            let difference = left?.checked_sub(right?)?;
            Some(amount_in(self.followed.base, difference))
        };
        Some(ExplainedSale {
            date: sale.date,
            portfolio_id: origin.portfolio.to_string(),
            ticker_symbol: origin.ticker?.to_string(),
            proceeds: amount(proceeds),
            currency: proceeds.currency().code().to_owned(),
            rate,
            purchase_date: lot.purchase_date,
            cost: amount(lot.cost),
            cost_currency: cost_currency.code().to_owned(),
            cost_rate,
            purchase_rate,
            realized: difference(sold, then),
            currency_gain: difference(then, paid),
        })
    }

    fn posting(&self, origin: Origin<'_>, posting: &Posting) -> ExplainedPosting {
        let rate = self.rate(posting.amount.currency(), posting.rate, posting.date);
        ExplainedPosting {
            kind: match posting.kind {
                PostingKind::Income => KindOfPosting::Income,
                PostingKind::Fee => KindOfPosting::Fee,
                PostingKind::Tax => KindOfPosting::Tax,
            },
            date: posting.date,
            portfolio_id: origin.portfolio.to_string(),
            ticker_symbol: origin.ticker.map(ToString::to_string),
            amount: amount(posting.amount),
            currency: posting.amount.currency().code().to_owned(),
            value: self.value(posting.amount, rate.as_ref()),
            rate,
        }
    }

    fn close(&self, date: Date) -> Result<ExplainedClose> {
        let rates = &self.followed.rates;
        let mut lines = Vec::new();
        for followable in self.followed.tracks() {
            let close = Close::of(&Book::of_one(followable.track()), rates, date)?;
            let of_it = close.lines.iter();
            lines.extend(of_it.map(|line| self.holding(followable.portfolio, line)));
        }
        let mut cash = Vec::new();
        for (portfolio, track) in self.followed.cash() {
            let book = Book {
                cash: vec![track.clone()],
                ..Book::default()
            };
            let close = Close::of(&book, rates, date)?;
            cash.extend(close.cash.iter().map(|line| self.cash(*portfolio, line)));
        }
        Ok(ExplainedClose { date, lines, cash })
    }

    fn holding(&self, portfolio: PortfolioId, line: &Line) -> ExplainedHolding {
        ExplainedHolding {
            portfolio_id: portfolio.to_string(),
            ticker_symbol: line.ticker.to_string(),
            quantity: number(line.quantity),
            price: line.price.map(|price| self.price(&line.ticker, price)),
            currency: line.currency.code().to_owned(),
            rate: line.rate.map(|rate| self.market_rate(line.currency, rate)),
            value: line.value.map(|value| amount_in(self.followed.base, value)),
        }
    }

    fn cash(&self, portfolio: PortfolioId, line: &CashLine) -> ExplainedCash {
        ExplainedCash {
            portfolio_id: portfolio.to_string(),
            currency: line.currency.code().to_owned(),
            balance: amount_in(line.currency, line.balance),
            rate: line.rate.map(|rate| self.market_rate(line.currency, rate)),
            value: line.value.map(|value| amount_in(self.followed.base, value)),
        }
    }

    fn benchmark_trade(&self, ticker: &Ticker, trade: &Trade) -> BenchmarkTrade {
        let currency = self.market.currency(ticker);
        let currency = currency.unwrap_or(self.followed.base);
        BenchmarkTrade {
            date: trade.date,
            amount: amount_in(self.followed.base, trade.amount),
            price: self.price(ticker, trade.price),
            rate: self.market_rate(currency, trade.rate),
            units: number(trade.units),
        }
    }

    /// The rate of an amount: its own, or else the market's of the day.
    fn rate(&self, currency: Currency, own: Option<Rate>, date: Date) -> Option<UsedPrice> {
        let used = self.followed.rates.of_day(currency, own, date)?;
        if own.is_none() || currency == self.followed.base {
            return Some(self.market_rate(currency, used));
        }
        Some(UsedPrice {
            source: Some(LEDGER.to_owned()),
            ..plain(used)
        })
    }

    fn market_rate(&self, currency: Currency, seen: Observed) -> UsedPrice {
        if currency == self.followed.base {
            return plain(seen);
        }
        self.price(&Ticker::fx_pair(currency, self.followed.base), seen)
    }

    fn price(&self, symbol: &Ticker, seen: Observed) -> UsedPrice {
        match self.market.origin(symbol, seen.date) {
            Some(origin) => UsedPrice {
                source: origin.source,
                staleness: Some(origin.staleness),
                ..plain(seen)
            },
            None => UsedPrice {
                source: Some(LEDGER.to_owned()),
                ..plain(seen)
            },
        }
    }

    fn value(&self, amount: Money, rate: Option<&UsedPrice>) -> Option<Number> {
        product(amount, rate).map(|value| amount_in(self.followed.base, value))
    }
}

fn product(amount: Money, rate: Option<&UsedPrice>) -> Option<Decimal> {
    amount.amount().checked_mul(rate?.value.0)
}

fn plain(seen: Observed) -> UsedPrice {
    UsedPrice {
        value: Number(seen.value.normalize()),
        date: seen.date,
        age_days: seen.age,
        source: None,
        staleness: None,
    }
}
