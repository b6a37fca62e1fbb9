//! Running programs inside the namespaces of one topology.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::sys;

/// The namespaces of a topology, client first.
pub(crate) const PLACES: [&str; 4] = ["cli", "rtr", "r2", "srv"];

/// One topology: the prefix of its namespaces and the folder of its files.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `hangup-lab-PID-N`.
    pub(crate) prefix: String,
    /// Configuration, data and logs of the scenario.
    pub(crate) folder: PathBuf,
}

impl Place {
    /// The full name of a namespace.
    pub(crate) fn namespace(&self, place: &str) -> String {
        format!("{}-{place}", self.prefix)
    }

    /// A command inside `place`; `host` is outside of all namespaces.
    pub(crate) fn command(&self, place: &str, program: &str) -> Command {
        let mut command = if place == "host" {
            Command::new(program)
        } else {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", &self.namespace(place), program]);
            command
        };
        command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env("LAB", own_program())
            .env("PREFIX", &self.prefix)
            .env("WORK", &self.folder)
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs a shell command to its end; gives what it printed. An error where it fails.
    pub(crate) fn sh(&self, place: &str, script: &str) -> Result<String> {
        let mut command = self.command(place, "sh");
        let output = finish(command.args(["-ec", script]), Duration::from_secs(60))?;
        ensure!(output.0, "in {place}: `{}` failed: {}", script.trim(), output.1.trim());
        Ok(output.1)
    }

    /// Loads rules of nft.
    pub(crate) fn nft(&self, place: &str, rules: &str) -> Result<()> {
        let mut command = self.command(place, "nft");
        command.args(["-f", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot run nft")?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(rules.as_bytes()).context("cannot write to nft")?;
        }
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "in {place}: nft refuses the rules: {}", said.trim());
        Ok(())
    }

    /// Where the output of the program `name` goes.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Starts a program that goes on; its output goes to the log of that name.
    pub(crate) fn start(&self, name: &str, mut command: Command) -> Result<Child> {
        let log = File::options().create(true).append(true).open(self.log(name))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.spawn().with_context(|| format!("cannot start {name}"))
    }

    /// Waits until something listens on `port` in `place`, or `child` ends.
    pub(crate) fn await_port(&self, place: &str, port: u16, child: &mut Child) -> Result<()> {
        self.await_that(&format!("port {port} in {place}"), child, || {
            let listing = self.sh(place, &format!("ss -Hltun sport = :{port}"))?;
            Ok(!listing.trim().is_empty())
        })
    }

    /// Waits until the log of `name` holds `text`.
    pub(crate) fn await_log(&self, name: &str, text: &str, child: &mut Child) -> Result<()> {
        self.await_that(&format!("`{text}` in the log of {name}"), child, || {
            Ok(read(&self.log(name)).contains(text))
        })
    }

    fn await_that(
        &self,
        what: &str,
        child: &mut Child,
        mut holds: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            if holds()? {
                return Ok(());
            }
            ensure!(!sys::is_stopped(), "stopped");
            if let Some(status) = child.try_wait()? {
                bail!("waited for {what}, but the program ended: {status}");
            }
            thread::sleep(Duration::from_millis(30));
        }
        bail!("waited 20 s for {what}");
    }
}

/// A file as text; empty where it cannot be read.
pub(crate) fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// This very program, for its small servers.
pub(crate) fn own_program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "hangup-lab".into())
}

/// Runs a command to its end, at most `limit`; whether it succeeded, and what it printed on both
/// channels. Stops early when we are stopped.
pub(crate) fn finish(command: &mut Command, limit: Duration) -> Result<(bool, String)> {
    let said = format!("{command:?}");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot run {said}"))?;
    let readers = [
        child.stdout.take().map(|out| thread::spawn(move || drain(out))),
        child.stderr.take().map(|out| thread::spawn(move || drain(out))),
    ];
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if sys::is_stopped() || began.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            ensure!(!sys::is_stopped(), "stopped");
            bail!("{said} did not end within {} s", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(5));
    };
    let printed = readers.into_iter().flatten().filter_map(|reader| reader.join().ok());
    Ok((status.success(), printed.collect::<Vec<_>>().concat()))
}

fn drain(mut from: impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    let _what_came_is_kept = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
