//! What a text says and its masked copy does not: findings that rest on a masked address or word.
//!
//! They travel beside the masked text as words of the vocabulary, so that masking changes no verdict.
//! Nothing of the text itself is in them.

use std::collections::BTreeSet;

use crate::{
    evidence::{Observation, Source, State, Value},
    knowledge::Base,
};

use super::Diagnostician;

/// Most findings that are carried along. judgement: a handful is the rule.
const MOST: usize = 64;

impl Diagnostician {
    /// The findings of `text` that `masked`, the same text without its secrets, has lost; each as
    /// `variable:value`, with `!` before what is ruled out.
    pub fn beside(&self, text: &str, masked: &str) -> BTreeSet<String> {
        if text == masked {
            return BTreeSet::new();
        }
        let words = |text: &str| -> BTreeSet<String> {
            self.decode(text).observations.iter().filter_map(word_of).collect()
        };
        let kept = words(masked);
        words(text).into_iter().filter(|word| !kept.contains(word)).take(MOST).collect()
    }
}

fn word_of(seen: &Observation) -> Option<String> {
    let sign = match seen.state {
        State::Seen => "",
        State::RuledOut => "!",
        State::NotVisible => return None,
    };
    Some(format!("{sign}{}:{}", seen.variable, seen.value))
}

/// The observation that such a word stands for; none where `base` does not know its variable.
pub fn observation_beside(base: &Base, word: &str) -> Option<Observation> {
    let (state, bare) = match word.strip_prefix('!') {
        Some(bare) => (State::RuledOut, bare),
        None => (State::Seen, word),
    };
    let (variable, value) = bare.split_once(':')?;
    let known = base.variables.get(variable)?;
    let value = match value.parse::<f64>() {
        Ok(number) if known.options.is_empty() && number.is_finite() => Value::Number(number),
        _ => Value::Word(value.to_owned()),
    };
    Some(Observation::seen(variable, value, Source::Text).in_state(state))
}
