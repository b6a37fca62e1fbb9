//! The description of the HTTP API, as `GET /api/openapi.json` gives it.
//!
//! Written by hand; the tests hold it to the routes and to the JSON that is really sent.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{openapi_link, openapi_schemas::schemas};

/// `GET /api/openapi.json`
pub(super) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document().to_string()).into_response()
}

/// The whole description, OpenAPI 3.1.
pub(super) fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hangup",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Finds out who hung up on a broken connection, why, and what to do about it. \
                Sentences are in the language of `lang`, `?lang=` or `Accept-Language`: `en` or `zh-CN`.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "paths": {
            "/api/v1/diagnoses": { "post": create_diagnosis() },
            "/api/v1/diagnoses/{token}": {
                "parameters": [parameter(
                    "token",
                    "The token of a link, 27 characters; `.md`, `.csv` or `.svg` behind it ask for that form",
                )],
                "get": read_diagnosis(),
                "delete": operation("revokeDiagnosis", "Deletes the report behind a manage token", &[
                    ("204", "It is gone, and so is its link", None),
                    ("404", "Unknown, expired, revoked or misspelt: all the same", Some("Problem")),
                ]),
            },
            "/api/v1/diagnoses/{token}/answers": openapi_link::answers(),
            "/api/v1/diagnoses/{token}/checks": openapi_link::checks(),
            "/api/v1/diagnoses/{token}/comments": openapi_link::comments(),
            "/api/v1/diagnoses/{token}/events": openapi_link::events(),
            "/api/v1/diagnoses/{token}/observations": openapi_link::observations(),
            "/api/v1/sealed": openapi_link::seal(),
            "/api/v1/probes": { "post": start_probes() },
            "/api/v1/probes/{id}": {
                "parameters": [parameter("id", "The id of the run")],
                "delete": operation("cancelProbes", "Ends a run", &[
                    ("204", "The probes were told to stop", None),
                    ("404", "There is no such run", Some("Problem")),
                ]),
            },
            "/api/v1/probes/{id}/events": {
                "parameters": [parameter("id", "The id of the run")],
                "get": probe_events(),
            },
            "/api/openapi.json": { "get": plain("describe", "This description", "application/json") },
            "/healthz": { "get": plain("isAlive", "Answers as long as the process runs", "text/plain") },
            "/readyz": { "get": ready() },
            "/metrics": { "get": plain("metrics", "Counters in Prometheus' text format", "text/plain") },
        },
        "components": { "schemas": schemas() },
    })
}

fn create_diagnosis() -> Value {
    let mut post = operation(
        "createDiagnosis",
        "Makes a report of a case; keeps it where `save` is true",
        &[
            ("200", "The report, with `share` where it was saved", Some("Diagnosis")),
            (
                "400",
                "No JSON, an unknown field or a wrong value; names field, line and column",
                Some("Problem"),
            ),
            ("403", "The request came from another site", Some("Problem")),
            ("413", "A text or the body is too large", Some("Problem")),
            ("415", "The content type is not JSON", Some("Problem")),
            ("429", "Too much was saved in a short time; see `Retry-After`", Some("Problem")),
            ("503", "Busy, or the database is locked; try again", Some("Problem")),
            ("507", "The disk is full, nothing was saved", Some("Problem")),
        ],
    );
    add(&mut post, "requestBody", body("Order"));
    post
}

fn read_diagnosis() -> Value {
    let mut get = operation(
        "readDiagnosis",
        "The newest report behind a view or answer token; by ending or `Accept` as Markdown, its ledger as CSV, its verdict as SVG",
        &[
            ("200", "The report", Some("Report")),
            (
                "403",
                "It has a password (send it as `X-Report-Password`), burns or is sealed",
                Some("Problem"),
            ),
            ("404", "Unknown, expired, revoked or misspelt: all the same", Some("Problem")),
            ("429", "Too many wrong passwords or links; see `Retry-After`", Some("Problem")),
        ],
    );
    add(&mut get, "parameters", json!([openapi_link::password()]));
    if let Some(content) = get.pointer_mut("/responses/200/content") {
        for media in ["text/markdown", "text/csv", "image/svg+xml"] {
            add(content, media, json!({ "schema": { "type": "string" } }));
        }
    }
    get
}

fn start_probes() -> Value {
    let mut post = operation(
        "startProbes",
        "Starts live probes of one target",
        &[
            ("202", "They run; follow them at `events`", Some("Run")),
            ("400", "No JSON, an unknown field, or no target", Some("Problem")),
            ("403", "The policy forbids the target, or probes are switched off", Some("Problem")),
            ("429", "Too many runs of this target or client; see `Retry-After`", Some("Problem")),
            ("503", "Too many runs at once", Some("Problem")),
        ],
    );
    add(&mut post, "requestBody", body("ProbeRequest"));
    post
}

fn probe_events() -> Value {
    json!({
        "operationId": "followProbes",
        "summary": "The events of a run, from its start or from `Last-Event-ID`; the last is named `end`",
        "responses": {
            "200": {
                "description": "Each `data` is a JSON object; that of `end` is `finished`, `cancelled` or `interrupted`",
                "content": { "text/event-stream": { "schema": { "type": "string" } } },
            },
            "404": response("There is no such run", Some("Problem")),
        },
    })
}

fn ready() -> Value {
    let mut get = plain("isReady", "Whether requests can be served", "text/plain");
    if let Some(responses) = get.get_mut("responses") {
        add(
            responses,
            "503",
            response("Stopping, or the database does not answer", Some("Problem")),
        );
    }
    get
}

pub(super) fn add(to: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = to {
        members.insert(name.to_owned(), value);
    }
}

pub(super) fn operation(
    id: &str,
    summary: &str,
    responses: &[(&str, &str, Option<&str>)],
) -> Value {
    let mut all = json!({});
    for (status, description, schema) in responses {
        add(&mut all, status, response(description, *schema));
    }
    json!({ "operationId": id, "summary": summary, "responses": all })
}

pub(super) fn response(description: &str, schema: Option<&str>) -> Value {
    let Some(schema) = schema else {
        return json!({ "description": description });
    };
    let mime = if schema == "Problem" { "application/problem+json" } else { "application/json" };
    json!({ "description": description, "content": { mime: { "schema": reference(schema) } } })
}

fn plain(id: &str, summary: &str, mime: &str) -> Value {
    let schema = if mime == "application/json" {
        json!({ "type": "object" })
    } else {
        json!({ "type": "string" })
    };
    json!({
        "operationId": id,
        "summary": summary,
        "responses": { "200": { "description": summary, "content": { mime: { "schema": schema } } } },
    })
}

pub(super) fn body(schema: &str) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": reference(schema) } } })
}

pub(super) fn parameter(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": description, "schema": { "type": "string" } })
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

#[cfg(test)]
#[path = "openapi_tests.rs"]
mod tests;
