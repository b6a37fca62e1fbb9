//! What a report is made of: causes, fixes, code for clients.

use std::collections::BTreeSet;

use super::{
    super::{
        entry::{Cause, Client, Fix},
        probes::LiveProbe,
    },
    Lint, OWNERS,
};

const HOPS: [&str; 5] = ["you", "network", "proxy", "server", "database"];
const RISKS: [&str; 3] = ["low", "medium", "high"];
const RETRIES: [&str; 5] = ["never", "safe_once", "safe_backoff", "idempotent_only", "pointless"];
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

impl Lint<'_> {
    pub(super) fn cause(&mut self, cause: &Cause) {
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

    pub(super) fn client(&mut self, client: &Client) {
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

    pub(super) fn fix(&mut self, fix: &Fix) {
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
