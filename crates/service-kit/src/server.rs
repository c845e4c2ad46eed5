//! A process from its start to its exit code: serving until told to stop, and
//! then letting requests finish.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;

/// How long requests may take to finish once the process is told to stop. Container runtimes
/// kill what has not ended after ten seconds.
const DRAIN: Duration = Duration::from_secs(9);

/// How long a connection may take to send the head of its next request. Longer than load
/// balancers keep an idle connection, so that they are the ones to close it.
const IDLE: Duration = Duration::from_secs(75);

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
/// The signals cannot be listened to.
pub async fn run_until_stopped(
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
) -> io::Result<()> {
    let serving = serve(listener, router, shutdown.subscribe());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return Ok(()),
        signalled = shutdown.on_signal() => signalled?,
    }
    serving.await;
    Ok(())
}

/// Serves until draining begins, then until the last request is answered, but
/// no longer than [`DRAIN`].
pub async fn serve(listener: TcpListener, router: Router, mut draining: watch::Receiver<bool>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE);
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // An error means that nobody can tell us any more, which is a reason to stop.
            _ = draining.wait_for(|draining| *draining) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                not_accepted(&error).await;
                continue;
            }
        };
        // Small answers go out at once instead of waiting for more to send.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(address));
            router.clone().oneshot(request)
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("some requests did not finish in time"),
    }
}

/// Clients that go away are everyday; running out of file descriptors is not, and passes only if
/// one does not ask for more at once.
async fn not_accepted(error: &io::Error) {
    let gone = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionReset,
    ];
    if !gone.contains(&error.kind()) {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
