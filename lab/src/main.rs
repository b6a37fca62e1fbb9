//! The fault lab: breaks connections on purpose, in network namespaces of its own, and asks the
//! program what it was. `cargo xtask lab` builds, installs and runs it.

mod bad;
mod bad_http;
mod confined;
mod dns;
mod fired;
mod hold;
mod judge;
mod leftovers;
mod net;
mod options;
mod place;
mod repeat;
mod run;
mod scenario;
mod servers;
mod suite;
mod sys;
mod table;
mod wire;

use std::{env, process::ExitCode};

use anyhow::{Result, bail};

const HELP: &str = "\
hangup-lab run --program HANGUP [--only NAME]… [--ci] [--jobs N] [--json] [--markdown FILE]
               [--against FILE] [--keep-pcap DIR] [--keep-reports DIR]
    runs the scenarios of lab/scenarios as root; --against holds the verdicts against those
    of an earlier run, which --json wrote to FILE
hangup-lab list [--ci]
    names them
hangup-lab serve-bad KIND [KEY=VALUE]…    a server that misbehaves
hangup-lab serve-dns KEY=VALUE…           a name server that misbehaves
hangup-lab hold KEY=VALUE…                a client that opens connections and keeps them
hangup-lab wire KEY=VALUE…                a bad wire between two namespaces
hangup-lab confined CGROUP KEY=VALUE… -- COMMAND    a command with little memory or time";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hangup-lab: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let (name, rest) =
        arguments.split_first().map_or(("help", arguments), |(n, r)| (n.as_str(), r));
    match name {
        "run" => return suite::run(rest),
        "list" => suite::list(rest)?,
        "serve-bad" => bad::serve(rest)?,
        "serve-dns" => dns::serve(&options::Options::parse(rest)?)?,
        "hold" => hold::run(&options::Options::parse(rest)?)?,
        "wire" => wire::run(&options::Options::parse(rest)?)?,
        "confined" => confined::run(rest)?,
        "help" | "--help" | "-h" => println!("{HELP}"),
        other => bail!("there is no command `{other}`\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}
