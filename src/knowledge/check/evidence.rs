//! What evidence is made of: variables, questions, components, signatures, phrases, timeouts.

use std::collections::BTreeSet;

use super::{
    super::entry::{Component, Phrase, Question, Signature, Timeout, Variable, VariableKind},
    Lint, OWNERS,
};

const HOPS: [&str; 5] = ["you", "network", "proxy", "server", "database"];
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

impl Lint<'_> {
    pub(super) fn variable(&mut self, variable: &Variable) {
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

    pub(super) fn question(&mut self, question: &Question) {
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

    pub(super) fn component(&mut self, component: &Component) {
        let id = &component.id;
        self.texts("components", id, &[("name", &component.name)]);
        self.words("components", id, "hop", std::slice::from_ref(&component.hop), &HOPS);
        for pattern in &component.patterns {
            self.pattern("components", id, &["patterns"], pattern);
        }
    }

    pub(super) fn signature(&mut self, signature: &Signature) {
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

    pub(super) fn phrase(&mut self, phrase: &Phrase) {
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

    pub(super) fn timeout(&mut self, timeout: &Timeout) {
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
}
