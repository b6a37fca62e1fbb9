//! Who may call us, by which name, and from which page.
//!
//! Two doors. The `Host` must be one of ours, or a page that rebinds its own name to our address
//! could drive an unauthenticated server inside a private network. And a request that changes
//! something must come from our own pages, or from a program, which sends no browser headers.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{config::Config, problem::Problem, state::AppState};

/// Refuses foreign host names and cross-site changes.
pub(super) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match check(&state.config, request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(config: &Config, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let called = called_host(uri, headers)?;
    if let Some(called) = &called
        && !is_ours(config, called.host())
    {
        return Err(foreign_host());
    }
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_same_origin(config, called.as_ref(), headers) {
        return Err(cross_site());
    }
    Ok(())
}

/// The name we were called by. Absent only in HTTP/1.0, which no browser speaks, so that nothing
/// can be rebound through it.
fn called_host(uri: &Uri, headers: &HeaderMap) -> Result<Option<Authority>, Problem> {
    let mut lines = headers.get_all(header::HOST).iter();
    let (line, second) = (lines.next(), lines.next());
    match (uri.authority(), line, second) {
        (_, _, Some(_)) => Err(foreign_host()),
        (Some(authority), _, _) => Ok(Some(authority.clone())),
        (None, Some(host), None) => {
            Authority::try_from(host.as_bytes()).map(Some).map_err(|_| foreign_host())
        }
        (None, None, None) => Ok(None),
    }
}

fn is_ours(config: &Config, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    // An address cannot be rebound; `localhost` is resolved by the browser itself.
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let named = || config.hosts.iter().any(|name| name.eq_ignore_ascii_case(&host));
    let base = || config.base_url.as_ref().is_some_and(|url| url.host() == host);
    literal || host == "localhost" || named() || base()
}

fn is_same_origin(config: &Config, called: Option<&Authority>, headers: &HeaderMap) -> bool {
    // Browsers send it to trustworthy origins only: https and loopback.
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        // Every browser of today sends `Origin` with a POST; what sends neither is a program.
        return true;
    };
    let Ok(origin) = origin.to_str() else { return false };
    let base = config.base_url.as_ref().is_some_and(|url| url.origin() == origin);
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    base || authority
        .is_some_and(|authority| called.is_some_and(|called| called.as_str() == authority))
}

fn foreign_host() -> Problem {
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "foreign-host",
        "This server does not answer to that host name. Its administrator can add it with `base_url` or `hosts`.",
        "此服务器不响应该主机名。管理员可通过 `base_url` 或 `hosts` 添加。",
    )
}

fn cross_site() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross-site",
        "This request came from another site, and may change nothing here.",
        "该请求来自其他站点，不能在此做任何更改。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn status(method: &Method, headers: &[(&'static str, &str)]) -> u16 {
        let config = Config {
            base_url: Some("https://hangup.example.com".parse().unwrap()),
            hosts: vec!["tools.lan".to_owned()],
            ..Config::default()
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let result = check(&config, method, &Uri::from_static("/"), &map);
        result.map_or_else(|problem| problem.into_response().status().as_u16(), |()| 200)
    }

    #[test]
    fn only_our_own_names_are_answered() {
        for host in [
            "127.0.0.1:3000",
            "[::1]:3000",
            "localhost",
            "tools.lan:80",
            "TOOLS.lan.",
            "hangup.example.com",
        ] {
            assert_eq!(status(&Method::GET, &[("host", host)]), 200, "{host}");
        }
        for host in
            ["evil.example", "hangup.example.com.evil.example", "localhost.evil.example", "a b", ""]
        {
            assert_eq!(status(&Method::GET, &[("host", host)]), 421, "{host}");
        }
        assert_eq!(status(&Method::GET, &[("host", "localhost"), ("host", "evil.example")]), 421);
    }

    #[test]
    fn a_change_comes_from_our_pages_or_from_a_program() {
        let post = |headers: &[(&'static str, &str)]| {
            let mut all = vec![("host", "hangup.example.com")];
            all.extend_from_slice(headers);
            status(&Method::POST, &all)
        };
        assert_eq!(post(&[]), 200);
        assert_eq!(post(&[("origin", "https://hangup.example.com")]), 200);
        assert_eq!(post(&[("sec-fetch-site", "same-origin")]), 200);
        assert_eq!(post(&[("origin", "https://evil.example")]), 403);
        assert_eq!(post(&[("origin", "null")]), 403);
        assert_eq!(
            post(&[("sec-fetch-site", "cross-site"), ("origin", "https://hangup.example.com")]),
            403
        );
        assert_eq!(post(&[("sec-fetch-site", "same-site")]), 403);
        assert_eq!(
            status(&Method::DELETE, &[("host", "localhost:1"), ("origin", "http://localhost:2")]),
            403
        );
        assert_eq!(
            status(&Method::DELETE, &[("host", "localhost:1"), ("origin", "http://localhost:1")]),
            200
        );
    }
}
