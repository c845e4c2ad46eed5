//! The Customer service over real HTTP, on a real store.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod customers;
mod erasure;
mod golden;
mod keys;
mod limits;
mod registration;
mod sessions;
mod support;
mod tokens;
