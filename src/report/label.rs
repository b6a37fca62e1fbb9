//! An observation in words.

use crate::{
    evidence::{Observation, State},
    knowledge::{Base, Lang},
};

use super::{
    compose::shorten,
    words::{say, seconds},
};

/// Most characters of somebody's own words that a label quotes.
const QUOTED: usize = 120;

/// `observation` in one line of `lang`, with the words of `base`. May quote hostile text.
pub(super) fn label(base: &Base, observation: &Observation, lang: Lang) -> String {
    let value = observation.value.to_string();
    let raw = observation.raw.as_deref().unwrap_or(&value);
    match observation.variable.as_str() {
        "message" => {
            let meaning = base.signatures.get(&value).map_or(raw, |s| s.meaning.get(lang));
            say(lang, "label-message", &[("meaning", meaning)])
        }
        "cue" => say(lang, "label-cue", &[("words", &shorten(raw, QUOTED))]),
        "component" => {
            say(lang, "label-component", &[("name", &component_name(base, &value, lang))])
        }
        "seconds" => {
            let number = observation.value.number().unwrap_or(0.0);
            say(lang, "label-seconds", &[("seconds", &seconds(number))])
        }
        variable => {
            let name = base.variables.get(variable).map_or(variable, |v| v.label.get(lang));
            let option = option_label(base, variable, &value, lang);
            let id =
                if observation.state == State::RuledOut { "label-not" } else { "label-option" };
            say(lang, id, &[("variable", name), ("option", &option)])
        }
    }
}

/// The option `value` of `variable` in words; the value itself where there are none.
pub(super) fn option_label(base: &Base, variable: &str, value: &str, lang: Lang) -> String {
    base.variables
        .get(variable)
        .and_then(|known| known.options.iter().find(|option| option.id == value))
        .map_or_else(|| value.to_owned(), |option| option.label.get(lang).to_owned())
}

/// The name of a component; the id itself where it is unknown.
pub(super) fn component_name(base: &Base, id: &str, lang: Lang) -> String {
    base.components.get(id).map_or_else(|| id.to_owned(), |c| c.name.get(lang).to_owned())
}
