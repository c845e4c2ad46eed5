//! A disk that takes no more: a clear error, and nothing acknowledged is lost.

use std::path::Path;
use std::process::Command;

use store::{Key, OpenError, Store, StoreError, Table, WriteError};
use tempfile::TempDir;

use crate::crash::{Heard, child, listen, verify};
use crate::support::{Note, TABLES, note};

/// No privileges are needed for this: the child may not let a file grow beyond 4 MB.
#[tokio::test]
async fn a_file_that_may_not_grow_stops_writes_with_a_clear_error() {
    let directory = TempDir::new().unwrap();
    // Ignored, the signal that goes with the limit becomes an error of the write.
    let limited = [
        "sh",
        "-c",
        "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\"",
    ];
    let mut child = child(&limited, directory.path());
    let mut heard = Heard::default();
    listen(&mut child, u64::MAX, &mut heard);
    child.wait().unwrap();
    assert!(heard.count > 0, "{:?}", heard.rest);
    let stopped: Vec<_> = heard
        .rest
        .iter()
        .filter(|line| line.starts_with("stopped"))
        .collect();
    assert!(!stopped.is_empty(), "{:?}", heard.rest);
    for line in stopped {
        assert!(
            line == "stopped: storage failed" || line == "stopped: the storage disk is full",
            "{line}"
        );
    }
    verify(directory.path(), &heard).await;
}

/// A small file system of memory, if this user may mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(directory.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(directory)),
            _ => {
                println!("left out: this user may not mount a small disk");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}

async fn fill(table: &Table) -> (u32, WriteError) {
    let mut written = 0;
    loop {
        let key = Key::new("P#1", format!("{written:06}"));
        let write = table.write().create(&key, &note(&"x".repeat(10_000)));
        match write.commit().await {
            Ok(()) => written += 1,
            Err(error) => return (written, error),
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_what_was_acknowledged_stays() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let store = Store::open_embedded(disk.path(), &TABLES).await.unwrap();
    let table = store.table("portfolios");
    let (written, refused) = fill(&table).await;
    let WriteError::Store(full @ StoreError::Full { .. }) = refused else {
        unreachable!("{refused:?}")
    };
    assert_eq!(full.to_string(), "the storage disk is full");
    assert!(!full.retryable());
    assert!(written > 0);
    for number in 0..written {
        let key = Key::new("P#1", format!("{number:06}"));
        assert!(table.get::<Note>(&key).await.unwrap().is_some(), "{number}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_store_on_a_full_disk_says_so_when_opened() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let filler = disk.path().join("filler");
    std::fs::write(&filler, vec![0; 4 << 20]).unwrap_err();
    let refused = Store::open_embedded(&disk.path().join("data"), &TABLES).await;
    assert!(
        matches!(refused, Err(OpenError::Full { .. })),
        "{refused:?}"
    );
    std::fs::remove_file(filler).unwrap();
    Store::open_embedded(&disk.path().join("data"), &TABLES)
        .await
        .unwrap();
}
