//! The store against the embedded engine and, where one is given, a DynamoDB endpoint.
//!
//! `FOLIO_TEST_DYNAMODB_ENDPOINT` names the endpoint (feature `aws`); what is declared for every
//! backing then runs there too, in tables of its own. `FOLIO_TEST_DYNAMODB_IS_MOTO` leaves out what
//! moto is known to get wrong.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on should say where, and one that is left out should say why"
)]

mod contract;
mod crash;
mod directory;
mod full_disk;
mod limits;
mod queries;
mod support;
