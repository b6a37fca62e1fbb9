//! `hangup diagnose`: one case in, one report out.

use std::{path::Path, process::ExitCode};

use clap::Args;

use crate::{
    knowledge::Lang,
    report::{Case, Report, VerdictState},
};

use super::{Failure, diagnostician, input};

/// `hangup diagnose`
#[derive(Args)]
pub(super) struct Arguments {
    /// A case as JSON; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    case: Option<String>,
    /// Error text or a description, in place of or beside a case
    #[arg(long, value_name = "STR")]
    text: Option<String>,
    /// Language of the report
    #[arg(long, value_parser = parse_lang, value_name = "en|zh-CN")]
    lang: Option<Lang>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn parse_lang(tag: &str) -> Result<Lang, String> {
    Lang::parse(tag).ok_or_else(|| format!("`{tag}` is neither en nor zh-CN"))
}

pub(super) fn run(arguments: &Arguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut case = match &arguments.case {
        Some(name) => read_case(name)?,
        None => Case::default(),
    };
    if let Some(text) = &arguments.text {
        case.text = Some(text.clone());
    }
    if case == Case::default() {
        return Err(Failure::usage("nothing to diagnose: give --text, --case or --probe"));
    }
    if let Some(lang) = arguments.lang {
        case.lang = Some(lang);
    }
    let lang = case.lang.unwrap_or_default();
    let diagnostician = diagnostician(overlay)?;
    case.check(diagnostician.base(), lang).map_err(|error| Failure::usage(error.to_string()))?;
    let report = diagnostician.diagnose(&case, lang);
    if arguments.json {
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| Failure::short(error.to_string()))?;
        println!("{json}");
    } else {
        print!("{}", plain(&report));
    }
    Ok(match report.verdict.state {
        VerdictState::NotEnoughEvidence => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    })
}

/// Reads a case; the message names the field, the line and the column.
fn read_case(name: &str) -> Result<Case, Failure> {
    let text = input::read(name)?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{}: {error}", input::shown(name))))
}

/// The report for a terminal. Text from outside has its control characters taken out.
fn plain(report: &Report) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.extend(text.chars().filter(|c| !c.is_control()));
        out.push('\n');
    };
    line(&report.verdict.sentence);
    line(&report.verdict.first_step);
    line("");
    for cause in report.causes.iter().take(5) {
        line(&format!("{:5.1} %  {}  [{}]", cause.probability * 100.0, cause.name, cause.id));
        for item in cause.evidence.iter().take(4) {
            line(&format!("         {:+.1} bit  {}", item.bits, item.label));
        }
    }
    if let Some(fix) = report.fixes.first() {
        line("");
        line(&format!("{} ({})", fix.title, fix.stack));
        for step in &fix.steps {
            line(&format!("  - {step}"));
        }
        for command in &fix.commands {
            for command in command.lines() {
                line(&format!("    {command}"));
            }
        }
    }
    if let Some(next) = report.next.first() {
        line("");
        line(&format!("? {}", next.label));
    }
    out
}
