//! What every service gets from the kit, held to a tiny service of the tests' own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]

mod draining;
mod health;
mod idempotency;
mod identity;
mod limits;
mod params;
mod problems;
mod request_ids;
