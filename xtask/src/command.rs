//! Running other programs, each said before it runs.

use std::{
    env,
    process::{Child, Command},
};

use anyhow::{Context, Result, ensure};

/// Runs `command` to its end; an error where it cannot start or fails.
pub fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", said(command));
    let status = command.status().with_context(|| format!("cannot run `{}`", said(command)))?;
    ensure!(status.success(), "`{}` failed: {status}", said(command));
    Ok(())
}

/// A program under way beside us; dropping it waits for its end, so that none outlives us.
pub struct Beside {
    child: Child,
    said: String,
}

impl Beside {
    /// Starts `command`; an error where it cannot start.
    pub fn start(command: &mut Command) -> Result<Self> {
        let said = said(command);
        eprintln!("$ {said} &");
        let child = command.spawn().with_context(|| format!("cannot run `{said}`"))?;
        Ok(Self { child, said })
    }

    /// Waits for the end; an error where it failed.
    pub fn finish(mut self) -> Result<()> {
        let status =
            self.child.wait().with_context(|| format!("cannot wait for `{}`", self.said))?;
        ensure!(status.success(), "`{}` failed: {status}", self.said);
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _already_gone = self.child.wait();
    }
}

/// The cargo that runs us.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Whether `command` starts and succeeds; its output is not shown.
pub fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// A command as one would type it.
fn said(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    let words = words.join(" ");
    match command.get_current_dir() {
        Some(folder) => format!("(cd {} && {words})", folder.display()),
        None => words,
    }
}
