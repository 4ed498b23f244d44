//! The binary `keyward`: configuration, sign-in, middleware, live events and the command line.
//!
//! A request goes through `http` (request id, client address, headers, origin check, body limit) to a page of `app`, one of the
//! form routes in `forms`, or a server function; all three call `vault` with the same [`vault::Context`].

mod api;
mod assets;
mod audit_file;
mod cli;
mod config;
mod forms;
mod hardening;
mod http;
mod logging;
mod metrics;
mod panics;
mod problem;
mod start;

use mimalloc::MiMalloc;
use std::process::ExitCode;
use zeroizing_alloc::ZeroAlloc;

/// Wipes every freed allocation, so that copies which parsers and buffers make of a secret do not outlive their use.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    cli::run()
}
