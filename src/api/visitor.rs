//! Who asks.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    knowledge::Lang,
    server::{AppState, client_address, negotiate, origin_of},
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
        let lines = self.headers.get_all(header::COOKIE).iter();
        let pairs = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::behind(state, head))
    }
}
