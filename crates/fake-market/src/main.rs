//! The fake market as a process of its own.

use std::io;

use clap::Parser;
use fake_market::{FakeMarket, Source};

/// Serves every provider's shapes on one port of this machine, with invented prices
#[derive(Debug, Parser)]
struct Args {
    #[arg(long, default_value_t = 9_000)]
    port: u16,
    /// A key that a source wants, as `finnhub=secret`
    #[arg(long, value_parser = key)]
    key: Vec<(Source, String)>,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let args = Args::parse();
    let market = FakeMarket::listen(args.port).await?;
    for (source, key) in &args.key {
        market.require_key(*source, key);
    }
    market.ended().await
}

fn key(text: &str) -> Result<(Source, String), String> {
    let (name, key) = text.split_once('=').ok_or("wants source=key")?;
    let source = Source::named(name).ok_or("there is no such source")?;
    Ok((source, key.to_owned()))
}
