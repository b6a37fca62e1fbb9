//! The lint of a knowledge folder: every message names file and line.

mod causes;
mod evidence;

use regex::RegexBuilder;

use super::{
    base::Base,
    entry::{Citation, HowTo, VariableKind},
    load::{Loaded, Problem},
    text::Text,
};

const OWNERS: [&str; 6] = ["user", "developer", "ops", "network", "cloud", "provider"];
const SYSTEMS: [&str; 4] = ["linux", "macos", "windows", "any"];

/// Everything wrong with what was loaded: what could not be read, and what does not fit together.
pub fn check(loaded: &Loaded) -> Vec<Problem> {
    let mut lint = Lint { loaded, problems: loaded.problems.clone() };
    let base = &loaded.base;
    base.variables.values().for_each(|variable| lint.variable(variable));
    base.questions.values().for_each(|question| lint.question(question));
    base.checks.values().for_each(|check| {
        lint.texts("checks", &check.id, &[("title", &check.title), ("why", &check.why)]);
        lint.words("checks", &check.id, "who", &check.who, &OWNERS);
        lint.commands("checks", &check.id, &check.how);
        for variable in &check.reads {
            lint.known(
                "checks",
                &check.id,
                &["reads"],
                "variable",
                variable,
                base.variables.contains_key(variable),
            );
        }
        for component in &check.components {
            let exists = base.components.contains_key(component);
            lint.known("checks", &check.id, &["components"], "component", component, exists);
        }
    });
    base.components.values().for_each(|component| lint.component(component));
    base.signatures.values().for_each(|signature| lint.signature(signature));
    base.phrases.values().for_each(|phrase| lint.phrase(phrase));
    base.timeouts.values().for_each(|timeout| lint.timeout(timeout));
    base.causes.values().for_each(|cause| lint.cause(cause));
    base.fixes.values().for_each(|fix| lint.fix(fix));
    base.clients.values().for_each(|client| lint.client(client));
    lint.problems.sort();
    lint.problems.dedup();
    lint.problems
}

struct Lint<'a> {
    loaded: &'a Loaded,
    problems: Vec<Problem>,
}

type Kind = &'static str;

impl Lint<'_> {
    fn base(&self) -> &Base {
        &self.loaded.base
    }

    fn is_component_or_class(&self, name: &str) -> bool {
        let components = &self.base().components;
        components.contains_key(name)
            || components.values().any(|component| component.classes.iter().any(|c| c == name))
    }

    fn say(&mut self, kind: Kind, id: &str, path: &[&str], message: String) {
        let (file, line) = self.loaded.places.locate(kind, id, path);
        self.problems.push(Problem { file, line, message });
    }

    fn known(&mut self, kind: Kind, id: &str, path: &[&str], noun: &str, name: &str, exists: bool) {
        if !exists {
            self.say(
                kind,
                id,
                path,
                format!("`{id}` names the {noun} `{name}`, and there is none"),
            );
        }
    }

    fn words(&mut self, kind: Kind, id: &str, field: &str, words: &[String], allowed: &[&str]) {
        if words.is_empty() {
            self.say(kind, id, &[field], format!("`{field}` of `{id}` is empty"));
        }
        for word in words.iter().filter(|word| !allowed.contains(&word.as_str())) {
            let message = format!(
                "`{field}` of `{id}` is `{word}`; it must be one of {}",
                allowed.join(", ")
            );
            self.say(kind, id, &[field], message);
        }
    }

    fn texts(&mut self, kind: Kind, id: &str, texts: &[(&str, &Text)]) {
        for (field, text) in texts {
            if text.is_incomplete() {
                self.say(
                    kind,
                    id,
                    &[field],
                    format!("`{field}` of `{id}` is empty in one of the two languages"),
                );
            }
        }
    }

    fn sources(&mut self, kind: Kind, id: &str, sources: &[Citation]) {
        if sources.is_empty() {
            self.say(kind, id, &["sources"], format!("`{id}` has no source"));
        }
        for source in sources {
            let date = source.date.as_bytes();
            let dated = date.len() == 10
                && date.iter().enumerate().all(|(at, byte)| {
                    if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() }
                });
            if !dated {
                self.say(
                    kind,
                    id,
                    &["sources"],
                    format!("a source of `{id}` has the date `{}`; write YYYY-MM-DD", source.date),
                );
            }
            if !source.url.starts_with("https://") && !source.url.starts_with("http://") {
                self.say(
                    kind,
                    id,
                    &["sources"],
                    format!("a source of `{id}` is `{}`, which is no address", source.url),
                );
            }
        }
    }

    fn pattern(
        &mut self,
        kind: Kind,
        id: &str,
        path: &[&str],
        pattern: &str,
    ) -> Option<regex::Regex> {
        match RegexBuilder::new(pattern).case_insensitive(true).size_limit(2 << 20).build() {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim()
                    .trim_start_matches("error: ")
                    .to_owned();
                self.say(kind, id, path, format!("a pattern of `{id}` does not compile: {reason}"));
                None
            }
        }
    }

    fn commands(&mut self, kind: Kind, id: &str, how: &[HowTo]) {
        for step in how {
            if !SYSTEMS.contains(&step.os.as_str()) {
                self.say(
                    kind,
                    id,
                    &["how"],
                    format!(
                        "`os` in `how` of `{id}` is `{}`; it must be one of {}",
                        step.os,
                        SYSTEMS.join(", ")
                    ),
                );
            }
            if let Some(note) = &step.note {
                self.texts(kind, id, &[("how", note)]);
            }
        }
    }

    /// `variable` = `option` must exist; open variables take any option.
    fn value(&mut self, kind: Kind, id: &str, path: &[&str], variable: &str, option: &str) {
        let Some(known) = self.base().variables.get(variable) else {
            return self.known(kind, id, path, "variable", variable, false);
        };
        if known.kind == VariableKind::Choice
            && !known.options.iter().any(|known| known.id == option)
        {
            let options: Vec<&str> =
                known.options.iter().map(|option| option.id.as_str()).collect();
            let message = format!(
                "`{id}` gives `{variable}` the option `{option}`; it has {}",
                options.join(", ")
            );
            self.say(kind, id, path, message);
        }
    }
}
