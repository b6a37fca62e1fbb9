//! The description against the code: routes, references, and the JSON really taken and given.

use std::{collections::BTreeSet, sync::Arc};

use super::*;
use crate::{
    evidence::{Course, End, Observation, Source, Stretch},
    knowledge::{Base, Lang},
    report::{Case, Diagnostician, Facts},
    server::router::API_ROUTES,
};

fn members(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

fn properties(schema: &str) -> BTreeSet<String> {
    members(&document()["components"]["schemas"][schema]["properties"])
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let described = members(&document()["paths"]);
    let routed: BTreeSet<String> = API_ROUTES.iter().map(|route| (*route).to_owned()).collect();
    assert_eq!(described, routed);
}

#[test]
fn every_reference_leads_to_a_schema() {
    let document = document();
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[test]
fn a_case_has_the_described_members() {
    let word = || Some("word".to_owned());
    let case = Case {
        text: word(),
        facts: Facts {
            phase: word(),
            after_seconds: Some(60.0),
            scope: word(),
            stack: vec!["nginx".to_owned()],
            between: vec!["nat".to_owned()],
            notes: word(),
        },
        answers: [("q".to_owned(), "o".to_owned())].into(),
        target: word(),
        lang: Some(Lang::En),
        observations: vec![
            Observation::seen("phase", "idle", Source::Answer)
                .with_raw("raw")
                .with_course(Course::ended(End::Fin).then_seconds(Stretch::Tcp, 0.001)),
        ],
    };
    let sent = serde_json::to_value(&case).unwrap();
    assert_eq!(members(&sent), properties("Case"));
    assert_eq!(members(&sent["facts"]), properties("Facts"));
    let seen = &sent["observations"][0];
    assert_eq!(members(seen), properties("Observation"));
    let course = &document()["components"]["schemas"]["Observation"]["properties"]["course"];
    assert_eq!(members(&seen["course"]), members(&course["properties"]));
}

#[test]
fn a_report_has_the_described_members() {
    let engine = Diagnostician::new(Arc::new(Base::default())).unwrap();
    let sent = serde_json::to_value(engine.diagnose(&Case::default(), Lang::En)).unwrap();
    let mut always = properties("Report");
    for sometimes in ["together", "hop_is_missing", "change_of_mind"] {
        assert!(always.remove(sometimes), "{sometimes}");
    }
    assert_eq!(members(&sent), always);
    let verdict = members(&sent["verdict"]);
    assert!(verdict.is_subset(&properties("Verdict")), "{verdict:?}");
    for (list, schema) in [("causes", "RankedCause"), ("chain", "Hop"), ("next", "NextStep")] {
        for item in sent[list].as_array().unwrap() {
            assert_eq!(members(item), properties(schema), "{list}");
        }
    }
}
