use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::calls::Calls;
use crate::control;
use crate::faults::{Misbehaviour, Rule, Trouble};
use crate::line::{Line, Lines};
use crate::market::Market;
use crate::sources::{self, Source};

/// A running fake market. It ends when this is dropped.
#[derive(Debug)]
pub struct FakeMarket {
    market: Market,
    address: SocketAddr,
    serving: JoinHandle<io::Result<()>>,
}

impl FakeMarket {
    /// On a free port of this machine.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start() -> io::Result<Self> {
        Self::listen(0).await
    }

    /// # Errors
    ///
    /// The port is taken.
    pub async fn listen(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let market = Market::new();
        let router: Router = sources::router()
            .merge(control::router())
            .with_state(market.clone());
        let service = router.into_make_service_with_connect_info::<Line>();
        let serving = tokio::spawn(async move { axum::serve(Lines(listener), service).await });
        Ok(Self {
            market,
            address,
            serving,
        })
    }

    /// Until the server ends, which it does not of itself.
    ///
    /// # Errors
    ///
    /// It cannot go on.
    pub async fn ended(mut self) -> io::Result<()> {
        (&mut self.serving).await.map_err(io::Error::other)?
    }

    /// What a client of this source calls its base URL.
    pub fn base_url(&self, source: Source) -> String {
        format!("{}/{}", self.url(), source.name())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The time it is there; the system's if there is none.
    pub fn set_now(&self, now: Option<Timestamp>) {
        self.market.set_now(now);
    }

    pub fn now(&self) -> Timestamp {
        self.market.now()
    }

    /// From now on until its calls are used up. The newest rule goes first.
    pub fn misbehave(&self, rule: Rule) {
        self.market.misbehave(rule);
    }

    /// From now on, whatever is asked of the source.
    pub fn always(&self, source: Source, misbehaviour: Misbehaviour) {
        self.misbehave(Rule::always(source, misbehaviour));
    }

    /// At random from now on.
    pub fn trouble(&self, trouble: Trouble) {
        self.market.set_trouble(Some(trouble));
    }

    /// At random no more. What was asked stays known.
    pub fn no_trouble(&self) {
        self.market.set_trouble(None);
    }

    /// For how long a 429 asks; a minute at first.
    pub fn set_retry_after(&self, pause: SignedDuration) {
        self.market.set_retry_after(pause);
    }

    /// Calls to the source without this key are refused.
    pub fn require_key(&self, source: Source, key: &str) {
        self.market.require_key(source, key);
    }

    /// Whether Yahoo's quotes of several symbols work; they are refused with a 401 if not.
    pub fn set_batch_quotes(&self, works: bool) {
        self.market.set_batch_quotes(works);
    }

    /// Good behaviour again, and an empty list of calls. Clock and keys stay.
    pub fn reset(&self) {
        self.market.reset();
    }

    pub fn calls(&self) -> Calls {
        self.market.calls()
    }
}

impl Drop for FakeMarket {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
