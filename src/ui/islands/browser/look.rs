//! One look at a target from here: two requests, one WebSocket.

use std::{cell::Cell, rc::Rc, time::Duration};

use js_sys::Promise;
use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, CloseEvent, PerformanceResourceTiming, RequestCache, RequestCredentials,
    RequestInit, RequestMode, WebSocket,
};

use crate::intake::{BrowserLook, RequestEnd, RequestSeen, SocketSeen};

use super::listen;

/// How long a request may take; as long as the server's own.
const REQUEST: Duration = Duration::from_secs(15);
/// How long the WebSocket is watched. judgement: longer than a heartbeat that is missing is rare to
/// be sat through; the server's probe watches for a minute.
const SOCKET: Duration = Duration::from_secs(10);

/// Looks at `url`, then opens `socket_url`. `seen` gets everything seen so far after each part, and
/// whether that was the last.
pub fn look_at(url: &str, socket_url: &str, seen: impl Fn(BrowserLook, bool) + 'static) {
    let (url, socket_url) = (url.to_owned(), socket_url.to_owned());
    // A redirect to another host is stopped by the page's policy; the request itself only fails.
    let stopped = Rc::new(Cell::new(false));
    let stop = Rc::clone(&stopped);
    listen(&document(), "securitypolicyviolation", move |_| stop.set(true));
    spawn_local(async move {
        let mut look = BrowserLook { url: url.clone(), ..BrowserLook::default() };
        for _ in 0..2 {
            stopped.set(false);
            let request = request(&url, &stopped).await;
            look.requests.push(request);
            seen(look.clone(), false);
        }
        look.socket = socket(&socket_url).await;
        seen(look, true);
    });
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

async fn request(url: &str, stopped: &Cell<bool>) -> RequestSeen {
    let init = RequestInit::new();
    // Of another origin that does not agree to be read, only whether an answer came is told.
    init.set_mode(RequestMode::NoCors);
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    let late = Rc::new(Cell::new(false));
    if let Ok(controller) = AbortController::new() {
        init.set_signal(Some(&controller.signal()));
        let late = Rc::clone(&late);
        set_timeout(
            move || {
                late.set(true);
                controller.abort();
            },
            REQUEST,
        );
    }
    let start = now();
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, &init)).await;
    let millis = now() - start;
    // The policy's report comes as a task of its own.
    pause(Duration::from_millis(50)).await;
    let (end, error) = match answer {
        Ok(_) => (RequestEnd::Answered, String::new()),
        Err(_) if late.get() => (RequestEnd::NoAnswer, String::new()),
        Err(_) if stopped.get() => (RequestEnd::Redirected, String::new()),
        Err(error) => (RequestEnd::Failed, words(&error)),
    };
    RequestSeen { millis, end, error, phases: phases(url) }
}

fn words(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.to_string()))
        .unwrap_or_default()
}

/// Lookup, connect with TLS, and wait of the last request for `url`, where the target allows it.
fn phases(url: &str) -> Option<[f64; 3]> {
    let entries = window().performance()?.get_entries_by_name(url);
    let entry: PerformanceResourceTiming = entries.pop().dyn_into().ok()?;
    // All zero where the target sends no `Timing-Allow-Origin`.
    (entry.response_start() > 0.0).then(|| {
        [
            entry.domain_lookup_end() - entry.domain_lookup_start(),
            entry.connect_end() - entry.connect_start(),
            entry.response_start() - entry.request_start(),
        ]
    })
}

async fn pause(time: Duration) {
    let waiting = Promise::new(&mut |resolve, _| {
        set_timeout(
            move || {
                let _ = resolve.call0(&JsValue::NULL);
            },
            time,
        );
    });
    let _ = JsFuture::from(waiting).await;
}

/// `None` where the browser refuses to try.
async fn socket(url: &str) -> Option<SocketSeen> {
    let start = now();
    let socket = WebSocket::new(url).ok()?;
    let opened = Rc::new(Cell::new(None));
    let open = Rc::clone(&opened);
    listen(&socket, "open", move |_| open.set(Some(now() - start)));
    let waiting = Promise::new(&mut |resolve, _| {
        let close = resolve.clone();
        let on_close = Closure::once_into_js(move |event: CloseEvent| {
            let _ = close.call1(&JsValue::NULL, &event);
        });
        socket.set_onclose(Some(on_close.unchecked_ref()));
        set_timeout(
            move || {
                let _ = resolve.call0(&JsValue::NULL);
            },
            SOCKET,
        );
    });
    let closed = JsFuture::from(waiting).await.ok()?.dyn_into::<CloseEvent>().ok();
    let seen = match &closed {
        Some(event) => {
            SocketSeen { opened: opened.get(), ended: Some(now() - start), code: event.code() }
        }
        None => SocketSeen { opened: opened.get(), ended: None, code: 0 },
    };
    socket.set_onclose(None);
    let _ = socket.close();
    Some(seen)
}
