//! The entries of a knowledge folder, as they stand in the TOML files.
//!
//! `docs/knowledge-format.md` describes each field. An unknown field is an error, so that a slip of
//! the pen is found by the loader and not by a wrong diagnosis.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Where a fact was read, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// Address of the document.
    pub url: String,
    /// Day it was read, `YYYY-MM-DD`.
    pub date: String,
}

/// How often something is seen, in words; `engine::scale` has the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likelihood {
    /// As good as never.
    Never,
    /// About one time in twenty.
    Rarely,
    /// About one time in five.
    Sometimes,
    /// About half the time.
    Often,
    /// About four times in five.
    Usually,
    /// As good as always.
    Always,
}

/// How common a cause is before any evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prior {
    /// Seen in most careers once or twice.
    Rare,
    /// Seen now and then.
    Uncommon,
    /// Seen every month.
    Occasional,
    /// Seen every week.
    Common,
}

/// What shape the values of a variable have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableKind {
    /// Exactly one option holds.
    Choice,
    /// Several values may hold at once; values may be open (component ids, signature ids).
    Many,
    /// A number of seconds.
    Seconds,
}

/// One option of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableOption {
    /// Stable id.
    pub id: String,
    /// Background rate, relative to the other options of the variable.
    pub share: f64,
    /// In words.
    pub label: Text,
}

/// Something that can be observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Stable id.
    pub id: String,
    /// Shape of its values.
    pub kind: VariableKind,
    /// Evidence of one group counts once; the variable's own id where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// In words.
    pub label: Text,
    /// Its options; empty where values are open or numeric.
    #[serde(default)]
    pub options: Vec<VariableOption>,
}

/// How to find something out on one operating system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HowTo {
    /// `linux`, `macos`, `windows` or `any`.
    pub os: String,
    /// A command to copy.
    pub command: String,
    /// What to look for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// How a person is asked for a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable id, the key in a case's `answers`.
    pub id: String,
    /// The variable it settles.
    pub variable: String,
    /// Whether it is one of the opening questions, which map to `facts`.
    #[serde(default)]
    pub opening: bool,
    /// What answering costs, seconds.
    pub cost_seconds: f64,
    /// Who can answer: `user`, `developer`, `ops`, `network`, `cloud`.
    pub who: Vec<String>,
    /// The question.
    pub ask: Text,
    /// Why we ask.
    pub why: Text,
    /// How to find out.
    #[serde(default)]
    pub how: Vec<HowTo>,
}

/// Something the person runs and pastes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Stable id.
    pub id: String,
    /// In words.
    pub title: Text,
    /// Why we ask for it.
    pub why: Text,
    /// Commands by operating system.
    pub how: Vec<HowTo>,
    /// What it costs, seconds.
    pub cost_seconds: f64,
    /// Who can run it.
    pub who: Vec<String>,
    /// The variables its output can settle.
    pub reads: Vec<String>,
    /// Components of which one must be there for it to make sense; anywhere where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
}

/// A thing people name: a product, a cloud service, a piece of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Stable id, lower case.
    pub id: String,
    /// In words.
    pub name: Text,
    /// Other spellings, lower case.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Classes it belongs to; a cause may name a class instead.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Where it sits: `you`, `network`, `proxy`, `server`, `database`.
    pub hop: String,
    /// Patterns that prove it present in text.
    #[serde(default)]
    pub patterns: Vec<String>,
}

/// A pattern in logs and error texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Stable id.
    pub id: String,
    /// Regular expression; case does not matter unless `case_sensitive`.
    pub pattern: String,
    /// A second pattern that the same line must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_in: Option<String>,
    /// Whether case matters.
    #[serde(default)]
    pub case_sensitive: bool,
    /// A text it matches.
    pub example: String,
    /// Who writes it.
    pub emitted_by: String,
    /// 1 generic errno, 2 product message, 3 names one mechanism.
    pub specific: u8,
    /// What it means.
    pub meaning: Text,
    /// How often the text is seen given each cause.
    #[serde(default)]
    pub points: BTreeMap<String, Likelihood>,
    /// Causes under which it is as good as never seen.
    #[serde(default)]
    pub against: Vec<String>,
    /// Observations it yields: variable → option.
    #[serde(default)]
    pub implies: BTreeMap<String, String>,
    /// Components it proves present.
    #[serde(default)]
    pub components: Vec<String>,
    /// Where it was read.
    pub sources: Vec<Citation>,
    /// Whether the source could not be checked.
    #[serde(default)]
    pub unsure: bool,
}

/// Colloquial words that lead to observations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    /// Stable id.
    pub id: String,
    /// Regular expressions, any of which counts; case does not matter.
    pub patterns: Vec<String>,
    /// Observations it yields: variable → option.
    pub implies: BTreeMap<String, String>,
    /// Texts it matches.
    pub example: Text,
}

/// A dated constant: a limit or default of some component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeout {
    /// Stable id.
    pub id: String,
    /// A component id.
    pub component: String,
    /// Name of the setting.
    pub setting: String,
    /// Versions it holds for.
    pub scope: String,
    /// The constant, in `unit`.
    pub value: f64,
    /// `s` for seconds; anything else is shown and not matched.
    pub unit: String,
    /// What kind of timer it is.
    pub layer: String,
    /// Causes for which a break after this time speaks.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What happens when it runs out.
    pub expires: Text,
    /// How to change it.
    pub change: String,
    /// Where it stands.
    #[serde(rename = "where")]
    pub place: String,
    /// Anything else worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// Where it was read.
    pub sources: Vec<Citation>,
    /// Whether the source could not be checked.
    #[serde(default)]
    pub unsure: bool,
}

/// How to see that a fix worked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// The probe that must change, if one shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
    /// What to look at.
    pub text: Text,
}

/// An action that removes a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// Stable id.
    pub id: String,
    /// The causes it removes; the file's own cause where it stands in a cause file.
    #[serde(default)]
    pub causes: Vec<String>,
    /// A component id, or `any`.
    pub stack: String,
    /// One line.
    pub title: Text,
    /// What to do, in order.
    pub steps: Vec<Text>,
    /// Commands or configuration to copy.
    #[serde(default)]
    pub commands: Vec<String>,
    /// `low`, `medium` or `high`.
    pub risk: String,
    /// How to take it back.
    pub rollback: Text,
    /// Who can do it.
    pub who: Vec<String>,
    /// How long it takes, minutes.
    pub minutes: u32,
    /// How to see that it worked.
    pub verify: Verification,
    /// Where it was read.
    pub sources: Vec<Citation>,
    /// Whether the source could not be checked.
    #[serde(default)]
    pub unsure: bool,
}

/// A fact about a client library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFact {
    /// In words.
    pub text: Text,
    /// Where it was read.
    pub sources: Vec<Citation>,
    /// Whether the source could not be checked.
    #[serde(default)]
    pub unsure: bool,
}

/// How one client library repeats a request: code with gaps for the numbers of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Stable id.
    pub id: String,
    /// Language and library: proper names, the same in every language.
    pub name: String,
    /// The component it is.
    pub component: String,
    /// Components that make it the one to show first, too.
    #[serde(default)]
    pub also: Vec<String>,
    /// What its code is written in: see the format.
    pub syntax: String,
    /// The code; `{{gaps}}` as the format names them.
    pub code: String,
    /// What the library does by itself.
    #[serde(default, rename = "fact")]
    pub facts: Vec<ClientFact>,
}

/// What each source shows of a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Looks {
    /// What the person sees.
    pub user: Text,
    /// What probes see.
    pub probe: Text,
    /// What a capture shows.
    pub capture: Text,
    /// What logs say.
    pub logs: Text,
}

/// Words people use that point to one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Unique in its file.
    pub id: String,
    /// Regular expression; case does not matter.
    pub pattern: String,
    /// How often somebody with this cause says such a thing.
    pub likelihood: Likelihood,
}

/// Another cause that looks alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookalike {
    /// The other cause.
    pub cause: String,
    /// What separates them.
    pub differs: Text,
}

/// A named component with its constant or setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Stable id.
    pub id: String,
    /// In words.
    pub name: Text,
    /// The components that make it this variant.
    #[serde(default)]
    pub components: Vec<String>,
}

/// How often a sharp, repeatable time is seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondsSign {
    /// Given this cause.
    pub timer: Likelihood,
}

/// A reason why a connection breaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Stable id.
    pub id: String,
    /// One of the families.
    pub family: String,
    /// How common it is.
    pub prior: Prior,
    /// Why we think so.
    pub prior_why: Text,
    /// Who can mend it.
    pub owner: Vec<String>,
    /// Where on the chain it sits.
    pub hop: String,
    /// Short name.
    pub name: Text,
    /// For somebody who knows nothing.
    pub plain: Text,
    /// For an expert.
    pub technical: Text,
    /// Whether repeating the request is safe: see the format.
    pub retry: String,
    /// Where it was read.
    pub sources: Vec<Citation>,
    /// What each source shows.
    pub looks: Looks,
    /// Variable → option → likelihood.
    #[serde(default)]
    pub signs: BTreeMap<String, BTreeMap<String, Likelihood>>,
    /// Component or class → how often it is part of the story.
    #[serde(default)]
    pub components: BTreeMap<String, Likelihood>,
    /// How often a sharp time is seen; unknown where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<SecondsSign>,
    /// Words people use.
    #[serde(default, rename = "cue")]
    pub cues: Vec<Cue>,
    /// What looks alike.
    #[serde(default, rename = "lookalike")]
    pub lookalikes: Vec<Lookalike>,
    /// Named variants.
    #[serde(default, rename = "variant")]
    pub variants: Vec<Variant>,
    /// Fixes that stand in the cause file.
    #[serde(default, rename = "fix", skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
}
