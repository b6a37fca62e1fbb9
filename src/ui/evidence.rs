//! `POST /evidence`: observations that a capture in the browser yielded, into the case.
//!
//! They come from a page that anybody can imitate, so that each is held against the knowledge base
//! before it is kept.

use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::{Desk, Problem, Trouble},
    capture::VARIABLES,
    evidence::{Observation, Source, Value},
    knowledge::{Base, Lang, Text},
    ui::{
        arrive::{Arrived, address, arrive},
        i18n::{FluentValue, Texts},
        state::{Wizard, decode},
    },
};

/// Most observations that are taken: each variable once.
const MOST: usize = VARIABLES.len();
/// Longest note of an observation, characters: two addresses and the ids of all findings.
const NOTE: usize = 800;
/// The longest silence, seconds; as in a case's `after_seconds`.
const LONGEST: f64 = 1e9;

/// Adds the observations to the state that the form holds, and goes on to the wizard.
pub async fn add_evidence(desk: Desk, body: Bytes) -> Result<Response, Problem> {
    let body = String::from_utf8_lossy(&body);
    let fields = decode(&body);
    let given = fields.iter().find(|(key, _)| key == "observations").map(|(_, json)| json.as_str());
    let new = read(given.unwrap_or("[]"), desk.diagnostician.base()).map_err(refused)?;
    let Arrived::Here(mut wizard, _) = arrive(&desk, Wizard::parse(&body)).await? else {
        return Err(Problem::not_found());
    };
    let mut all = std::mem::take(&mut wizard.case.observations);
    // Another capture takes the place of the one before; what probes saw stays.
    all.retain(|before| before.source != Source::Capture);
    all.extend(new);
    let found = serde_json::to_string(&all).unwrap_or_default();
    wizard.seen = Some(desk.keep(&found).await?);
    Ok(Redirect::to(&address(&desk, *wizard).await?).into_response())
}

/// Why observations are refused: the text that says it, and what stands in it.
#[derive(Debug, PartialEq)]
struct Wrong(&'static str, usize, String);

fn refused(Wrong(id, n, name): Wrong) -> Trouble {
    let sentence = |texts: Texts| {
        let args: [(&'static str, FluentValue<'_>); 2] =
            [("n", n.into()), ("name", name.clone().into())];
        texts.with("evidence-broken", &[("why", texts.with(id, &args).into())])
    };
    let sentence = Text { en: sentence(Texts(Lang::En)), zh: sentence(Texts(Lang::Zh)) };
    Trouble { status: StatusCode::BAD_REQUEST, sentence }
}

/// The observations of `json`, as a capture could have made them.
fn read(json: &str, base: &Base) -> Result<Vec<Observation>, Wrong> {
    let given: Vec<Observation> =
        serde_json::from_str(json).map_err(|_| Wrong("evidence-json", 0, String::new()))?;
    match given.len() {
        0 => return Err(Wrong("evidence-none", 0, String::new())),
        1..=MOST => {}
        _ => return Err(Wrong("evidence-many", MOST, String::new())),
    }
    (1..).zip(given).map(|(n, seen)| check(n, seen, base)).collect()
}

fn check(n: usize, seen: Observation, base: &Base) -> Result<Observation, Wrong> {
    let Observation { variable: name, value, raw, course, .. } = seen;
    let known = VARIABLES.contains(&name.as_str());
    let Some(variable) = base.variables.get(&name).filter(|_| known) else {
        return Err(Wrong("evidence-variable", n, name.chars().take(80).collect()));
    };
    let fits = match &value {
        Value::Number(number) => name == "seconds" && (0.0..=LONGEST).contains(number),
        Value::Word(word) if name == "message" => base.signatures.contains_key(word),
        Value::Word(word) if name == "component" => base.components.contains_key(word),
        Value::Word(word) => variable.options.iter().any(|option| option.id == *word),
    };
    if !fits {
        return Err(Wrong("evidence-value", n, name));
    }
    let readable = |raw: &String| raw.chars().count() <= NOTE && !raw.chars().any(char::is_control);
    if raw.as_ref().is_some_and(|raw| !readable(raw)) {
        return Err(Wrong("evidence-raw", n, name));
    }
    if course.as_ref().is_some_and(|course| !course.is_sound()) {
        return Err(Wrong("evidence-course", n, name));
    }
    // Whoever sent it: it counts as what a visitor's capture says, and as nothing else.
    let seen = Observation::seen(name, value, Source::Capture);
    Ok(Observation { raw, course, ..seen })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        crate::knowledge::load(&[crate::knowledge::built_in()]).base
    }

    fn wrong(json: &str) -> &'static str {
        read(json, &base()).unwrap_err().0
    }

    #[test]
    fn what_a_capture_says_is_taken_and_counts_as_a_captures_word() {
        let json = r#"[{"variable": "closer", "value": "server_rst", "source": "probe", "vantage": "server",
            "raw": "10.0.0.1:4000 > 10.0.0.2:443: reset"},
            {"variable": "seconds", "value": 60.5, "source": "capture"}]"#;
        let taken = read(json, &base()).unwrap();
        assert_eq!(taken.len(), 2);
        assert!(taken.iter().all(|seen| seen.source == Source::Capture && seen.vantage == "user"));
    }

    #[test]
    fn nothing_else_is() {
        assert_eq!(wrong("[]"), "evidence-none");
        assert_eq!(wrong("{}"), "evidence-json");
        assert_eq!(
            wrong(r#"[{"variable": "scope", "value": "all", "source": "capture"}]"#),
            "evidence-variable"
        );
        assert_eq!(
            wrong(r#"[{"variable": "closer", "value": "me", "source": "capture"}]"#),
            "evidence-value"
        );
        assert_eq!(
            wrong(r#"[{"variable": "seconds", "value": -1, "source": "capture"}]"#),
            "evidence-value"
        );
        assert_eq!(
            wrong(r#"[{"variable": "message", "value": "no", "source": "capture"}]"#),
            "evidence-value"
        );
        let raw =
            r#"[{"variable": "closer", "value": "client", "source": "capture", "raw": "a\u0007"}]"#;
        assert_eq!(wrong(raw), "evidence-raw");
        let course = r#"[{"variable": "closer", "value": "client", "source": "capture",
            "course": {"spans": [{"on": "tcp", "millis": -1}], "end": "fin"}}]"#;
        assert_eq!(wrong(course), "evidence-course");
        let many = vec![r#"{"variable": "closer", "value": "client", "source": "capture"}"#; 17];
        assert_eq!(wrong(&format!("[{}]", many.join(","))), "evidence-many");
    }
}
