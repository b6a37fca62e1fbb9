//! `hangup decode`: what a log or an error text says, and the text without its secrets.

use std::{collections::BTreeSet, path::Path, process::ExitCode};

use clap::Args;
use serde_json::json;

use crate::{
    intake::binary_at,
    knowledge::Lang,
    redact::{self, Kind},
};

use super::{Failure, diagnose::parse_lang, diagnostician, input};

/// `hangup decode`
#[derive(Args)]
pub(super) struct Arguments {
    /// A file; standard input where none is given
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: String,
    /// Language of the meanings
    #[arg(long, value_parser = parse_lang, default_value = "en", value_name = "en|zh-CN")]
    lang: Lang,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print the text without its secrets instead: passwords, tokens, cookies, authorization headers,
    /// private and cloud keys, e-mail addresses, mobile, card and id numbers, hardware addresses and
    /// the last part of IP addresses become placeholders such as `<password-1>`, the same secret the
    /// same placeholder; counts go to stderr. With --json: the text, and each mask with its bytes
    #[arg(long)]
    redact: bool,
    /// Kinds to leave as they are, such as `ip,email`; the counts name them
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = parse_kind, requires = "redact")]
    keep: Vec<Kind>,
}

fn parse_kind(word: &str) -> Result<Kind, String> {
    Kind::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        format!("no kind of secret is called that; there are {}", known.join(", "))
    })
}

pub(super) fn run(arguments: &Arguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let text = input::read(&arguments.file)?;
    if let Some(offset) = binary_at(&text) {
        let name = input::shown(&arguments.file);
        let message = format!("{name} is not text: byte {offset} is a control character");
        return Err(Failure::usage(message));
    }
    if arguments.redact {
        print_redacted(&text, arguments);
        return Ok(ExitCode::SUCCESS);
    }
    let diagnostician = diagnostician(overlay)?;
    let decoded = diagnostician.decode(&text);
    let found = !decoded.hits.is_empty() || !decoded.observations.is_empty();
    if arguments.json {
        let signatures: Vec<_> = decoded
            .hits
            .iter()
            .map(|hit| {
                let known = diagnostician.base().signatures.get(&hit.signature);
                json!({
                    "id": hit.signature,
                    "line": hit.line,
                    "count": hit.count,
                    "text": hit.text,
                    "emitted_by": known.map(|s| s.emitted_by.as_str()),
                    "meaning": known.map(|s| s.meaning.get(arguments.lang)),
                    "points_to": known.map(|s| s.points.keys().collect::<Vec<_>>()),
                })
            })
            .collect();
        println!("{}", json!({ "signatures": signatures, "observations": decoded.observations }));
    } else {
        let mut hits: Vec<_> = decoded.hits.iter().collect();
        hits.sort_by_key(|hit| hit.line);
        for hit in hits {
            let meaning = diagnostician
                .base()
                .signatures
                .get(&hit.signature)
                .map_or("", |s| s.meaning.get(arguments.lang));
            let text: String = hit.text.chars().filter(|c| !c.is_control()).take(160).collect();
            println!(
                "line {}{}: {}\n    {}\n    {text}",
                hit.line,
                times(hit.count),
                hit.signature,
                meaning
            );
        }
        // Several lines may say the same.
        let mut said = BTreeSet::new();
        for observation in decoded.observations.iter().filter(|o| o.variable != "message") {
            if said.insert((&observation.variable, observation.value.to_string())) {
                println!("{} = {}", observation.variable, observation.value);
            }
        }
        if !found {
            eprintln!("hangup: nothing in this text is a known error");
        }
    }
    Ok(if found { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The text without its secrets on stdout, byte for byte but for them; how many of what on stderr.
fn print_redacted(text: &str, arguments: &Arguments) {
    let masks = redact::find(text);
    let mut kept: BTreeSet<Kind> = Kind::off_by_default();
    kept.extend(&arguments.keep);
    let redacted = redact::apply(text, &masks, &kept);
    if arguments.json {
        let applied: Vec<_> = masks.iter().filter(|mask| !kept.contains(&mask.kind)).collect();
        let kept: Vec<_> = masks.iter().filter(|mask| kept.contains(&mask.kind)).collect();
        println!("{}", json!({ "text": redacted, "masks": applied, "kept": kept }));
        return;
    }
    print!("{redacted}");
    for (kind, count) in redact::counts(&masks) {
        let state = if kept.contains(&kind) { "left as they are" } else { "masked" };
        eprintln!("hangup: {count} × {} ({}), {state}", kind.label(arguments.lang), kind.slug());
    }
}

fn times(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}
