//! The knowledge for the browser's engine: one file, named by its content, kept for ever.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use leptos::prelude::use_context;
use sha2::{Digest, Sha256};

use crate::{
    knowledge::{Base, Experience, Text},
    server::{AppState, Path, Problem},
};

use super::Desk;

/// Where it is served.
pub const KNOWLEDGE_ROUTE: &str = "/knowledge/{file}";

/// The files of the latest versions: one for each state of what was learned here. Pages that are open
/// name an older one.
static FILES: Mutex<VecDeque<Arc<File>>> = Mutex::new(VecDeque::new());

/// Versions kept. judgement: a page that slept through eight confirmed cases can be loaded anew.
const VERSIONS: usize = 8;

struct File {
    /// What was learned when it was made; the rest of the knowledge of a running server does not change.
    learned: Experience,
    name: String,
    body: Bytes,
}

/// Address of the knowledge, for a page; empty where there is none.
pub fn knowledge_path() -> String {
    use_context::<Desk>()
        .map(|desk| format!("/knowledge/{}", file(desk.diagnostician.base()).name))
        .unwrap_or_default()
}

/// `GET /knowledge/{hash}.json`
pub async fn serve_knowledge(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let desk = Desk::of(&state).ok_or_else(Problem::not_found)?;
    let newest = file(desk.diagnostician.base());
    let file = if newest.name == name { Some(newest) } else { older(&name) };
    let file = file.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, file.body.clone()).into_response())
}

fn file(base: &Arc<Base>) -> Arc<File> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = files.iter().find(|file| file.learned == base.experience) {
        return Arc::clone(known);
    }
    let json = serde_json::to_vec(&tables_of(base)).unwrap_or_default();
    let hash = Sha256::digest(&json);
    let mut start = [0; 8];
    start.copy_from_slice(&hash[..8]);
    let name = format!("{:016x}.json", u64::from_be_bytes(start));
    let made = Arc::new(File { learned: base.experience.clone(), name, body: json.into() });
    if files.len() == VERSIONS {
        files.pop_front();
    }
    files.push_back(Arc::clone(&made));
    made
}

/// An older version of that name.
fn older(name: &str) -> Option<Arc<File>> {
    let files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.iter().find(|file| file.name == name).cloned()
}

/// What the browser needs to rank: the tables without the prose that only the report shows.
fn tables_of(base: &Base) -> Base {
    let mut tables = base.clone();
    tables.fixes.clear();
    tables.clients.clear();
    tables.checks.values_mut().for_each(|check| check.how.clear());
    for question in tables.questions.values_mut() {
        question.how.clear();
        question.why = Text::default();
    }
    for cause in tables.causes.values_mut() {
        cause.fixes.clear();
        cause.sources.clear();
        cause.lookalikes.clear();
        cause.technical = Text::default();
        cause.prior_why = Text::default();
        let looks = &mut cause.looks;
        for text in [&mut looks.user, &mut looks.probe, &mut looks.capture, &mut looks.logs] {
            *text = Text::default();
        }
    }
    for signature in tables.signatures.values_mut() {
        signature.sources.clear();
        signature.example.clear();
    }
    for timeout in tables.timeouts.values_mut() {
        timeout.sources.clear();
        timeout.note = None;
        timeout.expires = Text::default();
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge::{Lang, built_in, load},
        report::{Case, Diagnostician},
    };

    #[test]
    fn the_tables_rank_as_the_whole_base_does() {
        let base = load(&[built_in()]).base;
        let tables = tables_of(&base);
        let text = "upstream prematurely closed connection while reading response header";
        let case = Case { text: Some(text.to_owned()), ..Case::default() };
        let ranking = |base: Base| {
            let report = Diagnostician::new(Arc::new(base)).unwrap().diagnose(&case, Lang::En);
            report.causes.into_iter().map(|cause| (cause.id, cause.probability)).collect::<Vec<_>>()
        };
        assert_eq!(ranking(tables), ranking(base));
    }
}
