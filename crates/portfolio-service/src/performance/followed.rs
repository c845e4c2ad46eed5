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
use jiff::civil::Date;
use service_kit::Result;

use super::activity::{Activity, Held, Moved};
use super::costs::{Move, Terms, open};
use super::market::{Market, bare};

pub(super) struct Followed<'a> {
    pub(super) base: Currency,
    pub(super) rates: Rates<'a>,
    pub(super) range: Range,
    tracks: Vec<Followable<'a>>,
    cash: Vec<(PortfolioId, CashTrack<'a>)>,
    flows: Vec<(PortfolioId, Flow)>,
    cash_tracking: bool,
    records: Recorded,
    sold: Vec<Origin<'a>>,
    posted: Vec<Origin<'a>>,
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

/// Whose an entry is. One for each sale and each posting of the records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) portfolio: PortfolioId,
    pub(super) ticker: Option<&'a Ticker>,
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
            sold: Vec::new(),
            posted: Vec::new(),
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
        activity: &'a Activity,
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
        let origin = Origin {
            portfolio: activity.portfolio.id,
            ticker: Some(&held.ticker),
        };
        self.records.realized.extend_from_slice(&costs.realized);
        self.sold.resize(self.records.realized.len(), origin);
        self.add_postings(&held.postings, origin, takes_stated);
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
            if !self.covers(moved.date) {
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
        let id = activity.portfolio.id;
        let cash = activity.cash.iter().map(|(currency, balances)| CashTrack {
            currency: *currency,
            balances,
        });
        self.cash.extend(cash.map(|track| (id, track)));
        let is_outside = |other: Option<PortfolioId>| {
            !other.is_some_and(|other| tracks_cash && scope.tracks_cash(other))
        };
        // What goes from one of the portfolios to another may state a rate on one side alone.
        let external = |all: &'a [Moved]| {
            let external = all.iter().filter(|moved| is_outside(moved.counterpart));
            flows(external.map(|moved| &moved.flow), takes_stated)
        };
        let outside = external(&activity.outside).map(|flow| (id, flow));
        self.flows.extend(outside);
        self.records.movements.extend(external(&activity.movements));
        let origin = Origin {
            portfolio: id,
            ticker: None,
        };
        self.add_postings(&activity.postings, origin, takes_stated);
    }

    fn add_postings(&mut self, postings: &[Posting], origin: Origin<'a>, takes_stated: bool) {
        let postings = postings.iter().map(|posting| Posting {
            rate: posting.rate.filter(|_| takes_stated),
            ..*posting
        });
        self.records.postings.extend(postings);
        self.posted.resize(self.records.postings.len(), origin);
    }

    pub(super) fn book(&self) -> Book<'_> {
        Book {
            tracks: self.tracks.iter().map(Followable::track).collect(),
            cash: self.cash.iter().map(|(_, track)| track.clone()).collect(),
            flows: self.flows.iter().map(|(_, flow)| *flow).collect(),
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

    /// The cash of each portfolio.
    pub(super) fn cash(&self) -> &[(PortfolioId, CashTrack<'a>)] {
        &self.cash
    }

    /// What was sold in the range, a part of a lot each.
    pub(super) fn sold(&self) -> impl Iterator<Item = (Origin<'a>, &Realized)> {
        let sold = self.sold.iter().copied().zip(&self.records.realized);
        sold.filter(|(_, sale)| self.covers(sale.date))
    }

    /// Income, fees and taxes in the range.
    pub(super) fn posted(&self) -> impl Iterator<Item = (Origin<'a>, &Posting)> {
        let posted = self.posted.iter().copied().zip(&self.records.postings);
        posted.filter(|(_, posting)| self.covers(posting.date))
    }

    fn covers(&self, day: Date) -> bool {
        self.range.from() <= day && day <= self.range.to()
    }

    /// Every flow from or to the outside.
    pub(super) fn external(&self) -> Vec<(Origin<'a>, Flow)> {
        let of_tracks = self.tracks.iter().flat_map(|track| {
            let flows = if self.cash_tracking {
                [].as_slice()
            } else {
                &track.flows
            };
            let flows = flows.iter().chain(&track.transfers);
            let origin = Origin {
                portfolio: track.portfolio,
                ticker: Some(&track.held.ticker),
            };
            flows.map(move |flow| (origin, *flow))
        });
        let of_none = self.flows.iter().map(|(portfolio, flow)| {
            let origin = Origin {
                portfolio: *portfolio,
                ticker: None,
            };
            (origin, *flow)
        });
        let mut all: Vec<_> = of_none
            .chain(of_tracks)
            .filter(|(_, flow)| self.covers(flow.date))
            .collect();
        all.sort_by_key(|(_, flow)| flow.date);
        all
    }
}

impl Followable<'_> {
    pub(super) fn track(&self) -> Track<'_> {
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
