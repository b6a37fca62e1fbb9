//! From an address to a whole case: what the server keeps for it is fetched, a finished run of probes
//! is taken in.

use crate::{
    api::{Desk, Run, Trouble},
    evidence::Observation,
    report::observation_beside,
    ui::state::Wizard,
};

/// Longest text that the address itself holds, bytes; longer ones are kept by the server. Three times
/// as much when escaped, which still fits the 8 KiB that proxies allow for an address.
const TEXT_IN_ADDRESS: usize = 1500;

/// Where an address leads.
#[derive(Clone, Debug)]
pub enum Arrived {
    /// Here: the whole state, and a run of probes that is still going.
    Here(Box<Wizard>, Option<Run>),
    /// Elsewhere: the state has moved on to this address.
    Moved(String),
}

/// Completes the state of an address.
///
/// A text or run that is gone is left out: the rest of the address still stands.
pub async fn arrive(desk: &Desk, mut wizard: Wizard) -> Result<Arrived, Trouble> {
    match desk.kept(wizard.draft.as_deref()).await {
        Some(text) => wizard.case.text = Some(text),
        None => wizard.draft = None,
    }
    match desk.found(wizard.seen.as_deref()).await {
        Some(found) => wizard.case.observations = found,
        None => wizard.seen = None,
    }
    let base = desk.diagnostician.base();
    let beside = wizard.beside.iter().filter_map(|word| observation_beside(base, word));
    wizard.case.observations.extend(beside);
    let Some(id) = wizard.probe.clone() else {
        return Ok(Arrived::Here(Box::new(wizard), None));
    };
    match desk.run(&id).await {
        None => {
            wizard.probe = None;
            wizard.only.clear();
            Ok(Arrived::Here(Box::new(wizard), None))
        }
        Some(Run { observations: Some(observations), .. }) => {
            wizard.pass_chosen();
            take_in(desk, wizard, &observations).await.map(Arrived::Moved)
        }
        under_way => Ok(Arrived::Here(Box::new(wizard), under_way)),
    }
}

/// Keeps what a run found under a token, so that the address alone brings it back.
pub async fn take_in(
    desk: &Desk,
    mut wizard: Wizard,
    observations: &[Observation],
) -> Result<String, Trouble> {
    wizard.probe = None;
    wizard.at = None;
    if !observations.is_empty() {
        let all = joined(&wizard.case.observations, observations);
        let found = serde_json::to_string(&all).unwrap_or_default();
        wizard.seen = Some(desk.keep(&found).await?);
    }
    Ok(wizard.href())
}

/// What was seen before with what was seen now; a look repeated from the same place takes the place
/// of the earlier one.
fn joined(before: &[Observation], now: &[Observation]) -> Vec<Observation> {
    let is_repeated = |old: &Observation| {
        now.iter().any(|new| new.variable == old.variable && new.vantage == old.vantage)
    };
    let kept = before.iter().filter(|old| old.variable == "component" || !is_repeated(old));
    let mut all: Vec<Observation> = kept.cloned().collect();
    for new in now {
        if !all.contains(new) {
            all.push(new.clone());
        }
    }
    all
}

/// The address of `wizard`; a text too long for it is kept by the server first.
pub async fn address(desk: &Desk, mut wizard: Wizard) -> Result<String, Trouble> {
    if let Some(text) = wizard.case.text.as_ref().filter(|text| text.len() > TEXT_IN_ADDRESS) {
        wizard.draft = Some(desk.keep(text).await?);
    }
    Ok(wizard.href())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Source;

    #[test]
    fn a_second_look_is_added_and_a_repeated_one_replaces() {
        let seen = |variable: &str, value: &str| {
            Observation::seen(variable, value, Source::Probe).from_vantage("server")
        };
        let before = [seen("tcp.result", "refused"), seen("component", "nginx")];
        let now = [seen("tcp.result", "connected"), seen("component", "php-fpm")];
        let values: Vec<String> =
            joined(&before, &now).iter().map(|seen| seen.value.to_string()).collect();
        assert_eq!(values, ["nginx", "connected", "php-fpm"]);
        assert_eq!(joined(&before, &[]), before);
    }
}
