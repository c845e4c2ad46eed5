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
use service_kit::server::{self, Shutdown};
use service_kit::{Clock, telemetry};
use store::{OpenError, Store};
use thiserror::Error;
use tokio::net::TcpListener;

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
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("{0}")]
    Build(app::BuildError),
    #[error("the demo data could not be created: {0}")]
    Demo(#[from] demo::DemoError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl ServeError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Log(_) => 78,
            Self::Listen { .. } => 69,
            Self::Open(OpenError::Locked { .. }) => 75,
            Self::Open(OpenError::Unusable { .. }) => 73,
            Self::Open(_) => 74,
            Self::Build(_) | Self::Demo(_) | Self::Io(_) => 1,
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command talks to its user")]
pub fn main(flags: &ServeFlags) -> ExitCode {
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Io)
        .and_then(|runtime| runtime.block_on(serve(flags)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("folio: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                eprintln!("  because {error}");
                cause = error.source();
            }
            ExitCode::from(error.exit_code())
        }
    }
}

async fn serve(flags: &ServeFlags) -> Result<(), ServeError> {
    let mut settings = Settings::load(flags)?;
    telemetry::init(&settings.log)?;
    let clock = Clock::system();
    let store = Store::open_embedded(&settings.data_dir, &app::TABLES).await?;
    let listener = listen(SocketAddr::new(settings.host, settings.port)).await?;
    let address = listener.local_addr()?;
    let issuer = &mut settings.customer.issuer;
    issuer.get_or_insert_with(|| format!("http://localhost:{}", address.port()));

    let shutdown = Shutdown::default();
    let router =
        app::router(&settings, &store, &clock, shutdown.subscribe()).map_err(ServeError::Build)?;
    let demo = if settings.demo {
        Some(demo::ensure(router.clone()).await?)
    } else {
        None
    };
    announce(&settings, address, demo);

    let sweeper = tokio::spawn(sweep(store.clone(), clock));
    let (served, signalled) = tokio::join!(
        server::serve(listener, router, shutdown.subscribe()),
        shutdown.on_signal(),
    );
    sweeper.abort();
    store.close().await;
    served?;
    Ok(signalled?)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })
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
