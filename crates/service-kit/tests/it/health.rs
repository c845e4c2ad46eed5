use service_kit::health::{Readiness, routes};
use service_kit::server::Shutdown;
use service_kit::testing::TestApp;
use store::{Store, TableSpec};
use tempfile::TempDir;

const TABLES: [TableSpec; 1] = [TableSpec {
    name: "things",
    ticker_index: false,
}];

struct Service {
    app: TestApp,
    store: Store,
    shutdown: Shutdown,
    _directory: TempDir,
}

async fn start() -> Service {
    let directory = TempDir::new().unwrap();
    let store = Store::open_embedded(directory.path(), &TABLES)
        .await
        .unwrap();
    let shutdown = Shutdown::default();
    let readiness = Readiness {
        store: store.clone(),
        draining: shutdown.subscribe(),
    };
    Service {
        app: TestApp::start(routes(readiness)).await,
        store,
        shutdown,
        _directory: directory,
    }
}

#[tokio::test]
async fn a_running_service_is_alive_and_ready() {
    let service = start().await;
    for path in ["/health/live", "/health/ready"] {
        let answered = service.app.get(path).send().await.expect(200);
        assert_eq!(answered.at("/status"), "ok");
    }
}

#[tokio::test]
async fn a_draining_service_is_alive_but_takes_no_more_work() {
    let service = start().await;
    service.shutdown.begin();
    service.app.get("/health/live").send().await.expect(200);
    let refused = service.app.get("/health/ready").send().await.expect(503);
    assert_eq!(refused.problem().code, "UNAVAILABLE");
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test]
async fn a_service_without_its_storage_is_alive_but_not_ready() {
    let service = start().await;
    service.store.clone().close().await;
    service.app.get("/health/live").send().await.expect(200);
    let refused = service.app.get("/health/ready").send().await.expect(503);
    assert_eq!(refused.problem().code, "UNAVAILABLE");
}
