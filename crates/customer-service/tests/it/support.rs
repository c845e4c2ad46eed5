//! A service of its own for each test, and the requests that most tests begin with.

use customer_service::{CustomerConfig, CustomerService, LimitConfig, PasswordConfig, RateLimit};
use service_kit::Clock;
use service_kit::layers::Limits;
use service_kit::testing::{TestApp, TestResponse};
use store::{Event, Query, Store, Table};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) clock: Clock,
    pub(crate) table: Table,
    pub(crate) data_dir: TempDir,
    store: Store,
}

#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) customer_id: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// Hashing at the least cost, and limits that no test meets by accident.
pub(crate) fn config() -> CustomerConfig {
    let never = RateLimit::new(1_000_000, 1_000_000);
    CustomerConfig {
        password: PasswordConfig {
            memory_kib: 8,
            iterations: 1,
            ..PasswordConfig::default()
        },
        limits: LimitConfig {
            sign_in_per_email: never,
            sign_in_per_address: never,
            registration_per_address: never,
        },
        ..CustomerConfig::default()
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(&config()).await
    }

    pub(crate) async fn start_with(config: &CustomerConfig) -> Self {
        let clock = Clock::manual("2026-03-10T12:00:00Z".parse().unwrap());
        Self::open(config, TempDir::new().unwrap(), clock).await
    }

    /// The process stops, and another starts on the same data.
    pub(crate) async fn restart_with(self, config: &CustomerConfig) -> Self {
        drop(self.app);
        self.store.close().await;
        Self::open(config, self.data_dir, self.clock).await
    }

    async fn open(config: &CustomerConfig, data_dir: TempDir, clock: Clock) -> Self {
        let store = Store::open_embedded(data_dir.path(), &[customer_service::TABLE])
            .await
            .unwrap();
        let table = store.table(customer_service::TABLE.name);
        let service =
            CustomerService::try_new(config, table.clone(), data_dir.path(), clock.clone())
                .unwrap();
        let (router, _) = customer_service::router(service).split_for_parts();
        let app = TestApp::start_with(router, &Limits::default()).await;
        Self {
            app,
            clock,
            table,
            data_dir,
            store,
        }
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<String>) -> TestResponse {
        self.app.post(path).json_text(body).send().await
    }

    pub(crate) async fn register(&self, email: &str) -> TestResponse {
        self.post("/v1/customers", registration(email)).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> TestResponse {
        let body = format!(r#"{{"email":"{email}","password":"{password}"}}"#);
        self.post("/v1/sessions", body).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> TestResponse {
        let body = format!(r#"{{"refresh_token":"{refresh_token}"}}"#);
        self.post("/v1/sessions/refresh", body).await
    }

    pub(crate) async fn me(&self, access_token: &str) -> TestResponse {
        let request = self.app.get("/v1/customers/me");
        request.bearer(access_token).send().await
    }

    pub(crate) async fn patch_me(&self, access_token: &str, body: &str) -> TestResponse {
        let request = self.app.patch("/v1/customers/me").bearer(access_token);
        let bytes = body.as_bytes().to_vec();
        request
            .body("application/merge-patch+json", bytes)
            .send()
            .await
    }

    /// Registers and signs in.
    pub(crate) async fn join(&self, email: &str) -> SignedIn {
        let _ = self.register(email).await.expect(201);
        signed_in(&self.sign_in(email, PASSWORD).await.expect(201))
    }

    /// The events of a customer that wait to be published, oldest first.
    pub(crate) async fn events(&self, customer_id: &str) -> Vec<Event> {
        let query = Query::partition(format!("CUST#{customer_id}")).prefix("OUTBOX#");
        let items = self.table.query_all::<Event>(&query).await.unwrap();
        let mut events: Vec<Event> = items.into_iter().map(|item| item.value).collect();
        events.sort_by_key(|event| event.aggregate_version);
        events
    }
}

pub(crate) fn signed_in(session: &TestResponse) -> SignedIn {
    SignedIn {
        customer_id: session.at("/customer_id"),
        access_token: session.at("/access_token"),
        refresh_token: session.at("/refresh_token"),
    }
}

pub(crate) fn registration(email: &str) -> String {
    format!(
        r#"{{"first_name":"Ada","last_name":"Lovelace","email":"{email}","password":"{PASSWORD}",
            "phone":"+44 20 7946 0000",
            "address":{{"street":"12 St James's Square","city":"London","zip_code":"SW1Y 4JH","country":"GB"}}}}"#
    )
}

/// The fields refused and why, in no particular order.
pub(crate) fn refused_fields(response: &TestResponse) -> Vec<(String, String)> {
    let mut errors: Vec<_> = response
        .problem()
        .errors
        .into_iter()
        .map(|error| (error.pointer, error.code))
        .collect();
    errors.sort_unstable();
    errors
}
