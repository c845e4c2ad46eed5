//! DynamoDB's limits, each crossed.

use serde::{Deserialize, Serialize};
use store::{Key, Limit, Query, Record, StoreError, Table, Write, WriteError};

use crate::support::{Note, note, on_every_backing};

on_every_backing![
    an_item_of_400_kb_fits_and_one_byte_more_does_not,
    a_transaction_takes_100_actions_and_no_more,
    a_transaction_takes_4_mb_and_no_more,
    an_answer_of_more_than_1_mb_comes_in_pages,
    a_number_keeps_38_digits_and_takes_no_more,
    more_than_100_keys_are_read_at_once,
    more_than_16_mb_are_read_at_once,
];

fn key(number: usize) -> Key {
    Key::new("P#1", format!("{number:04}"))
}

fn of_size(bytes: usize) -> Note {
    Note {
        text: "x".repeat(bytes),
        version: None,
    }
}

/// What a note takes besides its text: names, keys and the envelope.
const AROUND: usize = {
    let keys = "PK".len() + "P#1".len() + "SK".len() + "0001".len();
    let envelope = "kind".len() + "note".len() + "schema".len() + 2 + "version".len() + 2;
    let data = "data".len() + 3 + 1 + "text".len();
    keys + envelope + data
};

async fn an_item_of_400_kb_fits_and_one_byte_more_does_not(table: Table) {
    let most = Limit::ItemBytes.max() - AROUND;
    table
        .write()
        .create(&key(1), &of_size(most))
        .commit()
        .await
        .unwrap();
    let read = table.get::<Note>(&key(1)).await.unwrap().unwrap();
    assert_eq!(read.value.text.len(), most);
    let refused = table
        .write()
        .create(&key(2), &of_size(most + 1))
        .commit()
        .await;
    assert!(matches!(
        refused,
        Err(WriteError::TooLarge {
            limit: Limit::ItemBytes,
            size: 409_601,
        })
    ));
    assert!(table.get::<Note>(&key(2)).await.unwrap().is_none());
}

fn many(table: &Table, actions: usize, bytes: usize) -> Write {
    (0..actions).fold(table.write(), |write, number| {
        write.create(&key(number), &of_size(bytes))
    })
}

async fn a_transaction_takes_100_actions_and_no_more(table: Table) {
    let refused = many(&table, 101, 10).commit().await;
    assert!(matches!(
        refused,
        Err(WriteError::TooLarge {
            limit: Limit::TransactionActions,
            size: 101,
        })
    ));
    many(&table, 100, 10).commit().await.unwrap();
    let all = table
        .query_all::<Note>(&Query::partition("P#1"))
        .await
        .unwrap();
    assert_eq!(all.len(), 100);
}

async fn a_transaction_takes_4_mb_and_no_more(table: Table) {
    let refused = many(&table, 11, 390_000).commit().await;
    assert!(matches!(
        refused,
        Err(WriteError::TooLarge {
            limit: Limit::TransactionBytes,
            ..
        })
    ));
    assert!(table.get::<Note>(&key(0)).await.unwrap().is_none());
    many(&table, 10, 390_000).commit().await.unwrap();
}

async fn an_answer_of_more_than_1_mb_comes_in_pages(table: Table) {
    for start in (0..30).step_by(10) {
        let write = (start..start + 10).fold(table.write(), |write, number| {
            write
                .create(&key(number), &of_size(100_000))
                .ticker_key(&format!("T{number:02}"))
        });
        write.commit().await.unwrap();
    }
    for query in [
        Query::partition("P#1"),
        Query::partition("P#1").descending(),
        Query::partition("P#1").by_ticker("T"),
    ] {
        let page = table.query::<Note>(&query).await.unwrap();
        assert!((5..=11).contains(&page.items.len()), "{}", page.items.len());
        assert!(page.next.is_some());
        let all = table.query_all::<Note>(&query).await.unwrap();
        assert_eq!(all.len(), 30);
    }
}

/// A decimal as the domain writes it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Decimal")]
struct Decimal(String);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Price {
    price: Decimal,
}

impl Record for Price {
    const KIND: &'static str = "price";
}

async fn a_number_keeps_38_digits_and_takes_no_more(table: Table) {
    let exact = "1234567890123456789.0123456789012345678";
    let price = |text: &str| Price {
        price: Decimal(text.to_owned()),
    };
    table
        .write()
        .put(&key(1), &price(exact))
        .commit()
        .await
        .unwrap();
    let read = table.get::<Price>(&key(1)).await.unwrap().unwrap();
    assert_eq!(read.value, price(exact));
    let longer = table
        .write()
        .put(&key(2), &price(&format!("{exact}1")))
        .commit()
        .await;
    assert!(matches!(
        longer,
        Err(WriteError::Store(StoreError::Unencodable {
            kind: "price",
            ..
        }))
    ));
    table
        .write()
        .put(&key(3), &note("the table still works"))
        .commit()
        .await
        .unwrap();
}

async fn numbers_read(table: &Table, keys: impl Iterator<Item = usize>) -> Vec<String> {
    let keys: Vec<Key> = keys.map(key).collect();
    let items = table.get_many::<Note>(&keys).await.unwrap();
    let mut found: Vec<String> = items.into_iter().map(|item| item.key.sk).collect();
    found.sort_unstable();
    found
}

async fn more_than_100_keys_are_read_at_once(table: Table) {
    for number in (0..250).step_by(2) {
        table
            .write()
            .create(&key(number), &note("even"))
            .commit()
            .await
            .unwrap();
    }
    let even: Vec<String> = (0..250).step_by(2).map(|n| format!("{n:04}")).collect();
    assert_eq!(numbers_read(&table, 0..250).await, even);
    assert_eq!(numbers_read(&table, 0..0).await, Vec::<String>::new());
}

async fn more_than_16_mb_are_read_at_once(table: Table) {
    let large = of_size(390_000);
    for number in 0..45 {
        table
            .write()
            .create(&key(number), &large)
            .commit()
            .await
            .unwrap();
    }
    assert_eq!(numbers_read(&table, 0..45).await.len(), 45);
}
