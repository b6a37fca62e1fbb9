//! A report as others may see it: without the secrets that somebody pasted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::redact::{Choices, Kind, Redaction, counts, redact_with};

use super::Report;

/// The members that hold, or may quote, what a person typed or a server sent. The `target` is among
/// them only where it holds a name and password: which host it is about is what the link is for.
const QUOTING: [&str; 7] = ["text", "notes", "raw", "target", "label", "why", "needs"];

/// Stands between two strings while they are looked at together; a line of its own, so that nothing
/// is found across it.
const BORDER: &str = "\n\u{1e}\n";

impl Report {
    /// The report with every secret replaced by a placeholder, the same secret by the same one
    /// throughout, and how many of each kind there were. Random strings that are only suspected stay.
    pub fn masked(&self) -> (Self, BTreeMap<Kind, usize>) {
        self.masked_but(&BTreeSet::new())
    }

    /// The same, but for the finds in `open`, by their text: somebody saw them and says that they are
    /// no secrets. What its own shape gives away is masked all the same.
    pub fn masked_but(&self, open: &BTreeSet<String>) -> (Self, BTreeMap<Kind, usize>) {
        let choices = Choices { open: open.clone(), ..Choices::default() };
        let Ok(mut json) = serde_json::to_value(self) else {
            return (self.clone(), BTreeMap::new());
        };
        let mut found = Vec::new();
        visit(&mut json, &mut |text| found.push(text.clone()));
        let Redaction { text, masks } = redact_with(&found.join(BORDER), &choices, "");
        if masks.is_empty() {
            return (self.clone(), BTreeMap::new());
        }
        let together: Vec<&str> = text.split(BORDER).collect();
        if together.len() == found.len() {
            let mut masked = together.into_iter();
            visit(&mut json, &mut |text| {
                if let Some(masked) = masked.next() {
                    masked.clone_into(text);
                }
            });
        } else {
            // Somebody pasted the border itself: each string by itself then.
            visit(&mut json, &mut |text| *text = redact_with(text, &choices, "").text);
        }
        match serde_json::from_value(json) {
            Ok(report) => (report, counts(&masks)),
            Err(_) => (self.clone(), BTreeMap::new()),
        }
    }
}

fn may_quote(key: &str, text: &str) -> bool {
    QUOTING.contains(&key) && (key != "target" || text.contains('@'))
}

/// Hands every quoting string of `json` to `with`, always in the same order.
fn visit(json: &mut Value, with: &mut impl FnMut(&mut String)) {
    match json {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if may_quote(key, text) => with(text),
                    other => visit(other, with),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, with)),
        _ => {}
    }
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

    fn report(text: &str, notes: &str) -> Report {
        let mut case = Case { text: Some(text.to_owned()), ..Case::default() };
        case.facts.notes = Some(notes.to_owned());
        DOCTOR.diagnose(&case, Lang::En)
    }

    #[test]
    fn no_secret_is_left_anywhere_and_the_same_one_has_one_name() {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let report = report(
            &format!("Connection reset by peer, Authorization: Bearer {token}"),
            &format!("the token {token} worked yesterday"),
        );
        let (masked, counts) = report.masked();
        let json = serde_json::to_string(&masked).unwrap();
        assert!(!json.contains(token), "{json}");
        assert!(!counts.is_empty());
        assert_eq!(masked.causes.len(), report.causes.len());
        assert_eq!(masked.verdict, report.verdict);
        let notes = masked.case.facts.notes.unwrap();
        let name = notes.split_whitespace().nth(2).unwrap();
        assert!(masked.case.text.unwrap().contains(name), "{name}");
    }

    #[test]
    fn a_report_without_secrets_stays_as_it_is() {
        let report = report("upstream timed out (110: Connection timed out)", "每隔 60 秒断一次");
        assert_eq!(report.masked(), (report.clone(), BTreeMap::new()));
    }

    #[test]
    fn what_somebody_left_open_stays_and_a_token_does_not() {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let report = report(&format!("reset by 203.0.113.9, key {token}"), "from 203.0.113.7");
        let open = BTreeSet::from(["203.0.113.9".to_owned(), token.to_owned()]);
        let json = serde_json::to_string(&report.masked_but(&open).0).unwrap();
        assert!(json.contains("203.0.113.9") && !json.contains("203.0.113.7"), "{json}");
        assert!(!json.contains(token), "{json}");
    }

    #[test]
    fn the_border_itself_hides_nothing() {
        let report = report("a\n\u{1e}\nAuthorization: Basic dXNlcjpodW50ZXIyMTIz", "reset");
        let json = serde_json::to_string(&report.masked().0).unwrap();
        assert!(!json.contains("dXNlcjpodW50ZXIyMTIz"), "{json}");
    }
}
