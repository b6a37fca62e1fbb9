//! From sources to one program: the browser's half, the site, the server with the site inside.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    command::{Beside, cargo, run},
    setup, site,
};

/// The name of the package, the program and the site's files.
pub const NAME: &str = "hangup";

/// A program for the browser: a feature of the library, compiled to WASM.
#[derive(Clone, Copy, Debug)]
pub struct Front {
    /// The feature.
    pub feature: &'static str,
    /// The name of its files.
    pub name: &'static str,
    /// The profile of a release: made for size, or for speed.
    profile: &'static str,
}

/// All of them: for the pages, for the capture page, and the workers of either.
pub const FRONTS: [Front; 4] = [
    Front { feature: "hydrate", name: NAME, profile: "wasm-release" },
    Front { feature: "capture-page", name: "capture-page", profile: "wasm-release" },
    Front { feature: "reader", name: "reader", profile: "wasm-release" },
    Front { feature: "worker", name: "capture", profile: "worker-release" },
];

impl Front {
    /// Arguments of every build of it. A folder of their own keeps these builds and the server's from
    /// rebuilding each other's dependencies.
    pub fn arguments(self) -> [&'static str; 8] {
        [
            "--lib",
            "--target",
            "wasm32-unknown-unknown",
            "--target-dir",
            "target/front",
            "--no-default-features",
            "--features",
            self.feature,
        ]
    }

    /// Builds it; its wasm is put aside, since the next one is written to the same place.
    fn build(self, mode: Mode) -> Result<PathBuf> {
        let (profile, folder) = match mode {
            Mode::Dev => ("dev", "debug"),
            Mode::Release => (self.profile, self.profile),
        };
        let own = format!("target/front/wasm32-unknown-unknown/{folder}/{}.site.wasm", self.name);
        // Two programs of one profile overwrite each other's file, so that cargo would build both anew.
        if is_newer_than_sources(Path::new(&own)) {
            return Ok(PathBuf::from(own));
        }
        run(cargo(&["rustc"]).args(self.arguments()).args([
            "--profile",
            profile,
            "--crate-type",
            "cdylib",
        ]))?;
        let folder = PathBuf::from(format!("target/front/wasm32-unknown-unknown/{folder}"));
        let (built, aside) =
            (folder.join(format!("{NAME}.wasm")), folder.join(format!("{}.site.wasm", self.name)));
        fs::copy(&built, &aside).with_context(|| format!("cannot copy `{}`", built.display()))?;
        Ok(aside)
    }
}

/// What a program for the browser is made of.
const SOURCES: [&str; 6] =
    ["src", "knowledge", "locales", "Cargo.toml", "Cargo.lock", ".cargo/config.toml"];

/// Whether `made` exists and nothing it is made of was changed since.
fn is_newer_than_sources(made: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let Some(made) = changed(made) else { return false };
    let mut open: Vec<PathBuf> = SOURCES.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if changed(&path).is_none_or(|at| at >= made) {
            return false;
        }
        let inside = fs::read_dir(&path).into_iter().flatten().flatten();
        open.extend(inside.map(|entry| entry.path()));
    }
    true
}

/// How to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Fast to build; the site stays on disk, uncompressed.
    Dev,
    /// Small and fast to run; the site is inside the program, compressed.
    Release,
}

impl Mode {
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
    let mut programs = Vec::new();
    for front in FRONTS {
        programs.push((front.name, front.build(mode)?));
    }
    let stamp = site::update(&programs, mode)?;
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

/// Builds, then becomes the server, so that signals reach it and its exit code is ours.
pub fn serve(mode: Mode, arguments: &[String]) -> Result<ExitCode> {
    let program = build(mode)?;
    let error = Command::new(&program).arg("serve").args(arguments).exec();
    Err(error).with_context(|| format!("cannot run `{}`", program.display()))
}
