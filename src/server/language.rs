//! Which language to answer in: `?lang=`, then the cookie `lang`, then `Accept-Language`.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Uri, header},
    middleware::Next,
    response::Response,
};

use crate::knowledge::Lang;

/// The language of a request; English where nothing that we speak is asked for.
pub fn negotiate(uri: &Uri, headers: &HeaderMap) -> Lang {
    chosen_in(uri)
        .or_else(|| remembered_in(headers))
        .or_else(|| accepted_by(headers))
        .unwrap_or_default()
}

fn chosen_in(uri: &Uri) -> Option<Lang> {
    uri.query()?.split('&').find_map(|pair| Lang::parse(pair.strip_prefix("lang=")?))
}

fn remembered_in(headers: &HeaderMap) -> Option<Lang> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|pair| Lang::parse(pair.trim().strip_prefix("lang=")?))
}

/// The tag of highest quality that we speak; the first of equals, as in RFC 9110 §12.5.4.
fn accepted_by(headers: &HeaderMap) -> Option<Lang> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Lang)> = None;
    for range in accepted.split(',') {
        let (tag, quality) = range.split_once(";q=").unwrap_or((range, "1"));
        let quality: f32 = quality.trim().parse().unwrap_or(0.0);
        if let Some(lang) = Lang::parse(tag)
            && quality > best.map_or(0.0, |(best, _)| best)
        {
            best = Some((quality, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// Remembers a language that was chosen by `?lang=` in a cookie, for a year.
///
/// Pages alone are chosen by a person: a stream of events, a picture or an export is fetched by a page in
/// the language of that page, and comes back after the person went on in another one.
pub(super) async fn remember(request: Request, next: Next) -> Response {
    let chosen = chosen_in(request.uri());
    let mut response = next.run(request).await;
    if let Some(lang) = chosen
        && is_page(&response)
    {
        let cookie =
            format!("lang={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", lang.tag());
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A page, or the way to one.
fn is_page(response: &Response) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE);
    let is_html = media.is_some_and(|media| media.as_bytes().starts_with(b"text/html"));
    is_html || response.status().is_redirection()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_beats_the_cookie_and_it_beats_the_browser() {
        let mut headers = HeaderMap::new();
        let uri = |text: &'static str| Uri::from_static(text);
        assert_eq!(negotiate(&uri("/"), &headers), Lang::En);
        headers
            .insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("fr, zh-TW;q=0.9, en;q=0.5"));
        assert_eq!(negotiate(&uri("/"), &headers), Lang::Zh);
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; lang=en"));
        assert_eq!(negotiate(&uri("/"), &headers), Lang::En);
        assert_eq!(negotiate(&uri("/?x=1&lang=zh-CN"), &headers), Lang::Zh);
        assert_eq!(negotiate(&uri("/?lang=tlh"), &headers), Lang::En);
    }
}
