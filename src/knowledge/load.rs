//! From files to a [`Base`]: parse each file, put every entry in its place, lay overlays on top.

use serde::Deserialize;

use super::{
    base::Base,
    entry::{Cause, Check, Client, Component, Fix, Phrase, Question, Signature, Timeout, Variable},
    files::Files,
    place::{Places, line_of},
};

/// Something wrong with a knowledge folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path of the file, relative to the folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// One sentence.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// A knowledge base, where each entry stands, and what could not be read.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What could be read.
    pub base: Base,
    /// Where each entry stands.
    pub places: Places,
    /// What could not.
    pub problems: Vec<Problem>,
}

/// Every file but those of causes.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tables {
    variable: Vec<Variable>,
    question: Vec<Question>,
    check: Vec<Check>,
    component: Vec<Component>,
    signature: Vec<Signature>,
    phrase: Vec<Phrase>,
    timeout: Vec<Timeout>,
    fix: Vec<Fix>,
    client: Vec<Client>,
    /// Entries that an overlay switches off, as `causes/ID`, `signatures/ID`, …
    off: Vec<String>,
}

/// Loads `layers`, each laid over the ones before it: an entry replaces the one of the same kind
/// and id, and `off = ["causes/ID"]` removes one. What cannot be read is reported, never dropped
/// in silence.
pub fn load(layers: &[Files]) -> Loaded {
    let mut loaded = Loaded::default();
    for (number, layer) in layers.iter().enumerate() {
        for (file, text) in layer {
            read_file(&mut loaded, number, file, text);
        }
    }
    for fix in loaded.base.causes.values().flat_map(|cause| cause.fixes.clone()) {
        loaded.base.fixes.entry(fix.id.clone()).or_insert(fix);
    }
    loaded.problems.sort();
    loaded
}

fn read_file(loaded: &mut Loaded, layer: usize, file: &str, text: &str) {
    let failed = |error: &toml::de::Error| Problem {
        file: file.to_owned(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        message: error.message().replace('\n', " "),
    };
    if file.starts_with("causes/") {
        match toml::from_str::<Cause>(text) {
            Ok(mut cause) => {
                for fix in &mut cause.fixes {
                    if fix.causes.is_empty() {
                        fix.causes.push(cause.id.clone());
                    }
                }
                add(
                    loaded,
                    layer,
                    "causes",
                    &cause.id.clone(),
                    file,
                    text,
                    0,
                    |base| &mut base.causes,
                    cause,
                );
            }
            Err(error) => loaded.problems.push(failed(&error)),
        }
        return;
    }
    match toml::from_str::<Tables>(text) {
        Ok(tables) => add_tables(loaded, layer, file, text, tables),
        Err(error) => loaded.problems.push(failed(&error)),
    }
}

fn add_tables(loaded: &mut Loaded, layer: usize, file: &str, text: &str, tables: Tables) {
    macro_rules! add_all {
        ($field:ident, $plural:literal, $map:ident) => {
            for (index, entry) in tables.$field.into_iter().enumerate() {
                let id = entry.id.clone();
                add(loaded, layer, $plural, &id, file, text, index, |base| &mut base.$map, entry);
            }
        };
    }
    add_all!(variable, "variables", variables);
    add_all!(question, "questions", questions);
    add_all!(check, "checks", checks);
    add_all!(component, "components", components);
    add_all!(signature, "signatures", signatures);
    add_all!(phrase, "phrases", phrases);
    add_all!(timeout, "timeouts", timeouts);
    add_all!(fix, "fixes", fixes);
    add_all!(client, "clients", clients);
    for entry in tables.off {
        if !switch_off(&mut loaded.base, &entry) {
            loaded.problems.push(Problem {
                file: file.to_owned(),
                line: line_of(text, text.find(&format!("\"{entry}\"")).unwrap_or(0)),
                message: format!("`off` names `{entry}`, and there is no such entry to switch off"),
            });
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one entry's coordinates; called from two places")]
fn add<T>(
    loaded: &mut Loaded,
    layer: usize,
    kind: &'static str,
    id: &str,
    file: &str,
    text: &str,
    index: usize,
    map: impl FnOnce(&mut Base) -> &mut std::collections::BTreeMap<String, T>,
    entry: T,
) {
    let place = loaded.places.describe(layer, kind, file, text, index);
    if let Some(first) = loaded.places.get(kind, id)
        && first.layer == layer
    {
        loaded.problems.push(Problem {
            file: file.to_owned(),
            line: place.line,
            message: format!("the id `{id}` stands already in {}:{}", first.file, first.line),
        });
        return;
    }
    loaded.places.insert(kind, id, place);
    map(&mut loaded.base).insert(id.to_owned(), entry);
}

/// Removes the entry `KIND/ID`; false where there is none.
fn switch_off(base: &mut Base, entry: &str) -> bool {
    let Some((kind, id)) = entry.split_once('/') else { return false };
    match kind {
        "causes" => {
            let removed = base.causes.remove(id).is_some();
            base.forget_cause(id);
            removed
        }
        "questions" => base.questions.remove(id).is_some(),
        "checks" => base.checks.remove(id).is_some(),
        "signatures" => base.signatures.remove(id).is_some(),
        "phrases" => base.phrases.remove(id).is_some(),
        "timeouts" => base.timeouts.remove(id).is_some(),
        "fixes" => base.fixes.remove(id).is_some(),
        "clients" => base.clients.remove(id).is_some(),
        _ => false,
    }
}
