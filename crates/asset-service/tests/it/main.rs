//! The Asset service as its clients see it, over HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod batch;
mod chain;
mod chaos;
mod closes;
mod freshness;
mod fx;
mod history;
mod history_stored;
mod impossible;
mod insisting;
mod instruments;
mod lies;
mod listing;
mod misbehaviour;
mod own;
mod own_prices;
mod own_quotes;
mod own_stored;
mod past;
mod prices;
mod rates;
mod refresher;
mod renewals;
mod resilience;
mod search;
mod single_flight;
mod sources;
mod stored;
mod support;
mod yahoo;
