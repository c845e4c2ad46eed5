//! A night, a restart, and every source dead in the morning.

use fake_market::{Misbehaviour, Source};

use super::{Day, Seen, sources};
use crate::support::{Market, seconds};

const SYMBOLS: [&str; 4] = ["ACME", "VOD.L", "BTC-USD", "EURUSD=X"];

#[tokio::test]
async fn yesterdays_prices_are_still_served_as_stale() {
    let chain = [Source::Yahoo, Source::Ecb];
    let day = Day::of(&chain).await;
    let mut yesterday = Vec::new();
    for symbol in SYMBOLS {
        yesterday.push(day.quote(symbol).await);
    }

    let Day { fake, market } = day;
    market.clock.advance(seconds(16 * 3_600));
    let clock = market.clock.clone();
    let storage = market.stop().await;
    for source in chain {
        fake.always(source, Misbehaviour::Reset);
    }
    let market = Market::open(&sources::config(&fake, &chain), storage, clock).await;
    let day = Day { fake, market };
    for (symbol, before) in SYMBOLS.iter().zip(&yesterday) {
        day.quote(symbol).await.is_stale(before);
    }
}

#[tokio::test]
async fn what_was_never_asked_for_is_unavailable_and_not_zero() {
    let day = Day::of(&[Source::Yahoo]).await;
    day.fake.always(Source::Yahoo, Misbehaviour::Reset);
    let seen: Seen = day.quote("ACME").await;
    seen.is_unavailable();
}
