//! Whether a fix worked, by what its probe saw before and sees now.

use serde::{Deserialize, Serialize};

use crate::{
    evidence::{Observation, State},
    knowledge::PROBES,
};

/// What a probe says in `variable` where nothing is broken; `None` where that is no probe's outcome.
fn sound(variable: &str) -> Option<&'static str> {
    let probe = PROBES.iter().find(|probe| probe.settles.first() == Some(&variable))?;
    probe.fine.first().copied()
}

/// A cut-off that comes this much later is another one. judgement: clocks and polls make up less.
const LATER: f64 = 1.5;

/// What a second look says of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The fault was seen before, and is gone.
    Gone,
    /// The fault is there.
    There,
    /// Neither can be said.
    CannotTell(Unclear),
}

/// Why a look cannot tell whether a fix worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unclear {
    /// The probe had seen no fault before, so that seeing none now means nothing.
    NoneBefore,
    /// The probe had not looked before.
    NoLookBefore,
    /// It still breaks, but markedly later.
    Later,
    /// The fault is another one than before.
    Another,
    /// The probe no longer comes as far as to where the fault was.
    NotReached,
}

/// Judges by the observations of one probe, `before` a fix and `after` it.
pub fn judged(before: &[Observation], after: &[Observation]) -> Judged {
    let (then, now) = (findings(before), findings(after));
    let faults_now: Vec<_> = now.iter().filter(|finding| finding.is_fault()).collect();
    let faults_then: Vec<_> = then.iter().filter(|finding| finding.is_fault()).collect();
    if faults_then.is_empty() {
        return match (faults_now.is_empty(), then.is_empty()) {
            (false, _) => Judged::There,
            (true, true) => Judged::CannotTell(Unclear::NoLookBefore),
            (true, false) => Judged::CannotTell(Unclear::NoneBefore),
        };
    }
    let same = |fault: &&&Finding<'_>| faults_now.iter().any(|now| now.is(fault));
    if faults_then.iter().any(|fault| same(&fault)) {
        return match (seconds(before), seconds(after)) {
            (Some(was), Some(is)) if is >= was * LATER => Judged::CannotTell(Unclear::Later),
            _ => Judged::There,
        };
    }
    if !faults_now.is_empty() {
        return Judged::CannotTell(Unclear::Another);
    }
    let looked_again =
        faults_then.iter().all(|fault| now.iter().any(|now| now.variable == fault.variable));
    if looked_again { Judged::Gone } else { Judged::CannotTell(Unclear::NotReached) }
}

/// One finding whose sound value is known.
struct Finding<'a> {
    variable: &'a str,
    value: &'a str,
    sound: &'static str,
}

impl Finding<'_> {
    fn is_fault(&self) -> bool {
        self.value != self.sound
    }

    fn is(&self, other: &Finding<'_>) -> bool {
        (self.variable, self.value) == (other.variable, other.value)
    }
}

fn findings(seen: &[Observation]) -> Vec<Finding<'_>> {
    seen.iter()
        .filter(|o| o.state == State::Seen)
        .filter_map(|o| {
            Some(Finding {
                variable: &o.variable,
                value: o.value.word()?,
                sound: sound(&o.variable)?,
            })
        })
        .collect()
}

fn seconds(seen: &[Observation]) -> Option<f64> {
    seen.iter().find(|o| o.variable == "seconds" && o.state == State::Seen)?.value.number()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        evidence::Source,
        knowledge::{LiveProbe, built_in, load},
    };

    fn saw(all: &[(&str, &str)]) -> Vec<Observation> {
        all.iter().map(|(name, value)| Observation::seen(*name, *value, Source::Probe)).collect()
    }

    fn cut(end: &str, seconds: f64) -> Vec<Observation> {
        let mut seen = saw(&[("idle.end", end)]);
        seen.push(Observation::seen("seconds", seconds, Source::Probe));
        seen
    }

    #[test]
    fn a_fault_that_was_seen_and_is_gone_is_mended() {
        assert_eq!(judged(&cut("fin", 5.0), &saw(&[("idle.end", "open")])), Judged::Gone);
        assert_eq!(
            judged(&saw(&[("tcp.result", "refused")]), &saw(&[("tcp.result", "connected")])),
            Judged::Gone
        );
    }

    #[test]
    fn a_fault_that_is_still_there_or_has_come_is_not() {
        assert_eq!(judged(&cut("fin", 60.0), &cut("fin", 60.3)), Judged::There);
        let (ok, bad) = (saw(&[("http.result", "ok")]), saw(&[("http.result", "bad_gateway")]));
        assert_eq!(judged(&ok, &bad), Judged::There);
        assert_eq!(judged(&[], &bad), Judged::There);
    }

    #[test]
    fn where_nothing_had_been_seen_nothing_is_proved() {
        let ok = saw(&[("http.result", "ok")]);
        assert_eq!(judged(&ok, &ok), Judged::CannotTell(Unclear::NoneBefore));
        assert_eq!(judged(&[], &ok), Judged::CannotTell(Unclear::NoLookBefore));
    }

    #[test]
    fn a_later_cut_and_another_fault_leave_it_open() {
        assert_eq!(judged(&cut("fin", 5.0), &cut("fin", 60.0)), Judged::CannotTell(Unclear::Later));
        let (reset, timeout) =
            (saw(&[("http.result", "reset")]), saw(&[("http.result", "timeout")]));
        assert_eq!(judged(&reset, &timeout), Judged::CannotTell(Unclear::Another));
        assert_eq!(judged(&reset, &[]), Judged::CannotTell(Unclear::NotReached));
    }

    #[test]
    fn every_sound_value_is_one_of_the_base() {
        let base = load(&[built_in()]).base;
        for probe in PROBES {
            let variable = *probe.settles.first().unwrap();
            let options = &base.variables[variable].options;
            let value = sound(variable).unwrap();
            assert!(options.iter().any(|option| option.id == value), "{variable} {value}");
        }
        for probe in base.fixes.values().filter_map(|fix| fix.verify.probe.as_ref()) {
            assert!(LiveProbe::of(probe).is_some(), "{probe}");
        }
    }
}
