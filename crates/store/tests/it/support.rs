//! Records, keys and stores that the tests share.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Event, Record, Store, Table, TableSpec};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const TABLES: [TableSpec; 2] = [
    TableSpec {
        name: "portfolios",
        ticker_index: true,
    },
    TableSpec {
        name: "customers",
        ticker_index: false,
    },
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
    /// Named like an attribute of the envelope on purpose.
    pub(crate) version: Option<String>,
}

impl Record for Note {
    const KIND: &'static str = "note";
}

pub(crate) fn note(text: &str) -> Note {
    Note {
        text: text.to_owned(),
        version: None,
    }
}

/// A store of its own, in a directory that goes with it.
pub(crate) struct Embedded {
    pub(crate) store: Store,
    pub(crate) directory: TempDir,
}

impl Embedded {
    pub(crate) async fn open() -> Self {
        let directory = TempDir::new().unwrap();
        let store = Store::open_embedded(directory.path(), &TABLES)
            .await
            .unwrap();
        Self { store, directory }
    }

    pub(crate) fn table(&self) -> Table {
        self.store.table("portfolios")
    }
}

pub(crate) fn event(number: u128, pk: &str) -> Event {
    Event {
        id: Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        event_type: "PortfolioCreated".to_owned(),
        schema_version: 1,
        occurred_at: Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap())
            .unwrap(),
        aggregate_pk: pk.to_owned(),
        aggregate_id: "42".to_owned(),
        aggregate_version: 1,
        trace: None,
        data: "{}".to_owned(),
    }
}
