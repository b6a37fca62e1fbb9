//! `hangup diagnose`: one case in, one report out.

use std::{path::Path, process::ExitCode};

use clap::Args;

use crate::{
    evidence::Observation,
    knowledge::Lang,
    probe::{self, Plan, Probe, ProbeEvent, target::Target},
    report::{Case, Report, VerdictState},
};

use super::{
    Failure, diagnostician, input,
    probe::{parse_probe, shown},
    reach::Reach,
};

/// `hangup diagnose`
#[derive(Args)]
pub(super) struct Arguments {
    /// A case as JSON; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    case: Option<String>,
    /// Error text or a description, in place of or beside a case
    #[arg(long, value_name = "STR")]
    text: Option<String>,
    /// A packet capture, of which the worst conversation is taken as evidence
    #[arg(long, value_name = "FILE")]
    capture: Option<String>,
    /// A host to probe first: host, host:port or URL
    #[arg(long, value_name = "TARGET")]
    probe: Option<String>,
    /// With --probe: only these probes, separated by commas
    #[arg(long, requires = "probe", value_delimiter = ',', value_parser = parse_probe)]
    only: Vec<Probe>,
    #[command(flatten)]
    reach: Reach,
    /// Language of the report
    #[arg(long, value_parser = parse_lang, value_name = "en|zh-CN")]
    lang: Option<Lang>,
    /// Print the report as one line of JSON
    #[arg(long)]
    json: bool,
    /// Print the whole report as Markdown, its secrets masked
    #[arg(long, conflicts_with_all = ["json", "explain"])]
    markdown: bool,
    /// Print how the leading causes' probabilities come about, number by number, with the file and
    /// line of the knowledge behind each
    #[arg(long)]
    explain: bool,
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
    if let Some(file) = &arguments.capture {
        let lang = arguments.lang.unwrap_or_default();
        case.observations.extend(super::capture::evidence(file, lang)?);
    }
    if case == Case::default() && arguments.probe.is_none() {
        return Err(Failure::usage(
            "nothing to diagnose: give --text, --case, --capture or --probe",
        ));
    }
    if let Some(lang) = arguments.lang {
        case.lang = Some(lang);
    }
    let lang = case.lang.unwrap_or_default();
    let diagnostician = diagnostician(overlay)?;
    case.check(diagnostician.base(), lang).map_err(|error| Failure::usage(error.to_string()))?;
    if let Some(target) = &arguments.probe {
        case.observations.extend(probe_first(arguments, target, lang)?);
        case.target = Some(target.clone());
    }
    let report = diagnostician.diagnose(&case, lang);
    if arguments.explain {
        super::explain::print(&diagnostician, &case, overlay, arguments.json)?;
    } else if arguments.json {
        let json =
            serde_json::to_string(&report).map_err(|error| Failure::short(error.to_string()))?;
        println!("{json}");
    } else if arguments.markdown {
        let masked = report.masked().map_err(|error| Failure::short(error.to_string()))?;
        print!("{}", masked.0.markdown(None));
    } else {
        print!("{}", plain(&report));
    }
    Ok(match report.verdict.state {
        VerdictState::NotEnoughEvidence => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    })
}

/// Probes `target` and gives what was observed; progress goes to stderr. Ctrl-C ends the probes, and
/// the report is made of what they had found.
fn probe_first(
    arguments: &Arguments,
    target: &str,
    lang: Lang,
) -> Result<Vec<Observation>, Failure> {
    let parsed = Target::parse(target).map_err(|invalid| {
        Failure::usage(format!("--probe `{}`: {}", shown(target), invalid.reason(lang)))
    })?;
    let mut plan = Plan::new(parsed);
    plan.only.clone_from(&arguments.only);
    plan.max_idle = arguments.reach.max_idle;
    let gate = arguments.reach.gate()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::short(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async {
        let mut run = probe::run(plan, gate, None);
        let mut observations = Vec::new();
        loop {
            let event = tokio::select! {
                event = run.events.recv() => event,
                _ = tokio::signal::ctrl_c(), if !run.cancel.is_cancelled() => {
                    run.cancel.cancel();
                    continue;
                }
            };
            match event {
                Some(ProbeEvent::Observation(seen)) => observations.push(seen),
                Some(ProbeEvent::Refused { text, .. }) => {
                    return Err(Failure::usage(format!("--probe: {}", text.get(lang))));
                }
                Some(ProbeEvent::Progress { text, .. }) => eprintln!("… {}", text.get(lang)),
                Some(ProbeEvent::Finished { probe, millis, outcome }) => {
                    eprintln!("{:<9} {outcome} ({millis} ms)", probe.as_str());
                }
                Some(_) => {}
                None => return Ok(observations),
            }
        }
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
        for fitted in &fix.fitted {
            line(&format!("  = {}: {}", fitted.value, fitted.reason));
        }
        for blank in &fix.blanks {
            line(&format!("  ? {}: {}", blank.name, blank.put));
        }
    }
    if let Some(next) = report.next.first() {
        line("");
        line(&format!("? {}", next.label));
    }
    out
}
