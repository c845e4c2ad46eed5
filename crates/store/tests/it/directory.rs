//! The data directory of an embedded store: who may open it, what stays in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use jiff::Timestamp;
use store::{Key, OpenError, Query, Store, StoreError, WriteError};
use tempfile::TempDir;

use crate::support::{Embedded, Note, TABLES, note};

fn key(sk: &str) -> Key {
    Key::new("P#1", sk)
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let Embedded { store, directory } = Embedded::open().await;
    let table = store.table("portfolios");
    table
        .write()
        .create(&key("A"), &note("kept"))
        .ticker_key("AAPL")
        .commit()
        .await
        .unwrap();
    store.close().await;
    let store = Store::open_embedded(directory.path(), &TABLES)
        .await
        .unwrap();
    let query = Query::partition("P#1").by_ticker("AAPL");
    let found = store
        .table("portfolios")
        .query_all::<Note>(&query)
        .await
        .unwrap();
    assert_eq!(found[0].value, note("kept"));
}

#[tokio::test]
async fn a_second_store_on_the_same_directory_is_refused() {
    let Embedded { store, directory } = Embedded::open().await;
    let second = Store::open_embedded(directory.path(), &TABLES).await;
    let Err(refused @ OpenError::Locked { .. }) = second else {
        unreachable!("{second:?}")
    };
    let path = directory.path().display();
    assert_eq!(
        refused.to_string(),
        format!("another Folio is using {path}")
    );
    drop(store);
    Store::open_embedded(directory.path(), &TABLES)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_closed_store_refuses_and_frees_its_directory_though_clones_live() {
    let Embedded { store, directory } = Embedded::open().await;
    let (clone, table) = (store.clone(), store.table("portfolios"));
    store.close().await;
    let write = table.write().put(&key("A"), &note("late")).commit().await;
    assert!(matches!(
        write,
        Err(WriteError::Store(StoreError::Failed { .. }))
    ));
    assert!(table.get::<Note>(&key("A")).await.is_err());
    assert!(clone.ready().await.is_err());
    Store::open_embedded(directory.path(), &TABLES)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_open_store_is_ready() {
    Embedded::open().await.store.ready().await.unwrap();
}

#[tokio::test]
async fn a_store_is_private_to_its_user() {
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("new");
    let store = Store::open_embedded(&directory, &TABLES).await.unwrap();
    store
        .table("portfolios")
        .write()
        .put(&key("A"), &note("mine"))
        .commit()
        .await
        .unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(directory.clone()), 0o700);
    for entry in fs::read_dir(&directory).unwrap() {
        assert_eq!(mode(entry.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let parent = TempDir::new().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let refused = Store::open_embedded(&file.join("data"), &TABLES)
        .await
        .unwrap_err();
    let shown = format!(
        "{} cannot be used as the data directory",
        file.join("data").display()
    );
    assert_eq!(refused.to_string(), shown);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = TempDir::new().unwrap();
    fs::write(
        directory.path().join("folio.db"),
        "not a database".repeat(100),
    )
    .unwrap();
    let refused = Store::open_embedded(directory.path(), &TABLES)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, OpenError::Unreadable { .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_sweep_deletes_what_has_lapsed_and_nothing_else() {
    let embedded = Embedded::open().await;
    let table = embedded.table();
    let at = |second| Timestamp::from_second(second).unwrap();
    for number in 0..1500 {
        let write = table
            .write()
            .put(&Key::new(format!("I#{number}"), "R"), &note("brief"));
        let write = match number % 3 {
            0 => write.expire_at(at(1000)),
            1 => write.expire_at(at(3000)),
            _ => write,
        };
        write.commit().await.unwrap();
    }
    assert_eq!(embedded.store.sweep_expired(at(999)).await.unwrap(), 0);
    assert_eq!(embedded.store.sweep_expired(at(2000)).await.unwrap(), 500);
    assert_eq!(embedded.store.sweep_expired(at(2000)).await.unwrap(), 0);
    for (number, left) in [(0, false), (1, true), (2, true)] {
        let item = table
            .get::<Note>(&Key::new(format!("I#{number}"), "R"))
            .await
            .unwrap();
        assert_eq!(item.is_some(), left, "{number}");
    }
}
