//! Operations a second on the embedded engine: many tasks, a file on disk, every write durable.
//!
//! `cargo bench -p store` measures in the system's temporary directory; a first argument after
//! `--` names another one, which should be on the disk that matters, a second one measurement.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports to a person and has no one to recover for"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Event, Key, Query, Record, Store, Table, TableSpec};
use uuid::Uuid;

const TASKS: u64 = 64;
const PORTFOLIOS: u64 = 1024;
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(4);
const TABLE: TableSpec = TableSpec {
    name: "portfolios",
    ticker_index: true,
};

/// A record of text fields, as most are.
#[derive(Clone, Serialize, Deserialize)]
struct Fields(BTreeMap<String, String>);

impl Record for Fields {
    const KIND: &'static str = "fields";
}

/// About `bytes` of attributes, in fields of the usual size.
fn fields(bytes: usize) -> Fields {
    let fields = (0..bytes / 36).map(|n| (format!("field_name_{n:02}"), format!("{n:023}")));
    Fields(fields.collect())
}

struct Bench {
    table: Table,
    next: AtomicU64,
}

impl Bench {
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    async fn seed(&self) {
        for start in (0..PORTFOLIOS).step_by(16) {
            let mut write = self.table.write();
            for number in start..start + 16 {
                write = write.put(&portfolio(number), &fields(400));
            }
            write.commit().await.unwrap();
        }
        for number in 0..PORTFOLIOS {
            let mut write = self.table.write().put(&position(number), &fields(800));
            for entry in 0..25 {
                let key = Key::new(format!("PF#{number}"), format!("TX#2020-01-01#{entry:04}"));
                write = write.put(&key, &fields(450)).ticker_key("AAPL#2020-01-01");
            }
            write.commit().await.unwrap();
        }
    }

    async fn get(&self) {
        let key = portfolio(self.number() % PORTFOLIOS);
        self.table.get::<Fields>(&key).await.unwrap().unwrap();
    }

    async fn put(&self) {
        let key = Key::new(format!("PUT#{}", self.number() % 50_000), "ITEM");
        let write = self.table.write().put(&key, &fields(450));
        write.commit().await.unwrap();
    }

    async fn query(&self) {
        let query = Query::partition(format!("PF#{}", self.number() % PORTFOLIOS))
            .prefix("TX#2020")
            .limit(25);
        let page = self.table.query::<Fields>(&query).await.unwrap();
        assert_eq!(page.items.len(), 25);
    }

    /// What recording a trade costs: aggregate, entry, position and event in one transaction.
    async fn trade(&self, task: u64, version: &mut u64) {
        let number = self.number();
        let pk = format!("PF#{task}");
        let entry = Key::new(pk.clone(), format!("TX#2026-01-01#{number:012}"));
        let id = Uuid::from_u128(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c));
        let event = Event {
            id,
            event_type: "TransactionRecorded".to_owned(),
            schema_version: 1,
            occurred_at: Timestamp::UNIX_EPOCH,
            aggregate_pk: pk.clone(),
            aggregate_id: pk,
            aggregate_version: *version,
            trace: None,
            data: format!("{{\"entry\":\"{number:0180}\"}}"),
        };
        self.table
            .write()
            .replace(&portfolio(task), *version, &fields(400))
            .create(&entry, &fields(450))
            .ticker_key("AAPL#2026-01-01")
            .replace(&position(task), *version, &fields(800))
            .event(&event)
            .commit()
            .await
            .unwrap();
        *version += 1;
    }
}

fn portfolio(number: u64) -> Key {
    Key::new(format!("CUST#{number}"), format!("PF#{number}"))
}

fn position(number: u64) -> Key {
    Key::new(format!("PF#{number}"), "POS#AAPL")
}

async fn measure<F>(name: &str, operation: impl Fn(u64) -> F)
where
    F: AsyncFnOperation + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let all = Arc::new(AtomicU64::new(0));
    let spent = cpu_time();
    let started = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (done, all) = (Arc::clone(&done), Arc::clone(&all));
            let mut operation = operation(task);
            tokio::spawn(async move {
                let mut slowest = Duration::ZERO;
                while started.elapsed() < WARM_UP + MEASURED {
                    let from = Instant::now();
                    operation.once().await;
                    all.fetch_add(1, Ordering::Relaxed);
                    if started.elapsed() > WARM_UP {
                        done.fetch_add(1, Ordering::Relaxed);
                        slowest = slowest.max(from.elapsed());
                    }
                }
                slowest
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for task in tasks {
        slowest = slowest.max(task.await.unwrap());
    }
    let rate = done.load(Ordering::Relaxed) * 1000 / u64::try_from(MEASURED.as_millis()).unwrap();
    let cpu = cpu_time().saturating_sub(spent).as_micros()
        / u128::from(all.load(Ordering::Relaxed).max(1));
    let slowest = slowest.as_secs_f64() * 1000.0;
    println!("{name:<28} {rate:>10} {cpu:>10} us {slowest:>8.1} ms");
}

/// What the process has used so far, on all cores. Unlike the rate it says little of what else the
/// machine is doing.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// One task's turn at an operation.
trait AsyncFnOperation: Send {
    fn once(&mut self) -> impl Future<Output = ()> + Send;
}

enum Kind {
    Get,
    Put,
    Query,
    Trade { task: u64, version: u64 },
    GetWhileTrading { task: u64, version: u64 },
}

struct Turn {
    bench: Arc<Bench>,
    kind: Kind,
}

impl AsyncFnOperation for Turn {
    async fn once(&mut self) {
        match &mut self.kind {
            Kind::Get => self.bench.get().await,
            Kind::Put => self.bench.put().await,
            Kind::Query => self.bench.query().await,
            Kind::Trade { task, version } => self.bench.trade(*task, version).await,
            Kind::GetWhileTrading { task, version } => {
                for _ in 0..4 {
                    self.bench.get().await;
                }
                self.bench.trade(*task, version).await;
            }
        }
    }
}

async fn run(directory: &Path, only: Option<&str>) {
    let wanted = |name: &str| only.is_none_or(|only| name == only);
    let store = Store::open_embedded(directory, &[TABLE]).await.unwrap();
    let bench = Arc::new(Bench {
        table: store.table(TABLE.name),
        next: AtomicU64::new(0),
    });
    bench.seed().await;
    let turn = |kind| Turn {
        bench: Arc::clone(&bench),
        kind,
    };
    println!("64 tasks                     per second      CPU each     slowest");
    if wanted("get") {
        measure("get", |_| turn(Kind::Get)).await;
    }
    if wanted("query") {
        measure("query of 25", |_| turn(Kind::Query)).await;
    }
    if wanted("put") {
        measure("put", |_| turn(Kind::Put)).await;
    }
    if wanted("trade") {
        trades(&bench, turn).await;
    }
    store.close().await;
}

async fn trades(bench: &Bench, turn: impl Fn(Kind) -> Turn) {
    measure("transaction of 4", |task| {
        turn(Kind::Trade { task, version: 1 })
    })
    .await;
    // The versions the last run left are those this one starts from.
    let mut versions = Vec::new();
    for task in 0..TASKS {
        let item = bench
            .table
            .get::<Fields>(&portfolio(task))
            .await
            .unwrap()
            .unwrap();
        versions.push(item.version);
    }
    measure("4 gets, then a transaction", |task| {
        let version = versions[usize::try_from(task).unwrap()];
        turn(Kind::GetWhileTrading { task, version })
    })
    .await;
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| !it.starts_with('-'));
    let directory = match arguments.next() {
        Some(root) => tempfile::tempdir_in(root).unwrap(),
        None => tempfile::tempdir().unwrap(),
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(run(directory.path(), arguments.next().as_deref()));
}
