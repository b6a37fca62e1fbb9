//! What a report is worth against the truth.

use serde::Serialize;
use serde_json::Value;

use crate::scenario::Scenario;

/// How a scenario ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The truth came first.
    First,
    /// Not decidable from outside: the truth is among the first three and what settles it is named.
    Settled,
    /// The program fell short.
    Missed,
    /// The lab fell short: no set-up, or the fault did not fire.
    Error,
}

impl Verdict {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Settled => "settled",
            Self::Missed => "MISSED",
            Self::Error => "ERROR",
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) family: String,
    pub(crate) truth: Vec<String>,
    pub(crate) decidable: bool,
    pub(crate) near_miss_of: Option<String>,
    /// The first three causes and their probabilities.
    pub(crate) top: Vec<(String, f64)>,
    /// What was named that settles it.
    pub(crate) settled_by: Option<String>,
    /// Of the whole scenario, set-up included.
    pub(crate) seconds: f64,
    /// The cut-off that the scenario sets, seconds.
    pub(crate) cut_off: Option<f64>,
    /// The measured one that lies nearest to it.
    pub(crate) measured: Option<f64>,
    /// What the `idle` probe took by the wall, seconds.
    pub(crate) waited: Option<f64>,
    pub(crate) verdict: Verdict,
    /// What went wrong, where something did.
    pub(crate) why: Option<String>,
    /// What probes and text showed, `variable=value`.
    pub(crate) seen: Vec<String>,
}

impl Outcome {
    /// The outcome before anything ran.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            family: scenario.family.clone(),
            truth: scenario.truth.clone(),
            decidable: scenario.decidable,
            near_miss_of: scenario.near_miss_of.clone(),
            top: Vec::new(),
            settled_by: None,
            seconds: 0.0,
            cut_off: scenario.probe.cut_off,
            measured: None,
            waited: None,
            verdict: Verdict::Error,
            why: None,
            seen: Vec::new(),
        }
    }

    /// Judges a report against the scenario.
    pub(crate) fn judge(&mut self, scenario: &Scenario, report: &Value) {
        let causes = report["causes"].as_array().into_iter().flatten();
        let ranked = causes.filter_map(|cause| {
            Some((cause["id"].as_str()?.to_owned(), cause["probability"].as_f64()?))
        });
        self.top = ranked.take(3).collect();
        self.seen = observed(report);
        let named = named(report);
        self.settled_by = scenario.settled_by.iter().find(|step| named.contains(step)).cloned();
        let at = self.top.iter().position(|(id, _)| scenario.truth.contains(id));
        self.verdict = match (scenario.decidable, at) {
            (true, Some(0)) => Verdict::First,
            (false, Some(_)) if self.settled_by.is_some() => Verdict::Settled,
            _ => Verdict::Missed,
        };
        self.why = (self.verdict == Verdict::Missed).then(|| match at {
            Some(_) if !scenario.decidable => format!("named instead: {}", named.join(" ")),
            Some(place) => format!("the truth is number {}", place + 1),
            None => "the truth is not among the first three".to_owned(),
        });
        if let Some(missing) = self.unseen(scenario) {
            self.verdict = Verdict::Missed;
            self.why = Some(missing);
        }
    }

    /// What the probes should have seen and did not; notes the cut-off that was measured.
    fn unseen(&mut self, scenario: &Scenario) -> Option<String> {
        let missing = scenario.probe.sees.iter().find(|wanted| !self.seen.contains(wanted));
        if let Some(wanted) = missing {
            return Some(format!("{wanted} was not seen"));
        }
        let wanted = scenario.probe.cut_off?;
        let seconds =
            self.seen.iter().filter_map(|seen| seen.strip_prefix("seconds=")?.parse().ok());
        self.measured =
            seconds.min_by(|a: &f64, b| (a - wanted).abs().total_cmp(&(b - wanted).abs()));
        match self.measured {
            Some(seconds) if (seconds - wanted).abs() <= 1.0 => None,
            Some(seconds) => Some(format!("a cut-off of {wanted} s was measured as {seconds} s")),
            None => Some(format!("a cut-off of {wanted} s was not measured")),
        }
    }
}

/// Every step that the report names, as in `settled_by`.
fn named(report: &Value) -> Vec<String> {
    let steps = report["next"].as_array().into_iter().flatten();
    let steps = steps
        .filter_map(|step| Some(format!("{}:{}", step["kind"].as_str()?, step["id"].as_str()?)));
    let hidden = report["not_visible"].as_array().into_iter().flatten();
    let hidden =
        hidden.filter_map(|one| Some(format!("not_visible:{}", one["observation"].as_str()?)));
    steps.chain(hidden).collect()
}

fn observed(report: &Value) -> Vec<String> {
    let observations = report["observations"].as_array().into_iter().flatten();
    let seen = observations.filter_map(|one| {
        let value = match &one["value"] {
            Value::String(text) => text.clone(),
            Value::Null => return None,
            other => other.to_string(),
        };
        Some(format!("{}={value}", one["variable"].as_str()?))
    });
    seen.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(decidable: bool) -> Scenario {
        let settled = if decidable { "" } else { "settled_by = [\"check:b\"]" };
        let text = format!(
            "title = 'x'\nfamily = 'f'\ntruth = ['a', 'aa']\ndecidable = {decidable}\n{settled}\n\
             [probe]\ntarget = 'x'\nonly = []\n[[fired]]\nsh = 'true'\nsays = ''\n"
        );
        toml::from_str(&text).unwrap()
    }

    fn report(order: [&str; 2], step: &str) -> Value {
        let causes = order.map(|id| serde_json::json!({ "id": id, "probability": 0.4 }));
        serde_json::json!({ "causes": causes, "next": [{ "kind": "check", "id": step }] })
    }

    #[test]
    fn a_decidable_truth_must_come_first_under_any_of_its_names() {
        for (order, wanted) in [
            (["a", "z"], Verdict::First),
            (["aa", "z"], Verdict::First),
            (["z", "a"], Verdict::Missed),
            (["z", "y"], Verdict::Missed),
        ] {
            let scenario = scenario(true);
            let mut outcome = Outcome::new(&scenario);
            outcome.judge(&scenario, &report(order, "b"));
            assert_eq!(outcome.verdict, wanted, "{order:?}");
        }
    }

    #[test]
    fn an_undecidable_truth_needs_what_would_settle_it() {
        for (step, wanted) in [("b", Verdict::Settled), ("c", Verdict::Missed)] {
            let scenario = scenario(false);
            let mut outcome = Outcome::new(&scenario);
            outcome.judge(&scenario, &report(["z", "a"], step));
            assert_eq!(outcome.verdict, wanted, "{step}");
        }
    }
}
