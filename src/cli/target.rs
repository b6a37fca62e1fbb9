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
    /// Hosts, host:port pairs or URLs to judge, whatever they look like; `-` reads one a line from
    /// standard input. The options may stand behind them too.
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

impl TargetArgs {
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

/// Runs the command. Exit code 0: everything was judged, whatever the verdicts; 2: wrong use, or
/// unreadable input.
pub fn run(args: &TargetArgs) -> ExitCode {
    let args = &match args.sorted() {
        Ok(args) => args,
        Err(error) => {
            let _ = writeln!(io::stderr(), "hangup target: {error}");
            return ExitCode::from(2);
        }
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_stand_behind_the_inputs_and_inputs_may_look_like_options() {
        let texts = ["-bad.example.com", "--json", "example.com", "--lang", "zh-CN"];
        let texts = texts.map(str::to_owned).to_vec();
        let args = TargetArgs { texts, json: false, explain: false, lang: Lang::En };
        let sorted = args.sorted().unwrap();
        assert_eq!(sorted.texts, ["-bad.example.com", "example.com"]);
        assert!(sorted.json && sorted.lang == Lang::Zh);
    }

    #[test]
    fn each_line_is_judged_and_a_long_one_does_not_hide_the_next() {
        let texts = vec!["-".to_owned()];
        let args = TargetArgs { texts, json: true, explain: false, lang: Lang::En };
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
