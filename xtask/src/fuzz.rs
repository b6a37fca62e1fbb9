//! Hostile input by libFuzzer, for everything that reads what strangers send (`fuzz/`).
//!
//! Two processes side by side, the longest first. The lots are the same each time, so that a run that
//! fails here fails there; `--seed` draws others.

use std::{
    collections::VecDeque, fs, path::Path, process::Command, sync::Mutex, thread, time::Instant,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    command::{cargo, run},
    setup,
};

/// Where everything lies that is made here.
const FOLDER: &str = "target/fuzz";

/// A target, or a share of one.
#[derive(Clone, Copy)]
struct Job {
    target: &'static str,
    /// Inputs that are tried.
    runs: u64,
    /// The longest input, bytes.
    longest: u32,
    /// More memory than this is a failure, MiB.
    memory: u32,
    /// Which lots are drawn.
    seed: u64,
}

/// What CI runs.
const JOBS: [Job; 7] = [
    // A whole report costs as much as ten decoded texts.
    Job { target: "case", runs: 250_000, longest: 512, memory: 1024, seed: 1 },
    Job { target: "capture", runs: 5_000_000, longest: 512, memory: 256, seed: 1 },
    Job { target: "capture", runs: 5_000_000, longest: 512, memory: 256, seed: 2 },
    Job { target: "decoder", runs: 1_000_000, longest: 256, memory: 1024, seed: 1 },
    Job { target: "redactor", runs: 1_000_000, longest: 256, memory: 1024, seed: 1 },
    Job { target: "ladder", runs: 1_000_000, longest: 512, memory: 1024, seed: 1 },
    Job { target: "target", runs: 1_000_000, longest: 256, memory: 1024, seed: 1 },
];

/// Runs every target, or what `flags` say: `--only NAME`, `--runs N`, `--seed N`, `--seeds FOLDER`
/// (files to begin with, beside ours), `--longest BYTES`.
pub fn fuzz(flags: &[String]) -> Result<()> {
    let mut jobs: Vec<Job> = JOBS.to_vec();
    let mut more = None;
    let mut words = flags.iter();
    while let Some(flag) = words.next() {
        let value = words.next().with_context(|| format!("`{flag}` needs a value"))?;
        let number =
            || value.parse::<u64>().with_context(|| format!("`{flag} {value}`: no number"));
        match flag.as_str() {
            "--only" => jobs.retain(|job| job.target == value),
            "--runs" => {
                let runs = number()?;
                // One process is enough for what somebody asks for.
                let mut known = Vec::new();
                jobs.retain(|job| {
                    !known.contains(&job.target) && {
                        known.push(job.target);
                        true
                    }
                });
                jobs.iter_mut().for_each(|job| job.runs = runs);
            }
            "--seed" => {
                let seed = number()?;
                jobs.iter_mut().for_each(|job| job.seed += seed);
            }
            "--longest" => {
                let longest = u32::try_from(number()?).context("too long")?;
                jobs.iter_mut().for_each(|job| job.longest = longest);
            }
            "--seeds" => more = Some(value.as_str()),
            other => bail!("`fuzz` has no flag `{other}`"),
        }
    }
    ensure!(!jobs.is_empty(), "no target is called that; there are {}", names());
    setup::fuzzing_packages()?;
    build()?;
    let seeds = format!("{FOLDER}/seeds");
    run(Command::new(program("seeds")).arg(&seeds))?;
    let queue = Mutex::new(VecDeque::from(jobs));
    let failures: Vec<String> = thread::scope(|scope| {
        let work = || {
            let mut failed = Vec::new();
            loop {
                let Some(job) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) else {
                    return failed;
                };
                if let Err(error) = attempt(job, &seeds, more) {
                    eprintln!("{}: {error:#}", job.target);
                    failed.push(format!("{}: {error:#}", job.target));
                }
            }
        };
        let beside = scope.spawn(work);
        let mut failed = work();
        failed.extend(beside.join().unwrap_or_else(|_| vec!["a thread panicked".to_owned()]));
        failed
    });
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    Ok(())
}

fn names() -> String {
    JOBS.map(|job| job.target).join(", ")
}

fn program(name: &str) -> String {
    format!("{FOLDER}/fuzz/{name}")
}

/// Builds the targets with the compiler's half of the coverage, in a folder of their own: everything
/// is compiled otherwise than for the program.
fn build() -> Result<()> {
    let wrapper =
        fs::canonicalize("fuzz/instrument.sh").context("fuzz/instrument.sh is missing")?;
    run(cargo(&["build", "--quiet", "--package", "hangup-fuzz", "--features", "libfuzzer"])
        .args(["--profile", "fuzz", "--bins", "--target-dir", FOLDER])
        .env("RUSTC_WORKSPACE_WRAPPER", wrapper))
}

/// Runs one job to its end. Fails where an input panics, hangs or takes too much memory, and where
/// fewer inputs were tried than asked for.
fn attempt(job: Job, seeds: &str, more: Option<&str>) -> Result<()> {
    let Job { target, runs, longest, memory, seed } = job;
    let found = format!("{FOLDER}/found/{target}-{seed}");
    let crashes = format!("{FOLDER}/crashes");
    // What an earlier run found would make this one another.
    if Path::new(&found).exists() {
        fs::remove_dir_all(&found)?;
    }
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&crashes)?;
    let kept = format!("fuzz/corpus/{target}");
    let mut corpus = vec![found, format!("{seeds}/{target}")];
    corpus.extend(Path::new(&kept).is_dir().then_some(kept));
    corpus.extend(more.map(str::to_owned));
    let start = Instant::now();
    let output = Command::new(program(target))
        .args([format!("-runs={runs}"), format!("-max_len={longest}"), format!("-seed={seed}")])
        .args([format!("-rss_limit_mb={memory}"), format!("-artifact_prefix={crashes}/{target}-")])
        .args(["-timeout=10", "-print_final_stats=1", "-verbosity=0", "-use_value_profile=0"])
        .args(corpus)
        .env("RUST_BACKTRACE", "1")
        .output()
        .with_context(|| format!("cannot run {}", program(target)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("{said}");
        bail!("{}; the input lies in {crashes}/{target}-*", output.status);
    }
    let stat = |name: &str| {
        let line = said.lines().find(|line| line.starts_with(&format!("stat::{name}:")));
        line.and_then(|line| line.split_whitespace().last()?.parse::<u64>().ok())
    };
    let (Some(tried), Some(peak)) = (stat("number_of_executed_units"), stat("peak_rss_mb")) else {
        bail!("it did not say how many inputs it tried: {said}");
    };
    ensure!(tried >= runs, "{tried} inputs were tried, not {runs}");
    let seconds = start.elapsed().as_secs_f64();
    eprintln!(
        "{target} (seed {seed}): {tried} inputs in {seconds:.0} s, {:.0} a second, at most {peak} MiB",
        tried as f64 / seconds.max(0.001)
    );
    Ok(())
}
