//! The shapes that the API takes and gives, for its description.

use serde_json::{Map, Value, json};

use super::openapi::reference;
use crate::evidence::{End, Stretch};

/// Every schema by name.
pub(super) fn schemas() -> Value {
    let (case, extra) = (case_members(), order_members());
    let order: Vec<_> = case.iter().cloned().chain(extra).collect();
    let diagnosis: Vec<_> =
        report_members().into_iter().chain([("share", reference("Share"))]).collect();
    json!({
        "Case": closed(&case),
        "Order": closed(&order),
        "Facts": closed(&facts_members()),
        "Observation": object(&observation_members(), &["state", "raw", "course"]),
        "Report": object(&report_members(), &[]),
        "Diagnosis": object(&diagnosis, &["share"]),
        "Verdict": object(&verdict_members(), &["cause", "variant"]),
        "RankedCause": object(&cause_members(), &[]),
        "EvidenceItem": object(&evidence_members(), &[]),
        "RuledOut": object(&[("id", text()), ("name", text()), ("why", text())], &[]),
        "NotVisible": object(&[("observation", text()), ("label", text()), ("needs", text())], &[]),
        "NextStep": object(&step_members(), &[]),
        "Fix": object(&fix_members(), &["verify_probe", "fitted", "blanks"]),
        "Hop": object(&hop_members(), &[]),
        "Constant": object(&constant_members(), &[]),
        "Together": object(&together_members(), &[]),
        "HopIsMissing": object(&hop_is_missing_members(), &[]),
        "ChangeOfMind": object(&change_of_mind_members(), &[]),
        "Share": object(&share_members(), &["answer", "answer_token"]),
        "Added": object(&[("number", described(&whole(), "Number of the event, from 1"))], &[]),
        "AnswersOrder": taken(&answers_members(), &["answers"]),
        "CommentOrder": taken(&[who(), ("text", described(&text(), "Up to 2,000 characters"))], &["text"]),
        "FactsOrder": taken(&facts_order_members(), &[]),
        "CheckOrder": taken(&check_members(), &["fix"]),
        "SealedOrder": taken(&sealed_members(), &["sealed"]),
        "ProbeRequest": probe_request(),
        "Run": object(&[("id", text()), ("events", described(&text(), "Address of the stream"))], &[]),
        "Problem": object(&problem_members(), &["field", "line", "column", "rule"]),
    })
}

type Members = Vec<(&'static str, Value)>;

fn text() -> Value {
    json!({ "type": "string" })
}

fn number() -> Value {
    json!({ "type": "number" })
}

fn whole() -> Value {
    json!({ "type": "integer" })
}

fn switch() -> Value {
    json!({ "type": "boolean" })
}

fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn described(schema: &Value, description: &str) -> Value {
    let mut members = schema.as_object().cloned().unwrap_or_default();
    members.insert("description".to_owned(), json!(description));
    Value::Object(members)
}

/// An object with these members, all of which are there but those in `optional`.
fn object(members: &[(&'static str, Value)], optional: &[&str]) -> Value {
    let names = members.iter().map(|(name, _)| *name);
    let required: Vec<&str> = names.filter(|name| !optional.contains(name)).collect();
    let properties: Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// An object of these members, none of which need be there and beside which no other may.
fn closed(members: &[(&'static str, Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let mut schema = object(members, &names);
    if let Value::Object(members) = &mut schema {
        members.insert("additionalProperties".to_owned(), json!(false));
    }
    schema
}

fn lang() -> Value {
    one_of(&["en", "zh-CN"])
}

fn source() -> Value {
    one_of(&["text", "answer", "probe", "capture", "collect"])
}

fn case_members() -> Members {
    vec![
        ("text", described(&text(), "Pasted error text or log lines, up to 1 MiB")),
        ("facts", reference("Facts")),
        (
            "answers",
            json!({ "type": "object", "additionalProperties": text(), "description": "Question id to option id" }),
        ),
        ("target", described(&text(), "Host and port to look at")),
        ("lang", lang()),
        ("observations", list(&reference("Observation"))),
    ]
}

fn order_members() -> Members {
    let expiry =
        described(&whole(), "How long the link lives; the server's default and maximum apply");
    vec![
        ("save", described(&switch(), "Whether to keep the report")),
        ("expires_in_seconds", expiry),
        ("password", described(&text(), "What the links ask for; none where empty")),
        ("burn", described(&switch(), "Whether it is deleted when it is first opened")),
    ]
}

fn who() -> (&'static str, Value) {
    ("who", described(&text(), "The name given, up to 80 characters"))
}

fn answers_members() -> Members {
    let answers = json!({ "type": "object", "additionalProperties": text(), "description": "Question id to option id" });
    vec![who(), ("answers", answers)]
}

fn facts_order_members() -> Members {
    vec![
        who(),
        ("vantage", described(&text(), "Name of the machine that looked")),
        ("source", source()),
        ("text", described(&text(), "Output of commands; instead of observations")),
        ("observations", list(&reference("Observation"))),
    ]
}

fn check_members() -> Members {
    let worked = described(&switch(), "What a person saw; the fix's probe looks where absent");
    vec![who(), ("fix", described(&text(), "Id of a fix in the report")), ("worked", worked)]
}

fn sealed_members() -> Members {
    vec![
        ("sealed", described(&text(), "Nonce and ciphertext of AES-GCM, base64url")),
        ("expires_in_seconds", whole()),
        ("draft", described(&text(), "A kept text that is forgotten with it")),
    ]
}

/// An object that is taken: only these members, of which those in `required` must be there.
fn taken(members: &[(&'static str, Value)], required: &[&str]) -> Value {
    let mut schema = closed(members);
    if let Value::Object(members) = &mut schema {
        members.insert("required".to_owned(), json!(required));
    }
    schema
}

fn facts_members() -> Members {
    let phases = [
        "connect",
        "tls",
        "request",
        "mid_transfer",
        "idle",
        "reuse_keepalive",
        "under_load",
        "after_deploy",
        "random",
    ];
    vec![
        ("phase", described(&text(), &format!("One of {}", phases.join(", ")))),
        ("after_seconds", json!({ "type": "number", "minimum": 0, "maximum": 1e9 })),
        ("scope", described(&text(), "One of one_client, one_network, all, unknown")),
        ("stack", described(&list(&text()), "Short lower-case names; unknown ones are kept")),
        ("between", described(&list(&text()), "What stands between client and server")),
        ("notes", described(&text(), "Free text in either language")),
    ]
}

fn observation_members() -> Members {
    vec![
        ("variable", text()),
        ("value", json!({ "type": ["string", "number"] })),
        ("state", one_of(&["seen", "ruled_out", "not_visible"])),
        ("source", source()),
        (
            "vantage",
            described(
                &text(),
                "user, server, proxy (our server through its operator's proxy), browser, or a machine's name",
            ),
        ),
        ("raw", described(&text(), "The raw finding; foreign text")),
        ("course", described(&course(), "The connection it was made on, in numbers")),
    ]
}

/// One connection in numbers; see [`crate::evidence::Course`].
fn course() -> Value {
    let on = Stretch::ALL.map(Stretch::id);
    let span = object(&[("on", one_of(&on)), ("millis", number())], &[]);
    let ends = End::ALL.map(End::id);
    object(&[("spans", list(&span)), ("end", one_of(&ends))], &[])
}

fn report_members() -> Members {
    vec![
        ("version", whole()),
        ("lang", lang()),
        ("verdict", reference("Verdict")),
        (
            "causes",
            described(&list(&reference("RankedCause")), "Most probable first, all above 0.1 %"),
        ),
        ("ruled_out", list(&reference("RuledOut"))),
        ("not_visible", list(&reference("NotVisible"))),
        ("observations", list(&reference("Observation"))),
        ("enough", described(&switch(), "Whether asking further is not worth its cost")),
        ("next", described(&list(&reference("NextStep")), "Best first")),
        ("fixes", list(&reference("Fix"))),
        ("chain", list(&reference("Hop"))),
        ("constants", list(&reference("Constant"))),
        ("together", reference("Together")),
        ("hop_is_missing", reference("HopIsMissing")),
        ("change_of_mind", reference("ChangeOfMind")),
        ("case", reference("Case")),
    ]
}

fn verdict_members() -> Members {
    vec![
        ("state", one_of(&["likely", "possible", "not_enough_evidence", "no_fault"])),
        ("cause", text()),
        ("variant", text()),
        ("sentence", text()),
        ("first_step", text()),
        ("owner", list(&text())),
    ]
}

fn cause_members() -> Members {
    vec![
        ("id", text()),
        ("family", text()),
        ("probability", json!({ "type": "number", "minimum": 0, "maximum": 1 })),
        ("name", text()),
        ("plain", text()),
        ("evidence", list(&reference("EvidenceItem"))),
    ]
}

fn evidence_members() -> Members {
    let bits = described(&number(), "Weight of evidence, log2; negative speaks against the cause");
    vec![
        ("observation", text()),
        ("value", text()),
        ("source", source()),
        ("bits", bits),
        ("label", text()),
    ]
}

fn step_members() -> Members {
    let kind = one_of(&["question", "probe", "check"]);
    vec![
        ("kind", kind),
        ("id", text()),
        ("label", text()),
        ("gain_bits", number()),
        ("cost_seconds", number()),
    ]
}

fn fix_members() -> Members {
    vec![
        ("id", text()),
        ("cause", text()),
        ("stack", text()),
        ("for_named_stack", switch()),
        ("title", text()),
        ("steps", list(&text())),
        ("commands", list(&text())),
        ("fitted", list(&fitted())),
        ("blanks", list(&blank())),
        ("risk", one_of(&["low", "medium", "high"])),
        ("rollback", text()),
        ("verify", text()),
        ("verify_probe", text()),
        ("who", list(&text())),
        ("minutes", whole()),
        ("sources", list(&text())),
    ]
}

/// A value in the commands and why it is this one.
fn fitted() -> Value {
    object(&[("value", text()), ("reason", text()), ("from_case", switch())], &[])
}

/// A word in the commands that the case cannot fill.
fn blank() -> Value {
    object(&[("name", text()), ("put", text())], &[])
}

fn hop_members() -> Members {
    let state = one_of(&["ok", "broken", "suspect", "not_visible"]);
    vec![("id", text()), ("label", text()), ("state", state), ("probability", number())]
}

fn constant_members() -> Members {
    vec![
        ("id", text()),
        ("component", text()),
        ("setting", text()),
        ("seconds", number()),
        ("measured", number()),
        ("named", switch()),
        ("source", text()),
    ]
}

fn together_members() -> Members {
    vec![
        ("causes", described(&list(&text()), "Two cause ids, the more probable first")),
        ("probability", number()),
        ("sentence", text()),
    ]
}

fn hop_is_missing_members() -> Members {
    vec![("seconds", number()), ("candidates", list(&reference("Constant"))), ("sentence", text())]
}

fn change_of_mind_members() -> Members {
    vec![
        ("kind", one_of(&["question", "probe", "check"])),
        ("id", text()),
        ("observation", text()),
        ("value", text()),
        ("chance", number()),
        ("cause", text()),
        ("probability", number()),
        ("sentence", text()),
    ]
}

fn share_members() -> Members {
    vec![
        ("view", described(&text(), "Link that shows the report")),
        ("answer", described(&text(), "Link for ops: shows it and lets them add to it")),
        ("manage", described(&text(), "Link that revokes it; keep it to yourself")),
        ("view_token", text()),
        ("answer_token", text()),
        ("manage_token", text()),
        ("expires_at", described(&whole(), "Seconds since 1970-01-01 UTC")),
    ]
}

fn probe_request() -> Value {
    let members = [
        ("target", described(&text(), "host, host:port or http(s)://…")),
        (
            "only",
            described(&list(&text()), "Names of probes; all that suit the target where empty"),
        ),
        ("idle_seconds", described(&whole(), "The longest silence to hold")),
        ("lang", lang()),
    ];
    let mut schema = object(&members, &["only", "idle_seconds", "lang"]);
    if let Value::Object(members) = &mut schema {
        members.insert("additionalProperties".to_owned(), json!(false));
    }
    schema
}

fn problem_members() -> Members {
    vec![
        ("type", described(&text(), "urn:hangup:problem: and a stable word")),
        ("title", text()),
        ("status", whole()),
        ("detail", text()),
        ("field", described(&text(), "The field at fault")),
        ("line", described(&whole(), "From 1")),
        ("column", described(&whole(), "From 1")),
        ("rule", described(&text(), "The rule of the target policy")),
    ]
}
