//! What entries leave out and their instruments know: the currency and the type.
//!
//! It is what is held of the instrument, else what another row of the same batch
//! says, else what the Asset service knows; asked once an instrument, and not at
//! all where nothing is left out.

use std::collections::HashMap;

use api::{FieldError, MOST_ERRORS};
use domain::{Currency, InstrumentType, Ticker};
use futures::{StreamExt, TryStreamExt, stream};
use service_kit::{AccessToken, Error, Result};

use super::draft::{Draft, Known};
use crate::state::PortfolioService;
use crate::store::ledger::Ledger;

const ASKED_AT_ONCE: usize = 8;
/// So many instruments are looked up for one batch, each with a request that may reach a source.
const MOST_ASKED: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Instruments(HashMap<Ticker, Hint>);

#[derive(Debug, Default)]
struct Hint {
    currency: Option<Currency>,
    instrument_type: Option<InstrumentType>,
    wants_currency: bool,
    wants_type: bool,
}

impl Instruments {
    pub(super) async fn of(
        service: &PortfolioService,
        ledger: &Ledger,
        drafts: &[Draft],
        token: &AccessToken,
    ) -> Result<Self> {
        let mut all = Self::default();
        for draft in drafts {
            if let Some(ticker) = &draft.ticker {
                all.note(ledger, ticker, draft);
            }
        }
        let unknown = all.0.iter().filter(|(_, known)| known.is_wanting());
        let unknown: Vec<Ticker> = unknown.map(|(ticker, _)| ticker.clone()).collect();
        if unknown.len() > MOST_ASKED {
            return Err(all.too_many(drafts));
        }
        let asked = unknown.into_iter().map(|ticker| async move {
            let found = described(service, &ticker, token).await?;
            Ok::<_, Error>((ticker, found))
        });
        let found: Vec<_> = stream::iter(asked)
            .buffer_unordered(ASKED_AT_ONCE)
            .try_collect()
            .await?;
        for (ticker, (instrument_type, currency)) in found {
            let known = all.0.entry(ticker).or_default();
            known.currency = known.currency.or(currency);
            known.instrument_type = known.instrument_type.take().or(instrument_type);
        }
        Ok(all)
    }

    /// The rows that have to say more.
    fn too_many(&self, drafts: &[Draft]) -> Error {
        let is_wanting = |draft: &Draft| {
            let known = draft.ticker.as_ref().and_then(|ticker| self.0.get(ticker));
            draft.leaves_out() != (false, false) && known.is_some_and(Hint::is_wanting)
        };
        let detail = format!(
            "leaves out currency or instrument_type; they are looked up for at most {MOST_ASKED} instruments of a batch"
        );
        let rows = drafts.iter().enumerate();
        let wanting = rows.filter(|(_, draft)| is_wanting(draft));
        let refused = wanting.map(|(row, _)| {
            FieldError::new(format!("/transactions/{row}"), "TOO_MANY_LOOKUPS", &detail)
        });
        Error::Invalid(refused.take(MOST_ERRORS).collect())
    }

    fn note(&mut self, ledger: &Ledger, ticker: &Ticker, draft: &Draft) {
        if !self.0.contains_key(ticker) {
            let lot = ledger.last_lot(ticker);
            let held = Hint {
                currency: lot.map(|lot| lot.currency),
                instrument_type: lot.map(|lot| lot.instrument_type.clone()),
                ..Hint::default()
            };
            self.0.insert(ticker.clone(), held);
        }
        let Some(known) = self.0.get_mut(ticker) else {
            return;
        };
        known.currency = known.currency.or(draft.states_currency());
        if known.instrument_type.is_none() {
            known.instrument_type.clone_from(&draft.instrument_type);
        }
        let (wants_currency, wants_type) = draft.leaves_out();
        known.wants_currency |= wants_currency;
        known.wants_type |= wants_type;
    }

    /// What the draft leaves out; in the end the portfolio's currency, and no type in particular.
    pub(super) fn known(&self, draft: &Draft, base: Currency) -> Known {
        let known = draft.ticker.as_ref().and_then(|ticker| self.0.get(ticker));
        Known {
            currency: known.and_then(|known| known.currency).unwrap_or(base),
            instrument_type: known
                .and_then(|known| known.instrument_type.clone())
                .unwrap_or_else(InstrumentType::other),
        }
    }
}

impl Hint {
    const fn is_wanting(&self) -> bool {
        (self.wants_currency && self.currency.is_none())
            || (self.wants_type && self.instrument_type.is_none())
    }
}

pub(super) async fn described(
    service: &PortfolioService,
    ticker: &Ticker,
    token: &AccessToken,
) -> Result<(Option<InstrumentType>, Option<Currency>)> {
    let found = service.prices.instrument(ticker, token).await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "no instrument data");
        Error::Unavailable {
            detail: "The instrument cannot be looked up now. Give instrument_type and currency, or try again.",
            retry_after_seconds: 2,
        }
    })?;
    let kind = found
        .as_ref()
        .and_then(|found| InstrumentType::parse(&found.instrument_type).ok());
    let currency = found
        .as_ref()
        .and_then(|found| Currency::parse(&found.currency).ok());
    Ok((kind, currency))
}
