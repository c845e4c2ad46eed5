//! All of Folio in one process: the three services behind one port, over one
//! embedded store.
//!
//! | To find | Read |
//! |---|---|
//! | how the services are put together | [`app`] |
//! | settings and flags | [`settings`] |
//! | `folio serve` and its exit codes | [`serve`] |
//! | the OpenAPI documents | [`contract`] |
//! | the pages at `/docs` | [`docs`] |
//! | the demo customer | [`demo`] |
//!
//! No rule of the product lives here.

pub mod app;
pub mod contract;
pub mod demo;
pub mod docs;
pub mod healthcheck;
pub mod serve;
pub mod settings;
