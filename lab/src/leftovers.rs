//! Taking a topology down, our own and those of earlier runs that could not.
//!
//! Whatever the lab makes carries the prefix `hangup-lab-PID`, so that it touches nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{place::Place, sys};

const PREFIX: &str = "hangup-lab-";

/// The note of a knob that was turned, in the folder of the scenario.
const KNOB: &str = "knob";

/// Where control groups lie: version 1 by controller, version 2 in one tree.
pub(crate) const CGROUPS: [&str; 3] =
    ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];

/// The stamp of this run.
pub(crate) fn stamp() -> String {
    format!("{PREFIX}{}", std::process::id())
}

/// The folder of a run or a scenario.
pub(crate) fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(name)
}

impl Place {
    /// Ends every program in the namespaces and removes them, with folder and control groups.
    pub(crate) fn down(&self) {
        remove(&self.prefix);
    }
}

/// Removes what dead runs left behind.
pub(crate) fn sweep() {
    let mut stale = Vec::new();
    for folder in
        ["/run/netns", "/etc/netns"].map(PathBuf::from).into_iter().chain([std::env::temp_dir()])
    {
        for name in names(&folder) {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let is_whole = rest[digits.len()..].is_empty() || rest[digits.len()..].starts_with('-');
            if is_whole && digits.parse().is_ok_and(is_gone) {
                stale.push(format!("{PREFIX}{digits}"));
            }
        }
    }
    stale.sort();
    stale.dedup();
    for stamp in stale {
        remove(&stamp);
    }
}

/// Whether no lab runs under that pid any more.
fn is_gone(pid: u32) -> bool {
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    comm.trim() != "hangup-lab"
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Whether `name` is `stamp`, or belongs to it.
fn belongs(name: &str, stamp: &str) -> bool {
    name.strip_prefix(stamp).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Removes everything that carries `stamp`.
pub(crate) fn remove(stamp: &str) {
    let namespaces: Vec<String> =
        names(Path::new("/run/netns")).into_iter().filter(|name| belongs(name, stamp)).collect();
    for (signal, patience) in [(libc::SIGTERM, 10), (libc::SIGKILL, 50)] {
        for round in 0..patience {
            let pids: Vec<i32> = namespaces.iter().flat_map(|name| pids(name)).collect();
            if pids.is_empty() {
                break;
            }
            for pid in pids.into_iter().filter(|_| round == 0 || signal == libc::SIGKILL) {
                // A stopped program hears nothing but this.
                sys::signal(pid, signal);
                sys::signal(pid, libc::SIGCONT);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    for name in &namespaces {
        let _reported_by_the_next_sweep = Command::new("ip").args(["netns", "del", name]).output();
    }
    for folder in [Path::new("/etc/netns"), &std::env::temp_dir()] {
        for name in names(folder).into_iter().filter(|name| belongs(name, stamp)) {
            turn_back(&folder.join(&name).join(KNOB));
            let _reported_by_the_next_sweep = fs::remove_dir_all(folder.join(name));
        }
    }
    for folder in CGROUPS.map(Path::new) {
        for name in names(folder).into_iter().filter(|name| belongs(name, stamp)) {
            let _may_be_busy_for_a_moment = fs::remove_dir(folder.join(name));
        }
    }
}

/// Sets a knob of the machine, and writes down beside `folder` how it stood.
pub(crate) fn turn(folder: &Path, path: &str, value: &str) -> Result<()> {
    let before = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    fs::write(folder.join(KNOB), format!("{path}\n{}", before.trim()))?;
    fs::write(path, value).with_context(|| format!("cannot write {path}"))
}

/// Sets the knob as it stood.
fn turn_back(note: &Path) {
    if let Some((path, value)) = fs::read_to_string(note).unwrap_or_default().split_once('\n')
        && let Err(error) = fs::write(path, value)
    {
        eprintln!("hangup-lab: {path} could not be set back to {value}: {error}");
    }
}

fn pids(namespace: &str) -> Vec<i32> {
    let output = Command::new("ip").args(["netns", "pids", namespace]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().lines().filter_map(|line| line.trim().parse().ok()).collect()
}
