//! What every service process needs and no service should write again.
//!
//! | Need | Module |
//! |---|---|
//! | time and ids | [`clock`] |
//! | settings from file, environment and flags | [`config`] |
//! | one error for handlers, one document for clients | [`error`], [`layers`] |
//! | reading requests | [`body`], [`params`], [`caller`], [`precondition`], [`idempotency`] |
//! | answering | [`answer`] |
//! | who calls | [`identity`] |
//! | calling another service | [`transport`], [`apart`] for its address |
//! | running, draining, health | [`server`], [`health`] |
//! | a service as a process of its own, on AWS | `process` |
//! | logs | [`telemetry`] |
//! | the OpenAPI contract | [`contract`] |
//!
//! Nothing here knows what a portfolio or a price is.

pub mod answer;
pub mod apart;
pub mod body;
pub mod caller;
pub mod clock;
pub mod config;
pub mod contract;
pub mod error;
pub mod health;
pub mod idempotency;
pub mod identity;
pub mod layers;
pub mod params;
pub mod precondition;
#[cfg(feature = "aws")]
pub mod process;
pub mod server;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;

pub use answer::Answer;
pub use body::Body;
pub use caller::{AccessToken, Caller, CallerWithToken};
pub use clock::Clock;
pub use error::{Error, Result};
pub use idempotency::{Begun, Idempotency, IdempotencyGuard};
pub use identity::TokenVerifier;
pub use params::{PageRequest, Params, PathId, PathIds};
pub use precondition::{ETag, Preconditions};
