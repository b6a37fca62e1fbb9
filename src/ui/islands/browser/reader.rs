//! The worker that reads texts: started when there is something to read, asked, listened to.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use js_sys::Reflect;
use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, MessageEvent, Response, Worker};

use crate::reader::protocol::{Ask, Say};

use super::worker::{compile, message, start_worker};

/// How long the worker may take to get its program. judgement: a slow line loads it in half of that.
const START: Duration = Duration::from_mins(1);

type Heard = Box<dyn FnOnce(Option<Say>)>;
type Wish = Box<dyn FnOnce()>;

thread_local! {
    static READER: RefCell<Option<Rc<Handle>>> = const { RefCell::new(None) };
    /// Address of the knowledge, once an island has told it.
    static KNOWLEDGE: RefCell<String> = const { RefCell::new(String::new()) };
    /// What is under way for each purpose, and the wish that waits for its end.
    static PURPOSES: RefCell<BTreeMap<String, Option<Wish>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The worker, what waits until it has its program, and who waits for an answer.
struct Handle {
    worker: Worker,
    waiting: RefCell<Option<Vec<JsValue>>>,
    asked: RefCell<BTreeMap<u32, Heard>>,
    next: Cell<u32>,
}

impl Handle {
    fn send(&self, message: JsValue) {
        match self.waiting.borrow_mut().as_mut() {
            Some(waiting) => waiting.push(message),
            // It fails only for what cannot be cloned; strings and numbers can.
            None => drop(self.worker.post_message(&message)),
        }
    }

    /// Ends it; whoever waits hears nothing more of it, and the next question starts another.
    fn lose(self: &Rc<Self>) {
        self.worker.terminate();
        READER.with_borrow_mut(|reader| {
            if reader.as_ref().is_some_and(|reader| Rc::ptr_eq(reader, self)) {
                *reader = None;
            }
        });
        for (_, heard) in self.asked.take() {
            heard(None);
        }
    }
}

/// Tells where the knowledge lies that the worker will start with; an empty address tells nothing.
pub(super) fn knowledge_lies_at(address: &str) {
    if !address.is_empty() {
        KNOWLEDGE.set(address.to_owned());
    }
}

/// Asks the worker, which is started where it is not, with the knowledge at the address `knowledge` or
/// what was told before; without any it masks and no more. `heard` is called once: with nothing where the worker is lost.
pub(super) fn ask_now(knowledge: &str, ask: &Ask, heard: impl FnOnce(Option<Say>) + 'static) {
    knowledge_lies_at(knowledge);
    let running = READER.with_borrow(Clone::clone);
    let Some(handle) = running.or_else(start) else { return heard(None) };
    let id = handle.next.get();
    handle.next.set(id.wrapping_add(1));
    handle.asked.borrow_mut().insert(id, Box::new(heard));
    let json = serde_json::to_string(ask).unwrap_or_default();
    handle.send(message("ask", &[("id", id.into()), ("json", json.as_str().into())]));
}

/// The same where only the newest wish for a `purpose` counts: one is under way, one waits, and those
/// between are never asked.
pub fn ask_reader(
    purpose: &str,
    knowledge: &str,
    ask: Ask,
    heard: impl FnOnce(Option<Say>) + 'static,
) {
    let (own, knowledge) = (purpose.to_owned(), knowledge.to_owned());
    let wish: Wish = Box::new(move || {
        ask_now(&knowledge, &ask, move |said| {
            heard(said);
            let next = PURPOSES.with_borrow_mut(|all| {
                let next = all.get_mut(&own).and_then(Option::take);
                if next.is_none() {
                    all.remove(&own);
                }
                next
            });
            if let Some(next) = next {
                next();
            }
        });
    });
    let now = PURPOSES.with_borrow_mut(|all| {
        if let Some(waits) = all.get_mut(purpose) {
            *waits = Some(wish);
            return None;
        }
        all.insert(purpose.to_owned(), None);
        Some(wish)
    });
    if let Some(now) = now {
        now();
    }
}

/// Where the file `name` of this build lies: beside the page's own program.
fn beside_program(name: &str) -> Option<String> {
    let link = document().query_selector("link[rel=modulepreload]").ok()??;
    let program = link.get_attribute("href")?;
    Some(format!("{}/{name}", program.rsplit_once('/')?.0))
}

fn start() -> Option<Rc<Handle>> {
    let worker = start_worker(&beside_program("reader-worker.js")?)?;
    let program = beside_program("reader_bg.wasm")?;
    let handle = Rc::new(Handle {
        worker,
        waiting: RefCell::new(Some(Vec::new())),
        asked: RefCell::default(),
        next: Cell::new(0),
    });
    READER.set(Some(Rc::clone(&handle)));
    let own = Rc::clone(&handle);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        match read_message(&event.data()) {
            Some((id, say)) => {
                let heard = own.asked.borrow_mut().remove(&id);
                if let Some(heard) = heard {
                    heard(Some(say));
                }
            }
            None => own.lose(),
        }
    });
    handle.worker.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    let own = Rc::clone(&handle);
    let on_error = Closure::<dyn Fn(Event)>::new(move |_| own.lose());
    handle.worker.set_onerror(Some(on_error.into_js_value().unchecked_ref()));
    let own = Rc::clone(&handle);
    set_timeout(
        move || {
            if own.waiting.borrow().is_some() {
                own.lose();
            }
        },
        START,
    );
    let (own, knowledge) = (Rc::clone(&handle), KNOWLEDGE.with_borrow(Clone::clone));
    // Both are fetched at once.
    let known = (!knowledge.is_empty()).then(|| window().fetch_with_str(&knowledge));
    spawn_local(async move {
        let Ok(module) = compile(&program).await else { return own.lose() };
        let known = match known {
            Some(answer) => text_of(JsFuture::from(answer).await).await,
            None => None,
        };
        let start = [("module", module), ("knowledge", known.unwrap_or_default().into())];
        let waited = own.waiting.take().unwrap_or_default();
        own.send(message("start", &start));
        for message in waited {
            own.send(message);
        }
    });
    Some(handle)
}

async fn text_of(answer: Result<JsValue, JsValue>) -> Option<String> {
    let answer: Response = answer.ok()?.dyn_into().ok()?;
    let text = answer.ok().then(|| answer.text().ok())??;
    JsFuture::from(text).await.ok()?.as_string()
}

/// Which question is answered, and how; nothing where the worker says that it is lost.
fn read_message(data: &JsValue) -> Option<(u32, Say)> {
    let field = |key: &str| Reflect::get(data, &key.into()).ok();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a `u32`")]
    let id = field("id")?.as_f64()? as u32;
    Some((id, serde_json::from_str(&field("json")?.as_string()?).ok()?))
}
