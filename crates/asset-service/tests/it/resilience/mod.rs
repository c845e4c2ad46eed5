//! How one source is spared: its breaker, its budgets, a second try. The server is real, the clock
//! is not.

mod breaker;
mod budgets;
mod status;

use std::time::Duration;

use asset_service::source::upstream::{Answered, Call, CallBook, Upstream, UpstreamConfig};
use asset_service::source::{Ask, Purpose, SourceError};
use service_kit::Clock;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Storage, clock, seconds};

/// A server, and the way to it.
struct Line {
    server: MockServer,
    config: UpstreamConfig,
    storage: Storage,
    clock: Clock,
}

impl Line {
    async fn new() -> Self {
        let server = MockServer::start().await;
        Self {
            config: UpstreamConfig::at(&server.uri()),
            server,
            storage: Storage::new().await,
            clock: clock(),
        }
    }

    async fn answering(status: u16) -> Self {
        let line = Self::new().await;
        line.answers(ResponseTemplate::new(status)).await;
        line
    }

    async fn answers(&self, response: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(method("GET"))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    /// A process of its own.
    fn upstream(&self) -> Upstream {
        let book = CallBook {
            table: self.storage.table(),
            clock: self.clock.clone(),
        };
        Upstream::try_new("test", &self.config, None, &book).unwrap()
    }

    fn pass(&self, time: i64) {
        self.clock.advance(seconds(time));
    }

    /// Requests since the server was last told what to answer.
    async fn requests(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    fn ask(&self) -> Ask {
        Ask::waiting(self.clock.now())
    }

    fn background(&self) -> Ask {
        Ask {
            purpose: Purpose::Background,
            ..self.ask()
        }
    }

    fn discovering(&self) -> Ask {
        Ask::discovering(self.clock.now())
    }

    async fn get(&self, upstream: &Upstream) -> Result<Answered, SourceError> {
        upstream.get(self.ask(), &Call::new(&[], &[])).await
    }

    async fn is_answered(&self, upstream: &Upstream) -> bool {
        self.get(upstream).await.is_ok()
    }

    /// How many of so many calls go out.
    async fn answered(&self, upstream: &Upstream, ask: Ask, times: usize) -> usize {
        let mut answered = 0;
        for _ in 0..times {
            let call = upstream.get(ask, &Call::new(&[], &[])).await;
            answered += usize::from(call.is_ok());
        }
        answered
    }
}

fn slowly(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_delay(Duration::from_secs(20))
}
