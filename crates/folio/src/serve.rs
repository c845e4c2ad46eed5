//! `folio serve`: from settings to a listening process, and out again.
//!
//! | Exit code | Meaning |
//! |---|---|
//! | 0 | stopped as told |
//! | 69 | the port is taken |
//! | 73 | the data directory cannot be used |
//! | 74 | the disk is full or failed |
//! | 75 | another Folio is using the data directory |
//! | 78 | a setting cannot be used |
//! | 1 | anything else |

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use service_kit::config::ConfigError;
use service_kit::server::{self, ListenError, Shutdown};
use service_kit::{Clock, telemetry};
use store::{OpenError, Store};
use thiserror::Error;

use crate::app::App;
use crate::settings::{ServeFlags, Settings};
use crate::{app, demo};

/// How often items past their time are removed.
const SWEEP: Duration = Duration::from_mins(30);

#[derive(Debug, Error)]
enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Log(#[from] telemetry::FilterError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Build(app::BuildError),
    #[error("the demo data could not be created")]
    Demo(#[from] demo::DemoError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl ServeError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Log(_) => 78,
            Self::Listen(_) => 69,
            Self::Open(OpenError::Locked { .. }) => 75,
            Self::Open(OpenError::Unusable { .. }) => 73,
            Self::Open(_) => 74,
            Self::Build(error) if error.is::<ConfigError>() => 78,
            Self::Build(_) | Self::Demo(_) | Self::Io(_) => 1,
        }
    }
}

pub fn main(flags: &ServeFlags) -> ExitCode {
    server::run("folio", serve(flags), ServeError::exit_code)
}

async fn serve(flags: &ServeFlags) -> Result<(), ServeError> {
    let mut settings = Settings::load(flags)?;
    telemetry::init(&settings.log)?;
    let clock = Clock::system();
    let store = Store::open_embedded(&settings.data_dir, &app::TABLES).await?;
    let listener = server::listen(SocketAddr::new(settings.host, settings.port)).await?;
    let address = listener.local_addr()?;
    let own_address = format!("http://localhost:{}", address.port());
    settings.customer.adopt_issuer(&own_address);

    let shutdown = Shutdown::default();
    let App { router, asset } =
        app::build(&settings, &store, &clock, shutdown.subscribe()).map_err(ServeError::Build)?;
    let demo = if settings.demo {
        Some(demo::ensure(router.clone()).await?)
    } else {
        None
    };
    announce(&settings, address, demo);

    let sweeper = tokio::spawn(sweep(store.clone(), clock));
    let refreshing = tokio::spawn(asset.refresher().run_until(shutdown.subscribe()));
    let served = server::run_until_stopped(listener, router, &shutdown).await;
    // Serving may have ended by itself.
    shutdown.begin();
    sweeper.abort();
    let _ = refreshing.await;
    asset.settled().await;
    store.close().await;
    Ok(served?)
}

#[expect(clippy::print_stdout, reason = "a command talks to its user")]
fn announce(settings: &Settings, address: SocketAddr, demo: Option<demo::Credentials>) {
    let data = std::path::absolute(&settings.data_dir);
    let data = data.as_deref().unwrap_or(&settings.data_dir).display();
    println!("Folio is ready on http://localhost:{}", address.port());
    println!("  API docs   http://localhost:{}/docs", address.port());
    println!("  data       {data}");
    if let Some(demo) = demo {
        println!("  demo       {} / {}", demo.email, demo.password);
    }
    println!("Stop it with Ctrl-C.");
}

async fn sweep(store: Store, clock: Clock) {
    let mut every = tokio::time::interval(SWEEP);
    loop {
        every.tick().await;
        match store.sweep_expired(clock.now()).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed items past their time"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "could not sweep");
            }
        }
    }
}
