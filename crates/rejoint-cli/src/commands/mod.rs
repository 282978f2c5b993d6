//! One file per command.

mod apply;
mod branch;
mod code;
mod config;
mod diagram;
mod diff;
mod plan;
mod rehearse;
mod scan;
mod status;
mod undo;
mod verify;

use crate::args::{Args, Command, PlanKind};
use crate::failure::Failure;
use clap::CommandFactory as _;

/// Runs a command; returns the exit code.
pub(crate) fn run(args: Args) -> Result<u8, Failure> {
    let Args { json, quiet, connection, command } = args;
    let context = Context { json, quiet, connection };
    match command {
        Command::Plan { kind: PlanKind::Upgrade(options) } => plan::upgrade(&context, &options),
        Command::Plan { kind: PlanKind::Show(options) } => plan::show(&context, &options),
        Command::Rehearse(options) => rehearse::run(&context, &options),
        Command::Scan(options) => scan::run(&context, &options),
        Command::Apply(options) => apply::run(&context, &options),
        Command::Status(options) => status::run(&context, &options),
        Command::Undo(options) => undo::run(&context, &options),
        Command::Verify(options) => verify::run(&context, &options),
        Command::Code(options) => code::run(&context, &options),
        Command::Diagram(options) => diagram::run(&context, &options),
        Command::Diff(options) => diff::run(&context, &options),
        Command::Config(options) => config::run(&context, &options),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "rejoint", &mut std::io::stdout());
            Ok(0)
        }
    }
}

/// What all commands share.
pub(crate) struct Context {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) connection: crate::args::ConnectionArgs,
}
