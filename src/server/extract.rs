//! axum's own extractors, whose refusals are problems like all others.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// What stands in the path. One that cannot be read is a link that leads nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

/// What stands behind the `?` of an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<T>(pub(super) T);

/// The fields of a form.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::<T>::from_request_parts(head, state).await;
        read.map(|read| Self(read.0)).map_err(|_| Problem::not_found())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(head, state).await;
        read.map(|read| Self(read.0)).map_err(|refused| {
            let said = refused.body_text();
            let reason = said.rsplit_once("string: ").map_or(said.as_str(), |(_, reason)| reason);
            Problem::new(
                StatusCode::BAD_REQUEST,
                "wrong-value",
                format!("What stands behind the `?` of the address cannot be read: {reason}."),
                format!("地址中 `?` 之后的内容无法读取：{reason}。"),
            )
        })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Form::<T>::from_request(request, state).await;
        read.map(|read| Self(read.0)).map_err(|refused| match refused.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "no-form",
                "Send a form, with the header `Content-Type: application/x-www-form-urlencoded`.",
                "请发送表单，并带上请求头 `Content-Type: application/x-www-form-urlencoded`。",
            ),
            _ => Problem::new(
                StatusCode::BAD_REQUEST,
                "bad-form",
                "The form cannot be read.",
                "无法读取该表单。",
            ),
        })
    }
}
