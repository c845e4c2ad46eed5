//! A rate that nobody knows: what needs it is missing by name and day, and what is shown is what it
//! would be if nothing were missing, never a figure with the rate of another day.

use std::collections::BTreeMap;

use api::portfolio::{FigureStatus, Gains, Performance, Summary};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::reconciled::METHODS;
use crate::trading::{Habits, START, Trading, pair};

/// What was found missing, and what was there all the same.
#[derive(Debug, Default)]
struct Found {
    whole: usize,
    lacking: usize,
}

/// The figures of one portfolio.
struct Shown {
    summary: Summary,
    gains: Gains,
    /// From the first entry on, and from some days after the first rate.
    performances: [Performance; 2],
}

impl Trading {
    async fn figures(&self, place: usize, later: Date) -> Shown {
        let portfolio = &self.portfolios[place];
        let performance = format!("{portfolio}/performance");
        Shown {
            summary: self.read(&format!("{portfolio}/summary")).await,
            gains: self.read(&format!("{portfolio}/gains?page_size=200")).await,
            performances: [
                self.read(&performance).await,
                self.read(&format!("{performance}?from={later}")).await,
            ],
        }
    }
}

#[tokio::test]
async fn a_figure_lacks_a_rate_by_name_and_day_or_is_what_it_is_with_all_rates() {
    let mut found = [(); 3].map(|()| Found::default());
    for (number, method) in (0..).zip(METHODS.into_iter().chain(["AVERAGE"; 2])) {
        for departures in [false, true] {
            let habits = Habits {
                method,
                bases: ["USD", "EUR"],
                track_cash: [false; 2],
                charges: true,
                arrivals: departures,
                departures,
            };
            let seed = number * 2 + u64::from(departures) + 61;
            let mut trading = Trading::after(seed, habits, 40).await;
            let first = START + i64::try_from(trading.dice.throw(18) + 3).unwrap().days();
            let later = first + 3.days();
            let full = [
                trading.figures(0, later).await,
                trading.figures(1, later).await,
            ];
            for (from, to) in [("EUR", "USD"), ("USD", "EUR")] {
                trading.world.market.forget_before(&pair(from, to), first);
            }
            trading.world.restart().await;
            for (place, full) in full.iter().enumerate() {
                let now = trading.figures(place, later).await;
                let wanted = ["EURUSD=X", "USDEUR=X"][place];
                let is_named = |symbol: &str, date: Option<Date>| {
                    symbol == wanted && date.is_some_and(|date| date < first)
                };
                summaries(&full.summary, &now.summary, is_named, &mut found[0]);
                gains(&full.gains, &now.gains, is_named, &mut found[1]);
                for (full, now) in full.performances.iter().zip(&now.performances) {
                    performances(full, now, first, wanted, &mut found[2]);
                }
            }
        }
    }
    for Found { whole, lacking } in &found {
        assert!(*whole > 0 && *lacking > 3, "{found:?}");
    }
}

fn text(shown: &impl Serialize) -> String {
    serde_json::to_string(shown).unwrap()
}

fn summaries(
    full: &Summary,
    now: &Summary,
    is_named: impl Fn(&str, Option<Date>) -> bool,
    found: &mut Found,
) {
    assert_eq!(full.status, FigureStatus::Ok);
    assert_eq!(full.market_value, now.market_value);
    if now.status == FigureStatus::Ok {
        found.whole += 1;
        assert_eq!(text(full), text(now));
        return;
    }
    found.lacking += 1;
    assert!(!now.missing.is_empty());
    let mut missing = now.missing.iter();
    assert!(
        missing.all(|missing| is_named(&missing.symbol, missing.date)),
        "{:?}",
        now.missing
    );
    let full: BTreeMap<_, _> = full
        .allocation
        .iter()
        .map(|part| (&part.instrument_type, part))
        .collect();
    for part in now
        .allocation
        .iter()
        .filter(|part| part.status == FigureStatus::Ok)
    {
        assert_eq!(text(full[&part.instrument_type]), text(part));
    }
}

fn gains(
    full: &Gains,
    now: &Gains,
    is_named: impl Fn(&str, Option<Date>) -> bool,
    found: &mut Found,
) {
    assert_eq!(full.status, FigureStatus::Ok);
    assert_eq!(now.status == FigureStatus::Ok, now.missing.is_empty());
    if now.status == FigureStatus::Ok {
        assert_eq!(text(full), text(now));
    }
    for (full, now) in full.items.iter().zip(&now.items) {
        assert_eq!(full.transaction_id, now.transaction_id);
        assert_eq!(
            now.gain.is_some(),
            now.lots.iter().all(|lot| lot.gain.is_some())
        );
        for (full, now) in full.lots.iter().zip(&now.lots) {
            if now.gain.is_some() {
                found.whole += 1;
                assert_eq!(text(full), text(now));
                continue;
            }
            found.lacking += 1;
            assert!(!now.missing.is_empty(), "{now:?}");
            let mut missing = now.missing.iter();
            assert!(
                missing.all(|missing| is_named(&missing.symbol, missing.date)),
                "{now:?}"
            );
        }
    }
}

fn performances(
    full: &Performance,
    now: &Performance,
    first: Date,
    wanted: &str,
    found: &mut Found,
) {
    assert_eq!(full.status, FigureStatus::Ok);
    if let Some(statement) = &now.statement {
        assert_eq!(full.statement.as_ref(), Some(statement));
    }
    // From the first rate on, every value has its own.
    if now.from > first {
        assert_eq!(
            (full.start_value, full.end_value),
            (now.start_value, now.end_value)
        );
        assert_eq!((full.gain, full.twr), (now.gain, now.twr));
        assert_eq!(full.series, now.series);
    }
    if now.status == FigureStatus::Ok {
        found.whole += 1;
        assert_eq!(text(full), text(now));
        return;
    }
    found.lacking += 1;
    let [missing] = &now.missing[..] else {
        panic!("{:?}", now.missing)
    };
    assert_eq!(missing.symbol, wanted);
    assert!(
        missing.from < first && missing.to < first,
        "{missing:?} {first}"
    );
}
