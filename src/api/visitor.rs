//! Who asks.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    knowledge::Lang,
    server::{AppState, Caller, client_address, negotiate, origin_of},
};

use super::Desk;

/// Whoever sent a request, as far as answering it needs to know.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The language to answer in.
    pub lang: Lang,
    /// The address budgets are counted by.
    pub(super) client: IpAddr,
    /// What links begin with, such as `https://hangup.example.com`.
    pub(super) origin: String,
    headers: HeaderMap,
}

impl Visitor {
    /// The visitor behind the head of a request.
    pub fn of(desk: &Desk, head: &Parts) -> Self {
        Self::behind(&desk.state, head)
    }

    fn behind(state: &AppState, head: &Parts) -> Self {
        let trusted = &state.config.proxy.trusted;
        Self {
            lang: negotiate(&head.uri, &head.headers),
            client: client_address(&head.extensions, &head.headers, trusted),
            origin: origin_of(&state.config, &head.uri, &head.headers),
            headers: head.headers.clone(),
        }
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        crate::server::cookie(&self.headers, name)
    }

    /// Who asks, as far as a link needs to know.
    pub(super) fn caller(&self) -> Caller {
        let key = self.cookie(crate::server::KEY_COOKIE);
        Caller { client: self.client, key, password: None, proven: None }
    }

    /// A cookie that this browser keeps for one path, out of the reach of scripts and other sites.
    pub(super) fn keep_with(&self, name: &str, value: &str, path: &str, seconds: u64) -> String {
        self.cookie_of(name, value, path, seconds, "Lax")
    }

    /// The same, which this browser never sends where another site leads here.
    pub(super) fn keep_strictly(&self, name: &str, value: &str, seconds: u64) -> String {
        self.cookie_of(name, value, "/", seconds, "Strict")
    }

    fn cookie_of(&self, name: &str, value: &str, path: &str, seconds: u64, site: &str) -> String {
        let secure = if self.origin.starts_with("https:") { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={site}{secure}")
    }
}

/// On to `to`, with `cookies` to keep; what is no header value is left out.
pub fn redirect_keeping(to: &str, cookies: &[String]) -> Response {
    let mut response = Redirect::to(to).into_response();
    for cookie in cookies.iter().filter_map(|cookie| cookie.parse().ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::behind(state, head))
    }
}
