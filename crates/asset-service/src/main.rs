//! The Asset service as a process of its own.

use std::process::ExitCode;

use asset_service::{AssetConfig, AssetService, TABLE, router};
use service_kit::process::{self, Service};

fn main() -> ExitCode {
    process::main("asset", TABLE, |config: AssetConfig, parts| {
        let service = AssetService::try_apart(&config, parts.table, parts.clock)?;
        let routes = router(service.clone());
        Ok(Service::new(routes).settling(async move { service.settled().await }))
    })
}
