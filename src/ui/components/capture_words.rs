//! The words of the islands that read captures.

use crate::{
    capture::VARIABLES,
    knowledge::Base,
    ui::{
        i18n::Texts,
        islands::{CaptureTexts, VariableWords},
    },
};

/// The places in the texts that an island fills itself.
const PLACES: [&str; 10] =
    ["name", "n", "m", "packets", "read", "total", "speed", "from", "to", "time"];

/// The texts `ids` for an island; the braces stay for it, which knows the numbers.
pub fn capture_words(texts: Texts, ids: &[&str]) -> CaptureTexts {
    let places = PLACES.map(|name| (name, format!("{{{name}}}").into()));
    CaptureTexts(ids.iter().map(|id| ((*id).to_owned(), texts.with(id, &places))).collect())
}

/// What the variables of captures are called, and their options.
pub fn capture_variables(base: &Base, texts: Texts) -> VariableWords {
    let lang = texts.0;
    let named = VARIABLES.into_iter().filter_map(|id| {
        let variable = base.variables.get(id)?;
        let options = variable
            .options
            .iter()
            .map(|option| (option.id.clone(), option.label.get(lang).to_owned()))
            .collect();
        Some((id.to_owned(), (variable.label.get(lang).to_owned(), options)))
    });
    VariableWords(named.collect())
}
