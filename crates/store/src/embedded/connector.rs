//! The SDK's HTTP client, without the HTTP: a request's body goes to the engine, its answer comes
//! back as a response.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::durability::Durability;
use super::engine::Operation;
use super::readers::Readers;
use super::refusal::Answer;
use super::writer::Writer;

#[derive(Clone, Debug)]
pub(super) struct Connector {
    shared: SharedHttpConnector,
}

#[derive(Debug)]
struct Route {
    readers: Arc<Readers>,
    writer: Arc<Writer>,
    durability: Arc<Durability>,
}

impl Connector {
    pub(super) fn new(
        readers: Arc<Readers>,
        writer: Arc<Writer>,
        durability: Arc<Durability>,
    ) -> Self {
        Self {
            shared: SharedHttpConnector::new(Route {
                readers,
                writer,
                durability,
            }),
        }
    }
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.shared.clone()
    }
}

impl HttpConnector for Route {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let Some(operation) = Operation::from_target(target) else {
            let message = format!("the embedded engine does not offer {target:?}");
            return ready(Answer::refused(400, "UnknownOperationException", &message));
        };
        let body = request.body().bytes().unwrap_or_default();
        if operation.reads_only() {
            self.read(operation, body)
        } else {
            self.write(operation, Bytes::copy_from_slice(body))
        }
    }
}

impl Route {
    fn read(&self, operation: Operation, body: &[u8]) -> HttpConnectorFuture {
        let answer = self.readers.answer(operation, body);
        let Some(group) = self.durability.pending() else {
            return ready(answer);
        };
        let durability = Arc::clone(&self.durability);
        HttpConnectorFuture::new(async move {
            match durability.reached(group).await {
                Ok(()) => response(answer),
                Err(lost) => response(Answer::failed(&lost.0)),
            }
        })
    }

    fn write(&self, operation: Operation, body: Bytes) -> HttpConnectorFuture {
        let answer = self.writer.submit(operation, body);
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(done) => response(done.answer),
                Err(_) => response(Answer::failed("the store is closed")),
            }
        })
    }
}

fn ready(answer: Answer) -> HttpConnectorFuture {
    HttpConnectorFuture::ready(response(answer))
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = answer
        .status
        .try_into()
        .map_err(|error| ConnectorError::other(Box::new(error), None))?;
    Ok(HttpResponse::new(status, SdkBody::from(answer.body)))
}
