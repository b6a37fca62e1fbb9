//! One scenario from set-up to verdict.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{
    judge::{Outcome, Verdict},
    leftovers,
    place::{Place, finish},
    scenario::{Capture, Fault, Scenario},
    servers::tail,
    sys,
};

/// What all scenarios of a run have in common.
pub(crate) struct Bench {
    /// The program under test, where nobody may run it.
    pub(crate) program: PathBuf,
    /// Data folders that are made once.
    pub(crate) shared: PathBuf,
    /// Where captures are kept, if they are.
    pub(crate) keep_pcap: Option<PathBuf>,
    /// Where reports are kept, if they are.
    pub(crate) keep_reports: Option<PathBuf>,
}

/// The longest a diagnosis may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// The user without any right: nobody.
const NOBODY: [&str; 6] = [
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
];

impl Bench {
    /// Runs one scenario in a topology of its own, which is gone afterwards.
    pub(crate) fn run(&self, scenario: &Scenario, place: &Place) -> Outcome {
        let began = Instant::now();
        let mut outcome = Outcome::new(scenario);
        let mut children = Vec::new();
        if let Err(error) = self.attempt(scenario, place, &mut children, &mut outcome) {
            outcome.verdict = Verdict::Error;
            outcome.why = Some(format!("{error:#}"));
        }
        place.down();
        for child in &mut children {
            // Gone with its namespace, or ended here.
            let _gone_already = child.kill();
            let _gone_already = child.wait();
        }
        outcome.seconds = began.elapsed().as_secs_f64();
        outcome
    }

    fn attempt(
        &self,
        scenario: &Scenario,
        place: &Place,
        children: &mut Vec<Child>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        place.up(&scenario.resolver)?;
        if let Some(options) = &scenario.wire {
            wire(place, options, children)?;
        }
        for fault in scenario.faults.iter().filter(|fault| fault.first) {
            apply(fault, place)?;
        }
        for server in &scenario.servers {
            ensure!(!sys::is_stopped(), "stopped");
            children.push(server.start(place, &self.shared)?);
        }
        for fault in scenario.faults.iter().filter(|fault| !fault.first && fault.after.is_none()) {
            apply(fault, place)?;
        }
        let capture = self.capture(scenario, place, children)?;
        let case = case(scenario, place)?;
        let report = thread::scope(|scope| -> Result<Value> {
            let later = scenario.faults.iter().filter(|fault| fault.after.is_some());
            let later: Vec<_> =
                later.map(|fault| scope.spawn(move || apply_later(fault, place))).collect();
            let report = self.diagnose(scenario, place, &case, &mut outcome.waited);
            for one in later {
                one.join().map_err(|_| anyhow::anyhow!("a later step panicked"))??;
            }
            report
        })?;
        for sign in &scenario.fired {
            sign.check(place)?;
        }
        outcome.judge(scenario, &report);
        if let Some(folder) = &self.keep_reports {
            let whole = json!({ "case": case, "report": report });
            fs::write(folder.join(format!("{}.json", scenario.name)), format!("{whole:#}"))?;
        }
        if let Some(file) = capture {
            self.check_capture(scenario, place, &file, outcome)?;
        }
        Ok(())
    }

    /// Asks the program, as nobody, from the client's namespace. Notes what the `idle` probe took.
    fn diagnose(
        &self,
        scenario: &Scenario,
        place: &Place,
        case: &Value,
        waited: &mut Option<f64>,
    ) -> Result<Value> {
        let path = place.folder.join("case.json");
        fs::write(&path, case.to_string())?;
        let mut command = place.command("cli", "setpriv");
        command.args(NOBODY).arg(&self.program);
        command.args(["diagnose", "--json", "--lang", "en", "--case"]).arg(&path);
        command.args(["--probe", &scenario.probe.target]);
        if !scenario.probe.only.is_empty() {
            command.args(["--only", &scenario.probe.only.join(",")]);
        }
        command.args(["--max-idle", &format!("{}s", scenario.probe.max_idle)]);
        command.args(["--allow", "10.77.0.0/16", "--allow", "fd77::/16"]);
        if let Some(port) = port_of(&scenario.probe.target) {
            command.args(["--allow-port", &port.to_string()]);
        }
        // Exit 1 says that the evidence is not enough, which is an answer too.
        let (_, said) = finish(&mut command, PATIENCE)?;
        *waited = said.lines().find_map(waited_for_idle);
        let line = said.lines().find(|line| line.starts_with('{'));
        let line = line.with_context(|| format!("the program says: {}", said.trim()))?;
        serde_json::from_str(line).context("the program's report is no JSON")
    }

    /// Starts tcpdump on the client's side where packets are wanted.
    fn capture(
        &self,
        scenario: &Scenario,
        place: &Place,
        children: &mut Vec<Child>,
    ) -> Result<Option<PathBuf>> {
        if scenario.capture.is_none() && self.keep_pcap.is_none() {
            return Ok(None);
        }
        let file = place.folder.join("client.pcap");
        let mut command = place.command("cli", "tcpdump");
        command.args(["-U", "--immediate-mode", "-Z", "root", "-i", "eth0", "-w"]).arg(&file);
        let mut child = place.start("tcpdump", command)?;
        place.await_log("tcpdump", "listening on", &mut child)?;
        children.push(child);
        Ok(Some(file))
    }

    /// What the program reads out of a capture.
    fn conversations(&self, place: &Place, file: &Path) -> Result<Vec<Value>> {
        let mut command = place.command("host", &self.program.to_string_lossy());
        command.args(["capture", "--json"]).arg(file);
        let (_, said) = finish(&mut command, Duration::from_secs(20))?;
        Ok(said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).collect())
    }

    /// Keeps the capture, and asks the parser about it.
    fn check_capture(
        &self,
        scenario: &Scenario,
        place: &Place,
        file: &Path,
        outcome: &mut Outcome,
    ) -> Result<()> {
        // The last packets may still be on their way into the file.
        let mut conversations = self.conversations(place, file)?;
        for _ in 0..12 {
            let wanted = scenario.capture.as_ref();
            if wanted.is_none_or(|wanted| conversations.iter().any(|one| wanted.agrees(one))) {
                break;
            }
            thread::sleep(Duration::from_millis(250));
            conversations = self.conversations(place, file)?;
        }
        if let Some(folder) = &self.keep_pcap {
            fs::copy(file, folder.join(format!("{}.pcap", scenario.name)))?;
        }
        let Some(wanted) = &scenario.capture else { return Ok(()) };
        if let Some(never) = &wanted.never
            && conversations.iter().any(|one| has_finding(one, never))
        {
            outcome.verdict = Verdict::Missed;
            outcome.why = Some(format!("the capture is said to show `{never}`"));
        } else if !conversations.iter().any(|one| wanted.agrees(one)) {
            outcome.verdict = Verdict::Missed;
            outcome.why = Some(format!(
                "none of {} conversations of the capture is {wanted:?}",
                conversations.len()
            ));
        }
        Ok(())
    }
}

impl Capture {
    fn agrees(&self, conversation: &Value) -> bool {
        let field = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| conversation[name] == **wanted)
        };
        field(&self.handshake, "handshake")
            && field(&self.closer, "closer")
            && field(&self.close, "close")
            && self.finding.as_ref().is_none_or(|id| has_finding(conversation, id))
    }
}

fn has_finding(conversation: &Value, id: &str) -> bool {
    conversation["findings"].as_array().is_some_and(|all| all.iter().any(|one| one == id))
}

fn wire(place: &Place, options: &[String], children: &mut Vec<Child>) -> Result<()> {
    let mut command = place.command("host", &crate::place::own_program().to_string_lossy());
    command.args(["wire", &format!("a={}", place.namespace("rtr"))]);
    command.arg(format!("b={}", place.namespace("r2"))).args(options);
    let mut child = place.start("wire", command)?;
    place.await_log("wire", "up", &mut child)?;
    children.push(child);
    place.route_over_wire()
}

fn apply(fault: &Fault, place: &Place) -> Result<()> {
    if let Some(rules) = &fault.nft {
        place.nft(&fault.place, rules)?;
    }
    if let Some((path, value)) = &fault.knob {
        leftovers::turn(&place.folder, path, value)?;
    }
    match &fault.sh {
        Some(script) => place.sh(&fault.place, script).map(drop),
        None => Ok(()),
    }
}

fn apply_later(fault: &Fault, place: &Place) -> Result<()> {
    let due = Duration::from_secs_f64(fault.after.unwrap_or(0.0).clamp(0.0, 300.0));
    // Counted from the first connection, since a busy machine starts programs late.
    let began = Instant::now();
    let mut connected = None;
    while connected.is_none_or(|since: Instant| since.elapsed() < due) {
        ensure!(!sys::is_stopped(), "stopped");
        ensure!(began.elapsed() < PATIENCE, "no connection to break");
        thread::sleep(Duration::from_millis(100));
        if connected.is_none() && !place.sh("cli", "ss -Htn state established")?.is_empty() {
            connected = Some(Instant::now());
        }
    }
    apply(fault, place)
}

/// The case that the program is given.
fn case(scenario: &Scenario, place: &Place) -> Result<Value> {
    let said = &scenario.said;
    let mut text: Vec<String> = said.text.iter().map(|text| text.trim().to_owned()).collect();
    if let Some(client) = &said.client {
        let mut command = place.command("cli", "sh");
        // What clients fail with is what we want, so their exit code does not count.
        let (_, printed) = finish(command.args(["-c", client]), Duration::from_secs(60))?;
        if printed.trim().is_empty() {
            bail!("the client said nothing");
        }
        text.push(printed.trim().to_owned());
    }
    if let Some(name) = &said.log {
        text.push(tail(place, name));
    }
    let mut case = json!({ "facts": said.facts, "answers": said.answers, "lang": "en" });
    if !text.is_empty() {
        case["text"] = text.join("\n").into();
    }
    Ok(case)
}

/// The seconds out of a line such as `idle      fin (5304 ms)`, which the program prints when its probe
/// has ended.
fn waited_for_idle(line: &str) -> Option<f64> {
    let rest = line.strip_prefix("idle ")?;
    let millis: f64 = rest.rsplit_once('(')?.1.strip_suffix(" ms)")?.parse().ok()?;
    Some(millis / 1000.0)
}

/// The port of a target, which the policy must be told of.
fn port_of(target: &str) -> Option<u16> {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    authority
        .rsplit_once(':')
        .filter(|(host, _)| !host.contains(':') || host.ends_with(']'))?
        .1
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::{port_of, waited_for_idle};

    #[test]
    fn the_port_is_read_from_names_addresses_and_urls() {
        for (target, port) in [
            ("10.77.3.2:9000", Some(9000)),
            ("http://shop.lab.internal:81/x:1", Some(81)),
            ("[fd77:3::2]:5432", Some(5432)),
            ("fd77:3::2", None),
            ("10.77.3.2", None),
        ] {
            assert_eq!(port_of(target), port, "{target}");
        }
    }

    #[test]
    fn what_idle_took_is_read_from_its_last_line_alone() {
        assert_eq!(waited_for_idle("idle      fin (5304 ms)"), Some(5.304));
        for line in [
            "http      ok (12 ms)",
            "idle      … still open (5304 ms",
            "… still open and quiet, 5 s",
        ] {
            assert_eq!(waited_for_idle(line), None, "{line}");
        }
    }
}
