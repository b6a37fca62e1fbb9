//! `hangup ladder`: which timeout runs out before the one that should.

use std::{path::Path, process::ExitCode};

use clap::Args;

use crate::{
    knowledge::Lang,
    ladder::{draw, judge, read},
};

use super::{Failure, base, diagnose::parse_lang, input};

/// `hangup ladder`
///
/// Exit code 1 says that timers are in the wrong order, 0 that none is. `docs/ladder.md` describes the
/// file.
#[derive(Args)]
pub(super) struct Arguments {
    /// A ladder in TOML or JSON, or configuration as it is: nginx -T, Apache, HAProxy, my.cnf,
    /// postgresql.conf, redis.conf, `sshd_config`, Node.js, Envoy, Istio, Kubernetes ingress, ALB
    /// attributes, gunicorn, uvicorn, `HikariCP`; `-` is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: String,
    /// Language of the sentences
    #[arg(long, value_parser = parse_lang, default_value = "en", value_name = "en|zh-CN")]
    lang: Lang,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let text = input::read(&arguments.file)?;
    let base = base(overlay)?;
    let name = input::shown(&arguments.file);
    let ladder = read(&text, &base).map_err(|error| Failure::usage(format!("{name}, {error}")))?;
    let judgement = judge(&ladder, &base);
    if arguments.json {
        let json = serde_json::to_string(&judgement);
        println!("{}", json.map_err(|error| Failure::short(error.to_string()))?);
    } else {
        print!("{}", draw(&judgement, arguments.lang));
    }
    Ok(if judgement.inversions.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
