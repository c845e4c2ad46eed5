//! What every backing must do.

use store::{Key, Query, WriteError};

use crate::support::{Embedded, Note, event, note};

#[tokio::test]
async fn a_created_item_reads_back() {
    let embedded = Embedded::open().await;
    let table = embedded.table();
    let key = Key::new("P#1", "A");
    table
        .write()
        .create(&key, &note("hello"))
        .commit()
        .await
        .unwrap();
    let item = table.get::<Note>(&key).await.unwrap().unwrap();
    assert_eq!((item.version, item.value), (1, note("hello")));
    assert_eq!(
        embedded.store.ready().await.map_err(|e| e.to_string()),
        Ok(())
    );
    drop(embedded.directory);
}

#[tokio::test]
async fn creating_twice_names_the_key() {
    let embedded = Embedded::open().await;
    let table = embedded.table();
    let (first, second) = (Key::new("P#1", "A"), Key::new("P#1", "B"));
    table
        .write()
        .create(&first, &note("one"))
        .commit()
        .await
        .unwrap();
    let alone = table.write().create(&first, &note("two")).commit().await;
    assert!(matches!(alone, Err(WriteError::ConditionFailed { key }) if key == first));
    let together = table
        .write()
        .create(&second, &note("two"))
        .create(&first, &note("two"))
        .event(&event(1, "P#1"))
        .commit()
        .await;
    assert!(matches!(together, Err(WriteError::ConditionFailed { key }) if key == first));
    assert!(table.get::<Note>(&second).await.unwrap().is_none());
}

#[tokio::test]
async fn events_are_found_by_shard_and_forgotten_when_removed() {
    let embedded = Embedded::open().await;
    let table = embedded.table();
    for number in 1..=20 {
        table
            .write()
            .event(&event(number, "P#1"))
            .commit()
            .await
            .unwrap();
    }
    let mut found = 0;
    for shard in 0..store::event::OUTBOX_SHARDS {
        let query = Query::outbox(shard).limit(3);
        for item in table.query_all::<store::Event>(&query).await.unwrap() {
            table.write().remove(&item.key).commit().await.unwrap();
            found += 1;
        }
        assert!(
            table
                .query_all::<store::Event>(&query)
                .await
                .unwrap()
                .is_empty()
        );
    }
    assert_eq!(found, 20);
}
