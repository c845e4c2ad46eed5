//! A process killed at any moment loses nothing it acknowledged, and leaves nothing half done.
//!
//! The test starts this very binary again, which runs `the_process_that_is_killed` as a child; told
//! by an environment variable where to write, it writes until it is stopped.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures::future::join_all;
use store::{Key, Query, Store, Table, WriteError};
use tempfile::TempDir;

use crate::support::{Note, TABLES, note, variable};

/// Where the child writes; unset in the parent.
pub(crate) const CHILD: &str = "FOLIO_TEST_CHILD";
const TASKS: u64 = 8;
const KILLS: u64 = 20;

fn counter(task: u64) -> Key {
    Key::new(format!("TASK#{task}"), "COUNTER")
}

fn entry(task: u64, number: u64) -> Key {
    Key::new(format!("TASK#{task}"), format!("ENTRY#{number:09}"))
}

/// Counts on, one entry and one acknowledgement on standard output at a time.
async fn count_on(table: Table, task: u64) -> WriteError {
    let mut last = last_of(&table, task).await;
    loop {
        let next = last + 1;
        let write = match last {
            0 => table.write().create(&counter(task), &note("counter")),
            _ => table
                .write()
                .replace(&counter(task), last, &note("counter")),
        };
        let committed = write
            .create(&entry(task, next), &note("entry"))
            .commit()
            .await;
        if let Err(error) = committed {
            return error;
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nack {task} {next}").unwrap();
        last = next;
    }
}

async fn last_of(table: &Table, task: u64) -> u64 {
    let item = table.get::<Note>(&counter(task)).await.unwrap();
    item.map_or(0, |item| item.version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    let Some(directory) = variable(CHILD) else {
        return;
    };
    let store = Store::open_embedded(Path::new(&directory), &TABLES)
        .await
        .unwrap();
    let tasks = (0..TASKS).map(|task| tokio::spawn(count_on(store.table("portfolios"), task)));
    for error in join_all(tasks).await {
        println!("\nstopped: {}", error.unwrap());
    }
}

/// Starts this binary again as the child, through `prefix` if there is one.
pub(crate) fn child(prefix: &[&str], directory: &Path) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut words = prefix
        .iter()
        .map(std::ffi::OsStr::new)
        .chain([this.as_os_str()]);
    Command::new(words.next().unwrap())
        .args(words)
        .args([
            "--exact",
            "crash::the_process_that_is_killed",
            "--nocapture",
        ])
        .env(CHILD, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child acknowledged, and the lines that were no acknowledgement.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) last: [u64; 8],
    pub(crate) count: u64,
    pub(crate) rest: Vec<String>,
}

/// Listens until the child has acknowledged `enough`, or ends.
pub(crate) fn listen(child: &mut Child, enough: u64, heard: &mut Heard) {
    let out = child.stdout.as_mut().unwrap();
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        let words: Vec<_> = line.split(' ').collect();
        let ["ack", task, number] = *words else {
            heard.rest.push(line);
            continue;
        };
        let (Ok(task), Ok(number)) = (task.parse::<usize>(), number.parse()) else {
            continue;
        };
        heard.last[task] = number;
        heard.count += 1;
        if heard.count >= enough {
            return;
        }
    }
}

/// Every acknowledged entry is there, and the entries are as many as the counter says.
pub(crate) async fn verify(directory: &Path, heard: &Heard) {
    let store = Store::open_embedded(directory, &TABLES).await.unwrap();
    let table = store.table("portfolios");
    for (task, acknowledged) in (0..).zip(heard.last) {
        let last = last_of(&table, task).await;
        assert!(
            last >= acknowledged,
            "task {task}: {last} of {acknowledged} acknowledged"
        );
        let query = Query::partition(format!("TASK#{task}")).prefix("ENTRY#");
        let entries = table.query_all::<Note>(&query).await.unwrap();
        assert_eq!(u64::try_from(entries.len()).unwrap(), last, "task {task}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_process_killed_twenty_times_loses_nothing_it_acknowledged() {
    let directory = TempDir::new().unwrap();
    let mut heard = Heard::default();
    for kill in 0..KILLS {
        let mut child = child(&[], directory.path());
        let enough = heard.count + RandomState::new().hash_one(kill) % 200 + 1;
        listen(&mut child, enough, &mut heard);
        child.kill().unwrap();
        child.wait().unwrap();
        verify(directory.path(), &heard).await;
    }
    assert!(heard.count > KILLS, "the child wrote: {:?}", heard.rest);
}
