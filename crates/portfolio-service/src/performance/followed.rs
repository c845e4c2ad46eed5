//! Entries and the market together: the book whose value is followed, and the
//! records that its statement is made of.
//!
//! Of a portfolio, of one holding, and of all portfolios of a customer. What went
//! from one of the portfolios to another is then no money from outside.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use domain::money::ArithmeticError;
use domain::performance::{
    Book, CashTrack, Direction, Flow, Gap, OpenLot, Posting, Range, Rates, Realized, Records,
    Series, Track, Transferred,
};
use domain::valuation::Missing;
use domain::{Currency, Money, PortfolioId, Ticker};
use service_kit::Result;

use super::activity::{Activity, Held};
use super::costs::{Move, Terms, open};
use super::market::{Market, bare};

pub(super) struct Followed<'a> {
    pub(super) base: Currency,
    pub(super) rates: Rates<'a>,
    pub(super) range: Range,
    tracks: Vec<Followable<'a>>,
    cash: Vec<CashTrack<'a>>,
    flows: Vec<Flow>,
    cash_tracking: bool,
    records: Recorded,
    /// What was transferred on days without a price.
    pub(super) unpriced: Vec<Gap>,
}

/// One instrument in one portfolio.
pub(super) struct Followable<'a> {
    pub(super) held: &'a Held,
    pub(super) portfolio: PortfolioId,
    currency: Currency,
    prices: Cow<'a, Series>,
    flows: Vec<Flow>,
    transfers: Vec<Flow>,
}

#[derive(Default)]
struct Recorded {
    opening_lots: Vec<OpenLot>,
    closing_lots: Vec<OpenLot>,
    realized: Vec<Realized>,
    transferred: Vec<Transferred>,
    postings: Vec<Posting>,
    movements: Vec<Flow>,
}

/// Of which portfolios, and of which of their instruments if not of all.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) activities: &'a [Arc<Activity>],
    pub(super) only: Option<&'a Ticker>,
}

impl<'a> Scope<'a> {
    pub(super) fn holdings(self) -> impl Iterator<Item = (&'a Activity, &'a Held)> {
        self.activities.iter().flat_map(move |activity| {
            let chosen = self.only.map(|ticker| activity.holding(ticker));
            let all = if chosen.is_none() {
                activity.holdings.as_slice()
            } else {
                &[]
            };
            all.iter()
                .chain(chosen.flatten())
                .map(move |held| (&**activity, &**held))
        })
    }

    fn within(self) -> BTreeSet<PortfolioId> {
        let ids = self.activities.iter().map(|activity| activity.portfolio.id);
        ids.collect()
    }

    fn tracks_cash(self, id: PortfolioId) -> bool {
        let found = self
            .activities
            .iter()
            .find(|activity| activity.portfolio.id == id);
        found.is_some_and(|activity| activity.portfolio.cash_tracking)
    }
}

impl<'a> Followed<'a> {
    pub(super) fn of(
        scope: Scope<'a>,
        market: &'a Market,
        base: Currency,
        range: Range,
    ) -> Result<Self> {
        let activities = scope.activities.iter();
        let mut followed = Self {
            base,
            rates: market.rates(base),
            range,
            tracks: Vec::new(),
            cash: Vec::new(),
            flows: Vec::new(),
            cash_tracking: scope.only.is_none()
                && activities
                    .clone()
                    .any(|activity| activity.portfolio.cash_tracking),
            records: Recorded::default(),
            unpriced: Vec::new(),
        };
        let within = scope.within();
        for (activity, held) in scope.holdings() {
            followed.add_holding(activity, held, market, &within)?;
        }
        if scope.only.is_none() {
            activities.for_each(|activity| followed.add_money(activity, scope));
        }
        Ok(followed)
    }

    fn add_holding(
        &mut self,
        activity: &Activity,
        held: &'a Held,
        market: &'a Market,
        within: &BTreeSet<PortfolioId>,
    ) -> Result<()> {
        let base = self.base;
        let takes_stated = activity.portfolio.base_currency == base;
        let lookup = |currency, day| market.rate_on(currency, base, day);
        let terms = Terms {
            method: activity.portfolio.cost_basis_method,
            currency: base,
            takes_stated,
            market: &lookup,
        };
        let days = [self.range.opening(), self.range.to()];
        let (costs, [opening, closing]) = held.costs(&terms, days)?;
        self.records.opening_lots.extend(opening);
        self.records.closing_lots.extend(closing);
        self.records.realized.extend_from_slice(&costs.realized);
        self.records
            .postings
            .extend(posted(&held.postings, takes_stated));
        let of_market = market.currency(&held.ticker).or(held.currency);
        let mut followable = Followable {
            held,
            portfolio: activity.portfolio.id,
            currency: of_market.unwrap_or(base),
            prices: market.prices(held),
            flows: flows(&held.flows, takes_stated).collect(),
            transfers: Vec::new(),
        };
        for moved in &costs.moves {
            let other = moved.counterpart;
            let is_inside = other.is_some_and(|other| within.contains(&other));
            if self.range.from() > moved.date || moved.date > self.range.to() {
                continue;
            }
            if is_inside {
                self.add_inside(moved);
            } else {
                self.add_move(&mut followable, moved)?;
            }
        }
        // Beside portfolios that track cash, the money of one that does not is from outside.
        if self.cash_tracking && !activity.portfolio.cash_tracking {
            let flows = std::mem::take(&mut followable.flows);
            followable.transfers.extend(flows);
        }
        self.tracks.push(followable);
        Ok(())
    }

    /// Units that came or went, at what they were worth.
    fn add_move(&mut self, followable: &mut Followable<'_>, moved: &Move) -> Result<()> {
        let track = bare(followable.held, followable.currency, &followable.prices);
        let Some(price) = track.price_on(moved.date)? else {
            self.unpriced.push(Gap {
                what: Missing::Price(followable.held.ticker.clone()),
                from: moved.date,
                to: moved.date,
            });
            return Ok(());
        };
        for part in &moved.parts {
            let value = part.quantity.value().checked_mul(price.value);
            let value = value.ok_or(ArithmeticError::Overflow)?;
            let amount = match moved.direction {
                Direction::In => value,
                Direction::Out => -value,
            };
            followable.transfers.push(Flow {
                date: moved.date,
                amount: Money::new(amount, followable.currency),
                rate: None,
            });
            self.records.transferred.push(Transferred {
                date: moved.date,
                direction: moved.direction,
                value: Money::new(value, followable.currency),
                rate: None,
                lot: open(part),
            });
        }
        Ok(())
    }

    /// What goes from one of the portfolios to another may have cost something else there: an
    /// average has a rate of its own. At its cost, it changes nothing but that.
    fn add_inside(&mut self, moved: &Move) {
        let parts = moved.parts.iter().map(|part| Transferred {
            date: moved.date,
            direction: moved.direction,
            value: part.cost,
            rate: None,
            lot: open(part),
        });
        self.records.transferred.extend(parts);
    }

    fn add_money(&mut self, activity: &'a Activity, scope: Scope<'_>) {
        let takes_stated = activity.portfolio.base_currency == self.base;
        let tracks_cash = activity.portfolio.cash_tracking;
        let cash = activity.cash.iter().map(|(currency, balances)| CashTrack {
            currency: *currency,
            balances,
        });
        self.cash.extend(cash);
        let is_outside = |other: Option<PortfolioId>| {
            !other.is_some_and(|other| tracks_cash && scope.tracks_cash(other))
        };
        let outside = activity
            .outside
            .iter()
            .filter(|outside| is_outside(outside.counterpart))
            .map(|outside| &outside.flow);
        self.flows.extend(flows(outside, takes_stated));
        self.records
            .movements
            .extend(flows(&activity.movements, takes_stated));
        self.records
            .postings
            .extend(posted(&activity.postings, takes_stated));
    }

    pub(super) fn book(&self) -> Book<'_> {
        Book {
            tracks: self.tracks.iter().map(Followable::track).collect(),
            cash: self.cash.clone(),
            flows: self.flows.clone(),
            cash_tracking: self.cash_tracking,
        }
    }

    pub(super) fn records(&self) -> Records<'_> {
        let records = &self.records;
        Records {
            opening_lots: &records.opening_lots,
            closing_lots: &records.closing_lots,
            realized: &records.realized,
            transferred: &records.transferred,
            postings: &records.postings,
            movements: &records.movements,
        }
    }

    pub(super) fn tracks(&self) -> &[Followable<'a>] {
        &self.tracks
    }

    /// Every flow from or to the outside, with its instrument if it has one.
    pub(super) fn external(&self) -> Vec<(Option<&Ticker>, Flow)> {
        let covers = |flow: &&Flow| self.range.from() <= flow.date && flow.date <= self.range.to();
        let of_tracks = self.tracks.iter().flat_map(|track| {
            let flows = if self.cash_tracking {
                [].as_slice()
            } else {
                &track.flows
            };
            let flows = flows.iter().chain(&track.transfers);
            flows.map(|flow| (Some(&track.held.ticker), flow))
        });
        let of_none = self.flows.iter().map(|flow| (None, flow));
        let mut all: Vec<_> = of_none
            .chain(of_tracks)
            .filter(|(_, flow)| covers(flow))
            .map(|(ticker, flow)| (ticker, *flow))
            .collect();
        all.sort_by_key(|(_, flow)| flow.date);
        all
    }
}

impl Followable<'_> {
    fn track(&self) -> Track<'_> {
        Track {
            flows: &self.flows,
            transfers: &self.transfers,
            ..bare(self.held, self.currency, &self.prices)
        }
    }
}

/// Flows, with the rates they state if those are rates into the base.
fn flows<'a>(
    flows: impl IntoIterator<Item = &'a Flow>,
    takes_stated: bool,
) -> impl Iterator<Item = Flow> {
    flows.into_iter().map(move |flow| Flow {
        rate: flow.rate.filter(|_| takes_stated),
        ..*flow
    })
}

/// Likewise.
fn posted(postings: &[Posting], takes_stated: bool) -> impl Iterator<Item = Posting> {
    postings.iter().map(move |posting| Posting {
        rate: posting.rate.filter(|_| takes_stated),
        ..*posting
    })
}
