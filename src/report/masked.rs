//! A report as others may see it: without the secrets that somebody pasted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::redact::{Choices, Kind, Mask, Redaction, counts, high_confidence, redact_with};

use super::Report;

/// The members that hold, or may quote, what a person typed or a server sent; what lies below them
/// does so too. A `target` is cut besides, and of a `vantage` only what its shape gives away is hidden:
/// it tells one machine from another.
const QUOTING: [&str; 11] = [
    "text", "notes", "raw", "target", "label", "why", "needs", "value", "stack", "between",
    "answers",
];

/// Stands between two strings while they are looked at together; a line of its own, so that nothing
/// is found across it.
const BORDER: &str = "\n\u{1e}\n";

/// A report whose secrets could not be masked; it must not be kept or shown.
#[derive(Debug, thiserror::Error)]
#[error("a report does not read back once its secrets are masked: {0}")]
pub struct Unmasked(#[from] serde_json::Error);

impl Report {
    /// The report with every secret replaced by a placeholder, the same secret by the same one
    /// throughout, and how many different ones of each kind there were. Random strings that are only suspected stay.
    pub fn masked(&self) -> Result<(Self, BTreeMap<Kind, usize>), Unmasked> {
        self.masked_but(&BTreeSet::new())
    }

    /// The same, but for the finds in `open`, by their text: somebody saw them and says that they are
    /// no secrets. What its own shape gives away is masked all the same.
    pub fn masked_but(
        &self,
        open: &BTreeSet<String>,
    ) -> Result<(Self, BTreeMap<Kind, usize>), Unmasked> {
        let choices = Choices { open: open.clone(), ..Choices::default() };
        let mut json = serde_json::to_value(self)?;
        let mut found = Vec::new();
        visit(&mut json, &mut |text| found.push(text.clone()));
        let Redaction { text, masks } = redact_with(&found.join(BORDER), &choices, "");
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
        let mut report: Self = serde_json::from_value(json)?;
        report.case.target = self.case.target.as_deref().map(|target| bare(target, &choices));
        // One secret stands in many places of a report, and is one secret.
        let mut seen = BTreeSet::new();
        let masks: Vec<Mask> =
            masks.into_iter().filter(|mask| seen.insert(mask.placeholder.clone())).collect();
        Ok((report, counts(&masks)))
    }
}

/// A target without the places where secrets stand: a name and password, a query, a fragment, and
/// the path where one is found in it. Which host it is about is what a link is for.
fn bare(target: &str, choices: &Choices) -> String {
    let (scheme, rest) = target.find("://").map_or(("", target), |at| target.split_at(at + 3));
    let rest = rest.split(['?', '#']).next().unwrap_or("");
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or("");
    let is_host = |c: char| c.is_alphanumeric() || "-._:[]*".contains(c);
    if !host.chars().all(is_host) || !high_confidence(host).is_empty() {
        // No target at all, but somebody's text.
        return redact_with(target, choices, "").text;
    }
    let path = if redact_with(path, choices, "").masks.is_empty() { path } else { "" };
    format!("{scheme}{host}{path}")
}

fn is_quoting(key: &str, value: &Value) -> bool {
    match (key, value) {
        ("vantage", Value::String(text)) => !high_confidence(text).is_empty(),
        _ => QUOTING.contains(&key),
    }
}

/// Hands every quoting string of `json` to `with`, always in the same order.
fn visit(json: &mut Value, with: &mut impl FnMut(&mut String)) {
    walk(json, false, with);
}

fn walk(json: &mut Value, quotes: bool, with: &mut impl FnMut(&mut String)) {
    match json {
        Value::String(text) if quotes => with(text),
        Value::Object(members) => {
            for (key, value) in members {
                let quotes = quotes || is_quoting(key, value);
                walk(value, quotes, with);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, quotes, with)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::*;
    use crate::{
        evidence::{Observation, Source},
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
        let (masked, counts) = report.masked().unwrap();
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
        assert_eq!(report.masked().unwrap(), (report.clone(), BTreeMap::new()));
    }

    #[test]
    fn what_somebody_left_open_stays_and_a_token_does_not() {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let report = report(&format!("reset by 203.0.113.9, key {token}"), "from 203.0.113.7");
        let open = BTreeSet::from(["203.0.113.9".to_owned(), token.to_owned()]);
        let json = serde_json::to_string(&report.masked_but(&open).unwrap().0).unwrap();
        assert!(json.contains("203.0.113.9") && !json.contains("203.0.113.7"), "{json}");
        assert!(!json.contains(token), "{json}");
    }

    #[test]
    fn the_border_itself_hides_nothing() {
        let report = report("a\n\u{1e}\nAuthorization: Basic dXNlcjpodW50ZXIyMTIz", "reset");
        let json = serde_json::to_string(&report.masked().unwrap().0).unwrap();
        assert!(!json.contains("dXNlcjpodW50ZXIyMTIz"), "{json}");
    }

    #[test]
    fn a_secret_is_found_wherever_a_case_may_hold_it() {
        let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let fact = Observation::seen("component", secret, Source::Collect)
            .from_vantage(secret)
            .with_raw(secret);
        let mut case = Case {
            text: Some(format!("reset {secret}")),
            target: Some(format!("https://a.example/{secret}")),
            answers: [("process".to_owned(), secret.to_owned())].into(),
            observations: vec![fact],
            ..Case::default()
        };
        case.facts.stack = vec![secret.to_owned(), "nginx".to_owned()];
        case.facts.between = vec![secret.to_owned()];
        case.facts.notes = Some(secret.to_owned());
        let report = DOCTOR.diagnose(&case, Lang::En).masked().unwrap().0;
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains(secret), "{json}");
        assert_eq!(report.case.facts.stack[1], "nginx");
        assert_eq!(report.case.target.as_deref(), Some("https://a.example"));
    }

    #[test]
    fn of_a_target_stay_scheme_host_port_and_path() {
        for (typed, kept) in [
            ("app.example.com:443", "app.example.com:443"),
            ("203.0.113.9:8443", "203.0.113.9:8443"),
            ("[2001:db8::1]:443", "[2001:db8::1]:443"),
            ("https://a.example/health", "https://a.example/health"),
            (
                "https://a.example:8443/cb?access_token=hunter2hunter2#x",
                "https://a.example:8443/cb",
            ),
            ("https://bob:hunter2@a.example/?k=hunter2", "https://a.example/"),
            ("a.example/cb?k=hunter2", "a.example/cb"),
            ("wss://a.example/t/ghp_16C7e42F292c6912E7710c838347Ae178B4a", "wss://a.example"),
            ("my password=hunter2hunter2", "my password=<password-1>"),
        ] {
            let case = Case { target: Some(typed.to_owned()), ..Case::default() };
            let masked = DOCTOR.diagnose(&case, Lang::En).masked().unwrap().0;
            assert_eq!(masked.case.target.as_deref(), Some(kept), "{typed}");
        }
    }
}
