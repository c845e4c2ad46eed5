//! The fake market as a client sees it, over plain sockets.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod client;
mod controls;
mod misbehaviour;
mod shapes;
