#![recursion_limit = "256"]
//! Arguments in, a command run; the commands live in `hangup::cli`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    hangup::cli::run(hangup::cli::Cli::parse())
}
