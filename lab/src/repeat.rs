//! A run held against an earlier one: the same state must give the same verdicts.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::judge::Outcome;

/// What two runs have in common, and what not.
pub(crate) struct Repeat {
    same: usize,
    /// Scenario, verdict before, verdict now.
    differ: Vec<(String, String, String)>,
}

impl Repeat {
    /// Holds `outcomes` against what an earlier `--json` wrote to `file`. Scenarios that only one of
    /// the runs has do not count.
    pub(crate) fn of(file: &Path, outcomes: &[Outcome]) -> Result<Self> {
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        // What a build says before it goes to the same place.
        let text = text.find('{').and_then(|at| text.get(at..)).unwrap_or_default();
        let earlier: Value = serde_json::from_str(text)
            .with_context(|| format!("{} is not what --json writes", file.display()))?;
        Ok(Self::between(&verdicts(&earlier), outcomes))
    }

    fn between(before: &BTreeMap<String, String>, outcomes: &[Outcome]) -> Self {
        let mut repeat = Self { same: 0, differ: Vec::new() };
        for outcome in outcomes {
            let now = outcome.verdict.as_str().to_lowercase();
            match before.get(&outcome.name) {
                Some(then) if *then == now => repeat.same += 1,
                Some(then) => repeat.differ.push((outcome.name.clone(), then.clone(), now)),
                None => {}
            }
        }
        repeat
    }

    /// Whether no verdict differs, and something was compared.
    pub(crate) fn is_kept(&self) -> bool {
        self.differ.is_empty() && self.same > 0
    }

    /// In one paragraph.
    pub(crate) fn sentence(&self) -> String {
        let all = self.same + self.differ.len();
        let mut text =
            format!("Held against an earlier run: {} of {all} verdicts are the same.", self.same);
        for (name, before, now) in &self.differ {
            let _ = write!(text, " `{name}`: {before} before, {now} now.");
        }
        text
    }
}

fn verdicts(run: &Value) -> BTreeMap<String, String> {
    let scenarios = run["scenarios"].as_array().into_iter().flatten();
    scenarios
        .filter_map(|one| Some((one["name"].as_str()?.into(), one["verdict"].as_str()?.into())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Verdict;

    fn outcome(name: &str, verdict: Verdict) -> Outcome {
        Outcome {
            name: name.into(),
            title: String::new(),
            family: String::new(),
            truth: Vec::new(),
            decidable: true,
            near_miss_of: None,
            top: Vec::new(),
            settled_by: None,
            seconds: 1.0,
            cut_off: None,
            measured: None,
            waited: None,
            verdict,
            why: None,
            seen: Vec::new(),
        }
    }

    #[test]
    fn a_verdict_that_changed_is_named_and_new_scenarios_do_not_count() {
        let first = [outcome("a", Verdict::First), outcome("b", Verdict::Settled)];
        let before = verdicts(&serde_json::json!({ "scenarios": first }));
        assert!(Repeat::between(&before, &first).is_kept());
        let second = [
            outcome("a", Verdict::First),
            outcome("b", Verdict::Missed),
            outcome("c", Verdict::First),
        ];
        let repeat = Repeat::between(&before, &second);
        assert!(!repeat.is_kept());
        let wanted = "Held against an earlier run: 1 of 2 verdicts are the same. `b`: settled before, missed now.";
        assert_eq!(repeat.sentence(), wanted);
        assert!(!Repeat::between(&before, &[]).is_kept());
    }
}
