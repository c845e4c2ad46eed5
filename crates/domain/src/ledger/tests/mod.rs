//! The ledger's own tests, over everything in it.

mod cash;
mod gains;
mod methods;
mod order;
mod properties;
mod published;
mod random;
mod refusals;
mod splits;
mod stored;
mod transfers;
