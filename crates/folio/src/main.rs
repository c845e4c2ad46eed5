use std::process::ExitCode;

use clap::Parser;
use folio::settings::{Cli, Command};
use folio::{contract, healthcheck, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(flags) => serve::main(&flags),
        Command::Openapi { dir } => contract::main(&dir),
        Command::Healthcheck { port } => healthcheck::main(port),
    }
}
