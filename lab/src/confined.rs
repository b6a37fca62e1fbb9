//! A command in a control group of its own: little memory, little time of the processor.

use std::{fs, os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::{leftovers::CGROUPS, options::Options};

/// Puts this process into the group `GROUP` and becomes the command.
/// `memory_mb=N` and `cpu_percent=N` are the limits.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let split = arguments.iter().position(|argument| argument == "--");
    let split = split.context("no `--` before the command")?;
    let (own, command) = (&arguments[..split], &arguments[split + 1..]);
    let (group, own) = own.split_first().context("no name of a group")?;
    let (program, rest) = command.split_first().context("no command")?;
    let options = Options::parse(own)?;
    if let Some(megabytes) = options.text("memory_mb") {
        let bytes = megabytes.parse::<u64>().context("memory_mb is no number")? << 20;
        join(0, group, "memory.limit_in_bytes", "memory.max", &bytes.to_string())?;
    }
    if let Some(percent) = options.text("cpu_percent") {
        let quota = percent.parse::<u64>().context("cpu_percent is no number")? * 1000;
        join(1, group, "cpu.cfs_quota_us", "cpu.max", &quota.to_string())?;
    }
    Err(Command::new(program).args(rest).exec()).with_context(|| format!("cannot run `{program}`"))
}

/// Sets one limit and joins the group, in version 1 (`CGROUPS[at]`) or 2, whichever is there.
fn join(at: usize, group: &str, v1: &str, v2: &str, value: &str) -> Result<()> {
    for (root, file) in [(CGROUPS[at], v1), (CGROUPS[2], v2)] {
        let folder = PathBuf::from(root).join(group);
        if fs::create_dir_all(&folder).is_err() || !folder.join(file).exists() {
            let _was_not_there = fs::remove_dir(&folder);
            continue;
        }
        fs::write(folder.join(file), value)
            .with_context(|| format!("cannot write {}", folder.join(file).display()))?;
        return fs::write(folder.join("cgroup.procs"), std::process::id().to_string())
            .with_context(|| format!("cannot join {}", folder.display()));
    }
    bail!("this machine has no control group with {v1} or {v2}")
}
