//! The words of whatever reads captures, as the server hands them over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The ids of the texts the page needs; `{…}` in them are places to fill.
pub const WORDS: [&str; 65] = [
    "cap-drop",
    "cap-choose",
    "cap-formats",
    "cap-reading",
    "cap-reading-at",
    "cap-stop",
    "cap-again",
    "cap-found",
    "cap-found-none",
    "cap-stopped",
    "cap-not-kept",
    "cap-lost",
    "cap-lost-file",
    "cap-table-title",
    "cap-search",
    "cap-search-hint",
    "cap-sort",
    "cap-sort-worst",
    "cap-sort-ends",
    "cap-sort-start",
    "cap-sort-handshake",
    "cap-sort-closing",
    "cap-sort-duration",
    "cap-sort-bytes",
    "cap-closer",
    "cap-close",
    "cap-handshake",
    "cap-any",
    "cap-by-src",
    "cap-by-dst",
    "cap-by-none",
    "cap-close-fin",
    "cap-close-rst",
    "cap-close-none",
    "cap-begin-complete",
    "cap-begin-syn-no-answer",
    "cap-begin-syn-rst",
    "cap-begin-syn-icmp",
    "cap-begin-midstream",
    "cap-begin-other",
    "cap-findings-only",
    "cap-none-match",
    "cap-range",
    "cap-previous",
    "cap-next",
    "cap-picture",
    "cap-picture-how",
    "cap-picture-scale",
    "cap-picture-wait",
    "cap-silence",
    "cap-when",
    "cap-who",
    "cap-what",
    "cap-src",
    "cap-dst",
    "cap-evidence-title",
    "cap-evidence-text",
    "cap-evidence-none",
    "cap-evidence-go",
    "cap-other-title",
    "cap-other-text",
    "cap-other-drop",
    "cap-differ",
    "cap-agree",
    "cap-differences",
];

/// The texts, by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CaptureTexts(pub BTreeMap<String, String>);

impl CaptureTexts {
    /// The text of this id, or the id itself.
    pub fn t(&self, id: &str) -> String {
        self.0.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// Names of variables and of their options, by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct VariableWords(pub BTreeMap<String, (String, BTreeMap<String, String>)>);

impl VariableWords {
    /// What `value` of `variable` is called; the ids where they have no name.
    pub fn of(&self, variable: &str, value: &str) -> (String, String) {
        match self.0.get(variable) {
            Some((name, options)) => {
                (name.clone(), options.get(value).cloned().unwrap_or_else(|| value.to_owned()))
            }
            None => (variable.to_owned(), value.to_owned()),
        }
    }
}
