//! The next step: expected information per cost, one step of look-ahead.
//!
//! Heckerman, Breese and Rommelse 1995, "Decision-theoretic troubleshooting": among the questions,
//! probes and checks not yet taken, the one that is expected to tell most, per second it costs, about
//! the fix to try. Causes that call for the same fix need not be told apart.

use std::collections::BTreeSet;

use crate::{
    evidence::{Observation, Source, State},
    knowledge::{Base, LiveProbe, PROBES},
};

use super::{belief::Belief, maths::log2, model::Model};

/// The kinds of next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// Something to ask the person.
    Question,
    /// Something the server measures.
    Probe,
    /// Something the person runs and pastes.
    Check,
}

/// A step worth taking.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Question, probe or check.
    pub kind: StepKind,
    /// Its id.
    pub id: String,
    /// Expected information about the fix to try, bits.
    pub gain_bits: f64,
    /// Expected cost, seconds of a person's time.
    pub cost_seconds: f64,
}

/// What the planner must know beside the evidence.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    /// Questions, probes and checks that were taken, or passed over with *don't know*.
    pub taken: BTreeSet<String>,
    /// How many of them gave an answer.
    pub answered: usize,
    /// Whether there is a target to probe.
    pub has_target: bool,
}

/// What a person's *don't know* costs beyond its own time, seconds.
const ASKING: f64 = 6.0;

/// A step must be expected to tell at least this much, bits, to be shown at all.
const WORTH_SHOWING: f64 = 0.03;

/// A step must be expected to tell this much per second to be taken before trying the fix.
const WORTH_A_SECOND: f64 = 0.006;

/// Once a fix is this probable to be the right one, it is the next step, unless a step tells much more.
const WORTH_TRYING: f64 = 0.8;

/// How much more a step must tell then.
const AGAINST_TRYING: f64 = 4.0;

/// A cause below this probability is left out of the planner's sums.
const NEGLIGIBLE: f64 = 1e-4;

/// What to do next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The steps that would tell something, the best first.
    pub steps: Vec<Step>,
    /// Whether it is time to stop asking: the best next step is to try the fix, or nothing that is
    /// left would tell enough for its cost.
    pub enough: bool,
}

/// What is seen where a probe comes to a halt, so that nobody need be asked: how the connection ends,
/// how fast it does, and whether it takes a silence, or some time, to end it.
const SEEN_IN_A_HALT: [&str; 4] = ["ending", "fail_speed", "idle_only", "interval"];

/// The variables that a step settles.
pub(super) fn variables_of<'a>(base: &'a Base, kind: StepKind, id: &str) -> Vec<&'a str> {
    match kind {
        StepKind::Question => {
            base.questions.get(id).map(|question| question.variable.as_str()).into_iter().collect()
        }
        StepKind::Check => base
            .checks
            .get(id)
            .into_iter()
            .flat_map(|check| check.reads.iter().map(String::as_str))
            .collect(),
        StepKind::Probe => {
            LiveProbe::of(id).map(|probe| probe.settles.to_vec()).unwrap_or_default()
        }
    }
}

impl Model {
    /// The steps that would tell something, and whether to stop here.
    pub fn plan(
        &self,
        base: &Base,
        belief: &Belief,
        evidence: &[Observation],
        now: &Situation,
    ) -> Plan {
        let mut steps: Vec<(f64, Step)> = Vec::new();
        let mind = Mind::new(belief, &self.remedies.groups(base, evidence));
        let patience = patience(now);
        let halted = halted(evidence);
        for question in base.questions.values().filter(|question| !now.taken.contains(&question.id))
        {
            if is_settled(evidence, &question.variable, &question.id)
                || (!halted.is_empty() && SEEN_IN_A_HALT.contains(&question.variable.as_str()))
            {
                continue;
            }
            let gain =
                self.question_gain(belief, &mind, evidence, &question.id, &question.variable)
                    * answerable(&question.who, question.opening)
                    * if question.opening { 1.0 } else { patience };
            let cost = question.cost_seconds + ASKING;
            steps.push(step(
                StepKind::Question,
                &question.id,
                gain,
                question.cost_seconds,
                gain / cost,
            ));
        }
        for probe in PROBES.iter().filter(|probe| now.has_target && !now.taken.contains(probe.id)) {
            if probe.settles.iter().any(|variable| is_settled(evidence, variable, probe.id))
                || probe.parents().any(|parent| halted.contains(parent.id))
            {
                continue;
            }
            let gain = probe
                .settles
                .iter()
                .map(|variable| self.choice_gain(&mind, variable, Source::Probe))
                .fold(0.0, f64::max)
                * probe.visible;
            let asking = if probe.is_heavy { ASKING * 2.0 } else { ASKING };
            let cost = probe.seconds as f64;
            steps.push(step(StepKind::Probe, probe.id, gain, cost, gain / (cost + asking)));
        }
        for check in base.checks.values().filter(|check| !now.taken.contains(&check.id)) {
            let open =
                check.reads.iter().filter(|variable| !is_settled(evidence, variable, &check.id));
            let gain = open
                .map(|variable| self.choice_gain(&mind, variable, Source::Text))
                .fold(0.0, f64::max)
                * answerable(&check.who, false)
                * 0.6
                * patience;
            steps.push(step(
                StepKind::Check,
                &check.id,
                gain,
                check.cost_seconds,
                gain / (check.cost_seconds + ASKING),
            ));
        }
        steps.retain(|(_, step)| step.gain_bits >= WORTH_SHOWING);
        steps.sort_by(|(a, x), (b, y)| {
            b.total_cmp(a).then_with(|| (x.kind, &x.id).cmp(&(y.kind, &y.id)))
        });
        let bar = WORTH_A_SECOND * if mind.top >= WORTH_TRYING { AGAINST_TRYING } else { 1.0 };
        // A check is an offer: nobody is kept from the report because a command could be run. So is a
        // probe that sends more than somebody expects who only named a host.
        let is_offer = |step: &Step| match step.kind {
            StepKind::Question => false,
            StepKind::Check => true,
            StepKind::Probe => LiveProbe::of(&step.id).is_none_or(|probe| !probe.is_standing()),
        };
        let best = steps.iter().find(|(_, step)| !is_offer(step));
        let enough = best.is_none_or(|(rate, _)| *rate < bar);
        Plan { steps: steps.into_iter().map(|(_, step)| step).collect(), enough }
    }

    fn question_gain(
        &self,
        belief: &Belief,
        mind: &Mind,
        evidence: &[Observation],
        id: &str,
        variable: &str,
    ) -> f64 {
        // What the opening questions without options tell on average, as a share of what is unknown.
        // judgement, close to what the development cases show.
        let share = |part: f64| part * mind.uncertain;
        match (id, variable) {
            ("notes", _) => share(0.35),
            ("stack", _) => share(if has_component(evidence) { 0.10 } else { 0.18 }),
            ("between", _) => share(0.10),
            (_, "seconds") => {
                let sharp: f64 = belief
                    .sharp
                    .iter()
                    .enumerate()
                    .map(|(cause, p)| p * self.timers.sharpness(cause))
                    .sum();
                share(0.35 * sharp)
            }
            (_, variable) => {
                let gain = self.choice_gain(mind, variable, Source::Answer);
                // The text has said something of it already; a plain answer can still correct it.
                let said =
                    evidence.iter().any(|o| o.variable == variable && o.state == State::Seen);
                if said { gain * 0.5 } else { gain }
            }
        }
    }

    /// Expected information about the fix when `source` tells the value of `variable`, bits.
    pub fn gain(
        &self,
        base: &Base,
        belief: &Belief,
        evidence: &[Observation],
        variable: &str,
        source: Source,
    ) -> f64 {
        let mind = Mind::new(belief, &self.remedies.groups(base, evidence));
        self.choice_gain(&mind, variable, source)
    }

    /// Expected fall of the entropy over fixes when the variable's value becomes known, bits.
    fn choice_gain(&self, mind: &Mind, variable: &str, source: Source) -> f64 {
        let Some(choice) = self.choices.get(variable) else { return 0.0 };
        let (mut after, mut total) = (0.0, 0.0);
        for option in choice.expected(source) {
            let of = |table: &[f64], cause: usize| table.get(cause).copied().unwrap_or(0.0);
            let predicted: f64 =
                mind.alive.iter().map(|(cause, p)| p * of(&option.reported, *cause)).sum();
            // Counted as the evidence itself would be, so that the promise matches what will come.
            after += predicted * mind.entropy(|cause| of(&option.counted, cause));
            total += predicted;
        }
        (mind.uncertain - after / total).max(0.0)
    }
}

/// What the planner keeps of a belief: the causes that are not as good as excluded, sorted by the
/// fix they call for. What is excluded stays excluded, and costs time.
pub(super) struct Mind {
    /// Cause and probability; causes of one fix stand together.
    alive: Vec<(usize, f64)>,
    /// Where in `alive` the causes of the next fix begin.
    ends: Vec<usize>,
    /// Probability of the most probable fix.
    top: f64,
    /// Entropy over fixes, bits.
    uncertain: f64,
}

impl Mind {
    pub(super) fn new(belief: &Belief, groups: &[usize]) -> Self {
        let group = |cause: usize| groups.get(cause).copied().unwrap_or(usize::MAX);
        let mut alive: Vec<(usize, f64)> =
            belief.sharp.iter().copied().enumerate().filter(|(_, p)| *p >= NEGLIGIBLE).collect();
        alive.sort_by_key(|(cause, _)| (group(*cause), *cause));
        let parts = || alive.chunk_by(|(a, _), (b, _)| group(*a) == group(*b));
        let ends = parts()
            .scan(0, |end, part| {
                *end += part.len();
                Some(*end)
            })
            .collect();
        let top = parts().map(|part| part.iter().map(|(_, p)| p).sum()).fold(0.0, f64::max);
        let mut mind = Self { alive, ends, top, uncertain: 0.0 };
        mind.uncertain = mind.entropy(|_| 1.0);
        mind
    }

    /// The causes that are not as good as excluded, with their probabilities.
    pub(super) fn alive(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.alive.iter().copied()
    }

    /// Entropy over fixes, in bits, once every cause's probability is multiplied by `factor`.
    pub(super) fn entropy(&self, factor: impl Fn(usize) -> f64) -> f64 {
        let (mut sum, mut terms, mut start) = (0.0, 0.0, 0);
        for end in &self.ends {
            let part = self.alive.get(start..*end).unwrap_or_default();
            let weight: f64 = part.iter().map(|(cause, p)| p * factor(*cause)).sum();
            if weight > 0.0 {
                sum += weight;
                terms += weight * log2(weight);
            }
            start = *end;
        }
        if sum > 0.0 { log2(sum) - terms / sum } else { 0.0 }
    }
}

fn step(kind: StepKind, id: &str, gain_bits: f64, cost_seconds: f64, rate: f64) -> (f64, Step) {
    (rate, Step { kind, id: id.to_owned(), gain_bits, cost_seconds })
}

/// Whether a person, or a measurement, has settled the variable.
fn is_settled(evidence: &[Observation], variable: &str, step: &str) -> bool {
    let open = matches!(variable, "component" | "cue" | "message");
    !open
        && step != "notes"
        && evidence.iter().any(|o| {
            o.variable == variable && o.state != State::NotVisible && o.source != Source::Text
        })
}

/// The probes that came to a halt: what rests on them sees nothing.
fn halted(evidence: &[Observation]) -> BTreeSet<&'static str> {
    let stopped = |probe: &&LiveProbe| {
        evidence.iter().any(|o| {
            o.source == Source::Probe
                && o.state == State::Seen
                && probe.settles.first().is_some_and(|variable| o.variable == *variable)
                && o.value.word().is_some_and(|value| probe.halts.contains(&value))
        })
    };
    PROBES.iter().filter(stopped).map(|probe| probe.id).collect()
}

fn has_component(evidence: &[Observation]) -> bool {
    evidence.iter().any(|o| o.variable == "component")
}

/// How often a person can answer at all. judgement: most people can say what they see, fewer what a
/// server, a firewall or a cloud console shows.
fn answerable(who: &[String], opening: bool) -> f64 {
    if opening {
        return 0.9;
    }
    who.iter()
        .map(|who| match who.as_str() {
            "user" => 0.8,
            "developer" => 0.6,
            "ops" => 0.5,
            _ => 0.35,
        })
        .fold(0.3, f64::max)
}

/// Somebody who has answered little so far will answer little from here on (a Beta(4, 1) prior).
fn patience(now: &Situation) -> f64 {
    let asked = now.taken.len().max(now.answered) as f64;
    (4.0 + now.answered as f64) / (5.0 + asked)
}
