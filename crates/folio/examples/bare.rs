//! A bare route that answers the same bytes from memory: what the machine and
//! the HTTP library alone can do. `make bench` measures Folio beside it.
//!
//! usage: bare <file with the body to answer> <status>

use std::error::Error;

use axum::Router;
use axum::body::Bytes;
use axum::routing::any;
use http::{StatusCode, header};
use tokio::net::TcpListener;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "its starter reads the port from here")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let status: StatusCode = arguments.next().ok_or("which status?")?.parse()?;
    let body = Bytes::from(std::fs::read(file)?);
    let answer = move || {
        let body = body.clone();
        async move { (status, [(header::CONTENT_TYPE, "application/json")], body) }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, Router::new().fallback(any(answer))).await?;
    Ok(())
}
