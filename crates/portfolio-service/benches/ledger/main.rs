//! How fast a long ledger is recorded, valued and measured, and how much memory it takes.
//!
//! `cargo bench -p portfolio-service --bench ledger`. The real service in this process, an embedded
//! store on disk, and an Asset service that serves made-up closes. Medians, with the mean
//! processor time in brackets; the last row but one is what the process has at work, the last what it
//! had at most. Printed, not held to anything.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where, and it reports to people"
)]

mod data;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use api::client::AssetClient;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use domain::CustomerId;
use portfolio_service::{PortfolioConfig, PortfolioService, TABLE};
use service_kit::testing::TestIssuer;
use service_kit::{Clock, transport};
use store::Store;
use tower::ServiceExt;

use crate::data::{Data, NOW};

/// As in the program: what counts is the memory it takes there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 21;

/// What is recorded: how many entries, and whether nothing is ever sold.
const LEDGERS: [(&str, usize, bool); 3] = [
    ("1,000 entries", 1_000, false),
    ("10,000 entries", 10_000, false),
    ("10,000 purchases", 10_000, true),
];

/// Each ledger in a process of its own, so that its memory is its own.
fn main() {
    let asked = std::env::args().nth(1);
    let found = LEDGERS
        .iter()
        .find(|(name, ..)| Some(*name) == asked.as_deref());
    if let Some((_, entries, only_purchases)) = found {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        for (name, figure) in runtime.block_on(measured(*entries, *only_purchases)) {
            println!("{name}\t{figure}");
        }
        return;
    }
    let columns = LEDGERS.map(|(name, ..)| {
        let mut process = Command::new(std::env::current_exe().unwrap());
        let output = process.arg(name).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{name}");
        String::from_utf8(output.stdout).unwrap()
    });
    let names = LEDGERS.map(|(name, ..)| name).join(" | ");
    println!("| 20 instruments, 10 years of daily closes | {names} |");
    println!("|---|---|---|---|");
    let [first, second, third] = columns.each_ref().map(|column| column.lines());
    for ((one, two), three) in first.zip(second).zip(third) {
        let (name, one) = one.split_once('\t').unwrap();
        let [two, three] = [two, three].map(|line| line.split_once('\t').unwrap().1);
        println!("| {name} | {one} | {two} | {three} |");
    }
}

/// The service on a store, and a customer of it.
struct Bench {
    router: Router,
    token: String,
}

struct Ground {
    store: Store,
    asset: Router,
    clock: Clock,
    issuer: TestIssuer,
    customer: CustomerId,
    _directory: tempfile::TempDir,
}

impl Ground {
    async fn new(data: &Data) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open_embedded(directory.path(), &[TABLE])
            .await
            .unwrap();
        let clock = Clock::manual(NOW.parse().unwrap());
        Self {
            store,
            asset: data.asset_service(),
            issuer: TestIssuer::new(&clock),
            customer: CustomerId::from_uuid(clock.new_id()),
            clock,
            _directory: directory,
        }
    }

    /// A process that knows nothing yet.
    fn start(&self) -> Bench {
        let service = PortfolioService::new(
            &PortfolioConfig::default(),
            self.store.table(TABLE.name),
            AssetClient::new(transport::in_process(self.asset.clone())),
            self.issuer.verifier(),
            self.clock.clone(),
        );
        Bench {
            router: portfolio_service::router(service).into(),
            token: self.issuer.token(self.customer),
        }
    }
}

impl Bench {
    async fn asked(&self, method: Method, path: &str, body: String) -> Bytes {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        let bytes = bytes.unwrap();
        assert!(status.is_success(), "{path}: {status} {bytes:?}");
        bytes
    }

    async fn read(&self, path: &str) -> Bytes {
        self.asked(Method::GET, path, String::new()).await
    }

    async fn timed(&self, path: &str) -> Took {
        let started = Started::now();
        self.read(path).await;
        started.took()
    }
}

async fn measured(entries: usize, only_purchases: bool) -> Vec<(&'static str, String)> {
    let data = Data::new(entries, only_purchases);
    let ground = Ground::new(&data).await;
    let bench = ground.start();
    // The token is verified once before anything is timed.
    let opened = r#"{"name":"Bench","type":"Brokerage","cash_tracking":true}"#;
    let opened = bench
        .asked(Method::POST, "/v1/portfolios", opened.to_owned())
        .await;
    let opened: api::portfolio::Portfolio = serde_json::from_slice(&opened).unwrap();
    let portfolio = format!("/v1/portfolios/{}", opened.portfolio_id);
    let mut rows = Vec::new();

    let started = Started::now();
    let batch = format!("{{\"transactions\":[{}]}}", data.entries.join(","));
    let path = format!("{portfolio}/transactions:batch");
    bench.asked(Method::POST, &path, batch).await;
    rows.push(("batch recorded, durable", shown(vec![started.took()])));

    let holdings = format!("{portfolio}/holdings");
    let performance = format!("{portfolio}/performance");
    for (name, path) in [
        ("holdings, cold", &holdings),
        ("performance of 10 years, cold", &performance),
    ] {
        let mut cold = Vec::new();
        for _ in 0..7 {
            let other = ground.start();
            other.read("/v1/portfolios?page_size=1").await;
            cold.push(other.timed(path).await);
        }
        rows.push((name, shown(cold)));
    }
    bench.read(&holdings).await;
    let bytes = bench.read(&performance).await.len();
    for (name, path) in [
        ("holdings, warm", &holdings),
        ("performance of 10 years, asked again", &performance),
    ] {
        let mut warm = Vec::new();
        for _ in 0..ROUNDS {
            warm.push(bench.timed(path).await);
        }
        rows.push((name, shown(warm)));
    }
    let mut other_ranges = Vec::new();
    for day in 1..=ROUNDS {
        let path = format!("{performance}?from=2016-03-{day:02}");
        other_ranges.push(bench.timed(&path).await);
    }
    rows.push((
        "performance of 10 years, warm, never asked before",
        shown(other_ranges),
    ));

    let (mut recorded, mut fresh) = (Vec::new(), Vec::new());
    let path = format!("{portfolio}/transactions");
    for _ in 0..ROUNDS {
        let started = Started::now();
        bench.asked(Method::POST, &path, data.latest_entry()).await;
        recorded.push(started.took());
        bench.read(&performance).await;
        fresh.push(started.took());
    }
    rows.push(("one new entry, durable", shown(recorded)));
    rows.push(("one new entry and a fresh performance", shown(fresh)));
    rows.push(("an answer, KB", format!("{}", bytes / 1_000)));
    for (name, field) in [("memory, MB", "VmRSS:"), ("memory at most, MB", "VmHWM:")] {
        rows.push((name, format!("{}", kib(field) / 1_024)));
    }
    rows
}

/// How long something took, and how long processors worked meanwhile: where others have the
/// processors too, the second says more.
struct Took {
    time: Duration,
    work: Duration,
}

struct Started {
    at: Instant,
    work: Duration,
}

impl Started {
    fn now() -> Self {
        Self {
            at: Instant::now(),
            work: work(),
        }
    }

    fn took(&self) -> Took {
        Took {
            time: self.at.elapsed(),
            work: work().saturating_sub(self.work),
        }
    }
}

/// The median time and the mean work: the kernel counts work in ticks of milliseconds, so that of
/// one short request it says nothing.
fn shown(took: Vec<Took>) -> String {
    let count = u32::try_from(took.len()).unwrap();
    let work: Duration = took.iter().map(|took| took.work).sum();
    let mut times: Vec<Duration> = took.into_iter().map(|took| took.time).collect();
    times.sort();
    format!(
        "{} ({})",
        millis(times[times.len() / 2]),
        millis(work / count)
    )
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

/// What all threads have worked so far.
fn work() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let of_thread = |path: std::path::PathBuf| {
        let schedule = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        let nanos = schedule.split_whitespace().next();
        nanos.and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
    };
    let nanos = threads
        .map(|thread| of_thread(thread.unwrap().path()))
        .sum();
    Duration::from_nanos(nanos)
}

fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.unwrap().parse().unwrap()
}
