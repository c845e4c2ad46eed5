//! What every backing must do.

use futures::future::join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Item, Key, Query, Record, StoreError, Table, WriteError};

use crate::support::{Note, event, note, on_every_backing};

on_every_backing![
    a_created_item_reads_back,
    an_item_that_is_not_there_is_none,
    creating_twice_names_the_key,
    a_replacement_needs_the_version_it_was_read_at,
    a_deletion_needs_the_version_it_was_read_at,
    putting_and_removing_ask_for_nothing,
    a_write_of_nothing_succeeds,
    of_writers_on_one_version_exactly_one_wins,
    a_refused_transaction_changes_nothing,
    two_writes_are_committed_as_one,
    an_expiry_is_read_back,
    an_item_of_another_kind_or_form_is_corrupt,
    an_item_of_a_newer_schema_is_refused,
    an_empty_key_is_refused,
    two_actions_on_one_key_are_refused,
];

fn key(sk: &str) -> Key {
    Key::new("P#1", sk)
}

async fn get(table: &Table, key: &Key) -> Option<Item<Note>> {
    table.get(key).await.unwrap()
}

async fn a_created_item_reads_back(table: Table) {
    table
        .write()
        .create(&key("A"), &note("hello"))
        .commit()
        .await
        .unwrap();
    let item = get(&table, &key("A")).await.unwrap();
    assert_eq!(
        item,
        Item {
            key: key("A"),
            version: 1,
            expires_at: None,
            value: note("hello"),
        }
    );
}

async fn an_item_that_is_not_there_is_none(table: Table) {
    assert_eq!(get(&table, &key("A")).await, None);
}

async fn creating_twice_names_the_key(table: Table) {
    table
        .write()
        .create(&key("A"), &note("one"))
        .commit()
        .await
        .unwrap();
    let alone = table.write().create(&key("A"), &note("two")).commit().await;
    assert!(matches!(alone, Err(WriteError::ConditionFailed { key }) if key.sk == "A"));
    let together = table
        .write()
        .create(&key("B"), &note("two"))
        .create(&key("A"), &note("two"))
        .commit()
        .await;
    assert!(matches!(together, Err(WriteError::ConditionFailed { key }) if key.sk == "A"));
}

async fn a_replacement_needs_the_version_it_was_read_at(table: Table) {
    table
        .write()
        .create(&key("A"), &note("one"))
        .commit()
        .await
        .unwrap();
    table
        .write()
        .replace(&key("A"), 1, &note("two"))
        .commit()
        .await
        .unwrap();
    let late = table
        .write()
        .replace(&key("A"), 1, &note("three"))
        .commit()
        .await;
    assert!(matches!(late, Err(WriteError::ConditionFailed { .. })));
    let nowhere = table
        .write()
        .replace(&key("B"), 1, &note("three"))
        .commit()
        .await;
    assert!(matches!(nowhere, Err(WriteError::ConditionFailed { .. })));
    let item = get(&table, &key("A")).await.unwrap();
    assert_eq!((item.version, item.value), (2, note("two")));
}

async fn a_deletion_needs_the_version_it_was_read_at(table: Table) {
    table
        .write()
        .create(&key("A"), &note("one"))
        .commit()
        .await
        .unwrap();
    let wrong = table.write().delete(&key("A"), 2).commit().await;
    assert!(matches!(wrong, Err(WriteError::ConditionFailed { .. })));
    table.write().delete(&key("A"), 1).commit().await.unwrap();
    assert_eq!(get(&table, &key("A")).await, None);
    let gone = table.write().delete(&key("A"), 1).commit().await;
    assert!(matches!(gone, Err(WriteError::ConditionFailed { .. })));
}

async fn putting_and_removing_ask_for_nothing(table: Table) {
    table.write().remove(&key("A")).commit().await.unwrap();
    table
        .write()
        .put(&key("A"), &note("one"))
        .commit()
        .await
        .unwrap();
    table
        .write()
        .put(&key("A"), &note("two"))
        .remove(&key("B"))
        .commit()
        .await
        .unwrap();
    assert_eq!(get(&table, &key("A")).await.unwrap().value, note("two"));
    table.write().remove(&key("A")).commit().await.unwrap();
    assert_eq!(get(&table, &key("A")).await, None);
}

async fn a_write_of_nothing_succeeds(table: Table) {
    table.write().commit().await.unwrap();
}

async fn of_writers_on_one_version_exactly_one_wins(table: Table) {
    table
        .write()
        .create(&key("A"), &note("start"))
        .commit()
        .await
        .unwrap();
    for version in 1..=5 {
        let writers = (0..8).map(|number| {
            let table = table.clone();
            async move {
                let value = note(&number.to_string());
                let write = table.write().replace(&key("A"), version, &value);
                // Half of them in a transaction: both ways contend for the same item.
                let write = if number % 2 == 0 {
                    write.create(&key(&format!("{version}-{number}")), &value)
                } else {
                    write
                };
                write.commit().await
            }
        });
        let outcomes = join_all(writers).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "{outcomes:?}");
    }
    assert_eq!(get(&table, &key("A")).await.unwrap().version, 6);
}

async fn a_refused_transaction_changes_nothing(table: Table) {
    table
        .write()
        .create(&key("A"), &note("one"))
        .commit()
        .await
        .unwrap();
    let refused = table
        .write()
        .create(&key("B"), &note("new"))
        .replace(&key("A"), 7, &note("two"))
        .event(&event(1, "P#1"))
        .commit()
        .await;
    assert!(matches!(refused, Err(WriteError::ConditionFailed { key }) if key.sk == "A"));
    let all = table
        .query_all::<Note>(&Query::partition("P#1"))
        .await
        .unwrap();
    assert_eq!((all.len(), &all[0].value), (1, &note("one")));
}

async fn two_writes_are_committed_as_one(table: Table) {
    let first = || table.write().create(&key("A"), &note("a"));
    let second = |sk| table.write().create(&key(sk), &note("b"));
    first().and(second("B")).commit().await.unwrap();
    let refused = second("C").and(first()).commit().await;
    assert!(matches!(refused, Err(WriteError::ConditionFailed { key: at }) if at == key("A")));
    assert!(get(&table, &key("B")).await.is_some());
    assert!(get(&table, &key("C")).await.is_none());
}

async fn an_expiry_is_read_back(table: Table) {
    // In the far future, so that no backing deletes it meanwhile.
    let at = Timestamp::from_second(4_000_000_000).unwrap();
    table
        .write()
        .put(&key("A"), &note("brief"))
        .expire_at(at)
        .commit()
        .await
        .unwrap();
    let item = get(&table, &key("A")).await.unwrap();
    assert_eq!(item.expires_at, Some(4_000_000_000));
    assert!(item.is_live(Timestamp::from_second(3_999_999_999).unwrap()));
    assert!(!item.is_live(at));
}

/// A note by an author who meant something else.
#[derive(Debug, Serialize, Deserialize)]
struct Misread {
    text: u32,
}

impl Record for Misread {
    const KIND: &'static str = "note";
}

/// A note as a later release would write it.
#[derive(Debug, Serialize, Deserialize)]
struct Newer {
    text: String,
}

impl Record for Newer {
    const KIND: &'static str = "note";
    const SCHEMA: u32 = 2;
}

async fn an_item_of_another_kind_or_form_is_corrupt(table: Table) {
    table
        .write()
        .event(&event(1, "P#1"))
        .commit()
        .await
        .unwrap();
    let other_kind = table.get::<Note>(&event(1, "P#1").key()).await.unwrap_err();
    assert_eq!(other_kind.to_string(), "a stored note cannot be read");
    assert!(matches!(other_kind, StoreError::Corrupt { key, .. } if key.pk == "P#1"));
    table
        .write()
        .create(&key("A"), &note("five"))
        .commit()
        .await
        .unwrap();
    let other_form = table.get::<Misread>(&key("A")).await.unwrap_err();
    let StoreError::Corrupt { source, .. } = other_form else {
        unreachable!("{other_form:?}")
    };
    assert_eq!(source.to_string(), "text: a number expected, text found");
}

async fn an_item_of_a_newer_schema_is_refused(table: Table) {
    let newer = Newer {
        text: "from tomorrow".to_owned(),
    };
    table
        .write()
        .create(&key("A"), &newer)
        .commit()
        .await
        .unwrap();
    let refused = table.get::<Note>(&key("A")).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::NewerSchema {
            found: 2,
            supported: 1,
            ..
        }
    ));
    let read = table.get::<Newer>(&key("A")).await.unwrap().unwrap();
    assert_eq!(read.value.text, "from tomorrow");
}

async fn an_empty_key_is_refused(table: Table) {
    let refused = table.write().put(&key(""), &note("nowhere")).commit().await;
    assert!(matches!(
        refused,
        Err(WriteError::Store(StoreError::Refused { .. }))
    ));
}

async fn two_actions_on_one_key_are_refused(table: Table) {
    let refused = table
        .write()
        .create(&key("A"), &note("one"))
        .put(&key("A"), &note("two"))
        .commit()
        .await;
    assert!(matches!(
        refused,
        Err(WriteError::Store(StoreError::Refused { .. }))
    ));
    assert_eq!(get(&table, &key("A")).await, None);
}

#[test]
fn what_the_store_hands_out_may_move_between_threads() {
    fn moves<T: Send>(_: impl FnOnce(Table) -> T) {}
    moves(|table| async move { table.get::<Note>(&key("A")).await.map(drop) });
    moves(|table| async move {
        table
            .query_all::<Note>(&Query::partition("P"))
            .await
            .map(drop)
    });
    moves(|table| async move { table.write().put(&key("A"), &note("a")).commit().await });
}
