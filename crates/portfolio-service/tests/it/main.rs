//! The Portfolio service over real HTTP and a real store, with an Asset service whose prices the tests set.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]

mod access;
mod average;
mod batches;
mod cash;
mod clients;
mod concurrency;
mod corrections;
mod days;
mod dice;
mod gains;
mod golden;
mod histories;
mod holdings;
mod interrupted;
mod investments;
mod lacking;
mod market;
mod methods;
mod more_money;
mod overview;
mod own;
mod patches;
mod performance;
mod performance_books;
mod performance_edges;
mod performance_together;
mod portfolios;
mod previews;
mod prices;
mod raw;
mod reconciled;
mod refusals;
mod rows;
mod scale;
mod summary;
mod trading;
mod transactions;
mod transfers;
mod undone;
mod unlinked;
mod unworkable;
mod world;
