//! The engine in the browser, loaded once and only when it is first needed.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

use crate::report::Diagnostician;

thread_local! {
    static ENGINE: RefCell<Engine> = const { RefCell::new(Engine::Idle) };
}

type Waiting = Box<dyn FnOnce(&Diagnostician)>;

enum Engine {
    /// Not asked for yet.
    Idle,
    /// On its way; these wait for it.
    Loading(Vec<Waiting>),
    /// There.
    Ready(Rc<Diagnostician>),
    /// It cannot be had; the pages work without it.
    Failed,
}

/// Calls `act` with the engine: at once where it is there, else once `knowledge` has been fetched and
/// compiled, never where that fails.
pub(super) fn with_engine(knowledge: &str, act: impl FnOnce(&Diagnostician) + 'static) {
    let ready = ENGINE.with_borrow_mut(|engine| match engine {
        Engine::Ready(doctor) => Some(Rc::clone(doctor)),
        _ => None,
    });
    if let Some(doctor) = ready {
        return act(&doctor);
    }
    let start = ENGINE.with_borrow_mut(|engine| match engine {
        Engine::Idle => {
            *engine = Engine::Loading(vec![Box::new(act)]);
            true
        }
        Engine::Loading(waiting) => {
            // Only the last wish counts: whoever moved on does not want the earlier ones any more.
            waiting.clear();
            waiting.push(Box::new(act));
            false
        }
        Engine::Ready(_) | Engine::Failed => false,
    });
    if start {
        let knowledge = knowledge.to_owned();
        spawn_local(async move { arrive(load(&knowledge).await) });
    }
}

/// Calls `act` with the engine if it is there already.
pub(super) fn if_ready(act: impl FnOnce(&Diagnostician)) {
    let ready = ENGINE.with_borrow(|engine| match engine {
        Engine::Ready(doctor) => Some(Rc::clone(doctor)),
        _ => None,
    });
    if let Some(doctor) = ready {
        act(&doctor);
    }
}

fn arrive(loaded: Option<Diagnostician>) {
    let waiting = ENGINE.with_borrow_mut(|engine| match engine {
        Engine::Loading(waiting) => std::mem::take(waiting),
        _ => Vec::new(),
    });
    let Some(doctor) = loaded.map(Rc::new) else {
        return ENGINE.set(Engine::Failed);
    };
    ENGINE.set(Engine::Ready(Rc::clone(&doctor)));
    for act in waiting {
        act(&doctor);
    }
}

async fn load(knowledge: &str) -> Option<Diagnostician> {
    let answer = JsFuture::from(window().fetch_with_str(knowledge)).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    let base = serde_json::from_str(&text).ok()?;
    Diagnostician::new(Arc::new(base)).ok()
}
