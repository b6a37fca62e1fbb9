//! Runs of probes: start, follow, stop.

use std::rc::Rc;

use leptos::prelude::{document, window};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, EventSource, FormData, Headers, HtmlFormElement, MessageEvent, RequestInit, Response,
};

use crate::knowledge::Lang;

use super::{by_id, listen};

/// What is heard of a run.
pub enum Live {
    /// One event, as JSON.
    Event(Value),
    /// The end, and why: `finished`, `cancelled` or `interrupted`.
    End(String),
}

/// The probes a person has ticked.
#[derive(Clone, Debug, Default)]
pub struct Ticked {
    /// Their names.
    pub only: Vec<String>,
    /// Whether those that send more are agreed to.
    pub agrees: bool,
}

/// Reads the form around the consent button.
pub fn ticked_probes() -> Ticked {
    let form = by_id::<HtmlFormElement>("probe-form");
    let Some(fields) = form.and_then(|form| FormData::new_with_form(&form).ok()) else {
        return Ticked::default();
    };
    let only = fields.get_all("only").iter().filter_map(|id| id.as_string()).collect();
    Ticked { only, agrees: fields.has("agree") }
}

/// Starts the probes `only` against `target`. `started` gets its id, or why not: the server's sentence, or
/// nothing where the server could not be reached.
pub fn start_run(
    target: &str,
    only: &[String],
    silence: u64,
    lang: Lang,
    started: impl FnOnce(Result<String, Option<String>>) + 'static,
) {
    let body = json!({
        "target": target,
        "only": only,
        "idle_seconds": silence,
        "lang": lang.tag(),
    })
    .to_string();
    spawn_local(async move {
        let answer = post("/api/v1/probes", &body).await;
        let word = |key: &str| {
            answer.as_ref().and_then(|answer| answer.get(key)?.as_str().map(str::to_owned))
        };
        started(word("id").ok_or_else(|| word("detail")));
    });
}

/// Posts JSON and gives the answer, a refusal as well; nothing where none came.
pub(super) async fn post(address: &str, body: &str) -> Option<Value> {
    let headers = Headers::new().ok()?;
    headers.set("content-type", "application/json").ok()?;
    headers.set("accept", "application/json").ok()?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    let answer = JsFuture::from(window().fetch_with_str_and_init(address, &init)).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

/// Follows the run `id` from its start; the stream is closed at its end, else the browser would ask
/// for it again for ever.
pub fn follow_run(id: &str, heard: impl Fn(Live) + 'static) {
    let Ok(stream) = EventSource::new(&format!("/api/v1/probes/{id}/events")) else { return };
    let heard = Rc::new(heard);
    let hear = Rc::clone(&heard);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let event = event.data().as_string().and_then(|data| serde_json::from_str(&data).ok());
        if let Some(event) = event {
            hear(Live::Event(event));
        }
    });
    stream.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    let closing = stream.clone();
    listen(&stream, "end", move |event: Event| {
        closing.close();
        let why = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
        heard(Live::End(why.unwrap_or_default()));
    });
}

/// Asks the server to stop the run `id`; its end is heard like any other.
pub fn cancel_run(id: &str) {
    let init = RequestInit::new();
    init.set_method("DELETE");
    let asking = window().fetch_with_str_and_init(&format!("/api/v1/probes/{id}"), &init);
    spawn_local(async move {
        // Where it does not arrive, the run ends by itself once nobody listens.
        let _ = JsFuture::from(asking).await;
    });
}

/// Puts the run into the address, so that a reload finds it again.
pub fn mark_run(address: &str) {
    if let Ok(history) = window().history() {
        let title = document().title();
        let _ = history.replace_state_with_url(&JsValue::NULL, &title, Some(address));
    }
}

/// Moves on to `address`, in the place of this page.
pub fn go(address: &str) {
    let _ = window().location().replace(address);
}
