//! The Customer service as a process of its own.
//!
//! The signing key still lies in a directory, so this is for one process: several would sign with
//! a key each, and publish only their own.

use std::process::ExitCode;

use customer_service::{CustomerConfig, CustomerService, TABLE, router};
use service_kit::process::{self, Service};

fn main() -> ExitCode {
    process::main("customer", TABLE, |config: CustomerConfig, parts| {
        let service = CustomerService::try_new(&config, parts.table, &parts.data_dir, parts.clock)?;
        Ok(Service::new(router(service)))
    })
}
