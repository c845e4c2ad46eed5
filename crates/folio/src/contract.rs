//! The OpenAPI contracts: one a service, and one of everything.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use service_kit::contract;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, License, OpenApi, OpenApiBuilder, Server};

/// Each document's file name and text.
///
/// # Errors
///
/// A document cannot be written as JSON.
pub fn documents() -> Result<Vec<(&'static str, String)>, serde_json::Error> {
    let services = [
        (
            "customer.json",
            "Folio: Customer",
            customer_service::routes().into_openapi(),
        ),
        (
            "portfolio.json",
            "Folio: Portfolio",
            portfolio_service::routes().into_openapi(),
        ),
        (
            "asset.json",
            "Folio: Asset",
            asset_service::routes().into_openapi(),
        ),
    ];
    let mut documents = vec![("folio.json", text(&whole())?)];
    for (file, title, routes) in services {
        documents.push((file, text(&titled(title, routes))?));
    }
    Ok(documents)
}

/// The contract of everything, as served at `/openapi.json`.
pub fn whole() -> OpenApi {
    let routes = customer_service::routes()
        .into_openapi()
        .merge_from(portfolio_service::routes().into_openapi())
        .merge_from(asset_service::routes().into_openapi());
    titled("Folio", routes)
}

/// # Errors
///
/// The document cannot be written as JSON.
pub fn text(api: &OpenApi) -> Result<String, serde_json::Error> {
    let document = contract::document(api)?;
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn titled(title: &str, routes: OpenApi) -> OpenApi {
    let info = InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "What you own, what it is worth, and how well it has done.",
        ))
        .license(Some(License::new("MIT OR Apache-2.0")))
        .build();
    let mut api = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .build();
    api.merge(routes);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access_token of a session."))
        .build();
    api.components
        .get_or_insert_with(Components::new)
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    api
}

/// `folio openapi`: writes every document into `dir`.
#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command talks to its user"
)]
pub fn main(dir: &Path) -> ExitCode {
    match write(dir) {
        Ok(()) => {
            println!("contracts written to {}", dir.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("folio: the contracts could not be written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(dir: &Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    for (file, text) in documents()? {
        fs::write(dir.join(file), text)?;
    }
    Ok(())
}
