//! The store against the embedded engine and, where one is given, a DynamoDB endpoint.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod contract;
mod support;
