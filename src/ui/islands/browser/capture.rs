//! The worker that reads captures: started when the first file comes, fed with files, listened to.

use std::{cell::RefCell, rc::Rc};

use js_sys::Reflect;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, Event, File, HtmlElement, HtmlInputElement, MessageEvent, Worker};

use crate::{
    knowledge::Lang,
    worker::protocol::{Ask, Say},
};

use super::{
    by_id,
    worker::{compile, message, start_worker},
};

/// What is heard of the worker.
pub enum Heard {
    /// How far a file is.
    Progress {
        /// 0 for the capture, 1 for the one from the other end.
        slot: u32,
        /// Bytes read.
        read: f64,
        /// Bytes of the file.
        total: f64,
        /// Packets so far.
        packets: f64,
        /// Since the file was begun.
        millis: f64,
    },
    /// An answer; for a file, whether it was stopped before its end.
    Said(Box<Say>, bool),
    /// The worker or the file is lost: the browser's word for it.
    Lost(String),
}

type Listener = Rc<dyn Fn(Heard)>;

thread_local! {
    static WORKER: RefCell<Option<Rc<Handle>>> = const { RefCell::new(None) };
}

/// The worker, and what waits until it has its program.
struct Handle {
    worker: Worker,
    waiting: RefCell<Option<Vec<JsValue>>>,
}

impl Handle {
    fn send(&self, message: JsValue) {
        match self.waiting.borrow_mut().as_mut() {
            Some(waiting) => waiting.push(message),
            // It fails only for what cannot be cloned; files, numbers and strings can.
            None => drop(self.worker.post_message(&message)),
        }
    }
}

/// The file that was dropped, if one was.
pub fn dropped(event: &DragEvent) -> Option<Chosen> {
    event.prevent_default();
    event.data_transfer()?.files()?.get(0).map(Chosen)
}

/// The file that was chosen in a file field, if one was.
pub fn chosen(event: &Event) -> Option<Chosen> {
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file = input.files()?.get(0).map(Chosen);
    // The same file may be chosen again.
    input.set_value("");
    file
}

/// Opens the file dialogue of the field with this id.
pub fn open_dialogue(id: &str) {
    if let Some(field) = by_id::<HtmlElement>(id) {
        field.click();
    }
}

#[cfg(feature = "capture-page")]
/// Puts the focus on the element with this id, once the page shows it.
pub fn focus_soon(id: &'static str) {
    leptos::prelude::request_animation_frame(move || {
        if let Some(element) = by_id::<HtmlElement>(id) {
            // It fails for nothing.
            let _ = element.focus();
        }
    });
}

/// A file of the visitor's machine; nothing of it is read yet.
pub struct Chosen(File);

impl Chosen {
    /// Its name.
    pub fn name(&self) -> String {
        self.0.name()
    }
}

/// Reads a file in the worker, which is started where it is not: `address` is that of its script.
///
/// `slot` is 0 for the capture and 1 for the one from the other end.
pub fn read_capture(
    address: &str,
    lang: Lang,
    slot: u32,
    file: Chosen,
    heard: impl Fn(Heard) + 'static,
) {
    let running = WORKER.with_borrow(Clone::clone);
    let handle = running.or_else(|| {
        let listener: Listener = Rc::new(heard);
        let started = start(address, lang, &listener);
        if started.is_none() {
            listener(Heard::Lost(String::new()));
        }
        started
    });
    if let Some(handle) = handle {
        WORKER.set(Some(Rc::clone(&handle)));
        handle.send(message("read", &[("slot", slot.into()), ("file", file.0.into())]));
    }
}

/// Asks the worker, if there is one.
pub fn ask_capture(ask: &Ask) {
    let json = serde_json::to_string(ask).unwrap_or_default();
    tell("json", &[("json", json.as_str().into())]);
}

#[cfg(feature = "capture-page")]
/// Has the picture of conversation `id` made.
pub fn trace_capture(id: u32) {
    tell("trace", &[("id", id.into())]);
}

/// Stops what the worker reads; what it has read by then counts.
pub fn stop_capture() {
    tell("stop", &[]);
}

fn tell(ask: &str, rest: &[(&str, JsValue)]) {
    WORKER.with_borrow(|handle| {
        if let Some(handle) = handle {
            handle.send(message(ask, rest));
        }
    });
}

fn start(address: &str, lang: Lang, heard: &Listener) -> Option<Rc<Handle>> {
    let worker = start_worker(address)?;
    let listener = Rc::clone(heard);
    let sender = worker.clone();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(news) = read_message(&event.data()) else { return };
        if matches!(news, Heard::Lost(_)) {
            // Whatever broke in it, the next file gets a fresh one.
            sender.terminate();
            WORKER.set(None);
        }
        listener(news);
    });
    worker.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    let listener = Rc::clone(heard);
    let on_error = Closure::<dyn Fn(Event)>::new(move |_| listener(Heard::Lost(String::new())));
    worker.set_onerror(Some(on_error.into_js_value().unchecked_ref()));
    let handle = Rc::new(Handle { worker, waiting: RefCell::new(Some(Vec::new())) });
    let program = address.replace("-worker.js", "_bg.wasm");
    let (waiting, listener) = (Rc::clone(&handle), Rc::clone(heard));
    spawn_local(async move {
        if let Ok(module) = compile(&program).await {
            let start = [("module", module), ("lang", lang.tag().into())];
            let waited = waiting.waiting.take().unwrap_or_default();
            waiting.send(message("start", &start));
            for message in waited {
                waiting.send(message);
            }
        } else {
            // The next file tries again.
            WORKER.set(None);
            waiting.worker.terminate();
            listener(Heard::Lost(String::new()));
        }
    });
    Some(handle)
}

fn read_message(data: &JsValue) -> Option<Heard> {
    let field = |key: &str| Reflect::get(data, &key.into()).ok();
    let number = |key: &str| field(key)?.as_f64();
    match field("say")?.as_string()?.as_str() {
        "progress" => Some(Heard::Progress {
            slot: u32::from(number("slot")? > 0.0),
            read: number("read")?,
            total: number("total")?,
            packets: number("packets")?,
            millis: number("millis")?,
        }),
        "json" => {
            let say = serde_json::from_str(&field("json")?.as_string()?).ok()?;
            Some(Heard::Said(Box::new(say), field("stopped")?.is_truthy()))
        }
        "lost" => Some(Heard::Lost(field("why")?.as_string().unwrap_or_default())),
        _ => None,
    }
}

/// A file that misses the drop zone must not replace the page.
pub fn guard_drops() {
    for kind in ["dragover", "drop"] {
        super::listen(&document(), kind, |event| event.prevent_default());
    }
}
