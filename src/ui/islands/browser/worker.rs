//! What both workers need: a start, a program, messages.

use js_sys::{Object, Promise, Reflect, WebAssembly};
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Worker, WorkerOptions, WorkerType};

/// A worker that runs the module at `address`; nothing where the browser refuses.
pub(super) fn start_worker(address: &str) -> Option<Worker> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(address, &options).ok()
}

/// The compiled program at `address`. The page compiles it and hands it over: the policy of a worker
/// allows it no request.
pub(super) async fn compile(address: &str) -> Result<JsValue, JsValue> {
    let answer: Promise = window().fetch_with_str(address);
    JsFuture::from(WebAssembly::compile_streaming(&answer)).await
}

/// `{ ask, …rest }`.
pub(super) fn message(ask: &str, rest: &[(&str, JsValue)]) -> JsValue {
    let message = Object::new();
    for (key, value) in [("ask", ask.into())].iter().chain(rest) {
        // Setting a field of a fresh object cannot fail.
        let _ = Reflect::set(&message, &(*key).into(), value);
    }
    message.into()
}
