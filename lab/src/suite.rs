//! A whole run: which scenarios, side by side, and what is printed.

use std::{
    collections::VecDeque,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    judge::Outcome, leftovers, place::Place, repeat::Repeat, run::Bench, scenario,
    scenario::Scenario, sys, table,
};

#[derive(Default)]
struct Arguments {
    program: Option<PathBuf>,
    only: Vec<String>,
    ci: bool,
    jobs: Option<usize>,
    json: bool,
    markdown: Option<PathBuf>,
    against: Option<PathBuf>,
    keep_pcap: Option<PathBuf>,
    keep_reports: Option<PathBuf>,
}

impl Arguments {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut parsed = Self::default();
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            let mut value =
                || rest.next().with_context(|| format!("`{flag}` needs a value")).cloned();
            match flag.as_str() {
                "--program" => parsed.program = Some(value()?.into()),
                "--only" => parsed.only.extend(value()?.split(',').map(str::to_owned)),
                "--ci" => parsed.ci = true,
                "--jobs" => parsed.jobs = Some(value()?.parse().context("--jobs is no number")?),
                "--json" => parsed.json = true,
                "--markdown" => parsed.markdown = Some(value()?.into()),
                "--against" => parsed.against = Some(value()?.into()),
                "--keep-pcap" => parsed.keep_pcap = Some(value()?.into()),
                "--keep-reports" => parsed.keep_reports = Some(value()?.into()),
                other => bail!("there is no flag `{other}`"),
            }
        }
        Ok(parsed)
    }

    /// The scenarios that are wanted; `--only` takes names and their beginnings followed by `*`.
    fn scenarios(&self) -> Result<Vec<Scenario>> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut all = scenario::read_all(&folder)?;
        for pattern in &self.only {
            ensure!(
                all.iter().any(|scenario| fits(pattern, &scenario.name)),
                "there is no scenario `{pattern}`; `hangup-lab list` names them"
            );
        }
        all.retain(|scenario| {
            (!self.ci || scenario.ci)
                && (self.only.is_empty() || self.only.iter().any(|one| fits(one, &scenario.name)))
        });
        Ok(all)
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

/// Names the scenarios.
pub(crate) fn list(arguments: &[String]) -> Result<()> {
    for scenario in Arguments::parse(arguments)?.scenarios()? {
        println!("{:<34} {:<22} {}", scenario.name, scenario.family, scenario.title);
    }
    Ok(())
}

/// Runs the scenarios. Exit code 0: the promise is kept; 1: it is not, or a
/// verdict is not that of the earlier run; 2: nothing could run.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let arguments = Arguments::parse(arguments)?;
    let scenarios = arguments.scenarios()?;
    ensure!(
        sys::is_admin(),
        "the lab makes network namespaces, so it must run as root (CAP_NET_ADMIN, CAP_SYS_ADMIN)"
    );
    sys::catch_signals();
    leftovers::sweep();
    let stamp = leftovers::stamp();
    let outcomes =
        prepare(&arguments, &stamp).map(|bench| whole(&bench, &arguments, scenarios, &stamp));
    leftovers::remove(&stamp);
    let outcomes = outcomes?;
    ensure!(!sys::is_stopped(), "stopped; everything is taken down");
    let totals = table::Totals::of(&outcomes);
    if arguments.json {
        println!("{}", serde_json::json!({ "scenarios": outcomes, "totals": totals }));
    } else {
        print!("{}", table::plain(&outcomes, &totals));
    }
    let repeat =
        arguments.against.as_deref().map(|file| Repeat::of(file, &outcomes)).transpose()?;
    let repeated = repeat.as_ref().map(Repeat::sentence);
    if let Some(repeated) = &repeated {
        eprintln!("{repeated}");
    }
    if let Some(file) = &arguments.markdown {
        fs::write(file, table::markdown(&outcomes, &totals, repeated.as_deref()))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let is_kept = totals.is_kept() && repeat.is_none_or(|repeat| repeat.is_kept());
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes the folder of the run, with a copy of the program that nobody may run.
fn prepare(arguments: &Arguments, stamp: &str) -> Result<Bench> {
    let program = arguments.program.clone().or_else(|| env::var_os("HANGUP").map(Into::into));
    let program = program.context("--program names no program to test")?;
    let shared = leftovers::folder(stamp);
    fs::create_dir_all(&shared)?;
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755))?;
    let copy = shared.join("hangup");
    fs::copy(&program, &copy).with_context(|| format!("cannot copy {}", program.display()))?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    for folder in [&arguments.keep_pcap, &arguments.keep_reports].into_iter().flatten() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let (keep_pcap, keep_reports) = (arguments.keep_pcap.clone(), arguments.keep_reports.clone());
    Ok(Bench { program: copy, shared, keep_pcap, keep_reports })
}

/// Every scenario, several at once; those that need the machine for themselves come last.
fn whole(
    bench: &Bench,
    arguments: &Arguments,
    scenarios: Vec<Scenario>,
    stamp: &str,
) -> Vec<Outcome> {
    let jobs =
        arguments.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(2, Into::into));
    let (alone, beside): (VecDeque<_>, VecDeque<_>) =
        scenarios.into_iter().enumerate().partition(|(_, scenario)| scenario.alone);
    let mut outcomes = Vec::new();
    for (queue, jobs) in [(beside, jobs.clamp(1, 16)), (alone, 1)] {
        let total = queue.len();
        let queue = Mutex::new(queue);
        let done = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..jobs.min(total) {
                scope.spawn(|| {
                    while let Some((at, scenario)) = next(&queue) {
                        let place = place(stamp, at);
                        let outcome = bench.run(&scenario, &place);
                        eprintln!("{}", table::line(&outcome));
                        done.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
                    }
                });
            }
        });
        outcomes.extend(done.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn next(queue: &Mutex<VecDeque<(usize, Scenario)>>) -> Option<(usize, Scenario)> {
    if sys::is_stopped() {
        return None;
    }
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn place(stamp: &str, at: usize) -> Place {
    let prefix = format!("{stamp}-{at}");
    Place { folder: leftovers::folder(&prefix), prefix }
}
