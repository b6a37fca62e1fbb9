//! The command line: one file a command.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what a command line is for"
)]

mod ahead;
mod capture;
mod collect;
mod decode;
mod diagnose;
mod evaluate;
mod explain;
mod healthcheck;
mod input;
mod knowledge;
mod ladder;
mod operations;
mod post;
mod probe;
mod reach;
mod serve;
mod target;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};

use crate::{
    knowledge::{Base, Files, built_in, load, read_folder},
    report::Diagnostician,
    server,
};

/// Finds out who hung up on a broken connection, why, and what to do about it.
#[derive(Parser)]
#[command(version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Arguments {
    /// A folder of knowledge laid over the built-in one
    #[arg(long, global = true, env = "HANGUP_KNOWLEDGE", value_name = "DIR")]
    knowledge: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The web app and the API; the default
    Serve(server::ServeArgs),
    /// One case in, one report out
    Diagnose(diagnose::Arguments),
    /// Live probes alone, streamed as they come
    Probe(probe::Arguments),
    /// The TCP conversations of a packet capture, and what is wrong with them
    Capture(capture::Arguments),
    /// Log or error text in, the signatures matched and the observations they yield
    Decode(decode::Arguments),
    /// A timeout ladder in (hops and their timers), inversions and calculated settings out
    Ladder(ladder::Arguments),
    /// Accuracy, question count and calibration over labelled cases
    Evaluate(evaluate::Arguments),
    /// What the target policy says of each input; sends no packet
    Target(target::Arguments),
    /// What is known, and whether a knowledge folder is sound
    Knowledge(knowledge::Arguments),
    /// Read-only facts of this machine, as text that the paste box and `decode` understand
    Collect(collect::Arguments),
    /// A copy of the database in one file; the server may be running
    Backup(operations::CopyArguments),
    /// Put a backup in the place of the database; the server must not be running
    Restore(operations::CopyArguments),
    /// Bring the database up to date, as `serve` does by itself
    Migrate(server::ServeArgs),
    /// The configuration
    Config(operations::ConfigArguments),
    /// Ask the server on this machine whether it is ready; for containers
    Healthcheck(server::ServeArgs),
    /// Look at everything that a start needs, one by one
    Doctor(server::ServeArgs),
}

/// Exit codes: 0 done, 1 the answer is negative or something fell short, 2 wrong use or unreadable
/// input. `site` is what `serve` serves besides the pages.
pub fn run(site: server::Site) -> ExitCode {
    end_quietly_where_nobody_reads_on();
    let arguments = Arguments::parse();
    let overlay = arguments.knowledge.as_deref();
    let done = match arguments.command.unwrap_or(Command::Serve(server::ServeArgs::default())) {
        Command::Serve(own) => serve::run(own, overlay, site),
        Command::Diagnose(own) => diagnose::run(&own, overlay),
        Command::Capture(own) => capture::run(&own),
        Command::Decode(own) => decode::run(&own, overlay),
        Command::Ladder(own) => ladder::run(&own, overlay),
        Command::Evaluate(own) => evaluate::run(&own, overlay),
        Command::Probe(own) => probe::run(&own),
        Command::Target(own) => target::run(&own),
        Command::Knowledge(own) => knowledge::run(&own, overlay),
        Command::Collect(own) => collect::run(&own),
        Command::Backup(own) => operations::backup(own, overlay),
        Command::Restore(own) => operations::restore(own, overlay),
        Command::Migrate(own) => operations::migrate(own, overlay),
        Command::Config(own) => operations::config(own, overlay),
        Command::Healthcheck(own) => healthcheck::run(own, overlay),
        Command::Doctor(own) => operations::doctor(own, overlay),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("hangup: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// `hangup … | head` closes our output while we print. `println!` panics then; nothing is wrong, so
/// the program ends without a word. (The signal that would do it is switched off by Rust's start.)
#[expect(clippy::disallowed_methods, reason = "a command that prints has no database to end")]
fn end_quietly_where_nobody_reads_on() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to std") && said.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

/// Why a command ended early: one sentence and an exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Wrong use, or input that cannot be read.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// Something fell short.
    pub(crate) fn short(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }
}

/// The built-in knowledge with the overlay on top, as files.
pub(crate) fn layers(overlay: Option<&std::path::Path>) -> Result<Vec<Files>, Failure> {
    let mut layers = vec![built_in()];
    if let Some(folder) = overlay {
        layers.push(
            read_folder(folder).map_err(|error| Failure::usage(format!("--knowledge: {error}")))?,
        );
    }
    Ok(layers)
}

/// The knowledge base, sound or not at all: a broken overlay is said, line by line, and not used.
pub(crate) fn base(overlay: Option<&std::path::Path>) -> Result<Arc<Base>, Failure> {
    let loaded = load(&layers(overlay)?);
    // The built-in knowledge alone is held sound by a test, and linting it takes a second.
    let problems = match overlay {
        Some(_) => crate::knowledge::check(&loaded),
        None => loaded.problems,
    };
    if let Some(first) = problems.first() {
        for problem in problems.iter().skip(1).take(20) {
            eprintln!("hangup: {problem}");
        }
        return Err(Failure::usage(format!("the knowledge cannot be used: {first}")));
    }
    Ok(Arc::new(loaded.base))
}

/// A diagnostician over that base.
pub(crate) fn diagnostician(overlay: Option<&std::path::Path>) -> Result<Diagnostician, Failure> {
    Diagnostician::new(base(overlay)?).map_err(|error| Failure::usage(error.to_string()))
}
