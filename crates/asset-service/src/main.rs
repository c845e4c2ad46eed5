//! The Asset service as a process of its own.

use std::process::ExitCode;

use asset_service::{AssetConfig, AssetService, TABLE, router};
use service_kit::process::{self, Service};

fn main() -> ExitCode {
    process::main("asset", TABLE, |config: AssetConfig, parts| {
        let service = AssetService::try_apart(&config, parts.table, parts.clock)?;
        let routes = router(service.clone());
        let refreshing = tokio::spawn(service.refresher().run_until(parts.draining));
        Ok(Service::new(routes).settling(async move {
            // It has given its leases back, or they lapse.
            let _ = refreshing.await;
            service.settled().await;
        }))
    })
}
