//! Folio as a user runs it: the binary, a data directory, a port.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use service_kit::testing::TestClient;

const BINARY: &str = env!("CARGO_BIN_EXE_folio");

/// A running process. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Folio {
    child: Child,
    client: TestClient,
    /// What it printed until it was ready.
    pub(crate) announced: String,
}

pub(crate) fn command(data_dir: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(["serve", "--data-dir"])
        .arg(data_dir)
        // Not as a flag, so that a test may give another.
        .env("FOLIO_PORT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Folio {
    pub(crate) fn start(data_dir: &Path, flags: &[&str]) -> Self {
        Self::spawn(command(data_dir).args(flags).stderr(Stdio::inherit()))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut announced = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !announced.contains("Ctrl-C") {
            let read = lines.read_line(&mut announced).unwrap();
            assert!(read > 0, "folio ended before it was ready: {announced}");
        }
        let address = announced
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let client = TestClient::new(address.unwrap());
        Self {
            child,
            client,
            announced,
        }
    }

    /// SIGKILL: no warning, no chance to tidy up.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, as a container runtime stops a process.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }
}

impl Deref for Folio {
    type Target = TestClient;

    fn deref(&self) -> &TestClient {
        &self.client
    }
}

impl Drop for Folio {
    fn drop(&mut self) {
        // Fails only for a process that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A registered, signed-in customer.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) token: String,
}

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) async fn registered(folio: &TestClient, email: &str) -> Customer {
    let profile = format!(
        r#"{{"first_name":"Ada","last_name":"Lovelace","email":"{email}","password":"{PASSWORD}"}}"#
    );
    let _ = folio
        .post("/v1/customers")
        .json_text(profile)
        .send()
        .await
        .expect(201);
    signed_in(folio, email).await
}

pub(crate) async fn signed_in(folio: &TestClient, email: &str) -> Customer {
    let credentials = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
    let session = folio
        .post("/v1/sessions")
        .json_text(credentials)
        .send()
        .await
        .expect(201);
    Customer {
        token: session.at("/access_token"),
    }
}

pub(crate) async fn opened(folio: &TestClient, customer: &Customer, name: &str) -> String {
    let body = format!(r#"{{"name":"{name}","type":"Brokerage"}}"#);
    let request = folio
        .post("/v1/portfolios")
        .bearer(&customer.token)
        .json_text(body);
    request.send().await.expect(201).at("/portfolio_id")
}
