//! The headers that tell a browser what our pages may do: nothing that we do not need.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request::Parts},
    middleware::Next,
    response::Response,
};
use leptos::prelude::{use_context, use_nonce};
use leptos_axum::ResponseOptions;

/// For whatever is not one of our pages: it may load and run nothing.
const NOTHING: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For the workers that read captures and texts: their own script and wasm, and not one connection.
/// What they read cannot leave by them, whatever it does to them.
const WORKER: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'";

/// The policy of a script that runs on its own; other files have none but the common one.
pub(super) fn script_policy(path: &str) -> Option<&'static str> {
    let is_worker =
        ["/capture-worker.js", "/reader-worker.js"].iter().any(|end| path.ends_with(end));
    is_worker.then_some(WORKER)
}

/// Headers that every response has.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // `no-referrer` would break forms without script: the answer redirects to the Referer.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Where a capability stands in the address: never stored by a cache, never listed by a robot.
const PRIVATE_PATHS: [&str; 9] = [
    "/d/",
    "/manage/",
    "/diagnose",
    "/capture",
    "/compare",
    "/probe/",
    "/api/v1/diagnoses",
    "/api/v1/probes",
    "/api/v1/sealed",
];

/// Gives the page being rendered its policy, with the nonce that its scripts carry.
///
/// To be called in the context of a Leptos page, where the nonce of the request exists.
pub(super) fn provide_page_policy() {
    let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let reachable = use_context::<Parts>().and_then(|parts| reachable(&parts.uri));
    if let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce, reachable.as_deref())) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Where the reader's own browser looks at a target: the one page that may reach another host.
const BROWSER_PAGE: &str = "/probe/browser";

/// The two origins of the target in the address of the page where a browser looks, where it may.
fn reachable(uri: &Uri) -> Option<String> {
    if uri.path() != BROWSER_PAGE {
        return None;
    }
    let fields = crate::ui::state::decode(uri.query()?);
    // The last one, as the page reads it.
    let (_, typed) = fields.iter().rfind(|(key, _)| key == "target")?;
    let target = crate::probe::browser::judge(typed.trim()).ok()?;
    Some(format!("{} {}", target.origin, target.socket_origin))
}

/// `reachable` are origins beside our own, in the words of a policy.
fn page_policy(nonce: &str, reachable: Option<&str>) -> String {
    let connect = reachable.map(|origins| format!(" {origins}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'{connect}; \
         worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         object-src 'none'"
    )
}

/// Adds what a response lacks.
pub(super) async fn add(request: Request, next: Next) -> Response {
    let is_private = PRIVATE_PATHS.iter().any(|prefix| request.uri().path().starts_with(prefix));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        // The pictures of a report alone say otherwise: they are made for other people's pages.
        add_if_absent(headers, name, value);
    }
    add_if_absent(headers, header::CONTENT_SECURITY_POLICY, NOTHING);
    if is_private {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        let robots = HeaderValue::from_static("noindex, nofollow, noarchive");
        headers.insert(HeaderName::from_static("x-robots-tag"), robots);
    } else {
        add_if_absent(headers, header::CACHE_CONTROL, "no-cache");
    }
    response
}

fn add_if_absent(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_page_may_reach_the_one_host_in_its_address_and_nothing_else() {
        let of = |address: &str| reachable(&address.parse().unwrap());
        let both = of("/probe/browser?target=http%3A%2F%2Fexample.com%3A8080%2Fx&phase=idle");
        assert_eq!(both.as_deref(), Some("http://example.com:8080 ws://example.com:8080"));
        for refused in [
            "/diagnose?target=example.com",
            "/probe/browser",
            "/probe/browser?target=169.254.169.254",
            "/probe/browser?target=*",
            "/probe/browser?target=example.com%3B+script-src+*",
            "/probe/browser?target=example.com&target=169.254.169.254",
        ] {
            assert_eq!(of(refused), None, "{refused}");
        }
        let policy = page_policy("n", both.as_deref());
        assert!(
            policy.contains("connect-src 'self' http://example.com:8080 ws://example.com:8080;")
        );
        assert!(page_policy("n", None).contains("connect-src 'self';"));
    }
}
