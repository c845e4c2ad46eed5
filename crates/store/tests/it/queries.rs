//! Reading ranges, in whatever order, on every backing.

use store::{Event, Item, Key, Query, Table};

use crate::support::{Note, event, note, on_every_backing};

on_every_backing![
    a_range_is_read_in_order_either_way,
    pages_join_up_and_the_last_one_says_so,
    items_are_found_by_ticker_and_lost_when_they_lose_it,
    events_are_found_by_shard_and_forgotten_when_removed,
];

fn key(sk: &str) -> Key {
    Key::new("P#1", sk)
}

fn keys<T>(items: &[Item<T>]) -> Vec<&str> {
    items.iter().map(|item| item.key.sk.as_str()).collect()
}

async fn fill(table: &Table, sort_keys: &[&str]) {
    for sort_key in sort_keys {
        table
            .write()
            .create(&key(sort_key), &note(sort_key))
            .commit()
            .await
            .unwrap();
    }
    table
        .write()
        .create(&Key::new("P#2", "A#9"), &note("foreign"))
        .commit()
        .await
        .unwrap();
}

async fn a_range_is_read_in_order_either_way(table: Table) {
    fill(&table, &["A#1", "A#2", "A#\u{e9}", "B#1", "C#1"]).await;
    let read = async |query: Query| {
        let items = table.query_all::<Note>(&query).await.unwrap();
        items
            .into_iter()
            .map(|item| item.key.sk)
            .collect::<Vec<_>>()
    };
    let partition = || Query::partition("P#1");
    assert_eq!(read(partition()).await.len(), 5);
    assert_eq!(read(partition().prefix("")).await.len(), 5);
    assert_eq!(
        read(partition().prefix("A#")).await,
        ["A#1", "A#2", "A#\u{e9}"]
    );
    assert_eq!(
        read(partition().prefix("A#").descending()).await,
        ["A#\u{e9}", "A#2", "A#1"]
    );
    assert_eq!(
        read(partition().between("A#2", "B#1")).await,
        ["A#2", "A#\u{e9}", "B#1"]
    );
    assert_eq!(
        read(partition().prefix("A#").after("A#1")).await,
        ["A#2", "A#\u{e9}"]
    );
    assert_eq!(read(partition().after("B#0")).await, ["B#1", "C#1"]);
    assert!(read(partition().prefix("A#").after("Z")).await.is_empty());
    assert!(read(Query::partition("P#3")).await.is_empty());
}

async fn pages_join_up_and_the_last_one_says_so(table: Table) {
    fill(&table, &["A#1", "A#2", "A#3", "A#4"]).await;
    let query = Query::partition("P#1").prefix("A#").limit(2);
    let first = table.query::<Note>(&query).await.unwrap();
    assert_eq!(keys(&first.items), ["A#1", "A#2"]);
    let next = first.next.unwrap();
    assert_eq!(next, "A#2");
    let last = table
        .query::<Note>(&query.clone().after(next))
        .await
        .unwrap();
    assert_eq!(keys(&last.items), ["A#3", "A#4"]);
    assert_eq!(last.next, None);
    assert_eq!(
        table
            .query_all::<Note>(&query.limit(1))
            .await
            .unwrap()
            .len(),
        4
    );
}

async fn items_are_found_by_ticker_and_lost_when_they_lose_it(table: Table) {
    for (sort_key, ticker) in [
        ("3", "AAPL#1"),
        ("1", "AAPL#2"),
        ("2", "AAPL#2"),
        ("4", "MSFT#1"),
    ] {
        table
            .write()
            .create(&key(sort_key), &note(ticker))
            .ticker_key(ticker)
            .commit()
            .await
            .unwrap();
    }
    let query = Query::partition("P#1").by_ticker("AAPL#").limit(1);
    let found = table.query_all::<Note>(&query).await.unwrap();
    assert_eq!(keys(&found), ["3", "1", "2"]);
    let back = table.query_all::<Note>(&query.descending()).await.unwrap();
    assert_eq!(keys(&back), ["2", "1", "3"]);
    table
        .write()
        .replace(&key("3"), 1, &note("none"))
        .commit()
        .await
        .unwrap();
    table.write().delete(&key("4"), 1).commit().await.unwrap();
    let all = table
        .query_all::<Note>(&Query::partition("P#1").by_ticker(""))
        .await
        .unwrap();
    assert_eq!(keys(&all), ["1", "2"]);
}

async fn events_are_found_by_shard_and_forgotten_when_removed(table: Table) {
    for number in 1..=20 {
        table
            .write()
            .put(&key("A"), &note("changed"))
            .event(&event(number, "P#1"))
            .commit()
            .await
            .unwrap();
    }
    let mut found = Vec::new();
    for shard in 0..store::event::OUTBOX_SHARDS {
        let query = Query::outbox(shard).limit(3);
        let items = table.query_all::<Event>(&query).await.unwrap();
        assert!(items.is_sorted_by_key(|item| item.value.occurred_at));
        for item in items {
            assert_eq!(item.key, item.value.key());
            table.write().remove(&item.key).commit().await.unwrap();
            found.push(item.value);
        }
        assert!(table.query::<Event>(&query).await.unwrap().items.is_empty());
    }
    found.sort_by_key(|event| event.occurred_at);
    let written: Vec<_> = (1..=20).map(|number| event(number, "P#1")).collect();
    assert_eq!(found, written);
}
