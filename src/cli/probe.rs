//! `hangup probe`: live probes alone, streamed as they come.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;

use super::{Failure, diagnose::parse_lang, reach::Reach};
use crate::{
    knowledge::Lang,
    probe::{self, Gate, Plan, Probe, ProbeEvent, target::Target},
};

/// Arguments of `hangup probe`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Host, host:port or URL to look at.
    #[arg(required_unless_present = "list")]
    target: Option<String>,
    /// Name the probes and what they do.
    #[arg(long)]
    list: bool,
    /// Only these probes, separated by commas.
    #[arg(long, value_delimiter = ',', value_parser = parse_probe)]
    only: Vec<Probe>,
    #[command(flatten)]
    reach: Reach,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Language of the sentences: en or zh-CN.
    #[arg(long, default_value = "en", value_parser = parse_lang, value_name = "en|zh-CN")]
    lang: Lang,
}

pub(super) fn parse_probe(name: &str) -> Result<Probe, String> {
    let known = Probe::ALL.map(Probe::as_str).join(", ");
    Probe::parse(name).ok_or_else(|| format!("unknown probe `{name}`, use {known}"))
}

/// Exit code 0: done; 1: a probe failed, the target was refused or the run was stopped.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.list {
        let written = list(arguments, &mut io::stdout());
        return written.map(|()| ExitCode::SUCCESS).or_else(|error| ignore_closed_pipe(&error));
    }
    let text = arguments.target.as_deref().unwrap_or_default();
    let target = Target::parse(text).map_err(|invalid| {
        Failure::usage(format!("target `{}`: {}", shown(text), invalid.reason(arguments.lang)))
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::short(format!("cannot start the runtime: {error}")))?;
    let gate = arguments.reach.gate()?;
    runtime.block_on(follow(arguments, target, gate)).or_else(|error| ignore_closed_pipe(&error))
}

/// The reader went away; that is no mistake of ours.
fn ignore_closed_pipe(error: &io::Error) -> Result<ExitCode, Failure> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        _ => Err(Failure::short(format!("cannot write: {error}"))),
    }
}

/// A target as it may be printed.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}

/// Runs the probes and prints what they tell; Ctrl-C stops them.
async fn follow(arguments: &Arguments, target: Target, gate: Gate) -> io::Result<ExitCode> {
    let mut plan = Plan::new(target);
    plan.only.clone_from(&arguments.only);
    plan.max_idle = arguments.reach.max_idle;
    let mut run = probe::run(plan, gate, None);
    let mut out = io::stdout();
    let mut failed = false;
    loop {
        let event = tokio::select! {
            event = run.events.recv() => event,
            _ = tokio::signal::ctrl_c(), if !run.cancel.is_cancelled() => {
                run.cancel.cancel();
                continue;
            }
        };
        let Some(event) = event else { break };
        failed |= is_failure(&event);
        print(arguments, &event, &mut out)?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Whether the event means that something fell short.
fn is_failure(event: &ProbeEvent) -> bool {
    // Ends in order are no failure, nor is a server that has no HTTP/2.
    let good = [
        "ok",
        "connected",
        "greeting",
        "open",
        "slow",
        "fin",
        "answered",
        "closes_first",
        "answers",
        "all_served",
        "reaches",
        "passes",
        "same",
        "goaway",
        "not_h2",
        "not_here",
    ];
    match event {
        ProbeEvent::Finished { outcome, .. } => !good.contains(&outcome.as_str()),
        ProbeEvent::Refused { .. } | ProbeEvent::Done { cancelled: true, .. } => true,
        _ => false,
    }
}

/// The option that would open what `rule` refused.
fn hint(rule: &str) -> &'static str {
    match rule {
        "port_not_allowed" => " (--allow-port PORT)",
        "private" | "shared" | "private_name" | "single_label" => " (--allow CIDR)",
        "loopback" | "loopback_name" => " (--allow-loopback)",
        _ => "",
    }
}

fn list(args: &Arguments, out: &mut impl Write) -> io::Result<()> {
    for probe in Probe::ALL {
        let about = probe.description();
        if args.json {
            let line = serde_json::json!({ "probe": probe, "description": about });
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{:<10}{}", probe.as_str(), about.get(args.lang))?;
        }
    }
    Ok(())
}

fn print(args: &Arguments, event: &ProbeEvent, out: &mut impl Write) -> io::Result<()> {
    if args.json {
        writeln!(out, "{}", serde_json::to_string(event)?)?;
        return out.flush();
    }
    let lang = args.lang;
    match event {
        ProbeEvent::Refused { rule, text } => {
            writeln!(out, "refused   {} [{rule}]{}", text.get(lang), hint(rule))?;
        }
        ProbeEvent::Started { .. } => {}
        ProbeEvent::Progress { probe, text, .. } => {
            writeln!(out, "{:<9} … {}", probe.as_str(), text.get(lang))?;
        }
        ProbeEvent::Finding { probe, finding } => {
            let address = finding.address.as_deref().unwrap_or("-");
            writeln!(out, "{:<9} {address}  {}", probe.as_str(), finding.text.get(lang))?;
            if !finding.raw.is_empty() {
                writeln!(out, "          │ {}", finding.raw)?;
            }
        }
        ProbeEvent::Observation(seen) => {
            writeln!(out, "          = {} {}", seen.variable, seen.value)?;
        }
        ProbeEvent::Finished { probe, millis, outcome } => {
            writeln!(out, "{:<9} {outcome} ({millis} ms)", probe.as_str())?;
        }
        ProbeEvent::NotVisible { probe, why } => {
            writeln!(out, "{:<9} ? {}", probe.as_str(), why.get(lang))?;
        }
        ProbeEvent::Done { cancelled, .. } => {
            if *cancelled {
                let stopped = match lang {
                    Lang::En => "stopped before the end",
                    Lang::Zh => "提前停止",
                };
                writeln!(out, "{stopped}")?;
            }
        }
    }
    out.flush()
}
