//! The fault lab: builds the program and the lab, fetches what it needs, runs it.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    build::{Mode, NAME, build},
    command::{cargo, run},
    setup,
};

/// The table that `--markdown` writes.
const TABLE: &str = "docs/lab.md";

/// Builds the program in `mode` and runs the lab with `arguments` on it; its exit code is ours.
pub fn lab(mode: Mode, arguments: &[String]) -> Result<ExitCode> {
    if !setup::may_make_networks()? {
        // The lab says why it cannot run, in one line.
        return start(Path::new(""), arguments);
    }
    setup::lab_packages()?;
    let program = match mode {
        // The lab needs no pages, which take longer to build than all the rest.
        Mode::Dev => {
            run(&mut cargo(&["build", "--bin", NAME]))?;
            PathBuf::from(format!("target/debug/{NAME}"))
        }
        Mode::Release => build(mode)?,
    };
    start(&program, arguments)
}

/// The short run as a step of the tests, on the program of the step before. Skipped where nobody
/// may make a network, but not on CI.
pub fn short(mode: Mode) -> Result<()> {
    if !setup::may_make_networks()? {
        anyhow::ensure!(std::env::var_os("CI").is_none(), "on CI the lab must run, as root");
        eprintln!("skipped: the lab makes network namespaces, for which one must be root");
        return Ok(());
    }
    let code = lab(mode, &["--ci".to_owned()])?;
    anyhow::ensure!(code == ExitCode::SUCCESS, "the lab fell short");
    Ok(())
}

fn start(program: &Path, arguments: &[String]) -> Result<ExitCode> {
    run(&mut cargo(&["build", "--quiet", "--package", "hangup-lab"]))?;
    let mut lab = Command::new("target/debug/hangup-lab");
    lab.args(["run", "--program"]).arg(program);
    for argument in arguments {
        lab.arg(argument);
        if argument == "--markdown" {
            lab.arg(TABLE);
        }
    }
    let status = lab.status().context("cannot run the lab")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
