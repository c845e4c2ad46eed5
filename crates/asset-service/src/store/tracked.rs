use domain::Ticker;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Key, Query, Record, StoreError, Table, WriteError};

/// Into how many parts the tracked symbols are divided, to be worked on by as many processes.
/// Items know theirs, so that changing this is a migration.
pub(crate) const SHARDS: u8 = 16;

/// A symbol that somebody asked for not long ago. It lapses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tracked {
    pub(crate) ticker: Ticker,
    pub(crate) asked_at: Timestamp,
}

impl Record for Tracked {
    const KIND: &'static str = "tracked";
}

fn partition(shard: u8) -> String {
    format!("TRACK#{shard}")
}

/// The same for the same symbol in every process (FNV-1a).
fn shard_of(ticker: &Ticker) -> u8 {
    let hash = ticker.as_str().bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The low byte of the hash depends on every byte of the symbol.
    hash.to_le_bytes()[0] % SHARDS
}

/// Tracks the symbol until `kept` after `asked_at`, whatever was known of it.
pub(crate) async fn keep(
    table: &Table,
    ticker: &Ticker,
    asked_at: Timestamp,
    kept: SignedDuration,
) -> Result<(), WriteError> {
    let key = Key::new(partition(shard_of(ticker)), ticker.to_string());
    let lapses = asked_at.saturating_add(kept).unwrap_or(Timestamp::MAX);
    let tracked = Tracked {
        ticker: ticker.clone(),
        asked_at,
    };
    let write = table.write().put(&key, &tracked);
    write.expire_at(lapses).commit().await
}

/// The symbols of one shard that have not lapsed.
pub(crate) async fn list(
    table: &Table,
    shard: u8,
    now: Timestamp,
) -> Result<Vec<Ticker>, StoreError> {
    let items = table
        .query_all::<Tracked>(&Query::partition(partition(shard)))
        .await?;
    let live = items.into_iter().filter(|item| item.is_live(now));
    Ok(live.map(|item| item.value.ticker).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_stays_in_its_shard() {
        // Written down once: stored items lie there.
        let shards = ["AAPL", "BTC-USD", "EURUSD=X"].map(|symbol| {
            let ticker = Ticker::parse(symbol).unwrap();
            shard_of(&ticker)
        });
        assert_eq!(shards, [11, 1, 4]);
    }

    #[test]
    fn symbols_spread_over_all_shards() {
        let mut sizes = [0; SHARDS as usize];
        for number in 0..1_600 {
            let ticker = Ticker::parse(&format!("S{number}")).unwrap();
            sizes[usize::from(shard_of(&ticker))] += 1;
        }
        assert!(
            sizes.iter().all(|size| (50..=150).contains(size)),
            "{sizes:?}"
        );
    }
}
