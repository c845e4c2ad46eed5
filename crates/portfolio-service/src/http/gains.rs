//! Realised gains: per sale the lots used, what they cost, and what price and rates made of it.

use std::collections::BTreeSet;

use api::Problem;
use api::portfolio::{BothGains, CostBasis, FigureStatus, Gains, LotGain, MissingInput, SaleGain};
use axum::extract::State;
use domain::ledger::gains::{self, Figures, MissingRate, PartGain};
use domain::ledger::{Disposal, Entry, Transaction, preview_all};
use domain::portfolio::CostBasisMethod;
use domain::{Currency, PortfolioId, Ticker};
use service_kit::contract::{AnyRoute, NotFound, Paging, SignedIn, WithQuery};
use service_kit::{AccessToken, Answer, CallerWithToken, PageRequest, Params, PathId, Result};

use super::days::Days;
use super::figures::{amount, number};
use super::refusals::unworkable;
use crate::histories::{self, Columns};
use crate::state::PortfolioService;
use crate::store::ledger;

/// Read what sales gained.
///
/// Another `method` than the portfolio's shows what would have been gained by it; nothing changes.
/// A sale that names lots which that method has sold before then takes those the method chooses,
/// and says so in `names_sold_lots`; a transfer likewise.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/gains", tag = "Holdings", operation_id = "get_gains",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("from" = Option<Date>, Query, description = "Only sales of this day and later, not before 1900; from the first entry when absent"),
        ("to" = Option<Date>, Query, description = "Only sales of this day and earlier, neither in the future nor before `from`; today in UTC when absent, or the day of the last entry where that is later"),
        ("method" = Option<CostBasis>, Query, description = "Which lots a sale takes; the portfolio's method when absent"),
        ("ticker_symbol" = Option<String>, Query, description = "Only this instrument", pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$"),
        Paging,
    ),
    responses(
        (status = 200, description = "The gains", body = Gains),
        (status = 409, description = "By this method a split leaves nothing of a lot, or amounts are too large to be added up exactly", body = Problem, content_type = "application/problem+json"),
        AnyRoute, SignedIn, NotFound, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_gains(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
    mut params: Params,
) -> Result<Answer> {
    let days = Days::take(&mut params, &service.clock);
    let method = params.parsed("method", CostBasisMethod::parse);
    let ticker = params.parsed("ticker_symbol", Ticker::parse);
    let page = params.page();
    params.finish()?;
    let scope = format!("gains/{id}/{days:?}/{method:?}/{ticker:?}");
    let after = page.after(&scope)?;
    let (portfolio, _, journal) =
        ledger::load_whole(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let portfolio = &portfolio.value.portfolio;
    let base = portfolio.base_currency;
    let method = method.unwrap_or(portfolio.cost_basis_method);
    let (from, to) = days.within(journal.first_day(), journal.last_day(), &service.clock)?;

    let entries: Vec<Transaction> = journal
        .entries()
        .filter(|entry| ticker.is_none() || entry.entry.ticker() == ticker.as_ref())
        .cloned()
        .collect();
    let mut sales = sales(&service, entries, method, base, &token).await?;
    sales.retain(|(_, sale)| (from..=to).contains(&sale.date));
    sales.sort_by_cached_key(|(_, sale)| std::cmp::Reverse(place(sale)));
    let rates = rates(&service, &sales, base, &token).await;
    let (sums, items, next) = summed(&sales, base, &rates, after.as_deref(), page.size)?;
    Answer::ok(&Gains {
        portfolio_id: id.to_string(),
        currency: base.code().to_owned(),
        method: method.as_str().to_owned(),
        from,
        to,
        status: sums.status(),
        missing: sums
            .missing
            .iter()
            .map(|missing| input(*missing, &rates))
            .collect(),
        total: sums.total().map(both),
        items,
        next_page_token: next.map(|last| PageRequest::token(&scope, &last)),
    })
}

/// A sale can take thousands of lots: a page ends before it has many more than so many.
const MOST_LOTS_A_PAGE: usize = 5_000;

/// All sales summed, one page of them, and the place of its last one if there are more.
fn summed(
    sales: &[(Ticker, Disposal)],
    base: Currency,
    rates: &Columns,
    after: Option<&str>,
    page_size: usize,
) -> Result<(Sums, Vec<SaleGain>, Option<String>)> {
    let mut sums = Sums::new(base);
    let mut items = Vec::new();
    let mut last = None;
    let mut has_more = false;
    let mut lots = 0;
    for (ticker, sale) in sales {
        let market = |currency, date| histories::rate_on(rates, currency, base, date);
        let parts = gains::of_disposal(sale, base, market)?;
        let total = sums.add(&parts)?;
        let place = place(sale);
        if after.is_some_and(|after| place.as_str() >= after) {
            continue;
        }
        lots += parts.len();
        if items.len() == page_size || (lots > MOST_LOTS_A_PAGE && !items.is_empty()) {
            has_more = true;
            continue;
        }
        items.push(shown(ticker, sale, &parts, total, rates));
        last = Some(place);
    }
    Ok((sums, items, last.filter(|_| has_more)))
}

/// Every sale of a ledger with the lots a method takes.
async fn sales(
    service: &PortfolioService,
    mut entries: Vec<Transaction>,
    method: CostBasisMethod,
    base: Currency,
    token: &AccessToken,
) -> Result<Vec<(Ticker, Disposal)>> {
    let joins_lots = |entry: &Transaction| matches!(entry.entry, Entry::TransferIn(_));
    if method == CostBasisMethod::Average || entries.iter().any(joins_lots) {
        service.histories.fill(&mut entries, base, token).await;
    }
    let folded = preview_all(&entries, method).map_err(|error| unworkable(&error))?;
    Ok(folded
        .into_iter()
        .flat_map(|folded| {
            let ticker = folded.position.ticker;
            let of_it = folded.disposals.into_iter();
            of_it.map(move |sale| (ticker.clone(), sale))
        })
        .collect())
}

/// The rates that the gains of sales take.
async fn rates(
    service: &PortfolioService,
    sales: &[(Ticker, Disposal)],
    base: Currency,
    token: &AccessToken,
) -> Columns {
    let needed = sales.iter().flat_map(|(_, sale)| {
        let of_parts = sale.parts.iter().flat_map(|part| {
            let currency = part.cost.currency();
            [(currency, sale.date), (currency, part.purchase_date)]
        });
        of_parts.chain([(sale.proceeds.currency(), sale.date)])
    });
    service.histories.rates(needed.collect(), base, token).await
}

/// Where a sale stands in the list, as text that sorts like it.
fn place(sale: &Disposal) -> String {
    format!("{}#{}", sale.date, sale.transaction)
}

/// Gains summed, with what could not be.
struct Sums {
    base: Currency,
    total: Figures,
    missing: BTreeSet<MissingRate>,
    is_empty: bool,
}

impl Sums {
    fn new(base: Currency) -> Self {
        Self {
            base,
            total: Figures::zero(base),
            missing: BTreeSet::new(),
            is_empty: true,
        }
    }

    /// The gain of one sale, if all its parts have one.
    fn add(&mut self, parts: &[PartGain]) -> Result<Option<Figures>> {
        let mut sum = Some(Figures::zero(self.base));
        for part in parts {
            match &part.figures {
                Ok(figures) => {
                    sum = sum.map(|sum| sum.plus(figures)).transpose()?;
                }
                Err(missing) => {
                    sum = None;
                    self.missing.extend(missing);
                }
            }
        }
        if let Some(sum) = &sum {
            self.total = self.total.plus(sum)?;
            self.is_empty = false;
        }
        Ok(sum)
    }

    /// None where no sale could be converted.
    fn total(&self) -> Option<Figures> {
        (self.status() != FigureStatus::Unavailable).then_some(self.total)
    }

    fn status(&self) -> FigureStatus {
        match (self.missing.is_empty(), self.is_empty) {
            (true, _) => FigureStatus::Ok,
            (false, false) => FigureStatus::Partial,
            (false, true) => FigureStatus::Unavailable,
        }
    }
}

fn both(figures: Figures) -> BothGains {
    BothGains {
        before_fees: figures.gross.into(),
        after_fees: figures.net.into(),
    }
}

fn input(missing: MissingRate, rates: &Columns) -> MissingInput {
    let pair = Ticker::fx_pair(missing.currency, missing.base);
    MissingInput {
        reason: histories::reason(rates, &pair),
        symbol: pair.to_string(),
        date: Some(missing.date),
    }
}

fn shown(
    ticker: &Ticker,
    sale: &Disposal,
    parts: &[PartGain],
    total: Option<Figures>,
    rates: &Columns,
) -> SaleGain {
    SaleGain {
        transaction_id: sale.transaction.to_string(),
        ticker_symbol: ticker.to_string(),
        trade_date: sale.date,
        quantity: number(sale.quantity.value()),
        currency: sale.proceeds.currency().code().to_owned(),
        proceeds: amount(sale.proceeds),
        fee: amount(sale.fee),
        tax: amount(sale.tax),
        gain: total.map(both),
        names_sold_lots: sale.names_sold_lots,
        lots: parts.iter().map(|part| lot(part, rates)).collect(),
    }
}

fn lot(part: &PartGain, rates: &Columns) -> LotGain {
    let missing = part.figures.as_ref().err().into_iter().flatten();
    LotGain {
        investment_id: part.lot.to_string(),
        purchase_date: part.purchase_date,
        held_days: part.held_days,
        quantity: number(part.quantity.value()),
        proceeds: amount(part.proceeds),
        charges: amount(part.charges),
        cost_currency: part.cost.currency().code().to_owned(),
        cost: amount(part.cost),
        fees: amount(part.fees),
        gain: part.figures.as_ref().ok().copied().map(both),
        missing: missing.map(|missing| input(*missing, rates)).collect(),
    }
}
