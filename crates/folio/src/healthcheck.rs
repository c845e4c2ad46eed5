//! `folio healthcheck`: for container health checks and scripts.

use std::process::ExitCode;

use api::client::{self, ClientError, TransportError};
use serde::Deserialize;
use service_kit::transport;

#[derive(Deserialize)]
struct Ready {
    status: String,
}

#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command talks to its user"
)]
pub fn main(port: u16) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("folio: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(ask(port)) {
        Ok(ready) => {
            println!("{}", ready.status);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("folio: not ready: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn ask(port: u16) -> Result<Ready, ClientError> {
    let transport = transport::http(&format!("http://127.0.0.1:{port}"))
        .map_err(|error| TransportError(error.into()))?;
    client::get(&transport, "/health/ready").await
}
