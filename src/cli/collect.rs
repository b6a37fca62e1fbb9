//! `hangup collect`: read-only facts of this machine, in the shape of the commands that the paste box
//! understands. Reads `/proc` and the kernel's log; changes nothing, needs no root, and sends nothing
//! but with `--post`, to the one link that is named there.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use serde_json::json;

use super::{Failure, post::Link};
use crate::{intake::COLLECT_SCRIPT, redact::redact};

/// States of `/proc/net/tcp` (Linux, include/net/tcp_states.h), by number from 1.
const STATES: [&str; 12] = [
    "ESTAB",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSE",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "NEW-SYN-RECV",
];

/// Counters that tell of full queues, aborts and loss.
const COUNTERS: [&str; 15] = [
    "TcpActiveOpens",
    "TcpAttemptFails",
    "TcpEstabResets",
    "TcpOutSegs",
    "TcpRetransSegs",
    "TcpExtListenOverflows",
    "TcpExtListenDrops",
    "TcpExtTCPReqQFullDrop",
    "TcpExtTCPReqQFullDoCookies",
    "TcpExtSyncookiesSent",
    "TcpExtTCPAbortOnData",
    "TcpExtTCPAbortOnClose",
    "TcpExtTCPAbortOnMemory",
    "TcpExtTCPAbortOnTimeout",
    "TcpExtTCPTimeouts",
];

/// Settings and counts that connections break at.
const SETTINGS: [&str; 15] = [
    "net.netfilter.nf_conntrack_count",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "net.core.somaxconn",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_retries2",
    "net.ipv4.tcp_mtu_probing",
    "fs.file-nr",
];

/// Words of kernel lines that end connections.
const KERNEL: [&str; 7] = [
    "out of memory",
    "oom-kill",
    "table full",
    "syn flooding",
    "segfault",
    "link is down",
    "too many open files",
];

/// How many kernel lines, and how many processes, are told.
const TOLD: usize = 20;
const PROCESSES: usize = 3;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Send the facts to this report instead of printing them: its link for ops. Secrets are masked
    /// first
    #[arg(long, value_name = "LINK")]
    post: Option<String>,
    /// Your name, as it will stand in the report's timeline
    #[arg(long, value_name = "NAME", requires = "post", default_value = "")]
    name: String,
    /// A file of certificates (PEM) to trust besides the usual ones
    #[arg(long, value_name = "FILE", requires = "post")]
    ca: Option<PathBuf>,
    /// Print one line of shell instead that tells the core of it, for machines where this program is
    /// not installed
    #[arg(long, conflicts_with = "post")]
    script: bool,
}

/// Prints the facts, or posts them; what cannot be read is said and left out.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.script {
        println!("{COLLECT_SCRIPT}");
        return Ok(ExitCode::SUCCESS);
    }
    let Some(link) = &arguments.post else {
        print!("{}", facts());
        return Ok(ExitCode::SUCCESS);
    };
    let link = Link::parse(link)?;
    let body = json!({
        "who": arguments.name,
        "vantage": machine(),
        "source": "collect",
        "text": redact(&facts()).text,
    });
    link.post("observations", &body, arguments.ca.as_deref())?;
    println!("the facts of this machine are in the report now");
    Ok(ExitCode::SUCCESS)
}

/// What this machine is called.
fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().chars().take(80).collect()
}

/// The facts as text.
fn facts() -> String {
    let mut out = String::new();
    sockets(&mut out);
    counters(&mut out);
    settings(&mut out);
    open_files(&mut out);
    kernel(&mut out);
    let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    out.chars().map(clean).collect()
}

fn section(title: &str, out: &mut String) {
    let _ = writeln!(out, "{}# {title}", if out.is_empty() { "" } else { "\n" });
}

/// Sockets by state, and the listening ones.
fn sockets(out: &mut String) {
    section("TCP sockets by state", out);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut listening = Vec::new();
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = fs::read_to_string(file).unwrap_or_default();
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (Some(local), Some(state), Some(queues)) =
                (words.get(1), words.get(3), words.get(4))
            else {
                continue;
            };
            let number = usize::from_str_radix(state, 16).unwrap_or(0);
            let Some(name) = number.checked_sub(1).and_then(|at| STATES.get(at)) else { continue };
            *counts.entry(name).or_default() += 1;
            if *name == "LISTEN" {
                let port = local.rsplit(':').next().and_then(|p| u16::from_str_radix(p, 16).ok());
                let waiting = queues.rsplit(':').next();
                let waiting = waiting.and_then(|n| u64::from_str_radix(n, 16).ok()).unwrap_or(0);
                listening.push((port.unwrap_or(0), waiting));
            }
        }
    }
    if counts.is_empty() {
        let _ = writeln!(out, "(/proc/net/tcp cannot be read here)");
    }
    for (state, count) in counts {
        let _ = writeln!(out, "{count:>7} {state}");
    }
    listening.sort_unstable();
    listening.dedup();
    for (port, waiting) in listening {
        let _ = writeln!(out, "LISTEN {waiting} 0 *:{port}");
    }
}

/// The kernel's counters, as `nstat -az` prints them.
fn counters(out: &mut String) {
    section("counters since the start of the machine", out);
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for file in ["/proc/net/snmp", "/proc/net/netstat"] {
        let text = fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.chunks_exact(2) {
            let [names, numbers] = pair else { continue };
            let Some((group, names)) = names.split_once(':') else { continue };
            let numbers = numbers.split_once(':').map_or("", |(_, numbers)| numbers);
            for (name, number) in names.split_whitespace().zip(numbers.split_whitespace()) {
                values.insert(format!("{group}{name}"), number.to_owned());
            }
        }
    }
    for name in COUNTERS {
        if let Some(value) = values.get(name) {
            let _ = writeln!(out, "{name:<32}{value:<20}0.0");
        }
    }
}

fn settings(out: &mut String) {
    section("settings", out);
    for name in SETTINGS {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        if let Ok(value) = fs::read_to_string(path) {
            let _ = writeln!(
                out,
                "{name} = {}",
                value.split_whitespace().collect::<Vec<_>>().join(" ")
            );
        }
    }
}

/// The processes closest to their limit of open files.
fn open_files(out: &mut String) {
    let mut near: Vec<(f64, String)> = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let folder = entry.path();
        let is_process = entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit());
        if let Some(told) = is_process.then(|| open_files_of(&folder)).flatten() {
            near.push(told);
        }
    }
    near.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
    section("open files of the processes closest to their limit", out);
    for (_, told) in near.into_iter().take(PROCESSES) {
        out.push_str(&told);
    }
}

/// How full a process is, and that in words; none where we may not look.
fn open_files_of(folder: &Path) -> Option<(f64, String)> {
    let limits = fs::read_to_string(folder.join("limits")).ok()?;
    let limit = limits.lines().find(|line| line.starts_with("Max open files"))?;
    let most: f64 = limit.split_whitespace().nth(3)?.parse().ok()?;
    let open = fs::read_dir(folder.join("fd")).ok()?.count();
    let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
    let name = name.trim();
    Some((open as f64 / most.max(1.0), format!("# {name}\n{limit}\n{open}\n")))
}

/// The last lines of the kernel's log that speak of broken connections.
fn kernel(out: &mut String) {
    section("kernel log", out);
    let log = Command::new("dmesg").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let Some(log) = log.ok().filter(|log| log.status.success()) else {
        let _ = writeln!(out, "(the kernel log cannot be read without root here)");
        return;
    };
    let text = String::from_utf8_lossy(&log.stdout).into_owned();
    let speaks = |line: &&str| {
        let line = line.to_lowercase();
        KERNEL.iter().any(|word| line.contains(word))
    };
    let told: Vec<&str> = text.lines().filter(speaks).collect();
    for line in told.iter().skip(told.len().saturating_sub(TOLD)) {
        let _ = writeln!(out, "{line}");
    }
}
