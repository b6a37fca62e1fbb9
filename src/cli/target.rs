//! `hangup target`: what the target policy says of each input. Sends no packet.

use std::{
    io::{self, BufRead, Write},
    net::IpAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use serde::Serialize;

use super::{Failure, diagnose::parse_lang, serve::configuration};
use crate::{
    knowledge::Lang,
    probe::{
        explain::{Explanation, explain_invalid},
        policy::Policy,
        target::Target,
    },
    server::{self, ServeArgs},
};

/// The longest line read from standard input, in bytes; a target is cut at 2048 anyway.
const MAX_LINE: u64 = 8192;

/// Arguments of `hangup target`.
///
/// Exit code: 0 where everything named on the command line is allowed, 1 where something of it is
/// not; inputs from standard input are a batch, and do not count.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    /// Hosts, host:port pairs or URLs to judge, whatever they look like; `-` reads one a line from
    /// standard input. The options may stand behind them too. Exit code 1 where one of them is not
    /// allowed; those from standard input are a batch and end with 0
    #[arg(required = true, allow_hyphen_values = true)]
    texts: Vec<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Add the normal form, what matched, where that is written, and what would open it
    #[arg(long)]
    explain: bool,
    /// Judge as the instance with this configuration does; without it, by the public policy
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Judge as for a visitor from this address, since a network may be opened to some only
    #[arg(long, value_name = "ADDRESS")]
    client: Option<IpAddr>,
    /// Language of the reasons: en or zh-CN
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
    /// What is behind it, with `--explain`.
    #[serde(flatten)]
    explained: Option<Explained>,
}

/// What `--explain` adds.
#[derive(Debug, Serialize)]
struct Explained {
    /// The IPv4 address that was taken out of the target, and the prefix of its NAT64.
    #[serde(skip_serializing_if = "Option::is_none")]
    unwrapped: Option<String>,
    /// The network, ending or list that matched.
    matched: Option<String>,
    /// Where that is written.
    source: &'static str,
    /// The key of the configuration that would open it.
    opened_by: Option<&'static str>,
    /// What can be done.
    advice: String,
}

impl Explained {
    fn of(explanation: Explanation, lang: Lang) -> Self {
        let Explanation { unwrapped, matched, source, opened_by, advice } = explanation;
        Self { unwrapped, matched, source, opened_by, advice: advice.get(lang).to_owned() }
    }
}

/// Judges one text under `policy`, before any lookup.
fn judge<'a>(policy: &Policy, input: &'a str, lang: Lang, explain: bool) -> Judgement<'a> {
    match Target::parse(input) {
        Err(invalid) => {
            let (rule, reason) = (invalid.rule().id, invalid.reason(lang));
            let explained = explain.then(|| Explained::of(explain_invalid(invalid.rule()), lang));
            Judgement { input, decision: "invalid", rule, reason, normalized: None, explained }
        }
        Ok(target) => {
            let decision = policy.decide(&target);
            Judgement {
                input,
                decision: if decision.is_allowed() { "allow" } else { "deny" },
                rule: decision.rule.id,
                reason: decision.reason(lang),
                normalized: explain.then(|| target.normalized()),
                explained: explain.then(|| Explained::of(policy.explain(&target), lang)),
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
                "--config" => {
                    sorted.config = Some(texts.next().ok_or("--config needs a file")?.into());
                }
                "--client" => {
                    sorted.client = Some(parse_client(texts.next().map_or("", String::as_str))?);
                }
                "--lang" => {
                    let tag = texts.next().ok_or("--lang needs a language: en or zh-CN")?;
                    sorted.lang = parse_lang(tag)?;
                }
                _ => match text.split_once('=') {
                    Some(("--lang", tag)) => sorted.lang = parse_lang(tag)?,
                    Some(("--config", file)) => sorted.config = Some(file.into()),
                    Some(("--client", address)) => sorted.client = Some(parse_client(address)?),
                    _ => sorted.texts.push(text.clone()),
                },
            }
        }
        match (&sorted.config, sorted.client) {
            (None, Some(_)) => Err("--client needs --config".to_owned()),
            _ => Ok(sorted),
        }
    }

    /// The public policy, or that of an instance as a visitor meets it.
    fn policy(&self) -> Result<Policy, Failure> {
        let Some(file) = &self.config else { return Ok(Policy::default()) };
        let args = ServeArgs { config: Some(file.clone()), ..ServeArgs::default() };
        let (config, _) = configuration(args, None)?;
        // Without an address, as for somebody to whom nothing is opened in particular.
        let client = self.client.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        Ok(server::probe_policy(&config).seen_from(client))
    }
}

fn parse_client(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("--client: `{}` is no address", text.escape_debug()))
}

/// Exit code 0: everything named on the command line is allowed; 1: something of it is not.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let arguments = &arguments.sorted().map_err(Failure::usage)?;
    let policy = arguments.policy()?;
    let mut is_allowed = true;
    let mut out = io::stdout().lock();
    for text in &arguments.texts {
        let done = if text == "-" {
            judge_lines(arguments, &policy, io::stdin().lock(), &mut out)
        } else {
            print(arguments, &policy, text, &mut out).map(|allowed| is_allowed &= allowed)
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
    Ok(if is_allowed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Judges each line, up to its line feed alone: a carriage return is part of the input.
fn judge_lines(
    args: &Arguments,
    policy: &Policy,
    mut input: impl BufRead,
    out: &mut impl Write,
) -> io::Result<()> {
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
        print(args, policy, &String::from_utf8_lossy(&line), out)?;
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

/// Prints one judgement; whether it allows the target.
fn print(args: &Arguments, policy: &Policy, text: &str, out: &mut impl Write) -> io::Result<bool> {
    let judgement = judge(policy, text, args.lang, args.explain);
    let is_allowed = judgement.decision == "allow";
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&judgement)?)?;
        return Ok(is_allowed);
    }
    let normalized =
        judgement.normalized.map_or_else(String::new, |normal| format!("  [{normal}]"));
    let shown: String = text.chars().flat_map(char::escape_debug).collect();
    writeln!(
        out,
        "{:<8}{shown}{normalized}  {}: {}",
        judgement.decision, judgement.rule, judgement.reason
    )?;
    if let Some(Explained { unwrapped, matched, source, advice, .. }) = judgement.explained {
        if let Some(unwrapped) = unwrapped {
            writeln!(out, "        {unwrapped}  [RFC 6052, NAT64]")?;
        }
        let matched = matched.map_or_else(String::new, |matched| format!("{matched}  "));
        writeln!(out, "        {matched}[{source}]")?;
        writeln!(out, "        {advice}")?;
    }
    Ok(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> Arguments {
        Arguments {
            texts: Vec::new(),
            json: false,
            explain: false,
            config: None,
            client: None,
            lang: Lang::En,
        }
    }

    #[test]
    fn what_is_explained_is_added_and_nothing_is_renamed() {
        let json = |explain| {
            let judged = judge(&Policy::default(), "10.1.2.3", Lang::En, explain);
            serde_json::to_value(judged).unwrap()
        };
        let plain = json(false);
        let keys: Vec<&String> = plain.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["decision", "input", "reason", "rule"]);
        let explained = json(true);
        assert_eq!(explained["matched"], "10.0.0.0/8");
        assert_eq!(explained["source"], "RFC 1918");
        assert_eq!(explained["opened_by"], "probe.allow");
        assert_eq!(explained["normalized"], "10.1.2.3:443");
        for key in keys {
            assert_eq!(explained[key], plain[key]);
        }
    }

    #[test]
    fn options_may_stand_behind_the_inputs_and_inputs_may_look_like_options() {
        let texts = ["-bad.example.com", "--json", "example.com", "--lang", "zh-CN"];
        let texts = texts.map(str::to_owned).to_vec();
        let args = Arguments { texts, ..arguments() };
        let sorted = args.sorted().unwrap();
        assert_eq!(sorted.texts, ["-bad.example.com", "example.com"]);
        assert!(sorted.json && sorted.lang == Lang::Zh);
    }

    #[test]
    fn each_line_is_judged_and_a_long_one_does_not_hide_the_next() {
        let texts = vec!["-".to_owned()];
        let args = Arguments { texts, json: true, ..arguments() };
        let input = format!("example.com\n{}\n127.0.0.1", "x".repeat(100_000));
        let mut out = Vec::new();
        judge_lines(&args, &Policy::default(), input.as_bytes(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let decisions: Vec<String> = out
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|line| line["rule"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(decisions, ["public", "too_long", "loopback"]);
    }
}
