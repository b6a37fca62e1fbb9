//! What a person has said so far, and its form as a query string.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    evidence::Source,
    knowledge::{LiveProbe, PROBES},
    report::{Case, DONT_KNOW, Facts},
    ui::state::form,
};

/// Longest identifier that is read from a query, bytes. judgement: the longest id has 45.
const ID_LIMIT: usize = 80;
/// Most entries that are read of any list. judgement: no chain has more parts.
const LIST_LIMIT: usize = 64;

/// Everything the address of a wizard page holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wizard {
    /// The case. Its `observations` and `lang` are not part of the address.
    pub case: Case,
    /// Steps the person passed over, by id.
    pub skipped: BTreeSet<String>,
    /// Token under which the server keeps a long text; the address holds no text then.
    pub draft: Option<String>,
    /// Token under which the server keeps what probes or a capture found.
    pub seen: Option<String>,
    /// A run of probes that is under way.
    pub probe: Option<String>,
    /// The probes that run, or are about to be chosen; those that run unasked where empty.
    pub only: BTreeSet<String>,
    /// The step to show again, where an earlier answer is being changed.
    pub at: Option<String>,
    /// Whether the report is asked for.
    pub report: bool,
    /// The free fields (`text`, `notes`) whose secrets are masked: what still looks like one was
    /// left open by somebody who saw it.
    pub masked: BTreeSet<String>,
    /// What the text said before it was masked and does not say any more.
    pub beside: BTreeSet<String>,
}

impl Wizard {
    /// Reads a query or form body. Never fails: what cannot be understood is left out.
    ///
    /// A later answer to the same thing wins, so that a form may carry the earlier answers as hidden
    /// fields and the new one last. Lists come as repeated keys, comma-separated, or both.
    pub fn parse(query: &str) -> Self {
        let mut wizard = Self::default();
        for (key, value) in form::decode(query) {
            wizard.take(&key, value.replace("\r\n", "\n"));
        }
        wizard.forget_passed_where_answered();
        wizard
    }

    /// An answer given after all takes its step out of the passed ones. Forms of free fields rely on
    /// it: they always say "passed", and a filled field wins.
    fn forget_passed_where_answered(&mut self) {
        let Case { facts, answers, .. } = &self.case;
        let facts = [
            ("phase", facts.phase.is_some()),
            ("after_seconds", facts.after_seconds.is_some()),
            ("scope", facts.scope.is_some()),
            ("stack", !facts.stack.is_empty() || !facts.between.is_empty()),
            ("notes", facts.notes.is_some()),
        ];
        self.skipped
            .retain(|id| !answers.contains_key(id) && !facts.contains(&(id.as_str(), true)));
    }

    fn take(&mut self, key: &str, value: String) {
        let facts = &mut self.case.facts;
        match key {
            "text" => self.case.text = some_text(value),
            "target" => self.case.target = some_text(value.trim().to_owned()),
            "notes" => facts.notes = some_text(value),
            "phase" => facts.phase = id(&value),
            "scope" => facts.scope = id(&value),
            "after" => facts.after_seconds = seconds(&value),
            "stack" => add_names(&mut facts.stack, &value),
            "between" => add_names(&mut facts.between, &value),
            "skip" => self.skipped.extend(value.split(',').filter_map(id).take(LIST_LIMIT)),
            "draft" => self.draft = token(&value),
            "seen" => self.seen = token(&value),
            "probe" => self.probe = token(&value),
            "only" => self.only.extend(
                value.split(',').filter(|id| LiveProbe::of(id).is_some()).map(str::to_owned),
            ),
            "at" => self.at = id(&value),
            "report" => self.report = value == "1",
            "masked" => self.masked.extend(value.split(',').filter_map(id).take(LIST_LIMIT)),
            "beside" => {
                let words = value.split(',').filter_map(|word| beside(word.trim()));
                let room = LIST_LIMIT.saturating_sub(self.beside.len());
                self.beside.extend(words.take(room));
            }
            _ => self.take_answer(key, &value),
        }
    }

    fn take_answer(&mut self, key: &str, value: &str) {
        let Some(question) = key.strip_prefix("a.").and_then(id) else { return };
        let Some(option) = id(value) else { return };
        if option == DONT_KNOW {
            self.case.answers.remove(&question);
            self.skipped.insert(question);
        } else if self.case.answers.len() < LIST_LIMIT {
            self.case.answers.insert(question, option);
        }
    }

    /// The pairs of the address, in a fixed order. Reading them gives the same state again.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let facts = &self.case.facts;
        let mut pairs = Vec::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                pairs.push((key.to_owned(), value));
            }
        };
        put("text", self.case.text.clone().filter(|_| self.draft.is_none()));
        put("draft", self.draft.clone());
        put("target", self.case.target.clone());
        put("phase", facts.phase.clone());
        put("after", facts.after_seconds.map(|seconds| seconds.to_string()));
        put("scope", facts.scope.clone());
        put("stack", joined(&facts.stack));
        put("between", joined(&facts.between));
        put("notes", facts.notes.clone());
        for (question, option) in &self.case.answers {
            put(&format!("a.{question}"), Some(option.clone()));
        }
        let skipped: Vec<String> = self.skipped.iter().cloned().collect();
        put("skip", joined(&skipped));
        put("seen", self.seen.clone());
        put("probe", self.probe.clone());
        let only: Vec<String> = self.only.iter().cloned().collect();
        put("only", joined(&only));
        put("at", self.at.clone());
        put("report", self.report.then(|| "1".to_owned()));
        put("masked", joined(&self.masked.iter().cloned().collect::<Vec<_>>()));
        put("beside", joined(&self.beside.iter().cloned().collect::<Vec<_>>()));
        pairs
    }

    /// The query string, without `?`; empty where nothing was said.
    pub fn to_query(&self) -> String {
        form::encode(self.pairs().iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }

    /// The address of the page that shows this state.
    pub fn href(&self) -> String {
        let query = self.to_query();
        if query.is_empty() { "/diagnose".to_owned() } else { format!("/diagnose?{query}") }
    }

    /// The same state, showing the step `id` again.
    #[must_use]
    pub fn back_at(&self, id: &str) -> Self {
        Self { at: Some(id.to_owned()), report: false, ..self.clone() }
    }

    /// The same state, showing the report.
    #[must_use]
    pub fn at_report(&self) -> Self {
        Self { at: None, probe: None, only: BTreeSet::new(), report: true, ..self.clone() }
    }

    /// The hidden fields a form needs beside the fields it asks for itself: everything but
    /// `asked`, and never the step or the report flag, which belong to one page only.
    pub fn hidden(&self, asked: &[String]) -> Vec<(String, String)> {
        let mut state = self.clone();
        // A step that is asked again is no longer passed over, whatever is chosen now.
        for key in asked {
            state.skipped.remove(key.strip_prefix("a.").unwrap_or(key));
            // Nor is a text that is typed anew masked already.
            state.masked.remove(key);
        }
        let mut pairs = state.pairs();
        pairs.retain(|(key, _)| {
            !["at", "report", "probe", "only"].contains(&key.as_str()) && !asked.contains(key)
        });
        pairs
    }

    /// The probes that are chosen, by name.
    pub fn chosen(&self) -> BTreeSet<String> {
        let standing = || PROBES.iter().filter(|probe| probe.is_standing());
        if self.only.is_empty() {
            standing().map(|probe| probe.id.to_owned()).collect()
        } else {
            self.only.clone()
        }
    }

    /// Notes that the chosen probes have run, whatever came out: they are not offered again.
    pub fn pass_chosen(&mut self) {
        for id in self.chosen() {
            self.skipped.insert(probe_skip_id(&id));
        }
        self.only.clear();
    }

    /// Whether anything was said that a diagnosis could start from.
    pub fn is_empty(&self) -> bool {
        let Case { text, facts, answers, target, .. } = &self.case;
        text.is_none()
            && self.draft.is_none()
            && self.seen.is_none()
            && target.is_none()
            && answers.is_empty()
            && *facts == Facts::default()
    }

    /// Whether a capture says something of `variable`.
    pub fn captured(&self, variable: &str) -> bool {
        let seen = &self.case.observations;
        seen.iter().any(|seen| seen.source == Source::Capture && seen.variable == variable)
    }

    /// Whether findings of probes are part of the case.
    pub fn was_probed(&self) -> bool {
        self.case.observations.iter().any(|seen| seen.source == Source::Probe)
    }

    /// The answers, by question; a shorthand for the pages.
    pub fn answers(&self) -> &BTreeMap<String, String> {
        &self.case.answers
    }
}

/// Under which id the address says that a probe ran or was passed over: those that run unasked go
/// together, the others are counted singly.
pub(super) fn probe_skip_id(id: &str) -> String {
    match LiveProbe::of(id) {
        Some(probe) if !probe.is_standing() => format!("probe.{id}"),
        _ => "probe".to_owned(),
    }
}

fn some_text(value: String) -> Option<String> {
    (!value.trim().is_empty()).then_some(value)
}

/// An identifier of the vocabulary: short, lower case, digits, `_`, `.`, `-`.
fn id(value: &str) -> Option<String> {
    let value = value.trim();
    let fits = !value.is_empty()
        && value.len() <= ID_LIMIT
        && value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b));
    fits.then(|| value.to_owned())
}

/// A finding beside the text: `variable:value`, `!` before what is ruled out.
fn beside(word: &str) -> Option<String> {
    let (variable, value) = word.strip_prefix('!').unwrap_or(word).split_once(':')?;
    (id(variable).is_some() && id(value).is_some()).then(|| word.to_owned())
}

/// A token of the store: base64url.
fn token(value: &str) -> Option<String> {
    let fits = !value.is_empty()
        && value.len() <= ID_LIMIT
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then(|| value.to_owned())
}

fn seconds(value: &str) -> Option<f64> {
    let value = value.trim().trim_end_matches(['s', 'S', '秒']).trim();
    value.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// Adds the names in `value`: lower case, separated by commas of either language, no repeats.
fn add_names(names: &mut Vec<String>, value: &str) {
    for name in value.split([',', '，', '、', ';', '；', '\n']) {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let fits = !name.is_empty() && name.chars().count() <= ID_LIMIT;
        if fits && names.len() < LIST_LIMIT && !names.contains(&name) {
            names.push(name);
        }
    }
}

fn joined(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids() -> impl Strategy<Value = String> {
        "[a-z][a-z0-9_.-]{0,20}".prop_filter("not an answer", |id| id != DONT_KNOW)
    }

    fn free_text() -> impl Strategy<Value = Option<String>> {
        proptest::option::of("[^\r]{0,80}").prop_map(|text| text.and_then(some_text))
    }

    fn names() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::btree_set("[a-z][a-z0-9-]{0,12}", 0..4)
            .prop_map(|set| set.into_iter().collect())
    }

    prop_compose! {
        fn facts()(
            phase in proptest::option::of(ids()),
            after_seconds in proptest::option::of(0.0..1e9),
            scope in proptest::option::of(ids()),
            stack in names(),
            between in names(),
            notes in free_text(),
        ) -> Facts {
            Facts { phase, after_seconds, scope, stack, between, notes }
        }
    }

    prop_compose! {
        fn wizards()(
            text in free_text(),
            target in proptest::option::of("[a-z0-9.:\\[\\]/]{1,30}"),
            facts in facts(),
            answers in proptest::collection::btree_map(ids(), ids(), 0..5),
            skipped in proptest::collection::btree_set(ids(), 0..4),
            tokens in proptest::collection::vec(proptest::option::of("[A-Za-z0-9_-]{1,27}"), 3),
            only in proptest::collection::btree_set(
                proptest::sample::select(PROBES.map(|probe| probe.id.to_owned()).to_vec()),
                0..4,
            ),
            at in proptest::option::of(ids()),
            report in any::<bool>(),
            masked in proptest::collection::btree_set("text|notes", 0..2),
            beside in proptest::collection::btree_set("!?[a-z.]{1,8}:[a-z0-9_.-]{1,12}", 0..4),
        ) -> Wizard {
            let [draft, seen, probe] = <[_; 3]>::try_from(tokens).unwrap();
            let text = text.filter(|_| draft.is_none());
            let skipped = skipped.into_iter().filter(|id| !answers.contains_key(id)).collect();
            let case = Case { text, facts, answers, target, ..Case::default() };
            Wizard { case, skipped, draft, seen, probe, only, at, report, masked, beside }
        }
    }

    proptest! {
        #[test]
        fn the_address_holds_the_whole_state(wizard in wizards()) {
            prop_assert_eq!(Wizard::parse(&wizard.to_query()), wizard);
        }

        #[test]
        fn any_query_can_be_read(query in any::<String>()) {
            let once = Wizard::parse(&query);
            prop_assert_eq!(Wizard::parse(&once.to_query()).to_query(), once.to_query());
        }
    }

    #[test]
    fn a_new_answer_wins_over_the_hidden_one() {
        let wizard =
            Wizard::parse("phase=idle&a.load=no&skip=scope&phase=request&a.load=dont_know");
        assert_eq!(wizard.case.facts.phase.as_deref(), Some("request"));
        assert!(wizard.answers().is_empty());
        assert!(wizard.skipped.contains("load"));
    }

    #[test]
    fn names_come_from_boxes_and_free_text_together() {
        let wizard = Wizard::parse("stack=nginx&stack=node&stack=+My+App%EF%BC%8Cnginx");
        assert_eq!(wizard.case.facts.stack, ["nginx", "node", "my app"]);
    }

    #[test]
    fn probes_that_ran_are_not_offered_again() {
        let mut wizard = Wizard::parse("only=reuse&only=tcp,nonsense&probe=abc");
        assert_eq!(wizard.chosen(), ["reuse", "tcp"].map(str::to_owned).into());
        wizard.pass_chosen();
        assert!(wizard.only.is_empty());
        assert_eq!(wizard.skipped, ["probe", "probe.reuse"].map(str::to_owned).into());
        assert_eq!(Wizard::default().chosen().len(), 6);
    }

    #[test]
    fn asking_again_forgets_that_it_was_passed() {
        let wizard = Wizard::parse("skip=phase,load&scope=all&at=phase&report=1");
        let hidden = wizard.hidden(&["phase".to_owned()]);
        assert_eq!(
            hidden,
            [("scope".to_owned(), "all".to_owned()), ("skip".to_owned(), "load".to_owned())]
        );
    }
}
