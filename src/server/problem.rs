//! What went wrong with a request, as RFC 9457 problem details or as a small page.
//!
//! A handler returns a [`Problem`]; the one middleware here knows the visitor's language and
//! whether a person or a program asked, and writes it out.

use std::time::Duration;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{assets, language::negotiate};
use crate::{
    knowledge::{Lang, Text},
    store::StoreError,
};

/// A request that cannot be answered as asked.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: Text,
    /// More members of the JSON object, such as `field`, `line` or `rule`.
    more: Map<String, Value>,
    /// Whole seconds, at least 1.
    retry_after: Option<u32>,
    /// Where the page leads back to; the start where there is nothing.
    back: Option<Box<str>>,
}

impl Problem {
    /// A problem of this `kind`, a stable word with hyphens, said in both languages.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self::from_text(status, kind, Text { en: en.into(), zh: zh.into() })
    }

    /// The same, with the sentences already side by side.
    pub fn from_text(status: StatusCode, kind: &'static str, detail: Text) -> Self {
        Self { status, kind, detail, more: Map::new(), retry_after: None, back: None }
    }

    /// Adds a member to the JSON object.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to try again; written as whole seconds, at least 1.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1));
        self
    }

    /// Lets the page lead back to the report at `path`, whose form it is about. A link that leads nowhere has
    /// none to lead back to.
    #[must_use]
    pub fn back_to_report(mut self, path: String) -> Self {
        self.back = (self.status != StatusCode::NOT_FOUND).then(|| path.into());
        self
    }

    /// A link that leads nowhere. Unknown, expired, revoked and misspelt are the same.
    pub fn not_found() -> Self {
        StoreError::NotFound.into()
    }

    /// Something broke on our side; what, is in the log.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on this server. The reason is in its log.",
            "服务器内部出错，原因见服务器日志。",
        )
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence, in both languages.
    pub fn sentence(&self) -> &Text {
        &self.detail
    }

    fn json(&self, lang: Lang) -> Value {
        let mut object = self.more.clone();
        object.insert("type".to_owned(), json!(format!("urn:hangup:problem:{}", self.kind)));
        object.insert("title".to_owned(), json!(title(self.status, lang)));
        object.insert("status".to_owned(), json!(self.status.as_u16()));
        object.insert("detail".to_owned(), json!(self.detail.get(lang)));
        Value::Object(object)
    }

    /// The JSON object in English, for tests.
    #[cfg(test)]
    pub(super) fn members(&self) -> Value {
        self.json(Lang::En)
    }

    fn page(&self, lang: Lang) -> String {
        let (to, back) = match (&self.back, lang) {
            (Some(to), Lang::En) => (&**to, "Back to the report"),
            (Some(to), Lang::Zh) => (&**to, "返回报告"),
            (None, Lang::En) => ("/", "Back to the start"),
            (None, Lang::Zh) => ("/", "返回首页"),
        };
        format!(
            "<!DOCTYPE html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <link rel=\"stylesheet\" href=\"/{pkg}/hangup.css\"><title>{title}</title></head>\
             <body><header class=\"top\"><div class=\"wrap top-row\"><a class=\"brand\" href=\"/\">Hangup</a></div></header>\
             <main class=\"wrap problem\"><p class=\"problem-code\">{status}</p><h1>{title}</h1><p class=\"lead\">{detail}</p>\
             <p><a class=\"button primary\" href=\"{to}\">{back}</a></p></main></body></html>",
            status = self.status.as_u16(),
            to = escape(to),
            tag = lang.tag(),
            pkg = assets::pkg_dir(),
            title = title(self.status, lang),
            detail = escape(self.detail.get(lang)),
        )
    }

    fn render(&self, lang: Lang, for_person: bool) -> Response {
        let (mime, body) = if for_person {
            ("text/html; charset=utf-8", self.page(lang))
        } else {
            ("application/problem+json", self.json(lang).to_string())
        };
        let mut response = (self.status, [(header::CONTENT_TYPE, mime)], body).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
            .headers_mut()
            .insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }
}

/// What the status means, in a few words.
fn title(status: StatusCode, lang: Lang) -> &'static str {
    let (en, zh) = match status.as_u16() {
        400 => ("The request is not right", "请求有误"),
        403 => ("Not allowed", "不允许"),
        404 => ("Not found", "未找到"),
        405 => ("Not possible here", "此处不支持该操作"),
        408 => ("Too slow", "请求超时"),
        409 => ("Not possible any more", "已无法执行"),
        413 => ("Too large", "内容过大"),
        415 => ("Unknown format", "格式不支持"),
        421 => ("Wrong host name", "主机名不符"),
        422 => ("Cannot be looked at", "无法检测"),
        429 => ("Too often", "请求过于频繁"),
        503 => ("Busy", "服务繁忙"),
        507 => ("The disk is full", "磁盘已满"),
        _ => ("Something went wrong", "出错了"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let text = error.text();
        match error {
            StoreError::NotFound => Self::from_text(StatusCode::NOT_FOUND, "not-found", text),
            StoreError::Closed => Self::from_text(StatusCode::FORBIDDEN, "closed", text),
            StoreError::TooMuch => Self::from_text(StatusCode::CONFLICT, "too-much", text),
            StoreError::Changed => Self::from_text(StatusCode::CONFLICT, "changed", text)
                .retry_after(Duration::from_secs(1)),
            StoreError::Full => {
                Self::from_text(StatusCode::INSUFFICIENT_STORAGE, "disk-full", text)
            }
            StoreError::Busy => {
                Self::from_text(StatusCode::SERVICE_UNAVAILABLE, "database-busy", text)
                    .retry_after(Duration::from_secs(5))
            }
            other => {
                tracing::error!(error = %other, "the store failed");
                Self::from_text(StatusCode::INTERNAL_SERVER_ERROR, "store", text)
            }
        }
    }
}

/// Writes out the [`Problem`] of a response, if it has one.
pub(super) async fn render(request: Request, next: Next) -> Response {
    let lang = negotiate(request.uri(), request.headers());
    let for_person = !request.uri().path().starts_with("/api/") && wants_html(request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem.render(lang, for_person),
        None => response,
    }
}

/// Whether a browser is navigating: it names `text/html`, programs ask for anything or for JSON.
fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_foreign_text_as_text() {
        let problem =
            Problem::new(StatusCode::BAD_REQUEST, "x", "<script>alert(\"1\")</script>", "<b>");
        let page = problem.page(Lang::En);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn json_has_the_members_of_the_rfc_and_ours() {
        let problem =
            Problem::new(StatusCode::BAD_REQUEST, "unknown-field", "en", "中").with("line", 3);
        let expected = json!({
            "type": "urn:hangup:problem:unknown-field", "title": "请求有误", "status": 400, "detail": "中", "line": 3
        });
        assert_eq!(problem.json(Lang::Zh), expected);
    }
}
