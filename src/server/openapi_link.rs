//! The description of what can be added to a saved report.

use serde_json::{Value, json};

use super::openapi::{add, body, operation, parameter, response};

fn token() -> Value {
    json!([parameter("token", "An answer token, 27 characters"), password()])
}

/// The header that opens a report which has a password.
pub(super) fn password() -> Value {
    json!({
        "name": "X-Report-Password", "in": "header",
        "description": "The password of a report that has one, as UTF-8; wrong ones run out",
        "schema": { "type": "string", "maxLength": 256 },
    })
}

/// A route that adds something: `schema` in, the number of the event out.
fn adds(id: &str, summary: &str, done: (&str, &str), schema: &str) -> Value {
    let mut post = operation(
        id,
        summary,
        &[
            (done.0, done.1, Some("Added")),
            ("400", "An unknown field or a wrong value; names the field", Some("Problem")),
            ("403", "The report has a password, burns or is sealed", Some("Problem")),
            (
                "404",
                "No token that may answer: unknown, expired and revoked are the same",
                Some("Problem"),
            ),
            (
                "409",
                "The report has as many entries, facts or bytes as one may have",
                Some("Problem"),
            ),
            ("429", "Too often; see `Retry-After`", Some("Problem")),
            ("507", "The disk is full, nothing was saved", Some("Problem")),
        ],
    );
    add(&mut post, "requestBody", body(schema));
    json!({ "parameters": token(), "post": post })
}

pub(super) fn answers() -> Value {
    let done = ("201", "They are in, and the report was diagnosed anew");
    adds("answerQuestions", "Answers questions of the report", done, "AnswersOrder")
}

pub(super) fn comments() -> Value {
    adds("comment", "Adds a comment", ("201", "It is in"), "CommentOrder")
}

pub(super) fn observations() -> Value {
    let summary =
        "Adds facts: the output of `hangup collect` or other commands as text, or observations";
    let done = ("201", "They are in, and the report was diagnosed anew");
    adds("addObservations", summary, done, "FactsOrder")
}

pub(super) fn checks() -> Value {
    let summary =
        "Says that a fix was applied; its probe runs again, or `worked` says what was seen";
    let done = ("202", "It is recorded; what a probe finds follows as an event");
    adds("checkFix", summary, done, "CheckOrder")
}

pub(super) fn events() -> Value {
    let mut parameters = token();
    if let Value::Array(all) = &mut parameters {
        all.push(json!({
            "name": "after", "in": "query", "description": "Number of the last event that is known",
            "schema": { "type": "integer" },
        }));
    }
    json!({
        "parameters": parameters,
        "get": {
            "operationId": "followDiagnosis",
            "summary": "What is added to a report, from its start, `after` or `Last-Event-ID`; with a view or answer token",
            "responses": {
                "200": {
                    "description": "Each `data` is an entry in words with the ranking after it; `end` comes when the report is gone",
                    "content": { "text/event-stream": { "schema": { "type": "string" } } },
                },
                "400": response("`after` is no number", Some("Problem")),
                "403": response("The report has a password, burns or is sealed", Some("Problem")),
                "404": response("Unknown, expired, revoked or misspelt: all the same", Some("Problem")),
                "429": response("Too many streams of one client", Some("Problem")),
            },
        },
    })
}

pub(super) fn seal() -> Value {
    let mut post = operation(
        "keepSealed",
        "Keeps what a browser has encrypted; the key stays there",
        &[
            ("201", "It is kept", Some("Share")),
            ("400", "It is not base64url", Some("Problem")),
            ("429", "Too often; see `Retry-After`", Some("Problem")),
            ("507", "The disk is full, nothing was saved", Some("Problem")),
        ],
    );
    add(&mut post, "requestBody", body("SealedOrder"));
    json!({ "post": post })
}
