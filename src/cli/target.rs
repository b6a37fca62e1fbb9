//! `hangup target`: what the target policy says of each input. Sends no packet.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use clap::Args;
use serde::Serialize;

use super::{Failure, diagnose::parse_lang};
use crate::{
    knowledge::Lang,
    probe::{policy::Policy, target::Target},
};

/// The longest line read from standard input, in bytes; a target is cut at 2048 anyway.
const MAX_LINE: u64 = 8192;

/// Arguments of `hangup target`.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    /// Hosts, host:port pairs or URLs to judge, whatever they look like; `-` reads one a line from
    /// standard input. The options may stand behind them too.
    #[arg(required = true, allow_hyphen_values = true)]
    texts: Vec<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Add the normal form and what was read out of the input.
    #[arg(long)]
    explain: bool,
    /// Language of the reasons: en or zh-CN.
    #[arg(long, default_value = "en", value_parser = parse_lang, value_name = "en|zh-CN")]
    lang: Lang,
}

/// One line of output.
#[derive(Debug, Serialize)]
struct Judgement<'a> {
    /// The text as it came in.
    input: &'a str,
    /// `allow`, `deny` or `invalid`.
    decision: &'static str,
    /// The rule's stable id.
    rule: &'static str,
    /// One sentence.
    reason: &'static str,
    /// `host:port`, with `--explain` and where the input could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalized: Option<String>,
}

/// Judges one text under `policy`, before any lookup.
fn judge<'a>(policy: &Policy, input: &'a str, lang: Lang, explain: bool) -> Judgement<'a> {
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

impl Arguments {
    /// Takes the options out of the texts. An input may start with a hyphen (`-bad.example.com`),
    /// so the argument parser leaves everything behind the first input alone.
    fn sorted(&self) -> Result<Self, String> {
        let mut sorted = Self { texts: Vec::new(), ..self.clone() };
        let mut texts = self.texts.iter();
        while let Some(text) = texts.next() {
            match text.as_str() {
                "--json" => sorted.json = true,
                "--explain" => sorted.explain = true,
                "--lang" => {
                    let tag = texts.next().ok_or("--lang needs a language: en or zh-CN")?;
                    sorted.lang = parse_lang(tag)?;
                }
                _ => match text.strip_prefix("--lang=") {
                    Some(tag) => sorted.lang = parse_lang(tag)?,
                    None => sorted.texts.push(text.clone()),
                },
            }
        }
        Ok(sorted)
    }
}

/// Exit code 0: everything was judged, whatever the verdicts.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let arguments = &arguments.sorted().map_err(Failure::usage)?;
    let mut out = io::stdout().lock();
    for text in &arguments.texts {
        let done = if text == "-" {
            judge_lines(arguments, io::stdin().lock(), &mut out)
        } else {
            print(arguments, text, &mut out)
        };
        match done {
            Ok(()) => {}
            // The reader went away; that is no mistake of ours.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => {
                return Err(Failure::usage(format!("cannot read standard input: {error}")));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Judges each line, up to its line feed alone: a carriage return is part of the input.
fn judge_lines(args: &Arguments, mut input: impl BufRead, out: &mut impl Write) -> io::Result<()> {
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

fn print(args: &Arguments, text: &str, out: &mut impl Write) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_stand_behind_the_inputs_and_inputs_may_look_like_options() {
        let texts = ["-bad.example.com", "--json", "example.com", "--lang", "zh-CN"];
        let texts = texts.map(str::to_owned).to_vec();
        let args = Arguments { texts, json: false, explain: false, lang: Lang::En };
        let sorted = args.sorted().unwrap();
        assert_eq!(sorted.texts, ["-bad.example.com", "example.com"]);
        assert!(sorted.json && sorted.lang == Lang::Zh);
    }

    #[test]
    fn each_line_is_judged_and_a_long_one_does_not_hide_the_next() {
        let texts = vec!["-".to_owned()];
        let args = Arguments { texts, json: true, explain: false, lang: Lang::En };
        let input = format!("example.com\n{}\n127.0.0.1", "x".repeat(100_000));
        let mut out = Vec::new();
        judge_lines(&args, input.as_bytes(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let decisions: Vec<String> = out
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|line| line["rule"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(decisions, ["public", "too_long", "loopback"]);
    }
}
