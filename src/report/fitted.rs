//! The numbers and names of a case in the commands of a fix: what the case knows is calculated and put
//! in, with the reason beside it; what it does not know is named, with what to put there.
//!
//! A fix writes `{{rule:usual}}`, where `usual` stands when the case knows nothing better, and capital
//! words such as `HOST`. In goes text of the knowledge base and the case; what a stranger typed gets
//! into a command only where it can be a host and a port, since a shell may read it.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::{Observation, Source, State},
    knowledge::{Base, Fix},
    ladder::{self, Reuse},
};

use super::{
    Report,
    compose::Maker,
    place::Place,
    retry::idle_below,
    words::{say, seconds},
};

/// A value in the commands of a fix, and why it is this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// As it stands in the commands: `30 s`, `db.example.com`.
    pub value: String,
    /// Why this value, or what would make a better one of it; in the report's language.
    pub reason: String,
    /// Whether the case gave it; otherwise it is a usual value.
    pub from_case: bool,
}

/// A word in the commands that the case cannot fill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blank {
    /// The word: `NAMESPACE`.
    pub name: String,
    /// What to put in, in the report's language.
    pub put: String,
}

/// Longest time between two signs of life, seconds. judgement: a dead peer is noticed within minutes.
const RAREST_BEAT: f64 = 300.0;
/// A cut-off below this is no timer that a setting could stay under, seconds.
const SHORTEST_CUT: f64 = 2.0;
/// Above this it is nobody's timer, seconds: a year.
const LONGEST_CUT: f64 = 31_536_000.0;

/// A time after which it breaks.
struct Cut {
    seconds: f64,
    /// Where it is known from, in words.
    from: String,
}

/// What a case knows for the fixes of one cause.
pub(super) struct Fitting<'a, 'b> {
    maker: &'a Maker<'b>,
    place: Option<Place>,
    cut: Option<Cut>,
    /// What was pasted, for the configuration in it.
    text: Option<&'a str>,
}

/// The parts of a fix, filled in.
pub(super) struct Filled {
    pub(super) title: String,
    pub(super) steps: Vec<String>,
    pub(super) commands: Vec<String>,
    pub(super) fitted: Vec<Fitted>,
    pub(super) blanks: Vec<Blank>,
}

/// `{{rule:usual}}` and `{{rule:usual:unit}}`.
static GAP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{\{([a-z]+):([A-Z0-9_]+)(?::(_?ms))?\}\}").ok());
/// A word in capitals that stands by itself.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[A-Z][A-Z0-9_]+\b").ok());

/// The rules that a gap may name.
#[cfg(test)]
const RULES: [&str; 10] =
    ["beat", "again", "below", "outlast", "head", "wait", "outwait", "open", "limit", "port"];

impl<'a, 'b> Fitting<'a, 'b> {
    /// What the case of `maker` knows for the fixes of `cause`; `target` and `text` as they were typed.
    pub(super) fn new(
        maker: &'a Maker<'b>,
        cause: &str,
        target: Option<&str>,
        text: Option<&'a str>,
    ) -> Self {
        let place = target.and_then(Place::of_target).or_else(|| text.and_then(Place::in_text));
        Self { maker, place, cut: cut(maker, cause, text), text }
    }

    /// `fix` with its gaps filled.
    pub(super) fn fill(&self, fix: &Fix) -> Filled {
        let mut fitted = Vec::new();
        let mut blanks = Vec::new();
        let lang = self.maker.lang;
        let title = self.gaps(fix, fix.title.get(lang), &mut fitted);
        let steps =
            fix.steps.iter().map(|step| self.gaps(fix, step.get(lang), &mut fitted)).collect();
        let commands = fix
            .commands
            .iter()
            .map(|command| {
                let command = self.gaps(fix, command, &mut fitted);
                self.words(&command, &mut fitted, &mut blanks)
            })
            .collect();
        Filled { title, steps, commands, fitted, blanks }
    }

    fn gaps(&self, fix: &Fix, text: &str, fitted: &mut Vec<Fitted>) -> String {
        let Some(gap) = GAP.as_ref() else { return text.to_owned() };
        gap.replace_all(text, |found: &regex::Captures<'_>| {
            let part = |n: usize| found.get(n).map_or("", |part| part.as_str());
            self.gap(fix, part(1), (part(2), part(3)), fitted)
        })
        .into_owned()
    }

    fn gap(
        &self,
        fix: &Fix,
        rule: &str,
        (usual, unit): (&str, &str),
        fitted: &mut Vec<Fitted>,
    ) -> String {
        let say = |id: &str, args: &[(&str, &str)]| say(self.maker.lang, id, args);
        if rule == "port" {
            let Some(place) = &self.place else { return usual.to_owned() };
            let Some(port) = place.port else { return usual.to_owned() };
            note(fitted, port.to_string(), self.why_place(place), true);
            return port.to_string();
        }
        let known = usual.parse::<f64>().ok();
        let calculated = self.calculated(fix, rule, known);
        let (value, reason, from_case) = match calculated {
            Some((value, reason)) => (Some(value), reason, true),
            None => (known, say(&format!("fit-{rule}-unknown"), &[]), false),
        };
        let Some(value) = value else {
            // A word stands where no value is usual.
            note(fitted, usual.to_owned(), reason, false);
            return usual.to_owned();
        };
        note(fitted, format!("{} s", seconds(value)), reason, from_case);
        written(value, unit)
    }

    /// The value of `rule` in seconds, and why. None where the case does not know what it needs.
    fn calculated(&self, fix: &Fix, rule: &str, usual: Option<f64>) -> Option<(f64, String)> {
        if matches!(rule, "outlast" | "head") {
            let Reuse { seconds: longest, component, is_configured } =
                reuse(self.maker, self.text, &fix.stack)?;
            let whose = self.maker.component_name(&component);
            let id = if is_configured { "fit-from-config" } else { "fit-its-default" };
            let from = say(self.maker.lang, id, &[]);
            let outlasts = ladder::above(longest);
            let value = if rule == "head" { outlasts + 1.0 } else { outlasts };
            let args = [("seconds", &*seconds(longest)), ("whose", &*whose), ("from", &*from)];
            return Some((value, say(self.maker.lang, &format!("fit-{rule}"), &args)));
        }
        let cut = self.cut.as_ref()?;
        let beat = (cut.seconds / 2.0).floor().clamp(1.0, RAREST_BEAT);
        let value = match rule {
            "beat" => beat,
            "again" => (beat / 4.0).floor().max(1.0),
            "below" => f64::from(idle_below(cut.seconds)),
            "wait" => (2.0 * cut.seconds).ceil(),
            "outwait" => ladder::above((2.0 * cut.seconds).ceil()),
            "open" => (2.0 * cut.seconds).ceil().max(usual.unwrap_or(0.0)),
            "limit" => cut.seconds,
            _ => return None,
        };
        let args = [("seconds", &*seconds(cut.seconds)), ("from", &cut.from)];
        Some((value, say(self.maker.lang, &format!("fit-{rule}"), &args)))
    }

    fn why_place(&self, place: &Place) -> String {
        let id = if place.is_target { "fit-place-target" } else { "fit-place-text" };
        say(self.maker.lang, id, &[])
    }

    /// Puts host and port in, and names what stays.
    fn words(&self, command: &str, fitted: &mut Vec<Fitted>, blanks: &mut Vec<Blank>) -> String {
        let Some(word) = WORD.as_ref() else { return command.to_owned() };
        let mut out = String::with_capacity(command.len());
        let mut done = 0;
        for found in word.find_iter(command) {
            let before = command.get(..found.start()).unwrap_or_default();
            let after = command.get(found.end()..).unwrap_or_default();
            let name = found.as_str();
            let value = self
                .place
                .as_ref()
                .and_then(|place| Some((place.fill(name, before, after)?, self.why_place(place))));
            if let Some((value, reason)) = value {
                out.push_str(command.get(done..found.start()).unwrap_or_default());
                out.push_str(&value);
                done = found.end();
                note(fitted, value, reason, true);
            } else if !is_syntax(name, before, after) {
                self.blank(name, blanks);
            }
        }
        out.push_str(command.get(done..).unwrap_or_default());
        out
    }

    fn blank(&self, name: &str, blanks: &mut Vec<Blank>) {
        let id = blank_id(name);
        let put = say(self.maker.lang, &id, &[]);
        if put != id && !blanks.iter().any(|known| known.name == name) {
            blanks.push(Blank { name: name.to_owned(), put });
        }
    }
}

/// `text` of a fix with the usual value in each gap, for where there is no case.
pub fn with_usual(text: &str) -> String {
    let Some(gap) = GAP.as_ref() else { return text.to_owned() };
    gap.replace_all(text, |found: &regex::Captures<'_>| {
        let part = |n: usize| found.get(n).map_or("", |part| part.as_str());
        part(2).parse().map_or_else(|_| part(2).to_owned(), |usual| written(usual, part(3)))
    })
    .into_owned()
}

/// Id of the sentence that says what to put for `name`; a number behind a name means another of them.
fn blank_id(name: &str) -> String {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    format!("blank-{}", name.to_lowercase().replace('_', "-"))
}

/// Whether a word in capitals belongs to the language of the command here, not to the reader.
fn is_syntax(name: &str, before: &str, after: &str) -> bool {
    match name {
        "USER" => before.ends_with("CREATE "),
        "GROUP" => after.starts_with(" BY"),
        "NAME" => after.starts_with(":."),
        _ => before.ends_with('$'),
    }
}

fn note(fitted: &mut Vec<Fitted>, value: String, reason: String, from_case: bool) {
    let one = Fitted { value, reason, from_case };
    if !fitted.contains(&one) {
        fitted.push(one);
    }
}

/// Seconds in the unit that a command takes; `_ms` groups the digits as JavaScript allows.
fn written(value: f64, unit: &str) -> String {
    match unit {
        "" => seconds(value),
        "ms" => format!("{:.0}", value * 1000.0),
        _ => {
            let digits = format!("{:.0}", value * 1000.0);
            let mut out = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    out.push('_');
                }
                out.push(digit);
            }
            out
        }
    }
}

/// The seconds after which it breaks, and where they come from: measured before read before told.
pub(super) fn breaks_after(evidence: &[Observation]) -> Option<(Source, f64)> {
    let rank = |source: Source| match source {
        Source::Probe => 0,
        Source::Capture => 1,
        Source::Collect => 2,
        Source::Text => 3,
        Source::Answer => 4,
    };
    let usable = |o: &&Observation| o.variable == "seconds" && o.state == State::Seen;
    evidence
        .iter()
        .filter(usable)
        .filter_map(|o| Some((o.source, o.value.number()?)))
        .min_by_key(|(source, _)| rank(*source))
}

impl Report {
    /// The seconds after which it breaks: measured before read before told; `None` where nobody knows.
    pub fn breaks_after(&self) -> Option<f64> {
        breaks_after(&self.observations).map(|(_, seconds)| seconds)
    }
}

/// The time after which it breaks: measured before told, told before the pasted configuration, and that
/// before a default of what was named.
fn cut(maker: &Maker<'_>, cause: &str, text: Option<&str>) -> Option<Cut> {
    let fits = |seconds: &f64| (SHORTEST_CUT..=LONGEST_CUT).contains(seconds);
    let best = breaks_after(maker.evidence).filter(|(_, seconds)| fits(seconds));
    if let Some((source, seconds)) = best {
        let id = format!("fit-from-{}", source.as_str());
        return Some(Cut { seconds, from: say(maker.lang, &id, &[]) });
    }
    if let Some(seconds) = configured(maker.base, cause, text).filter(fits) {
        return Some(Cut { seconds, from: say(maker.lang, "fit-from-config", &[]) });
    }
    let default = |base: &Base| {
        base.timeouts
            .values()
            .filter(|timeout| timeout.unit == "s" && fits(&timeout.value))
            .filter(|timeout| timeout.causes.iter().any(|id| id == cause))
            .filter(|timeout| maker.named.contains(&timeout.component))
            .map(|timeout| (timeout.value, timeout.component.clone()))
            .min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)))
    };
    let (seconds, component) = default(maker.base)?;
    let component = maker.component_name(&component);
    Some(Cut { seconds, from: say(maker.lang, "fit-from-default", &[("component", &component)]) })
}

/// The shortest of the pasted timers that end a connection by `cause`, seconds.
fn configured(base: &Base, cause: &str, text: Option<&str>) -> Option<f64> {
    let of_cause = |component: &str, setting: &str| {
        base.timeouts.values().any(|timeout| {
            timeout.component == component
                && timeout.setting == setting
                && timeout.unit == "s"
                && timeout.causes.iter().any(|id| id == cause)
        })
    };
    let hops = ladder::hops_in(text?);
    let timers = hops.iter().flat_map(|hop| hop.timers.iter().map(move |timer| (hop, timer)));
    timers
        .filter(|(hop, timer)| of_cause(&hop.component, &timer.setting))
        .filter_map(|(_, timer)| timer.seconds())
        .min_by(f64::total_cmp)
}

/// The longest reuse in front of `stack`, by what was pasted, else by the defaults of what was named.
fn reuse(maker: &Maker<'_>, text: Option<&str>, stack: &str) -> Option<Reuse> {
    let named = maker.named.iter().map(String::as_str).filter(|id| *id != stack).collect();
    let mut pasted = text.map(ladder::hops_in).unwrap_or_default();
    pasted.retain(|hop| hop.component != stack);
    ladder::longest_reuse(maker.base, &named, pasted)
}

#[cfg(test)]
#[path = "fitted_tests.rs"]
mod tests;
