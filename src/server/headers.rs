//! The headers that tell a browser what our pages may do: nothing that we do not need.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::prelude::{use_context, use_nonce};
use leptos_axum::ResponseOptions;

/// For whatever is not one of our pages: it may load and run nothing.
const NOTHING: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

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
const PRIVATE_PATHS: [&str; 6] =
    ["/d/", "/manage/", "/diagnose", "/compare", "/api/v1/diagnoses", "/api/v1/probes"];

/// Gives the page being rendered its policy, with the nonce that its scripts carry.
///
/// To be called in the context of a Leptos page, where the nonce of the request exists.
pub(super) fn provide_page_policy() {
    let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce)) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
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
