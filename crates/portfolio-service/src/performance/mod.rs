//! How well a portfolio has done: from its entries and the market's past to figures.
//!
//! | To find | Read |
//! |---|---|
//! | what entries say, as columns: flows, units, postings | `activity.rs` |
//! | lots and what sales took of them, at any day and in any currency | `costs.rs` |
//! | closes, rates and the quotes of today | `market.rs` |
//! | both together, as the book that `domain::performance` measures | `followed.rs` |
//! | what is asked, and what that takes | `question.rs` |
//! | figures as they are answered | `answer.rs`, `explain.rs`, `doubts.rs` |
//! | what was derived before | `memory.rs` |
//!
//! Not here: the figures themselves (`domain::performance`), and where closes
//! come from (`crate::histories`).
//!
//! Invariant: what is derived from entries is good for one version of its
//! portfolio, and what is answered for that and for the very columns it was made of.

mod activity;
mod answer;
mod benchmark;
mod costs;
mod doubts;
mod explain;
mod followed;
mod market;
mod memory;
mod question;

pub(crate) use activity::Activity;
pub(crate) use memory::Memory;
pub(crate) use question::{Asked, Subject, answer};
