//! A service on a free port, an issuer of tokens, and a client that keeps numbers exact.

use std::collections::BTreeMap;
use std::ops::Deref;

use api::Problem;
use axum::Router;
use domain::{CustomerId, SessionId};
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use http::{HeaderMap, Method, StatusCode};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::identity::{Claims, JWKS_PATH};
use crate::layers::{self, Limits};
use crate::server::{Shutdown, serve};
use crate::{Clock, TokenVerifier, transport};

/// Issues tokens that its verifier accepts, for services that do not issue any.
pub struct TestIssuer {
    key: EncodingKey,
    clock: Clock,
    verifier: TokenVerifier,
}

impl TestIssuer {
    /// # Panics
    ///
    /// Never: the key is the same each time.
    #[expect(clippy::expect_used, reason = "a test without an issuer cannot go on")]
    pub fn new(clock: &Clock) -> Self {
        // Without the public half: the only form that a JWK is made of.
        let pair = KeypairBytes {
            secret_key: [7; 32],
            public_key: None,
        };
        let der = pair.to_pkcs8_der().expect("a key");
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).expect("a public key");
        jwk.common.key_id = Some(KID.to_owned());
        let set = serde_json::to_string(&JwkSet { keys: vec![jwk] }).expect("a key set");
        let routes = Router::new().route(JWKS_PATH, axum::routing::get(|| async { set }));
        let keys = transport::in_process(routes);
        let verifier = TokenVerifier::new(ISSUER, AUDIENCE, keys, clock.clone());
        Self {
            key,
            clock: clock.clone(),
            verifier,
        }
    }

    pub fn verifier(&self) -> TokenVerifier {
        self.verifier.clone()
    }

    /// A token of `customer` that is good for an hour.
    ///
    /// # Panics
    ///
    /// Never: the key is good.
    #[expect(clippy::expect_used, reason = "a test without a token cannot go on")]
    pub fn token(&self, customer: CustomerId) -> String {
        let now = self.clock.now().as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: customer,
            sid: SessionId::from_uuid(self.clock.new_id()),
            iat: now,
            exp: now + 3600,
        };
        let header = Header {
            kid: Some(KID.to_owned()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.key).expect("a signature")
    }
}

const ISSUER: &str = "http://issuer.test";
const AUDIENCE: &str = "folio";
const KID: &str = "test";

/// Sends requests to a running service.
#[derive(Debug, Clone)]
pub struct TestClient {
    base_url: String,
    client: reqwest::Client,
}

impl TestClient {
    /// # Panics
    ///
    /// When no HTTP client can be had.
    #[expect(clippy::expect_used, reason = "a test without a client cannot go on")]
    pub fn new(base_url: impl Into<String>) -> Self {
        let time = std::time::Duration::from_secs(30);
        let client = transport::client(time, time).expect("an HTTP client");
        Self {
            base_url: base_url.into(),
            client,
        }
    }

    pub fn url(&self) -> String {
        self.base_url.clone()
    }

    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest(
            self.client
                .request(method, format!("{}{path}", self.base_url)),
        )
    }

    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }
}

/// A running service on a port of its own. It stops when dropped.
#[derive(Debug)]
pub struct TestApp {
    client: TestClient,
    server: JoinHandle<()>,
    _shutdown: Shutdown,
}

impl TestApp {
    /// Serves `router` as a real process would.
    ///
    /// # Panics
    ///
    /// When no loopback port is free.
    pub async fn start(router: Router) -> Self {
        Self::start_with(router, &Limits::default()).await
    }

    /// # Panics
    ///
    /// When no loopback port is free.
    pub async fn start_with(router: Router, limits: &Limits) -> Self {
        Self::start_with_health(router, Router::new(), limits).await
    }

    /// # Panics
    ///
    /// When no loopback port is free.
    #[expect(clippy::expect_used, reason = "a test without a server cannot go on")]
    pub async fn start_with_health(router: Router, health: Router, limits: &Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let shutdown = Shutdown::default();
        let router = layers::surround(router, health, limits, &Clock::system());
        let server = tokio::spawn(serve(listener, router, shutdown.subscribe()));
        Self {
            client: TestClient::new(format!("http://{address}")),
            server,
            _shutdown: shutdown,
        }
    }
}

impl Deref for TestApp {
    type Target = TestClient;

    fn deref(&self) -> &TestClient {
        &self.client
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Debug)]
#[must_use = "a request does nothing before `send`"]
pub struct TestRequest(reqwest::RequestBuilder);

impl TestRequest {
    pub fn bearer(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// A body sent as `application/json`.
    pub fn json_text(self, text: impl Into<String>) -> Self {
        Self(
            self.0
                .header("content-type", "application/json")
                .body(text.into()),
        )
    }

    pub fn body(self, content_type: &str, bytes: Vec<u8>) -> Self {
        Self(self.0.header("content-type", content_type).body(bytes))
    }

    /// # Panics
    ///
    /// When the service cannot be reached.
    #[expect(clippy::expect_used, reason = "a test without an answer cannot go on")]
    pub async fn send(self) -> TestResponse {
        self.try_send().await.expect("an answer")
    }

    /// # Errors
    ///
    /// The service went away before its whole answer was here.
    pub async fn try_send(self) -> Result<TestResponse, reqwest::Error> {
        let response = self.0.send().await?;
        let status = response.status();
        let headers = response.headers().clone();
        Ok(TestResponse {
            status,
            headers,
            body: response.text().await?,
        })
    }
}

#[derive(Debug, Clone)]
pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl TestResponse {
    /// # Panics
    ///
    /// With the whole answer, when the status is another.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "often the status is all that is asked"
    )]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The JSON token at a pointer such as `/items/0/quantity`, exactly as sent;
    /// strings lose their quotes.
    ///
    /// # Panics
    ///
    /// When there is nothing at the pointer.
    pub fn at(&self, pointer: &str) -> String {
        let mut token = self.body.clone();
        for part in pointer.split('/').skip(1) {
            let inner = match part.parse::<usize>() {
                Ok(index) => serde_json::from_str::<Vec<Box<RawValue>>>(&token)
                    .ok()
                    .and_then(|items| items.into_iter().nth(index)),
                Err(_) => serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&token)
                    .ok()
                    .and_then(|mut fields| fields.remove(part)),
            };
            let Some(inner) = inner else {
                panic!("nothing at {pointer} in {}", self.body)
            };
            inner.get().clone_into(&mut token);
        }
        serde_json::from_str::<String>(&token).unwrap_or(token)
    }

    /// How many items the list at a pointer has.
    ///
    /// # Panics
    ///
    /// When there is no list at the pointer.
    pub fn count(&self, pointer: &str) -> usize {
        let items: Option<Vec<Box<RawValue>>> = serde_json::from_str(&self.at(pointer)).ok();
        let Some(items) = items else {
            panic!("no list at {pointer} in {}", self.body)
        };
        items.len()
    }

    /// # Panics
    ///
    /// When the answer is no problem document.
    #[expect(clippy::expect_used, reason = "a test of a problem needs one")]
    pub fn problem(&self) -> Problem {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.body
        );
        serde_json::from_str(&self.body).expect("a problem document")
    }
}
