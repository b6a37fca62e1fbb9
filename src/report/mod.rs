//! The report: what a diagnosis says, for people and for programs.
//!
//! The JSON of [`Report`] is a contract that others build on; add to it, rename nothing.

mod accuracy;
mod beside;
mod case;
mod chain;
mod check;
mod compare;
mod compose;
mod diagnose;
mod evaluation;
mod explain;
mod export;
mod fitted;
mod fixed;
mod fixes;
mod inert;
mod label;
mod learned;
mod line;
mod masked;
mod message;
mod observe;
mod place;
mod reading;
mod retry;
mod second_thoughts;
mod settle;
mod ticket;
mod timer;
mod validation;
mod verdict;
mod words;
mod writer;

pub use beside::observation_beside;
pub use case::{Case, Facts};
pub use check::CaseError;
pub use compare::{Comparison, Moved};
pub use diagnose::{Decoded, Diagnostician, Thought};
pub use evaluation::{Figures, Label, LabelledCase, Outcome};
pub use explain::{Account, Explained, Origin, Term};
pub use fitted::{Blank, Fitted, with_usual};
pub use fixed::{Judged, Unclear, judged};
pub use inert::one_line;
pub use learned::Learned;
pub use line::{Drawn, Line, lines};
pub use masked::Unmasked;
pub use message::{Format, Message};
pub use observe::{DONT_KNOW, TextHit};
pub use reading::{FactKind, ReadFact, ReadHit, Reading};
pub use retry::RetryPolicy;
pub use second_thoughts::{ChangeOfMind, HopIsMissing, Together};
pub use settle::Settling;
pub use ticket::{Entry, FixState, Happening, Lead, is_of_probe, probability_of, without_repeats};
pub use validation::{Labelled, Validation};
pub use words::percent;

use serde::{Deserialize, Serialize};

use crate::{
    engine,
    evidence::{Observation, Source},
    knowledge::Lang,
};

/// How far the evidence reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictState {
    /// One cause is probable enough to act on.
    Likely,
    /// One cause leads, and another could still be it.
    Possible,
    /// The evidence does not single anything out.
    NotEnoughEvidence,
    /// Nothing is broken: noise, scanners, health checks.
    NoFault,
}

/// The one sentence above the fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How sure we are.
    pub state: VerdictState,
    /// The leading cause; absent where the evidence singles nothing out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The variant of it that the evidence names, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// In the report's language.
    pub sentence: String,
    /// What to do first, in the report's language.
    pub first_step: String,
    /// Whom it concerns: `user`, `developer`, `ops`, `network`, `cloud`, `provider`.
    pub owner: Vec<String>,
}

/// One line of the ledger: what one observation did to one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// The variable.
    pub observation: String,
    /// Its value.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// Weight of evidence for the cause against all others, log₂; negative speaks against it.
    pub bits: f64,
    /// The observation in words, in the report's language.
    pub label: String,
}

/// A cause with its probability and its ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedCause {
    /// Id in the knowledge base, or `something_else`.
    pub id: String,
    /// Its family.
    pub family: String,
    /// Posterior, 0 to 1.
    pub probability: f64,
    /// Name in the report's language.
    pub name: String,
    /// Plain explanation in the report's language.
    pub plain: String,
    /// The ledger, strongest first.
    pub evidence: Vec<EvidenceItem>,
}

/// A cause that the evidence excludes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuledOut {
    /// Id of the cause.
    pub id: String,
    /// Name in the report's language.
    pub name: String,
    /// The observation that excludes it, in words.
    pub why: String,
}

/// Something this vantage cannot show, and what would show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotVisible {
    /// The variable.
    pub observation: String,
    /// In words, in the report's language.
    pub label: String,
    /// What would show it.
    pub needs: String,
}

/// The kinds of next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Something to ask the person.
    Question,
    /// Something the server measures.
    Probe,
    /// Something the person runs and pastes.
    Check,
}

impl From<engine::StepKind> for StepKind {
    fn from(kind: engine::StepKind) -> Self {
        match kind {
            engine::StepKind::Question => Self::Question,
            engine::StepKind::Probe => Self::Probe,
            engine::StepKind::Check => Self::Check,
        }
    }
}

/// A next step worth taking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextStep {
    /// Question, probe or check.
    pub kind: StepKind,
    /// Its id.
    pub id: String,
    /// In words, in the report's language.
    pub label: String,
    /// Expected information, bits.
    pub gain_bits: f64,
    /// Expected cost, seconds of a person's time.
    pub cost_seconds: f64,
}

/// How to see that a fix worked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportFix {
    /// Id of the fix.
    pub id: String,
    /// The cause it removes.
    pub cause: String,
    /// A component id, or `any`.
    pub stack: String,
    /// Whether the person named this component.
    pub for_named_stack: bool,
    /// One line, in the report's language.
    pub title: String,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// Commands or configuration to copy, with the values of this case.
    pub commands: Vec<String>,
    /// The values in them that were calculated or taken from the case, and the usual ones, each with
    /// its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fitted: Vec<Fitted>,
    /// The words in them that the case cannot fill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blanks: Vec<Blank>,
    /// `low`, `medium` or `high`.
    pub risk: String,
    /// How to take it back.
    pub rollback: String,
    /// How to see that it worked.
    pub verify: String,
    /// The probe that must change, if one shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_probe: Option<String>,
    /// Who can do it.
    pub who: Vec<String>,
    /// How long it takes, minutes.
    pub minutes: u32,
    /// Where the fix comes from.
    pub sources: Vec<String>,
}

/// Whether a hop of the chain looks sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopState {
    /// Evidence shows it works.
    Ok,
    /// The probability of the break lies here.
    Broken,
    /// Part of the probability lies here.
    Suspect,
    /// Nothing is known of it.
    NotVisible,
}

/// One hop of the chain strip: you, network, proxy, server, database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    /// `you`, `network`, `proxy`, `server` or `database`.
    pub id: String,
    /// Label with the person's own component where one is known.
    pub label: String,
    /// Its state.
    pub state: HopState,
    /// Probability that the break lies here, 0 to 1.
    pub probability: f64,
}

/// A dated constant that a measured time fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConstantMatch {
    /// Id of the timeout entry.
    pub id: String,
    /// The component, in words.
    pub component: String,
    /// The setting.
    pub setting: String,
    /// The constant, seconds.
    pub seconds: f64,
    /// The measured or reported time, seconds.
    pub measured: f64,
    /// Whether the person named this component.
    pub named: bool,
    /// Source address of the constant.
    pub source: String,
}

/// The output of a diagnosis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// Language of every sentence in it.
    pub lang: Lang,
    /// The one sentence.
    pub verdict: Verdict,
    /// Every cause above 0.1 %, most probable first; sums to 1 within 0.01.
    pub causes: Vec<RankedCause>,
    /// What the evidence excludes.
    pub ruled_out: Vec<RuledOut>,
    /// What could not be seen.
    pub not_visible: Vec<NotVisible>,
    /// The evidence.
    pub observations: Vec<Observation>,
    /// The best next steps, best first.
    pub next: Vec<NextStep>,
    /// Whether asking further is not worth its cost: try the fix, or hand the case on.
    pub enough: bool,
    /// Fixes for the leading causes, the person's own stack first.
    pub fixes: Vec<ReportFix>,
    /// The chain strip.
    pub chain: Vec<Hop>,
    /// Constants that fit the time, best first.
    pub constants: Vec<ConstantMatch>,
    /// Two independent faults at once, where no single one explains the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<Together>,
    /// A time that fits none of the named hops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop_is_missing: Option<HopIsMissing>,
    /// The single next observation that would put another cause first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_of_mind: Option<ChangeOfMind>,
    /// What cases confirmed on this server did to the leading cause; absent where it learns nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Learned>,
    /// The case it answers.
    pub case: Case,
}
