//! `hangup knowledge`: what is known, and whether a folder is sound.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::{
    knowledge::{Base, built_in, check, load, read_folder},
    report::with_usual,
};

use super::{Failure, base};

/// `hangup knowledge`
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lint a knowledge folder; names file and line. Without a folder: the built-in knowledge
    Check {
        /// An overlay folder, judged together with the built-in knowledge
        dir: Option<PathBuf>,
    },
    /// The whole base as one JSON object, the overlay laid in
    Export,
    /// What is known
    List {
        /// Of which kind
        kind: Kind,
        /// Print a JSON array, an entry a line
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Causes,
    Questions,
    Signatures,
    Timeouts,
    Fixes,
    Components,
}

pub(super) fn run(arguments: &Arguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Check { dir } => run_check(dir.as_deref().or(overlay)),
        Command::Export => {
            let json = serde_json::to_string(&*base(overlay)?);
            println!("{}", json.map_err(|error| Failure::short(error.to_string()))?);
            Ok(ExitCode::SUCCESS)
        }
        Command::List { kind, json } => {
            list(&*base(overlay)?, *kind, *json);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_check(folder: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut layers = vec![built_in()];
    if let Some(folder) = folder {
        let files = read_folder(folder).map_err(|error| Failure::usage(error.to_string()))?;
        if files.is_empty() {
            return Err(Failure::usage(format!("{} holds no .toml file", folder.display())));
        }
        // A whole knowledge folder stands on its own; an overlay stands on the built-in one.
        if files.keys().any(|file| file.starts_with("variables/")) {
            layers.clear();
        }
        layers.push(files);
    }
    let loaded = load(&layers);
    let problems = check(&loaded);
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        let base = &loaded.base;
        println!(
            "sound: {} causes, {} questions, {} signatures, {} timeouts, {} fixes, {} components",
            base.causes.len(),
            base.questions.len(),
            base.signatures.len(),
            base.timeouts.len(),
            base.fixes.len(),
            base.components.len()
        );
        return Ok(ExitCode::SUCCESS);
    }
    let noun = if problems.len() == 1 { "problem" } else { "problems" };
    Err(Failure::short(format!("{} {noun} in the knowledge", problems.len())))
}

fn list(base: &Base, kind: Kind, as_json: bool) {
    let rows: Vec<(String, String, serde_json::Value)> = match kind {
        Kind::Causes => {
            base.causes.values().map(|c| (c.id.clone(), c.name.en.clone(), json!(c))).collect()
        }
        Kind::Questions => {
            base.questions.values().map(|q| (q.id.clone(), q.ask.en.clone(), json!(q))).collect()
        }
        Kind::Signatures => {
            base.signatures.values().map(|s| (s.id.clone(), s.example.clone(), json!(s))).collect()
        }
        Kind::Timeouts => base
            .timeouts
            .values()
            .map(|t| (t.id.clone(), format!("{} {} ({})", t.value, t.unit, t.setting), json!(t)))
            .collect(),
        Kind::Fixes => {
            base.fixes.values().map(|f| (f.id.clone(), with_usual(&f.title.en), json!(f))).collect()
        }
        Kind::Components => {
            base.components.values().map(|c| (c.id.clone(), c.name.en.clone(), json!(c))).collect()
        }
    };
    if as_json {
        // One JSON document, an entry a line: for `jq` as for `grep`.
        let lines: Vec<String> = rows.iter().map(|(_, _, value)| value.to_string()).collect();
        println!("[\n{}\n]", lines.join(",\n"));
        return;
    }
    for (id, text, _) in rows {
        println!("{id:<44} {text}");
    }
}
