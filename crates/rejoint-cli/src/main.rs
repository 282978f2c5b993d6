//! The program `rejoint`.
//!
//! The only crate of the workspace that prints and prompts. Exit codes: 0 done, 1 differences or findings, 2 wrong usage or
//! input, 3 refused, 4 environment (server, store, file), 70 a defect of rejoint.

mod args;
mod bar;
mod commands;
mod failure;
mod output;
mod session;

use clap::Parser as _;
use std::process::ExitCode;

/// Syntax trees and rows are many small pieces, made on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // help and version are no errors; clap prints them to the right stream
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let json = args.json;
    match commands::run(args) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print(json);
            ExitCode::from(failure.code())
        }
    }
}
