//! Reports as files: Markdown, CSV, pictures; saved ones by their link, others by the wizard's form.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::{
    report::Report,
    server::{Path, Problem},
};

use super::{Desk, Visitor};

/// What a report can be had as, besides its page and its JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// The whole of it, for a wiki or a ticket.
    Markdown,
    /// The ledger, for a spreadsheet.
    Csv,
    /// One line as a picture.
    Badge,
    /// The verdict as a picture.
    Card,
}

impl Export {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Markdown, Self::Csv, Self::Badge, Self::Card];

    /// Name of the file, which stands in addresses and forms too.
    pub fn file(self) -> &'static str {
        match self {
            Self::Markdown => "report.md",
            Self::Csv => "evidence.csv",
            Self::Badge => "badge.svg",
            Self::Card => "card.svg",
        }
    }

    fn media(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Badge | Self::Card => "image/svg+xml",
        }
    }

    /// The one with that file name.
    pub fn named(file: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|export| export.file() == file)
    }

    /// Takes `.md`, `.csv`, `.svg` or `.json` off a token; else what `Accept` names first. `None` is
    /// JSON.
    pub fn wanted<'a>(token: &'a str, headers: &HeaderMap) -> (&'a str, Option<Self>) {
        let endings = [
            (".md", Some(Self::Markdown)),
            (".csv", Some(Self::Csv)),
            (".svg", Some(Self::Card)),
            (".json", None),
        ];
        for (ending, export) in endings {
            if let Some(token) = token.strip_suffix(ending) {
                return (token, export);
            }
        }
        (token, Self::accepted(headers))
    }

    /// The first type of `Accept` that is ours; qualities do not count, JSON and `*/*` are JSON.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get(header::ACCEPT)?.to_str().ok()?;
        let types = accepted.split(',').map(|range| range.split(';').next().unwrap_or("").trim());
        types
            .map(|name| match name {
                "text/markdown" => Some(Some(Self::Markdown)),
                "text/csv" => Some(Some(Self::Csv)),
                "image/svg+xml" => Some(Some(Self::Card)),
                "application/json" | "application/*" | "*/*" => Some(None),
                _ => None,
            })
            .find_map(|known| known)?
    }

    /// The answer that holds `report` as this. `link` is the report's own address, where it has one.
    pub fn answer(self, report: &Report, link: Option<&str>) -> Response {
        let body = match self {
            Self::Markdown => report.markdown(link),
            Self::Csv => report.csv(),
            Self::Badge => report.badge(),
            Self::Card => report.card(),
        };
        let mut response = ([(header::CONTENT_TYPE, self.media())], body).into_response();
        let headers = response.headers_mut();
        // Whatever a browser makes of the file, it is no document of ours.
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
        );
        match self {
            Self::Badge | Self::Card => {
                // Pictures are there to stand in other people's pages.
                headers.insert(
                    HeaderName::from_static("cross-origin-resource-policy"),
                    HeaderValue::from_static("cross-origin"),
                );
            }
            Self::Markdown | Self::Csv => {
                let disposition = format!("attachment; filename=\"hangup-{}\"", self.file());
                if let Ok(value) = HeaderValue::from_str(&disposition) {
                    headers.insert(header::CONTENT_DISPOSITION, value);
                }
            }
        }
        response
    }
}

/// `GET /d/{token}/report.md` and its like: what the page under the same link says, in the reader's
/// language.
pub async fn export(
    desk: Desk,
    visitor: Visitor,
    Path(token): Path<String>,
    export: Export,
) -> Result<Response, Problem> {
    let opened = desk.open(&token, &visitor).await?;
    // A file is passed on and put on pages; the power to answer is not meant for all who read it there.
    let may_answer = opened.ticket.power.as_ref() == Some(&token);
    Ok(export.answer(&opened.report, (!may_answer).then_some(opened.link.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_beats_the_accept_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(Export::wanted("abc", &headers), ("abc", None));
        assert_eq!(Export::wanted("abc.md", &headers), ("abc", Some(Export::Markdown)));
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html, text/csv;q=0.9, */*"));
        assert_eq!(Export::wanted("abc", &headers), ("abc", Some(Export::Csv)));
        assert_eq!(Export::wanted("abc.json", &headers), ("abc", None));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*, text/csv"));
        assert_eq!(Export::accepted(&headers), None);
    }
}
