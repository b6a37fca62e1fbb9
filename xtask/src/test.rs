//! Everything that must hold, cheapest first, so that most mistakes cost seconds.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    build::{FRONTS, Mode, build},
    command::{cargo, run, succeeds},
    fuzz, lab, setup,
};

/// Warnings are errors here.
const DENY: [&str; 3] = ["--", "-D", "warnings"];

type Step = (&'static str, fn(Mode) -> Result<()>);

/// The steps of a whole run, in order.
const STEPS: [Step; 10] = [
    ("tests of the bare lane", |_| bare_tests()),
    ("formatting", |_| formatting()),
    ("clippy for the server", |_| clippy_server()),
    ("clippy for the browser", |_| clippy_browser()),
    ("system packages", |_| setup::system_packages()),
    ("tests of the server", |_| server_tests()),
    ("hostile input", |_| fuzz::fuzz(&[])),
    ("build", |mode| build(mode).map(drop)),
    ("lab", lab::short),
    ("tests in the browser", |mode| browser(mode, &[])),
];

/// Runs every step, whatever became of the one before, and counts. The last line is
/// `N passed, N failed`.
pub fn everything(mode: Mode) -> Result<ExitCode> {
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        eprintln!("== {name}");
        if let Err(error) = step(mode) {
            eprintln!("== {name} failed: {error:#}");
            failed.push(name);
        }
    }
    for name in &failed {
        println!("failed: {name}");
    }
    println!("{} passed, {} failed", STEPS.len() - failed.len(), failed.len());
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Formatting and clippy, server and browser.
pub fn lint() -> Result<()> {
    formatting()?;
    clippy_server()?;
    clippy_browser()
}

/// The browser's tests against the program built in `mode`; the Playwright project `app` unless
/// `arguments` say otherwise, since `shots` only makes pictures.
pub fn browser(mode: Mode, arguments: &[String]) -> Result<()> {
    setup::system_packages()?;
    setup::node_modules()?;
    let program = build(mode)?;
    let program = fs::canonicalize(&program)
        .with_context(|| format!("`{}` is missing", program.display()))?;
    let app = ["--project=app".to_owned()];
    let mut playwright = Command::new("npx");
    playwright
        .current_dir("end2end")
        .args(["playwright", "test"])
        .args(if arguments.is_empty() { &app } else { arguments })
        .env("SERVER_BIN", program);
    if std::env::var_os("CHROMIUM").is_none() && Path::new("/usr/bin/chromium").exists() {
        playwright.env("CHROMIUM", "/usr/bin/chromium");
    }
    run(&mut playwright)
}

fn bare_tests() -> Result<()> {
    run(drawn(&mut cargo(&["test", "--quiet", "--no-default-features"])))
}

/// The lots of the property tests are fixed like the fuzzers', so that a red run speaks of the change and
/// comes back red elsewhere. `PROPTEST_RNG_SEED` draws others, `PROPTEST_CASES` more of them.
fn drawn(tests: &mut Command) -> &mut Command {
    const SEED: &str = "PROPTEST_RNG_SEED";
    if std::env::var_os(SEED).is_none() {
        tests.env(SEED, "1");
    }
    tests
}

fn formatting() -> Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy_server() -> Result<()> {
    run(cargo(&["clippy", "--quiet", "--workspace", "--all-targets"]).args(DENY))
}

fn clippy_browser() -> Result<()> {
    setup::wasm_target()?;
    FRONTS
        .iter()
        .try_for_each(|front| run(cargo(&["clippy", "--quiet"]).args(front.arguments()).args(DENY)))
}

fn server_tests() -> Result<()> {
    // nextest runs each test in a process of its own, side by side; cargo's runner does as well.
    if succeeds("cargo", &["nextest", "--version"]) {
        run(drawn(&mut cargo(&["nextest", "run", "--no-fail-fast"])))
    } else {
        run(drawn(&mut cargo(&["test", "--quiet", "--no-fail-fast"])))
    }
}
