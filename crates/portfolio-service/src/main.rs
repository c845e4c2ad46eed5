//! The Portfolio service as a process of its own.

use std::process::ExitCode;

use portfolio_service::{PortfolioConfig, PortfolioService, TABLE, router};
use service_kit::process::{self, Service};

fn main() -> ExitCode {
    process::main("portfolio", TABLE, |config: PortfolioConfig, parts| {
        let service = PortfolioService::try_apart(&config, parts.table, parts.clock)?;
        Ok(Service::new(router(service)))
    })
}
