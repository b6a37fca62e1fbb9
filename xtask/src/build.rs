//! From sources to one program: the browser's half, the site, the server with the site inside.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    command::{Beside, cargo, run},
    setup, site,
};

/// The name of the package, the program and the site's files.
pub const NAME: &str = "hangup";

/// Arguments of every build of the browser's half. Its own folder keeps the two sides from
/// rebuilding each other's dependencies.
pub const FRONT: [&str; 8] = [
    "--lib",
    "--target",
    "wasm32-unknown-unknown",
    "--target-dir",
    "target/front",
    "--no-default-features",
    "--features",
    "hydrate",
];

/// Arguments of every build of the capture page's worker, which shares that folder.
pub const WORKER: [&str; 8] = [
    "--lib",
    "--target",
    "wasm32-unknown-unknown",
    "--target-dir",
    "target/front",
    "--no-default-features",
    "--features",
    "worker",
];

/// How to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Fast to build; the site stays on disk, uncompressed.
    Dev,
    /// Small and fast to run; the site is inside the program, compressed.
    Release,
}

impl Mode {
    /// Profile and folder of the browser's half.
    fn front(self) -> (&'static str, &'static str) {
        match self {
            Self::Dev => ("dev", "debug"),
            Self::Release => ("wasm-release", "wasm-release"),
        }
    }

    /// The same of the capture page's worker.
    fn worker(self) -> (&'static str, &'static str) {
        match self {
            Self::Dev => ("dev", "debug"),
            Self::Release => ("worker-release", "worker-release"),
        }
    }

    /// Arguments that choose the server's profile.
    fn back(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[],
            Self::Release => &["--release"],
        }
    }
}

/// Builds everything; gives the path of the program. Quick where nothing changed.
pub fn build(mode: Mode) -> Result<PathBuf> {
    setup::wasm_target()?;
    // The server's library needs nothing of the site, and the link of the wasm uses one processor.
    let library = Beside::start(cargo(&["build", "--lib"]).args(mode.back()))?;
    let front = wasm(&FRONT, mode.front(), "front.wasm")?;
    let worker = wasm(&WORKER, mode.worker(), "worker.wasm")?;
    let stamp = site::update(&front, &worker, mode)?;
    library.finish()?;
    let mut server = cargo(&["build", "--bin", NAME]);
    server.args(mode.back());
    if mode == Mode::Release {
        // The stamp makes cargo embed the site anew when it changed; a new file alone would not.
        server.env("HANGUP_SITE_STAMP", stamp);
    }
    run(&mut server)?;
    Ok(PathBuf::from(format!(
        "target/{}/{NAME}",
        if mode == Mode::Release { "release" } else { "debug" }
    )))
}

/// Builds the library for the browser by `arguments` and a profile; its wasm is put aside under `name`,
/// since the next build of another kind may write over it.
fn wasm(arguments: &[&str], (profile, folder): (&str, &str), name: &str) -> Result<PathBuf> {
    run(cargo(&["rustc"]).args(arguments).args(["--profile", profile, "--crate-type", "cdylib"]))?;
    let folder = PathBuf::from(format!("target/front/wasm32-unknown-unknown/{folder}"));
    let (built, aside) = (folder.join(format!("{NAME}.wasm")), folder.join(name));
    fs::copy(&built, &aside).with_context(|| format!("cannot copy `{}`", built.display()))?;
    Ok(aside)
}

/// Builds, then becomes the server, so that signals reach it and its exit code is ours.
pub fn serve(mode: Mode, arguments: &[String]) -> Result<ExitCode> {
    let program = build(mode)?;
    let error = Command::new(&program).arg("serve").args(arguments).exec();
    Err(error).with_context(|| format!("cannot run `{}`", program.display()))
}
