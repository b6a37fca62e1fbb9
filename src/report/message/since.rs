//! Since when it breaks, from whatever the case knows: what was changed, and the first time in its log.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    evidence::{Observation, State},
    knowledge::Base,
};

use super::super::{Report, label::option_label, words::say};

/// `2026-11-28T10:15:00`, `2026/11/28 10:15:09`, `28/Nov/2026:10:15:01`, `Nov 28 10:15:11`.
static STAMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}(?::\d{2})?|\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2}|[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2})",
    )
    .ok()
});

/// One sentence, in the report's language; none where the case knows nothing of it.
pub(super) fn since(report: &Report, base: &Base) -> Option<String> {
    let lang = report.lang;
    let seen = |variable: &str| {
        report.observations.iter().find(|o| o.variable == variable && o.state == State::Seen)
    };
    let changed = seen("changed").and_then(|o| match o.value.word()? {
        "nothing" => None,
        "never_worked" => Some(say(lang, "message-since-ever", &[])),
        word => {
            let what = option_label(base, "changed", word, lang);
            Some(say(lang, "message-since-change", &[("what", &what)]))
        }
    });
    let stamps = stamps(report);
    let logged = match (stamps.first(), stamps.last()) {
        (Some(first), Some(last)) if first != last => {
            Some(say(lang, "message-since-log-span", &[("first", first), ("last", last)]))
        }
        (Some(first), _) => Some(say(lang, "message-since-log", &[("first", first)])),
        _ => None,
    };
    let told: Vec<String> = changed.into_iter().chain(logged).collect();
    (!told.is_empty()).then(|| told.join(&say(lang, "message-semicolon", &[])))
}

/// The times on the lines that a known text was found on, and on others like them, in the order of the
/// log. A time is quoted as it stands there: whose clock and zone it is, only the log's owner knows.
fn stamps(report: &Report) -> Vec<String> {
    let (Some(text), Some(stamp)) = (&report.case.text, STAMP.as_ref()) else { return Vec::new() };
    let is_found = |o: &&Observation| o.variable == "message" && o.state == State::Seen;
    // Lines differ in their times and numbers; what stands in words is the same.
    let words = |line: &str| -> String {
        let line = stamp.replace(line, "");
        line.chars().filter(|c| c.is_alphabetic()).take(120).collect()
    };
    let known: Vec<String> = report
        .observations
        .iter()
        .filter(is_found)
        .filter_map(|o| o.raw.as_deref())
        .map(words)
        .filter(|words| words.len() > 8)
        .collect();
    text.lines()
        .filter_map(|line| Some((stamp.find(line)?.as_str().to_owned(), words(line))))
        .filter(|(_, line)| known.contains(line))
        .map(|(time, _)| time)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::*;
    use crate::{
        knowledge::{Lang, built_in, load},
        report::{Case, Diagnostician},
    };

    static DOCTOR: LazyLock<Diagnostician> =
        LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

    fn told(text: &str, changed: Option<&str>) -> Option<String> {
        let mut case = Case { text: Some(text.to_owned()), ..Case::default() };
        if let Some(changed) = changed {
            case.answers.insert("changed".to_owned(), changed.to_owned());
        }
        since(&DOCTOR.diagnose(&case, Lang::En), DOCTOR.base())
    }

    #[test]
    fn the_first_and_the_last_time_of_the_trouble_are_told() {
        let line = |minute: u32| {
            format!(
                "2026/11/28 10:{minute}:07 [error] 31#31: *{minute} upstream prematurely closed connection while reading response header from upstream\n"
            )
        };
        let text = format!("2026/11/28 09:00:00 [notice] start\n{}{}", line(15), line(45));
        let told = told(&text, None).unwrap();
        assert!(told.contains("2026/11/28 10:15:07") && told.contains("10:45:07"), "{told}");
        assert!(!told.contains("09:00:00"), "{told}");
    }

    #[test]
    fn a_change_is_told_and_no_change_is_not() {
        assert!(told("connection reset by peer", Some("deploy")).unwrap().contains("deployed"));
        assert_eq!(told("connection reset by peer", Some("nothing")), None);
        assert!(told("connection reset by peer", Some("never_worked")).is_some());
    }
}
