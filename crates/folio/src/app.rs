//! The three services put together, as API Gateway does it on AWS: each path
//! belongs to one service, and the Portfolio service asks the Asset service
//! through the same client it uses there, only without a network in between.

use api::client::AssetClient;
use asset_service::AssetService;
use axum::Router;
use customer_service::CustomerService;
use portfolio_service::PortfolioService;
use service_kit::health::{self, Readiness};
use service_kit::{Clock, layers, transport};
use store::Store;
use tokio::sync::watch;

use crate::docs;
use crate::settings::Settings;

/// Every table of the one store.
pub const TABLES: [store::TableSpec; 3] = [
    customer_service::TABLE,
    portfolio_service::TABLE,
    asset_service::TABLE,
];

/// Why the services could not be put together.
pub type BuildError = Box<dyn std::error::Error + Send + Sync>;

/// The services, put together.
#[derive(Debug)]
pub struct App {
    /// Every route of Folio, surrounded by its limits.
    pub router: Router,
    /// Has work behind the scenes, to wait for before the store is closed.
    pub asset: AssetService,
}

/// # Errors
///
/// A service cannot start with these settings.
pub fn build(
    settings: &Settings,
    store: &Store,
    clock: &Clock,
    draining: watch::Receiver<bool>,
) -> Result<App, BuildError> {
    let customer = CustomerService::try_new(
        &settings.customer,
        store.table(customer_service::TABLE.name),
        &settings.data_dir,
        clock.clone(),
    )?;
    let verifier = customer.verifier();
    let asset = AssetService::try_new(
        &settings.asset,
        store.table(asset_service::TABLE.name),
        verifier.clone(),
        clock.clone(),
    )?;
    let (asset_routes, _) = asset_service::router(asset.clone()).split_for_parts();
    let portfolio = PortfolioService::new(
        &settings.portfolio,
        store.table(portfolio_service::TABLE.name),
        AssetClient::new(transport::in_process(asset_routes.clone())),
        verifier,
        clock.clone(),
    );
    let (customer_routes, _) = customer_service::router(customer).split_for_parts();
    let (portfolio_routes, _) = portfolio_service::router(portfolio).split_for_parts();
    let routes = customer_routes
        .merge(portfolio_routes)
        .merge(asset_routes)
        .merge(docs::routes()?);
    let health = health::routes(Readiness {
        store: store.clone(),
        draining,
    });
    Ok(App {
        router: layers::surround(routes, health, &settings.limits, clock),
        asset,
    })
}
