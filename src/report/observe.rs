//! From a case to evidence: what the text, the facts and the answers say.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    evidence::{Observation, Source},
    intake::{Hit, Matcher, Pattern, PatternError, read_output, rhythm, seconds_in},
    knowledge::Base,
    redact::blind,
};

use super::Case;

/// The answer that settles nothing.
pub const DONT_KNOW: &str = "dont_know";

/// What a matched pattern stands for.
enum Meaning {
    Message(String),
    Phrase(String),
    Cue(String),
    Component(String),
}

/// The compiled patterns of a knowledge base.
pub(super) struct Reader {
    matcher: Matcher,
    meanings: Vec<Meaning>,
}

/// A known text found in what was pasted.
#[derive(Clone, Debug, PartialEq)]
pub struct TextHit {
    /// Id of the signature.
    pub signature: String,
    /// The first line it was found on, from 1.
    pub line: usize,
    /// On how many lines it was found.
    pub count: usize,
    /// That line. Hostile text.
    pub text: String,
}

impl Reader {
    pub(super) fn new(base: &Base) -> Result<Self, PatternError> {
        let mut patterns = Vec::new();
        let mut meanings = Vec::new();
        for signature in base.signatures.values() {
            patterns.push(Pattern {
                id: signature.id.clone(),
                pattern: signature.pattern.clone(),
                only_in: signature.only_in.clone(),
                case_sensitive: signature.case_sensitive,
                spoken: false,
            });
            meanings.push(Meaning::Message(signature.id.clone()));
        }
        for phrase in base.phrases.values() {
            for pattern in &phrase.patterns {
                patterns.push(Pattern::spoken(&phrase.id, pattern));
                meanings.push(Meaning::Phrase(phrase.id.clone()));
            }
        }
        for cause in base.causes.values() {
            for cue in &cause.cues {
                let id = format!("{}.{}", cause.id, cue.id);
                patterns.push(Pattern::spoken(&id, &cue.pattern));
                meanings.push(Meaning::Cue(id));
            }
        }
        for component in base.components.values() {
            for pattern in &component.patterns {
                patterns.push(Pattern::new(&component.id, pattern));
                meanings.push(Meaning::Component(component.id.clone()));
            }
        }
        Ok(Self { matcher: Matcher::new(&patterns)?, meanings })
    }

    /// Everything that `text` says, and the signatures it holds.
    pub(super) fn read(&self, base: &Base, text: &str) -> (Vec<Observation>, Vec<TextHit>) {
        let original = text;
        let blinded = blind(text);
        let text = blinded.as_ref();
        let output = read_output(text);
        let mut found = output.observations;
        found.extend(rhythm(text));
        let mut hits = Vec::new();
        for mut hit in self.matcher.scan(&output.rest) {
            if matches!(blinded, Cow::Owned(_))
                && let Some(line) = original.lines().nth(hit.line.saturating_sub(1))
            {
                // What is quoted is the line as it was pasted.
                hit.text = line.trim().chars().take(400).collect();
            }
            match self.meanings.get(hit.pattern) {
                Some(Meaning::Message(id)) => {
                    read_signature(base, id, &hit, &mut found);
                    hits.push(TextHit {
                        signature: id.clone(),
                        line: hit.line,
                        count: hit.count,
                        text: hit.text,
                    });
                }
                Some(Meaning::Phrase(id)) => {
                    let implies = base.phrases.get(id).map(|phrase| &phrase.implies);
                    for (variable, option) in implies.into_iter().flatten() {
                        found.push(from_text(variable, option, &hit));
                    }
                }
                Some(Meaning::Cue(id)) => found.push(from_text("cue", id, &hit)),
                Some(Meaning::Component(id)) => found.push(from_text("component", id, &hit)),
                None => {}
            }
        }
        // What is left of a HAR file are its errors; the pages in it speak of other things.
        for seconds in seconds_in(&output.rest) {
            found.push(Observation::seen("seconds", seconds, Source::Text));
        }
        (found, hits)
    }

    /// The evidence of a whole case; each thing once, however often it was said.
    pub(super) fn observe(&self, base: &Base, case: &Case) -> (Vec<Observation>, Vec<TextHit>) {
        let (mut evidence, mut hits) = self.read(base, case.text.as_deref().unwrap_or(""));
        if let Some(notes) = &case.facts.notes {
            let (more, more_hits) = self.read(base, notes);
            evidence.extend(more);
            hits.extend(more_hits);
        }
        evidence.extend(facts(base, case));
        evidence.extend(answers(base, case));
        evidence.extend(case.observations.iter().cloned());
        let mut known = BTreeSet::new();
        evidence.retain(|o| {
            known.insert((
                o.variable.clone(),
                o.value.to_string(),
                o.state,
                o.source,
                o.vantage.clone(),
            ))
        });
        (evidence, hits)
    }
}

fn from_text(variable: &str, value: &str, hit: &Hit) -> Observation {
    Observation::seen(variable, value, Source::Text).with_raw(&hit.text)
}

fn read_signature(base: &Base, id: &str, hit: &Hit, found: &mut Vec<Observation>) {
    found.push(from_text("message", id, hit));
    let Some(signature) = base.signatures.get(id) else { return };
    for (variable, option) in &signature.implies {
        found.push(from_text(variable, option, hit));
    }
    for component in &signature.components {
        found.push(from_text("component", component, hit));
    }
}

fn facts(base: &Base, case: &Case) -> Vec<Observation> {
    let facts = &case.facts;
    let mut found = Vec::new();
    if let Some(phase) = &facts.phase {
        found.push(Observation::seen("phase", phase.as_str(), Source::Answer));
    }
    if let Some(scope) = facts.scope.as_deref().filter(|scope| *scope != "unknown") {
        found.push(Observation::seen("scope", scope, Source::Answer));
    }
    if let Some(seconds) = facts.after_seconds {
        found.push(Observation::seen("seconds", seconds, Source::Answer));
    }
    for name in facts.stack.iter().chain(&facts.between) {
        // Unknown names are kept: they stand in the report, and weigh nothing.
        let id = base
            .component_named(name)
            .map_or_else(|| name.to_lowercase(), |component| component.id.clone());
        found.push(Observation::seen("component", id, Source::Answer).with_raw(name));
    }
    found
}

fn answers(base: &Base, case: &Case) -> Vec<Observation> {
    case.answers
        .iter()
        .filter(|(_, option)| *option != DONT_KNOW)
        .filter_map(|(id, option)| {
            let question = base.questions.get(id)?;
            Some(Observation::seen(&question.variable, option.as_str(), Source::Answer))
        })
        .collect()
}
