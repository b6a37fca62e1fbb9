//! The lint of a knowledge folder: every message names file and line.

use std::collections::BTreeSet;

use regex::RegexBuilder;

use super::{
    base::Base,
    entry::{
        Cause, Citation, Client, Component, Fix, HowTo, Question, Signature, Timeout, Variable,
        VariableKind,
    },
    load::{Loaded, Problem},
    probes::LiveProbe,
    text::Text,
};

const OWNERS: [&str; 6] = ["user", "developer", "ops", "network", "cloud", "provider"];
const HOPS: [&str; 5] = ["you", "network", "proxy", "server", "database"];
const RISKS: [&str; 3] = ["low", "medium", "high"];
const RETRIES: [&str; 5] = ["never", "safe_once", "safe_backoff", "idempotent_only", "pointless"];
const LAYERS: [&str; 14] = [
    "connect",
    "handshake",
    "request",
    "idle",
    "server_keepalive",
    "client_pool",
    "nat",
    "heartbeat",
    "age",
    "queue",
    "retry",
    "drain",
    "dns",
    "other",
];
/// What the code of a client is written in.
const SYNTAXES: [&str; 7] = ["python", "java", "go", "javascript", "csharp", "rust", "shell"];
/// The gaps that code and facts of a client may have.
const GAPS: [&str; 11] = [
    "retries",
    "attempts",
    "base",
    "base_ms",
    "cap",
    "cap_ms",
    "idle",
    "idle_ms",
    "say_idle",
    "say_repeat",
    "say_methods",
];
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

    fn variable(&mut self, variable: &Variable) {
        let id = &variable.id;
        self.texts("variables", id, &[("label", &variable.label)]);
        if variable.kind == VariableKind::Choice && variable.options.len() < 2 {
            self.say(
                "variables",
                id,
                &["options"],
                format!("the choice `{id}` needs two options or more"),
            );
        }
        let mut seen = BTreeSet::new();
        for option in &variable.options {
            self.texts("variables", id, &[("options", &option.label)]);
            if !seen.insert(&option.id) {
                self.say(
                    "variables",
                    id,
                    &["options"],
                    format!("`{id}` has the option `{}` twice", option.id),
                );
            }
            if !(option.share > 0.0 && option.share.is_finite()) {
                self.say(
                    "variables",
                    id,
                    &["options"],
                    format!("`share` of `{}` in `{id}` must be above 0", option.id),
                );
            }
        }
    }

    fn question(&mut self, question: &Question) {
        let id = &question.id;
        self.known(
            "questions",
            id,
            &["variable"],
            "variable",
            &question.variable,
            self.base().variables.contains_key(&question.variable),
        );
        self.texts("questions", id, &[("ask", &question.ask), ("why", &question.why)]);
        self.words("questions", id, "who", &question.who, &OWNERS);
        self.commands("questions", id, &question.how);
        if !(question.cost_seconds > 0.0 && question.cost_seconds.is_finite()) {
            self.say(
                "questions",
                id,
                &["cost_seconds"],
                format!("`cost_seconds` of `{id}` must be above 0"),
            );
        }
    }

    fn component(&mut self, component: &Component) {
        let id = &component.id;
        self.texts("components", id, &[("name", &component.name)]);
        self.words("components", id, "hop", std::slice::from_ref(&component.hop), &HOPS);
        for pattern in &component.patterns {
            self.pattern("components", id, &["patterns"], pattern);
        }
    }

    fn signature(&mut self, signature: &Signature) {
        let id = &signature.id;
        self.texts("signatures", id, &[("meaning", &signature.meaning)]);
        self.sources("signatures", id, &signature.sources);
        if !(1..=3).contains(&signature.specific) {
            self.say(
                "signatures",
                id,
                &["specific"],
                format!("`specific` of `{id}` must be 1, 2 or 3"),
            );
        }
        let found = self.pattern("signatures", id, &["pattern"], &signature.pattern);
        if found.is_some_and(|regex| !signature.example.lines().any(|line| regex.is_match(line))) {
            self.say(
                "signatures",
                id,
                &["example"],
                format!("the example of `{id}` does not match its pattern"),
            );
        }
        if let Some(also) = &signature.only_in {
            self.pattern("signatures", id, &["only_in"], also);
        }
        for cause in signature.points.keys() {
            self.known(
                "signatures",
                id,
                &["points", cause],
                "cause",
                cause,
                self.base().causes.contains_key(cause),
            );
        }
        for cause in &signature.against {
            self.known(
                "signatures",
                id,
                &["against"],
                "cause",
                cause,
                self.base().causes.contains_key(cause),
            );
        }
        for component in &signature.components {
            self.known(
                "signatures",
                id,
                &["components"],
                "component",
                component,
                self.base().components.contains_key(component),
            );
        }
        for (variable, option) in &signature.implies {
            self.value("signatures", id, &["implies", variable], variable, option);
        }
    }

    fn phrase(&mut self, phrase: &super::entry::Phrase) {
        let id = &phrase.id;
        self.texts("phrases", id, &[("example", &phrase.example)]);
        let mut matched = (false, false);
        for pattern in &phrase.patterns {
            if let Some(regex) = self.pattern("phrases", id, &["patterns"], pattern) {
                matched.0 |= regex.is_match(&phrase.example.en);
                matched.1 |= regex.is_match(&phrase.example.zh);
            }
        }
        if matched != (true, true) {
            self.say(
                "phrases",
                id,
                &["example"],
                format!("an example of `{id}` matches none of its patterns"),
            );
        }
        for (variable, option) in &phrase.implies {
            self.value("phrases", id, &["implies", variable], variable, option);
        }
    }

    fn timeout(&mut self, timeout: &Timeout) {
        let id = &timeout.id;
        self.texts("timeouts", id, &[("expires", &timeout.expires)]);
        if let Some(note) = &timeout.note {
            self.texts("timeouts", id, &[("note", note)]);
        }
        self.sources("timeouts", id, &timeout.sources);
        self.known(
            "timeouts",
            id,
            &["component"],
            "component",
            &timeout.component,
            self.base().components.contains_key(&timeout.component),
        );
        self.words("timeouts", id, "layer", std::slice::from_ref(&timeout.layer), &LAYERS);
        for cause in &timeout.causes {
            self.known(
                "timeouts",
                id,
                &["causes"],
                "cause",
                cause,
                self.base().causes.contains_key(cause),
            );
        }
        if !timeout.value.is_finite() || timeout.value < 0.0 {
            self.say("timeouts", id, &["value"], format!("`value` of `{id}` must be 0 or more"));
        }
    }

    fn cause(&mut self, cause: &Cause) {
        let id = &cause.id;
        self.texts(
            "causes",
            id,
            &[
                ("name", &cause.name),
                ("plain", &cause.plain),
                ("technical", &cause.technical),
                ("prior_why", &cause.prior_why),
            ],
        );
        let looks = &cause.looks;
        self.texts(
            "causes",
            id,
            &[
                ("looks", &looks.user),
                ("looks", &looks.probe),
                ("looks", &looks.capture),
                ("looks", &looks.logs),
            ],
        );
        self.words("causes", id, "owner", &cause.owner, &OWNERS);
        self.words("causes", id, "hop", std::slice::from_ref(&cause.hop), &HOPS);
        self.words("causes", id, "retry", std::slice::from_ref(&cause.retry), &RETRIES);
        self.sources("causes", id, &cause.sources);
        for (variable, options) in &cause.signs {
            for option in options.keys() {
                self.value("causes", id, &["signs", variable, option], variable, option);
            }
        }
        for name in cause.components.keys() {
            let exists = self.is_component_or_class(name);
            self.known("causes", id, &["components", name], "component or class", name, exists);
        }
        let mut cues = BTreeSet::new();
        for (at, cue) in cause.cues.iter().enumerate() {
            let at = at.to_string();
            self.pattern("causes", id, &["cue", &at, "pattern"], &cue.pattern);
            if !cues.insert(&cue.id) {
                self.say(
                    "causes",
                    id,
                    &["cue", &at, "id"],
                    format!("`{id}` has the cue `{}` twice", cue.id),
                );
            }
        }
        for (at, other) in cause.lookalikes.iter().enumerate() {
            let at = at.to_string();
            let exists = self.base().causes.contains_key(&other.cause);
            self.known("causes", id, &["lookalike", &at, "cause"], "cause", &other.cause, exists);
            self.texts("causes", id, &[("lookalike", &other.differs)]);
        }
        for (at, variant) in cause.variants.iter().enumerate() {
            let at = at.to_string();
            self.texts("causes", id, &[("variant", &variant.name)]);
            for name in &variant.components {
                let exists = self.is_component_or_class(name);
                let path = ["variant", &at, "components"];
                self.known("causes", id, &path, "component or class", name, exists);
            }
        }
        if !self.base().fixes.values().any(|fix| fix.causes.contains(id)) {
            self.say("causes", id, &["id"], format!("`{id}` has no fix"));
        }
    }

    fn client(&mut self, client: &Client) {
        let id = &client.id;
        for name in client.also.iter().chain([&client.component]) {
            let exists = self.is_component_or_class(name);
            self.known("clients", id, &["component"], "component or class", name, exists);
        }
        let syntax = std::slice::from_ref(&client.syntax);
        self.words("clients", id, "syntax", syntax, &SYNTAXES);
        let texts = client.facts.iter().flat_map(|fact| [&fact.text.en, &fact.text.zh]);
        for text in texts.chain([&client.code]) {
            for gap in text.split("{{").skip(1) {
                let gap = gap.split("}}").next().unwrap_or_default();
                if !GAPS.contains(&gap) {
                    let message =
                        format!("`{id}` has the gap `{gap}`; there are {}", GAPS.join(", "));
                    self.say("clients", id, &["code"], message);
                }
            }
        }
        for fact in &client.facts {
            self.texts("clients", id, &[("fact", &fact.text)]);
            self.sources("clients", id, &fact.sources);
        }
    }

    fn fix(&mut self, fix: &Fix) {
        // A fix inside a cause file is located through its cause.
        let own = self.loaded.places.get("fixes", &fix.id).is_some();
        let holder = if own {
            None
        } else {
            self.base()
                .causes
                .values()
                .find(|c| c.fixes.iter().any(|f| f.id == fix.id))
                .map(|c| c.id.clone())
        };
        let (kind, id) = match &holder {
            Some(cause) => ("causes", cause.as_str()),
            None => ("fixes", fix.id.as_str()),
        };
        let before = self.problems.len();
        self.texts(
            kind,
            id,
            &[("title", &fix.title), ("rollback", &fix.rollback), ("verify", &fix.verify.text)],
        );
        for step in &fix.steps {
            self.texts(kind, id, &[("steps", step)]);
        }
        self.sources(kind, id, &fix.sources);
        self.words(kind, id, "risk", std::slice::from_ref(&fix.risk), &RISKS);
        self.words(kind, id, "who", &fix.who, &OWNERS);
        let stack = fix.stack == "any" || self.is_component_or_class(&fix.stack);
        self.known(kind, id, &["fix"], "stack", &fix.stack, stack);
        if let Some(probe) = &fix.verify.probe {
            self.known(kind, id, &["fix"], "probe", probe, LiveProbe::of(probe).is_some());
        }
        for cause in &fix.causes {
            self.known(
                kind,
                id,
                &["causes"],
                "cause",
                cause,
                self.base().causes.contains_key(cause),
            );
        }
        if holder.is_some() {
            for problem in self.problems.iter_mut().skip(before) {
                problem.message = format!("fix `{}`: {}", fix.id, problem.message);
            }
        }
    }
}
