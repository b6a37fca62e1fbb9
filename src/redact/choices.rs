//! What a person changes about the masks: kinds and single finds left open, words hidden besides.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Confidence, Kind, Mask, Redaction, apply, find,
    scan::{highest_numbers, placeholder_counts},
};

/// Shorter words are not hidden, bytes: masking every `a` of a text leaves none.
const SHORTEST: usize = 2;

/// What is left open, and what is hidden besides. The default is what [`super::redact`] does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Kinds that are left as they are.
    pub open_kinds: BTreeSet<Kind>,
    /// Single finds that are none, by their text.
    pub open: BTreeSet<String>,
    /// Words that no rule finds and that are hidden wherever they stand.
    pub hidden: Vec<String>,
}

impl Default for Choices {
    fn default() -> Self {
        Self { open_kinds: Kind::off_by_default(), open: BTreeSet::new(), hidden: Vec::new() }
    }
}

impl Choices {
    /// Whether `mask`, found in `text`, is applied. What its own shape gives away always is.
    pub fn covers(&self, text: &str, mask: &Mask) -> bool {
        mask.confidence == Confidence::High
            || mask.kind == Kind::Chosen
            || !(self.open_kinds.contains(&mask.kind) || self.open.contains(secret_of(text, mask)))
    }
}

/// What `mask` hides in `text`: of an address, of which only the last part is masked, all of it.
pub fn secret_of<'a>(text: &'a str, mask: &Mask) -> &'a str {
    let mut start = mask.start;
    if matches!(mask.kind, Kind::Ipv4 | Kind::Ipv6) {
        let before = text.get(..start).unwrap_or("");
        start =
            before.trim_end_matches(|c: char| c.is_ascii_hexdigit() || c == '.' || c == ':').len();
    }
    text.get(start..mask.end).unwrap_or("")
}

/// Every mask of `text`, the words of `choices` among them, in the order of the text.
///
/// `before` holds the placeholders of a text that this one is added to (see [`numbers_in`]): new ones
/// are numbered after them. Masks that `choices` leave open are in the list too.
pub fn find_with(text: &str, choices: &Choices, before: &str) -> Vec<Mask> {
    let mut masks = if before.is_empty() {
        find(text)
    } else {
        let shift = before.len() + 1;
        let mut masks = find(&format!("{before}\n{text}"));
        masks.retain(|mask| mask.start >= shift);
        for mask in &mut masks {
            mask.start -= shift;
            mask.end -= shift;
        }
        masks
    };
    let taken: Vec<(usize, usize)> = masks
        .iter()
        .filter(|mask| choices.covers(text, mask))
        .map(|mask| (mask.start, mask.end))
        .collect();
    let mut number = highest_numbers(text).get(&Kind::Chosen).copied().unwrap_or(0);
    number = number.max(highest_numbers(before).get(&Kind::Chosen).copied().unwrap_or(0));
    let mut chosen: Vec<Mask> = Vec::new();
    for word in choices.hidden.iter().filter(|word| word.trim().len() >= SHORTEST) {
        number += 1;
        for (start, found) in text.match_indices(word.as_str()) {
            let end = start + found.len();
            let is_free = |from: usize, to: usize| end <= from || to <= start;
            if taken.iter().all(|(from, to)| is_free(*from, *to))
                && chosen.iter().all(|mask| is_free(mask.start, mask.end))
            {
                let placeholder = format!("<{}-{number}>", Kind::Chosen.slug());
                let (kind, confidence) = (Kind::Chosen, Confidence::Medium);
                chosen.push(Mask { kind, start, end, confidence, placeholder });
            }
        }
    }
    masks.extend(chosen);
    masks.sort_by_key(|mask| (mask.start, mask.end));
    masks
}

/// `text` with the masks that `choices` want, which are those it names; `before` as in [`find_with`].
pub fn redact_with(text: &str, choices: &Choices, before: &str) -> Redaction {
    let mut masks = find_with(text, choices, before);
    masks.retain(|mask| choices.covers(text, mask));
    Redaction { text: apply(text, &masks, &BTreeSet::new()), masks }
}

/// The highest placeholder of each kind in `text`, in a row: what a text that is added later needs to
/// know of this one.
pub fn numbers_in(text: &str) -> String {
    let name = |(kind, number): (Kind, u64)| format!("<{}-{number}>", kind.slug());
    highest_numbers(text).into_iter().map(name).collect::<Vec<_>>().join(" ")
}

/// How many different secrets of each kind were masked in `text` before it came here.
pub fn masked_in(text: &str) -> BTreeMap<Kind, usize> {
    placeholder_counts(text)
}

/// The finds in `text` that somebody who saw them left open on purpose: all but those whose own shape
/// gives them away.
pub fn left_open(text: &str) -> BTreeSet<String> {
    find(text)
        .iter()
        .filter(|mask| mask.confidence != Confidence::High)
        .map(|mask| secret_of(text, mask).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "user bob from 203.0.113.9 password=Hunter42xyz, project Moonshine, again Moonshine";

    #[test]
    fn a_find_is_left_open_and_a_word_is_hidden() {
        let mut choices = Choices::default();
        let masked = |choices: &Choices| redact_with(TEXT, choices, "").text;
        assert_eq!(masked(&choices), crate::redact::redact(TEXT).text);
        choices.open_kinds.insert(Kind::Ipv4);
        choices.hidden.push("Moonshine".to_owned());
        assert_eq!(
            masked(&choices),
            "user bob from 203.0.113.9 password=<password-1>, project <hidden-1>, again <hidden-1>"
        );
        choices.open.insert("Hunter42xyz".to_owned());
        assert!(masked(&choices).contains("password=Hunter42xyz"));
    }

    #[test]
    fn what_shows_itself_is_masked_whatever_is_chosen() {
        let key = format!("AKIA{}", "ABCDEFGH01234567");
        let choices = Choices {
            open_kinds: Kind::ALL.iter().copied().collect(),
            open: BTreeSet::from([key.clone()]),
            hidden: Vec::new(),
        };
        assert!(!redact_with(&format!("key {key}"), &choices, "").text.contains(&key));
    }

    #[test]
    fn numbers_go_on_after_those_of_the_text_before() {
        let before = numbers_in("<password-3> and <password-1>, <ip-2>, <hidden-4>");
        assert_eq!(before, "<password-3> <ip-2> <hidden-4>");
        let choices = Choices { hidden: vec!["Moonshine".to_owned()], ..Choices::default() };
        assert_eq!(
            redact_with("password=abc12345 at 203.0.113.9, Moonshine", &choices, &before).text,
            "password=<password-4> at 203.0.113.<ip-3>, <hidden-5>"
        );
    }

    #[test]
    fn placeholders_are_counted_once_each() {
        let counts = masked_in("<password-1> <password-1> <password-2> <hidden-1> <nothing-1>");
        assert_eq!(
            counts.into_iter().collect::<Vec<_>>(),
            [(Kind::Password, 2), (Kind::Chosen, 1)]
        );
    }

    #[test]
    fn words_that_overlap_a_mask_change_nothing() {
        let choices = Choices {
            hidden: vec!["password=Hunter".to_owned(), "x".to_owned()],
            ..Choices::default()
        };
        assert_eq!(redact_with(TEXT, &choices, "").text, crate::redact::redact(TEXT).text);
    }
}
