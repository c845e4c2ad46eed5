//! Tests of the whole: the workspace's own rules, and Folio as a process.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod arrows;
mod contract;
mod faults;
mod journey;
mod kill;
mod own;
mod process;
mod services;
mod tidy;
