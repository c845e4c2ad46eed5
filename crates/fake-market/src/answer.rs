//! From a question to what goes over the wire, misbehaviour included.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::calls::Kind;
use crate::events::{closed_by, session_before};
use crate::faults::Misbehaviour;
use crate::line::Line;
use crate::listing::Listing;
use crate::market::{Fault, Market};
use crate::prices::price;
use crate::sources::Source;

/// Longer than anybody waits.
const SLOW: Duration = Duration::from_secs(30);
const DRIBBLE: Duration = Duration::from_millis(200);

/// Who asks, by which connection.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) market: Market,
    line: Line,
    headers: HeaderMap,
}

impl FromRequestParts<Market> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, market: &Market) -> Result<Self, Infallible> {
        let line = parts.extensions.get::<ConnectInfo<Line>>();
        Ok(Self {
            market: market.clone(),
            line: line.map(|info| info.0.clone()).unwrap_or_default(),
            headers: parts.headers.clone(),
        })
    }
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) source: Source,
    pub(crate) kind: Kind,
    pub(crate) symbols: Vec<String>,
}

impl Question {
    pub(crate) fn about(source: Source, kind: Kind, symbol: &str) -> Self {
        let symbols = vec![symbol.to_owned()];
        Self {
            source,
            kind,
            symbols,
        }
    }

    pub(crate) fn about_all(source: Source, kind: Kind) -> Self {
        let symbols = Vec::new();
        Self {
            source,
            kind,
            symbols,
        }
    }
}

/// An answer in the source's own words.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn ok(body: String) -> Self {
        let status = StatusCode::OK;
        Self { status, body }
    }

    pub(crate) fn not_found(body: &str) -> Self {
        let (status, body) = (StatusCode::NOT_FOUND, body.to_owned());
        Self { status, body }
    }
}

/// One price on its way out. Figures are JSON tokens.
#[derive(Debug, Clone)]
pub(crate) struct Tick {
    pub(crate) symbol: String,
    pub(crate) unit: String,
    pub(crate) price: String,
    pub(crate) previous_close: String,
    pub(crate) second: i64,
}

impl Tick {
    pub(crate) fn tenfold(&self) -> String {
        match self.price.parse::<Decimal>() {
            Ok(price) => (price * Decimal::TEN).to_string(),
            Err(_) => self.price.clone(),
        }
    }
}

/// What the source sees while it answers one call.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) source: Source,
    pub(crate) now: Timestamp,
    fault: Option<Fault>,
}

impl View {
    /// The latest price, twisted if it has come to that.
    pub(crate) fn tick(&self, listing: &Listing) -> Tick {
        let yesterday = closed_by(listing, session_before(listing, self.now), self.now);
        self.tick_at(listing, self.now, yesterday)
    }

    pub(crate) fn tick_at(&self, listing: &Listing, at: Timestamp, before: Timestamp) -> Tick {
        let figure = |at| quoted(listing, price(self.source, &listing.symbol, at)).to_string();
        self.twisted(Tick {
            symbol: listing.symbol.clone(),
            unit: listing.unit.to_owned(),
            price: figure(at),
            previous_close: figure(before),
            second: at.as_second(),
        })
    }

    pub(crate) fn twisted(&self, mut tick: Tick) -> Tick {
        if let Some(fault) = &self.fault {
            let is_meant = fault
                .symbol
                .as_ref()
                .is_none_or(|meant| *meant == tick.symbol);
            if is_meant {
                fault.misbehaviour.twist(&mut tick);
            }
        }
        tick
    }
}

/// In the unit that the exchange quotes in.
pub(crate) fn quoted(listing: &Listing, price: Option<Decimal>) -> Decimal {
    let price = price.unwrap_or_default();
    if listing.is_in_hundredths() {
        price * Decimal::ONE_HUNDRED
    } else {
        price
    }
}

impl Caller {
    pub(crate) async fn answer(
        self,
        question: Question,
        render: impl FnOnce(&View) -> Answer,
    ) -> Response {
        let Question {
            source,
            kind,
            symbols,
        } = question;
        let key = self.market.key(source);
        let given = source.key_in(&self.headers);
        let fault = self.market.meet(source, kind, symbols, given.is_some());
        if key.is_some() && key.as_deref() != given {
            return written(
                source,
                StatusCode::UNAUTHORIZED,
                source.error_body().to_owned(),
            );
        }
        let now = self.market.now();
        let misbehaviour = fault.as_ref().map(|fault| fault.misbehaviour);
        let answer = render(&View { source, now, fault });
        let right = written(source, answer.status, answer.body.clone());
        match misbehaviour {
            Some(misbehaviour) => self.wrong(misbehaviour, source, right, answer.body).await,
            None => right,
        }
    }

    async fn wrong(
        &self,
        misbehaviour: Misbehaviour,
        source: Source,
        right: Response,
        mut body: String,
    ) -> Response {
        let pause = self.market.retry_after();
        let status = |status: StatusCode| written(source, status, source.error_body().to_owned());
        match misbehaviour {
            Misbehaviour::TooMany => status(StatusCode::TOO_MANY_REQUESTS),
            Misbehaviour::TooManyWithSeconds => pausing(pause.as_secs().to_string()),
            Misbehaviour::TooManyWithDate => pausing(http_date(self.market.now() + pause)),
            Misbehaviour::InternalError => status(StatusCode::INTERNAL_SERVER_ERROR),
            Misbehaviour::ServiceUnavailable => status(StatusCode::SERVICE_UNAVAILABLE),
            Misbehaviour::ErrorBody => status(StatusCode::OK),
            Misbehaviour::Html => {
                let page = "<!doctype html><html><body>Before you continue</body></html>";
                ([(header::CONTENT_TYPE, "text/html")], page).into_response()
            }
            Misbehaviour::Truncated => {
                body.truncate(body.len() / 2);
                written(source, StatusCode::OK, body)
            }
            Misbehaviour::SlowHeaders => {
                tokio::time::sleep(SLOW).await;
                right
            }
            Misbehaviour::SlowBody => dribbled(body),
            Misbehaviour::Reset => {
                self.line.reset();
                right
            }
            _ => right,
        }
    }
}

fn written(source: Source, status: StatusCode, body: String) -> Response {
    let content_type = [(header::CONTENT_TYPE, source.content_type())];
    (status, content_type, body).into_response()
}

fn pausing(retry_after: String) -> Response {
    let pause = [(header::RETRY_AFTER, retry_after)];
    (StatusCode::TOO_MANY_REQUESTS, pause, "Too Many Requests").into_response()
}

fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Half at once, the rest byte by byte.
fn dribbled(body: String) -> Response {
    let body = Bytes::from(body);
    let half = body.len() / 2;
    let drops = stream::unfold(0, move |sent| {
        let body = body.clone();
        async move {
            let end = if sent == 0 { half } else { sent + 1 };
            if end > body.len() {
                return None;
            }
            if sent > 0 {
                tokio::time::sleep(DRIBBLE).await;
            }
            Some((Ok::<_, Infallible>(body.slice(sent..end)), end))
        }
    });
    Body::from_stream(drops).into_response()
}
