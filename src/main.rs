//! Kafka Connect in one static binary.

mod cli;
mod connector_files;
mod distributed;
mod failure;
mod hash_password;
mod logging;
mod offline;
mod panics;
mod plugins;
mod quickstart;
mod runtimes;
mod signals;
mod standalone;
mod worker;

use std::process::ExitCode;

// Its symbols take the place of musl's memcpy, memmove and memcmp.
use windlass_mem as _;

#[cfg(feature = "rusty-alloc")]
#[global_allocator]
static ALLOCATOR: rusty_alloc_api::RustyAlloc = rusty_alloc_api::RustyAlloc;

fn main() -> ExitCode {
    panics::hide_secrets();
    cli::run(std::env::args_os().collect())
}
