//! The Portfolio service over real HTTP and a real store, with an Asset service whose prices the tests set.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]

mod access;
mod concurrency;
mod gains;
mod golden;
mod holdings;
mod investments;
mod market;
mod overview;
mod own;
mod patches;
mod performance;
mod performance_books;
mod performance_edges;
mod portfolios;
mod prices;
mod raw;
mod refusals;
mod scale;
mod summary;
mod world;
