//! `hangup evaluate`: how good the diagnoses are over labelled cases.

use std::{path::Path, process::ExitCode};

use clap::Args;

use crate::report::{Diagnostician, Figures, LabelledCase, Outcome};

use super::{Failure, diagnostician, input};

/// `hangup evaluate`
#[derive(Args)]
pub(super) struct Arguments {
    /// Cases, one JSON object a line, each with its `label`
    #[arg(value_name = "CASES.jsonl")]
    cases: String,
    /// Print the figures as one JSON object
    #[arg(long)]
    json: bool,
    /// A line of JSON for each case as well
    #[arg(long)]
    details: bool,
}

pub(super) fn run(arguments: &Arguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let text = input::read(&arguments.cases)?;
    let outcomes = judge(&diagnostician(overlay)?, &text, input::shown(&arguments.cases))?;
    if arguments.details {
        for outcome in &outcomes {
            let line = serde_json::to_string(outcome)
                .map_err(|error| Failure::short(error.to_string()))?;
            println!("{line}");
        }
    }
    let figures = Figures::of(&outcomes);
    let json = serde_json::to_value(&figures).map_err(|error| Failure::short(error.to_string()))?;
    if arguments.json {
        println!("{json}");
    } else {
        for (name, value) in json.as_object().into_iter().flatten() {
            println!("{name:<18} {value}");
        }
    }
    Ok(if figures.n > 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn judge(diagnostician: &Diagnostician, text: &str, name: &str) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("{name}, line {number}: {error}"))
        };
        let labelled: LabelledCase = serde_json::from_str(line).map_err(|error| failed(&error))?;
        let case = labelled.case().map_err(|error| failed(&error))?;
        case.check(diagnostician.base(), case.lang.unwrap_or_default())
            .map_err(|error| failed(&error))?;
        let id = labelled.id().map_or_else(|| format!("line {number}"), str::to_owned);
        outcomes.push(diagnostician.judge(&id, &case, &labelled.label));
    }
    Ok(outcomes)
}
