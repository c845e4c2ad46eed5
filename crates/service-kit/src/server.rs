//! A process from its start to its exit code: serving until told to stop, and
//! then letting requests finish.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests may take to finish once the process is told to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Runs a process to its end. If it failed, says so on standard error, with every cause.
#[expect(clippy::print_stderr, reason = "a process talks to whoever started it")]
pub fn run<E: Error + From<io::Error>>(
    name: &str,
    process: impl Future<Output = Result<(), E>>,
    exit_code: impl Fn(&E) -> u8,
) -> ExitCode {
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(E::from)
        .and_then(|runtime| runtime.block_on(process));
    let Err(error) = ended else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{name}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because {error}");
        cause = error.source();
    }
    ExitCode::from(exit_code(&error))
}

/// The address cannot be listened on; usually somebody else does.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

/// # Errors
///
/// The port is taken or may not be used.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ListenError { address, source })
}

/// Tells everyone that the process is about to stop.
#[derive(Debug)]
pub struct Shutdown {
    sender: watch::Sender<bool>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            sender: watch::Sender::new(false),
        }
    }
}

impl Shutdown {
    pub fn subscribe(&self) -> watch::Receiver<bool> {
        self.sender.subscribe()
    }

    /// Starts draining.
    pub fn begin(&self) {
        self.sender.send_replace(true);
    }

    /// Starts draining on SIGTERM or SIGINT.
    async fn on_signal(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping; requests in flight may finish");
        self.begin();
        Ok(())
    }
}

/// Serves until SIGTERM, SIGINT or `shutdown`, and then as long as [`serve`] does.
///
/// # Errors
///
/// The listener failed, or the signals cannot be listened to.
pub async fn run_until_stopped(
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
) -> io::Result<()> {
    let serving = serve(listener, router, shutdown.subscribe());
    tokio::pin!(serving);
    tokio::select! {
        served = &mut serving => return served,
        signalled = shutdown.on_signal() => signalled?,
    }
    serving.await
}

/// Serves until draining begins, then until the last request is answered or 20
/// seconds have passed.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    mut draining: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut also_draining = draining.clone();
    let listener = listener.tap_io(|stream| {
        // Small answers go out at once instead of waiting for more to send.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let answering = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that nobody can tell us any more, which is a reason to stop.
        let _ = draining.wait_for(|draining| *draining).await;
    });
    tokio::select! {
        result = answering => result,
        () = async {
            let _ = also_draining.wait_for(|draining| *draining).await;
            tokio::time::sleep(DRAIN).await;
        } => {
            tracing::warn!("some requests did not finish in time");
            Ok(())
        }
    }
}
