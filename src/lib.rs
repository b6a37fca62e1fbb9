#![recursion_limit = "256"]
//! Hangup finds out who hung up on a broken connection, why, and what to do about it.
//!
//! The folders are the stations of the data's path, in order: `evidence` (what is known), `intake`
//! (text and bytes become evidence), `knowledge` (causes, questions, signatures, timeouts, fixes),
//! `engine` (belief and the next step), `report` (what a person reads). `reader` reads texts and
//! `worker` reads captures beside the page, each in a WASM file of its own. `ui` is compiled for the
//! browser too, its islands and state alone; the others for the server. Modules are gated here and in
//! `ui`, nowhere else.

pub mod capture;
pub mod engine;
pub mod evidence;
pub mod intake;
pub mod knowledge;
pub mod ladder;
pub mod reader;
pub mod redact;
pub mod report;
pub mod worker;

#[cfg(feature = "ui")]
pub mod ui;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod probe;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod store;

/// Wakes the islands of a page; called by its script once the program is loaded.
#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}

/// Diagnoses a case in the browser: knowledge and case as JSON in, the report as JSON out, byte for
/// byte what the server says to the same.
///
/// Fails with one sentence where either JSON does not read or a pattern does not compile.
#[cfg(feature = "reader")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hangup_diagnose(
    knowledge_json: &str,
    case_json: &str,
    lang: &str,
) -> Result<String, wasm_bindgen::JsError> {
    let base = serde_json::from_str(knowledge_json)?;
    let case = serde_json::from_str(case_json)?;
    let doctor = report::Diagnostician::new(std::sync::Arc::new(base))?;
    let lang = knowledge::Lang::parse(lang).unwrap_or_default();
    Ok(serde_json::to_string(&doctor.diagnose(&case, lang))?)
}

/// Milliseconds that one posterior with the next step takes here, the mean of `rounds` (at least 1)
/// over the evidence of the case: what the budget in `docs/performance.md` is measured with.
///
/// Fails with one sentence where either JSON does not read or a pattern does not compile.
#[cfg(feature = "reader")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hangup_weigh_milliseconds(
    knowledge_json: &str,
    case_json: &str,
    rounds: u32,
) -> Result<f64, wasm_bindgen::JsError> {
    let base: knowledge::Base = serde_json::from_str(knowledge_json)?;
    let case = serde_json::from_str(case_json)?;
    let doctor = report::Diagnostician::new(std::sync::Arc::new(base))?;
    let evidence = doctor.observe(&case);
    let start = js_sys::Date::now();
    for _ in 0..rounds.max(1) {
        let belief = doctor.model().believe(std::hint::black_box(&evidence));
        let now = engine::Situation::default();
        std::hint::black_box(doctor.model().plan(doctor.base(), &belief, &evidence, &now));
    }
    Ok((js_sys::Date::now() - start) / f64::from(rounds.max(1)))
}
