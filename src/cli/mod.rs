//! The command line: one file a command, the arguments of all of them here.

use std::{process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};

use crate::{
    knowledge::Lang,
    report::{Case, Report, Verdict, VerdictState},
    server::ServeArgs,
};

pub mod serve;

/// Finds out who hung up on a broken connection, why, and what to do about it.
#[derive(Debug, Parser)]
#[command(name = "hangup", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web app and the API; the default.
    Serve(ServeArgs),
}

/// Runs the command that was asked for.
pub fn run(cli: Cli) -> ExitCode {
    match cli.command.unwrap_or(Command::Serve(ServeArgs::default())) {
        Command::Serve(args) => serve::run(&args, |_config| Ok(parts())),
    }
}

/// Here the engine (`report::Diagnostician`) and the probes (`probe`) are handed to the server.
fn parts() -> serve::Parts {
    serve::Parts { diagnose: Arc::new(without_knowledge), probes: None }
}

/// What can be said with no knowledge at all.
fn without_knowledge(case: &Case, lang: Lang) -> Report {
    let sentence = match lang {
        Lang::En => "The evidence does not reach.",
        Lang::Zh => "证据不足。",
    };
    Report {
        version: 1,
        lang,
        verdict: Verdict {
            state: VerdictState::NotEnoughEvidence,
            cause: None,
            variant: None,
            sentence: sentence.to_owned(),
            first_step: String::new(),
            owner: Vec::new(),
        },
        causes: Vec::new(),
        ruled_out: Vec::new(),
        not_visible: Vec::new(),
        observations: case.observations.clone(),
        next: Vec::new(),
        fixes: Vec::new(),
        chain: Vec::new(),
        constants: Vec::new(),
        case: case.clone(),
    }
}
