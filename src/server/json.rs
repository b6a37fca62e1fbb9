//! Reading JSON from a request, with an error that names the field, the line and the column.

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use super::{bodies::cut_off, limits::too_large, problem::Problem};

/// How deep arrays and objects may nest. A case nests four deep; the parser's own limit is 128.
const DEPTH: usize = 32;

/// Reads the body of `request` as `T`; at most `most` bytes of it.
pub(super) async fn read<T: DeserializeOwned>(
    request: Request<Body>,
    most: usize,
) -> Result<T, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "no-json",
            "Send JSON, with the header `Content-Type: application/json`.",
            "请发送 JSON，并带上请求头 `Content-Type: application/json`。",
        ));
    }
    match Limited::new(request.into_body(), most).collect().await {
        Ok(body) => parse(&body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(too_large(most)),
        Err(_) => Err(cut_off()),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// Reads `T` from the bytes of a JSON text.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if let Some((line, column)) = too_deep(bytes) {
        let (en, zh) = (format!("nested more than {DEPTH} deep"), format!("嵌套超过 {DEPTH} 层"));
        return Err(bad("too-deep", line, column, None, &en, &zh));
    }
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut from);
    let value = read.map_err(|error| {
        let path = error.path().to_string();
        explain(&path, error.inner())
    })?;
    from.end().map_err(|error| explain(".", &error))?;
    Ok(value)
}

fn explain(path: &str, error: &serde_json::Error) -> Problem {
    let full = error.to_string();
    // The position has members of its own.
    let reason = full.split(" at line ").next().unwrap_or(&full);
    let unknown = reason.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    let path = if path == "." { "" } else { path };
    let (kind, field) = match unknown {
        Some(name) if path.is_empty() || path == name => ("unknown-field", name.to_owned()),
        Some(name) if path.ends_with(&format!(".{name}")) => ("unknown-field", path.to_owned()),
        Some(name) => ("unknown-field", format!("{path}.{name}")),
        None if error.is_data() => ("wrong-value", path.to_owned()),
        None => ("bad-json", path.to_owned()),
    };
    let field = (!field.is_empty()).then_some(field.as_str());
    let reason = match field {
        Some(field) if unknown.is_none() => format!("`{field}`: {reason}"),
        _ => reason.to_owned(),
    };
    bad(kind, error.line(), error.column(), field, &reason, &reason)
}

fn bad(
    kind: &'static str,
    line: usize,
    column: usize,
    field: Option<&str>,
    en: &str,
    zh: &str,
) -> Problem {
    let problem = Problem::new(
        StatusCode::BAD_REQUEST,
        kind,
        format!("Line {line}, column {column}: {en}."),
        format!("第 {line} 行第 {column} 列：{zh}。"),
    );
    let problem = problem.with("line", line).with("column", column);
    match field {
        Some(field) => problem.with("field", field),
        None => problem,
    }
}

/// A value that has its type and still makes no sense.
pub(crate) fn bad_field(field: &str, en: &str, zh: &str) -> Problem {
    let problem = Problem::new(
        StatusCode::BAD_REQUEST,
        "wrong-value",
        format!("`{field}`: {en}."),
        format!("`{field}`：{zh}。"),
    );
    problem.with("field", field)
}

/// Where the nesting passes [`DEPTH`], if it does: line and column, from 1.
fn too_deep(bytes: &[u8]) -> Option<(usize, usize)> {
    let (mut depth, mut line, mut column) = (0_usize, 1_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in bytes {
        column += 1;
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if *byte == b'\n' {
            (line, column) = (line + 1, 0);
        }
        if depth > DEPTH {
            return Some((line, column));
        }
    }
    None
}
