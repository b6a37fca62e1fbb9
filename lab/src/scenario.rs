//! The format of a scenario: one TOML file says what a person would say, what is broken and how one
//! knows that it broke, what to run, and what is true.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// One broken connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    /// One line.
    pub(crate) title: String,
    /// The family of the truth, as in the knowledge base.
    pub(crate) family: String,
    /// The cause; several ids where several names mean the same.
    pub(crate) truth: Vec<String>,
    /// Whether probing from outside can single it out. Where not, the truth must be among the first
    /// three, and one of `settled_by` must be named.
    #[serde(default = "yes")]
    pub(crate) decidable: bool,
    /// `question:ID`, `check:ID`, `probe:ID` or `not_visible:VARIABLE`: what would settle it.
    #[serde(default)]
    pub(crate) settled_by: Vec<String>,
    /// Another scenario which looks much the same and has another truth.
    pub(crate) near_miss_of: Option<String>,
    /// Part of the short run.
    #[serde(default)]
    pub(crate) ci: bool,
    /// Turns a knob that the whole machine shares, so nothing else may run beside it.
    #[serde(default)]
    pub(crate) alone: bool,
    /// The resolver that the client's namespace is given.
    #[serde(default = "resolver")]
    pub(crate) resolver: String,
    /// What a person would say.
    #[serde(default)]
    pub(crate) said: Said,
    /// What is run.
    pub(crate) probe: Probe,
    /// A bad wire in place of the link in the middle: options of `hangup-lab wire`.
    pub(crate) wire: Option<Vec<String>>,
    /// Servers, started in order.
    #[serde(default, rename = "server")]
    pub(crate) servers: Vec<Server>,
    /// Steps that break something, in order, when the servers are ready.
    #[serde(default, rename = "fault")]
    pub(crate) faults: Vec<Fault>,
    /// How one knows that the fault fired. All must hold.
    #[serde(rename = "fired")]
    pub(crate) fired: Vec<Fired>,
    /// What the capture parser must find in the client's packets.
    pub(crate) capture: Option<Capture>,
}

/// A case, as in the contract, and programs whose output the person would paste.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// Text of the case.
    pub(crate) text: Option<String>,
    /// Opening facts.
    #[serde(default)]
    pub(crate) facts: serde_json::Map<String, serde_json::Value>,
    /// Answers to questions.
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, String>,
    /// A command of the client whose output is the text.
    pub(crate) client: Option<String>,
    /// A server's log of which the last lines are added to the text.
    pub(crate) log: Option<String>,
}

/// What to ask of the program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probe {
    /// The target as a person would type it.
    pub(crate) target: String,
    /// Probes by name.
    pub(crate) only: Vec<String>,
    /// The longest silence, seconds.
    #[serde(default = "short")]
    pub(crate) max_idle: u64,
    /// What must be seen, as `variable=value`, whatever is concluded from it.
    #[serde(default)]
    pub(crate) sees: Vec<String>,
    /// The cut-off that must be measured, seconds, to within one second.
    pub(crate) cut_off: Option<f64>,
}

/// A program that runs while the scenario does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    /// `nginx`, `apache`, `haproxy`, `mariadb`, `postgresql`, `redis`, `sshd`, `dns`, `bad` or
    /// `program`.
    pub(crate) kind: String,
    /// Its name in logs; the kind where absent.
    pub(crate) name: Option<String>,
    /// The namespace: cli, rtr, r2 or srv.
    #[serde(default = "srv", rename = "in")]
    pub(crate) place: String,
    /// The port on which it is ready, if it listens.
    pub(crate) port: Option<u16>,
    /// Its configuration, put into the lab's frame for that kind; the command for `program`.
    #[serde(default)]
    pub(crate) conf: String,
    /// Arguments.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// Limits of a control group: `memory_mb=…`, `cpu_percent=…`.
    #[serde(default)]
    pub(crate) limits: Vec<String>,
    /// Waits for this in its log before going on.
    pub(crate) ready: Option<String>,
}

/// One step that breaks something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The namespace, or `host`.
    #[serde(rename = "in")]
    pub(crate) place: String,
    /// Rules for nft.
    pub(crate) nft: Option<String>,
    /// A shell command.
    pub(crate) sh: Option<String>,
    /// A file below /proc/sys of the whole machine and what to write into it; set back afterwards.
    pub(crate) knob: Option<(String, String)>,
    /// Seconds after the first connection of the probes; at once and before them where absent.
    pub(crate) after: Option<f64>,
    /// Before the servers are started.
    #[serde(default)]
    pub(crate) first: bool,
}

/// A sign that the fault fired.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fired {
    /// The namespace, or `host`.
    #[serde(default = "srv", rename = "in")]
    pub(crate) place: String,
    /// A named counter of nft which must have counted.
    pub(crate) counter: Option<String>,
    /// A server's log.
    pub(crate) log: Option<String>,
    /// A command whose output is read.
    pub(crate) sh: Option<String>,
    /// What log or output must hold.
    pub(crate) says: Option<String>,
    /// How often at least.
    #[serde(default = "once")]
    pub(crate) times: usize,
}

/// A conversation that the capture parser must see: every field that is given must agree.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Capture {
    /// `complete`, `syn_no_answer`, `syn_rst`, `syn_icmp` or `midstream`.
    pub(crate) handshake: Option<String>,
    /// `src`, `dst` or `none`.
    pub(crate) closer: Option<String>,
    /// `fin`, `rst` or `none`.
    pub(crate) close: Option<String>,
    /// The id of a finding.
    pub(crate) finding: Option<String>,
    /// The id of a finding that no conversation may have.
    pub(crate) never: Option<String>,
}

fn yes() -> bool {
    true
}
fn once() -> usize {
    1
}
fn short() -> u64 {
    3
}
fn srv() -> String {
    "srv".to_owned()
}
fn resolver() -> String {
    "10.77.2.2".to_owned()
}

/// Reads every scenario of a folder, in the order of their names.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Scenario>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    let scenarios: Vec<Scenario> = paths.iter().map(|path| read(path)).collect::<Result<_>>()?;
    for scenario in &scenarios {
        let Some(other) = &scenario.near_miss_of else { continue };
        let partner = scenarios.iter().find(|partner| &partner.name == other);
        let partner = partner.with_context(|| {
            format!("{}: near_miss_of names no scenario: `{other}`", scenario.name)
        })?;
        ensure!(
            partner.truth != scenario.truth,
            "{}: a near miss of `{other}` has another truth",
            scenario.name
        );
    }
    Ok(scenarios)
}

fn read(path: &Path) -> Result<Scenario> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut scenario: Scenario =
        toml::from_str(&text).with_context(|| format!("{}", path.display()))?;
    scenario.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = &scenario.name;
    ensure!(!scenario.truth.is_empty(), "{name}: no truth");
    ensure!(!scenario.fired.is_empty(), "{name}: nothing says whether the fault fired");
    ensure!(
        scenario.alone || scenario.faults.iter().all(|fault| fault.knob.is_none()),
        "{name}: who turns a knob of the machine must be alone"
    );
    ensure!(
        scenario.decidable == scenario.settled_by.is_empty(),
        "{name}: settled_by stands exactly where decidable = false"
    );
    Ok(scenario)
}
