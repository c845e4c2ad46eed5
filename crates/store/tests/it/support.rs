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
        version: Some("mine".to_owned()),
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

#[expect(
    clippy::disallowed_methods,
    reason = "tests take their parameters from the environment"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Known not to hold on moto, and why.
#[cfg(feature = "aws")]
const MOTO_IS_WRONG: [(&str, &str); 1] = [(
    "an_item_of_400_kb_fits_and_one_byte_more_does_not",
    "moto ends an item at 405,000 bytes, DynamoDB at 409,600",
)];

/// Tables of the test's own at the endpoint under test, if there is one.
#[cfg(feature = "aws")]
pub(crate) async fn remote(test: &str) -> Option<Store> {
    let Some(endpoint) = variable("FOLIO_TEST_DYNAMODB_ENDPOINT") else {
        println!("left out: no FOLIO_TEST_DYNAMODB_ENDPOINT");
        return None;
    };
    let wrong = MOTO_IS_WRONG.iter().find(|(name, _)| *name == test);
    if let Some((_, reason)) = wrong
        && variable("FOLIO_TEST_DYNAMODB_IS_MOTO").is_some()
    {
        println!("left out: {reason}");
        return None;
    }
    let config = store::DynamoConfig {
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        table_prefix: format!("{}-{test}-", std::process::id()),
        create_tables: true,
    };
    Some(Store::connect(&config, &TABLES).await.unwrap())
}

/// Declares each function as a test of every backing.
macro_rules! on_every_backing {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(
                #[tokio::test]
                async fn $name() {
                    let embedded = $crate::support::Embedded::open().await;
                    super::$name(embedded.table()).await;
                }
            )*
        }

        #[cfg(feature = "aws")]
        mod remote {
            $(
                #[tokio::test]
                async fn $name() {
                    if let Some(store) = $crate::support::remote(stringify!($name)).await {
                        super::$name(store.table("portfolios")).await;
                    }
                }
            )*
        }
    };
}

pub(crate) use on_every_backing;
