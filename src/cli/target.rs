//! `hangup target`: what the target policy says of each input. Sends no packet.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use clap::Args;
use serde::Serialize;

use crate::{
    knowledge::Lang,
    probe::{policy::Policy, target::Target},
};

/// The longest line read from standard input, in bytes; a target is cut at 2048 anyway.
const MAX_LINE: u64 = 8192;

/// Arguments of `hangup target`.
#[derive(Args, Clone, Debug)]
pub struct TargetArgs {
    /// Hosts, host:port pairs or URLs to judge; `-` reads one a line from standard input.
    #[arg(required = true, allow_hyphen_values = true)]
    pub texts: Vec<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Add the normal form and what was read out of the input.
    #[arg(long)]
    pub explain: bool,
    /// Language of the reasons: en or zh-CN.
    #[arg(long, default_value = "en", value_parser = parse_lang)]
    pub lang: Lang,
}

fn parse_lang(tag: &str) -> Result<Lang, String> {
    Lang::parse(tag).ok_or_else(|| format!("unknown language `{tag}`, use en or zh-CN"))
}

/// One line of output.
#[derive(Debug, Serialize)]
pub struct Judgement<'a> {
    /// The text as it came in.
    pub input: &'a str,
    /// `allow`, `deny` or `invalid`.
    pub decision: &'static str,
    /// The rule's stable id.
    pub rule: &'static str,
    /// One sentence.
    pub reason: &'static str,
    /// `host:port`, with `--explain` and where the input could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalized: Option<String>,
}

/// Judges one text under `policy`, before any lookup.
pub fn judge<'a>(policy: &Policy, input: &'a str, lang: Lang, explain: bool) -> Judgement<'a> {
    match Target::parse(input) {
        Err(invalid) => {
            let (rule, reason) = (invalid.rule().id, invalid.reason(lang));
            Judgement { input, decision: "invalid", rule, reason, normalized: None }
        }
        Ok(target) => {
            let decision = policy.decide(&target);
            Judgement {
                input,
                decision: if decision.is_allowed() { "allow" } else { "deny" },
                rule: decision.rule.id,
                reason: decision.reason(lang),
                normalized: explain.then(|| target.normalized()),
            }
        }
    }
}

/// Runs the command. Exit code 0: everything was judged, whatever the verdicts; 2: input unreadable.
pub fn run(args: &TargetArgs) -> ExitCode {
    let mut out = io::stdout().lock();
    let mut failed = None;
    for text in &args.texts {
        let done = if text == "-" {
            judge_lines(args, io::stdin().lock(), &mut out)
        } else {
            print(args, text, &mut out)
        };
        if let Err(error) = done {
            failed = Some(error);
            break;
        }
    }
    match failed {
        None => ExitCode::SUCCESS,
        // The reader went away; that is no mistake of ours.
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Some(error) => {
            let _ = writeln!(io::stderr(), "hangup target: standard input cannot be read: {error}");
            ExitCode::from(2)
        }
    }
}

/// Judges each line, up to its line feed alone: a carriage return is part of the input.
fn judge_lines(args: &TargetArgs, mut input: impl BufRead, out: &mut impl Write) -> io::Result<()> {
    loop {
        let mut line = Vec::new();
        let read = io::Read::take(&mut input, MAX_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() as u64 == MAX_LINE {
            skip_line(&mut input)?;
        }
        print(args, &String::from_utf8_lossy(&line), out)?;
    }
}

/// Drops the rest of a line that was too long.
fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(());
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn print(args: &TargetArgs, text: &str, out: &mut impl Write) -> io::Result<()> {
    let judgement = judge(&Policy::default(), text, args.lang, args.explain);
    if args.json {
        return writeln!(out, "{}", serde_json::to_string(&judgement)?);
    }
    let normalized =
        judgement.normalized.map_or_else(String::new, |normal| format!("  [{normal}]"));
    let shown: String = text.chars().flat_map(char::escape_debug).collect();
    writeln!(
        out,
        "{:<8}{shown}{normalized}  {}: {}",
        judgement.decision, judgement.rule, judgement.reason
    )
}
