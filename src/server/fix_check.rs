//! "I did this, check again": the probe that a fix names is run once more, or a person says what they
//! saw; either way it ends as an entry that holds before and after side by side.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    json::bad_field, probes::ProbeRequest, problem::Problem, state::AppState, ticket::Caller,
};
use crate::{
    evidence::{Observation, State},
    report::{Happening, ReportFix, is_of_probe},
    store::Token,
};

/// Silence of a check where nothing longer was measured, seconds: as long as the first look.
const SILENCE: u64 = 65;
/// A check holds a little longer than the time after which it broke before, seconds.
const BEYOND: u64 = 5;

impl AppState {
    /// Whether a probe can show that `fix` worked, for a case that names a target or not.
    pub fn can_probe(&self, fix: &ReportFix, has_target: bool) -> bool {
        fix.verify_probe.is_some() && has_target && self.probes.is_some()
    }

    /// Records that the fix `id` was applied and checks it: by its probe where that is possible, else
    /// by what `saw` says. The probe goes on after this returns; its end is an event.
    pub async fn check_fix(
        &self,
        token: &Token,
        caller: &Caller,
        who: &str,
        id: &str,
        saw: Option<bool>,
    ) -> Result<u64, Problem> {
        let (opened, report, caller) = self.admit_once(token, caller).await?;
        let caller = &caller;
        if !opened.may_answer {
            return Err(Problem::not_found());
        }
        let fix = report.fixes.iter().find(|fix| fix.id == id);
        let fix = fix.ok_or_else(|| {
            bad_field("fix", "this report has no such fix", "此报告中没有这个修复方案")
        })?;
        let (cause, probe) = (fix.cause.clone(), fix.verify_probe.clone());
        if let Some(worked) = saw {
            let (before, after) = (Vec::new(), Vec::new());
            let checked = Happening::Checked {
                fix: id.to_owned(),
                cause,
                worked,
                unclear: None,
                probe: None,
                before,
                after,
            };
            return self.happen(token, caller, who, checked).await;
        }
        let (Some(probe), Some(target)) = (probe, report.case.target.clone()) else {
            return Err(bad_field(
                "worked",
                "no probe shows this fix; say whether it worked",
                "没有探测能验证此方案，请说明是否有效",
            ));
        };
        let events = self.start_check(&probe, target, &report.case.observations, caller).await?;
        let tried = Happening::FixTried {
            fix: id.to_owned(),
            cause: cause.clone(),
            probe: Some(probe.clone()),
        };
        let number = self.happen(token, caller, who, tried).await?;
        let (state, token, caller) = (self.clone(), token.clone(), caller.clone());
        let (who, fix) = (who.to_owned(), id.to_owned());
        tokio::spawn(async move {
            let told = collect(events).await;
            let checked = concluded(&told, fix, cause, probe, report.case.observations);
            if let Err(problem) = state.happen(&token, &caller, &who, checked).await {
                tracing::info!(?problem, "a check came to its end and could not be recorded");
            }
        });
        Ok(number)
    }

    async fn start_check(
        &self,
        probe: &str,
        target: String,
        seen: &[Observation],
        caller: &Caller,
    ) -> Result<mpsc::Receiver<Value>, Problem> {
        let probes = self.probes.clone().ok_or_else(super::probes::switched_off)?;
        let measured = seen.iter().filter(|seen| is_of_probe(seen, probe));
        let longest = measured.filter_map(|seen| seen.value.number()).fold(0.0, f64::max);
        let longest = Duration::try_from_secs_f64(longest.ceil()).unwrap_or_default().as_secs();
        let silence = SILENCE.max(longest.saturating_add(BEYOND));
        let request = ProbeRequest {
            target,
            only: vec![probe.to_owned()],
            idle_seconds: Some(silence.min(self.config.probe.max_idle.as_secs())),
            lang: None,
        };
        let started = probes.start(request, caller.client, self.stopping.child_token()).await;
        started.inspect_err(|_| self.metrics.probes_refused.up())
    }
}

/// Everything a run tells, until it ends.
async fn collect(mut events: mpsc::Receiver<Value>) -> Vec<Value> {
    let mut told = Vec::new();
    while let Some(event) = events.recv().await {
        told.push(event);
    }
    told
}

/// What the run says about the fix. Whether it worked is judged where the case is diagnosed anew.
fn concluded(
    told: &[Value],
    fix: String,
    cause: String,
    probe: String,
    known: Vec<Observation>,
) -> Happening {
    let of_probe = |seen: &Observation| is_of_probe(seen, &probe) && seen.state == State::Seen;
    let mut after = crate::api::observations(told);
    after.retain(of_probe);
    if after.is_empty() {
        let why = told.iter().find_map(|event| {
            let text = event.get("text").or_else(|| event.get("why"))?;
            let end = matches!(event.get("event")?.as_str()?, "refused" | "not_visible");
            let told = |lang: &str| text.get(lang)?.as_str().map(str::to_owned);
            end.then(|| Some((told("en")?, told("zh").unwrap_or_default()))).flatten()
        });
        let (why, why_zh) = why.unwrap_or_default();
        return Happening::CheckFailed { fix, why, why_zh };
    }
    let mut before = known;
    before.retain(of_probe);
    Happening::Checked {
        fix,
        cause,
        worked: false,
        unclear: None,
        probe: Some(probe),
        before,
        after,
    }
}
