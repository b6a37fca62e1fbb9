//! `GET /api/v1/diagnoses/{token}/events`: whoever looks at a report sees it move.
//!
//! Each event is one entry of the timeline with the ranking after it, in the listener's language and
//! ready to be shown. A stream starts after `Last-Event-ID`, and ends when the report is gone.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event as Sent, KeepAlive, Sse},
    },
};
use futures::stream;
use serde::Deserialize;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::timeout,
};

use super::{
    extract::{Path, Query},
    language::negotiate,
    notices::Notice,
    problem::Problem,
    state::AppState,
    ticket::Caller,
    windows::{bucket, too_often},
};
use crate::{
    api::Desk,
    knowledge::Lang,
    store::{Event, Token},
    ui::ticket,
};

/// Streams of one client at once, and of all. judgement: a team behind one address, each with a page
/// or two; a stream costs a socket and some 10 KiB.
const OF_CLIENT: usize = 64;
const OF_ALL: usize = 4_000;
/// How often a stream looks whether its report still exists, without any notice: for expiry, and for
/// what another process did to the same database.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The open streams by client; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Streams(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// A place for one stream, given back when it is dropped.
#[derive(Debug)]
struct Place {
    of: Streams,
    client: IpAddr,
}

impl Streams {
    fn enter(&self, client: IpAddr) -> Option<Place> {
        let client = bucket(client);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(&client).copied().unwrap_or_default();
        if own >= OF_CLIENT || open.values().sum::<usize>() >= OF_ALL {
            return None;
        }
        open.insert(client, own + 1);
        drop(open);
        Some(Place { of: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.client).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            open.remove(&self.client);
        } else {
            open.insert(self.client, left);
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Since {
    /// Number of the last event that the listener knows; `Last-Event-ID` of a reconnect goes before.
    after: Option<u64>,
}

/// One listener.
struct Stream {
    state: AppState,
    desk: Desk,
    token: Token,
    caller: Caller,
    lang: Lang,
    seen: u64,
    id: i64,
    waiting: Vec<Sent>,
    notices: Receiver<Notice>,
    over: bool,
    _place: Place,
}

/// `GET /api/v1/diagnoses/{token}/events`, with a view or answer token.
pub(super) async fn follow(
    State(state): State<AppState>,
    Path(token): Path<String>,
    Query(since): Query<Since>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let token = Token::parse(&token).ok_or_else(Problem::not_found)?;
    let desk = Desk::of(&state).ok_or_else(Problem::internal)?;
    // Before the report is read: what happens in between is then heard of.
    let notices = state.links.notices.listen();
    let (opened, _, caller) = state.admit_once(&token, &caller).await?;
    let place = state.links.streams.enter(caller.client);
    let place = place.ok_or_else(|| too_often(Duration::from_secs(30)))?;
    let header = request.headers().get("last-event-id");
    let last = header.and_then(|id| id.to_str().ok()?.parse().ok());
    let stream = Stream {
        lang: negotiate(request.uri(), request.headers()),
        seen: last.or(since.after).unwrap_or(0),
        id: opened.id,
        waiting: Vec::new(),
        over: false,
        _place: place,
        state,
        desk,
        token,
        caller,
        notices,
    };
    let events = stream::unfold(stream, |mut stream| async move {
        let sent = stream.next().await?;
        Some((Ok::<_, Infallible>(sent), stream))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

impl Stream {
    async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some(sent) = self.waiting.pop() {
                return Some(sent);
            }
            if self.over {
                return None;
            }
            if self.look().await.is_none() {
                // A browser reconnects for ever unless the page closes the stream at this event.
                self.over = true;
                return Some(Sent::default().event("end").data("gone"));
            }
            if self.waiting.is_empty() && !self.wait().await {
                return None;
            }
        }
    }

    /// Takes in what is new; nothing where the report is gone. Where the store does not answer, the
    /// next look may find it again.
    async fn look(&mut self) -> Option<()> {
        let report = match self.state.admit(&self.token, &self.caller).await {
            Ok((_, report)) => report,
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => return None,
            Err(_) => return Some(()),
        };
        let Ok(events) = self.state.store.events(self.id, self.seen).await else { return Some(()) };
        let Some(last) = events.last().map(|event| event.number) else { return Some(()) };
        let Ok(report) = self.desk.in_language(*report, self.lang).await else { return Some(()) };
        self.seen = last;
        let sent = |event: &Event| {
            let moved = ticket::moved(self.desk.diagnostician.base(), self.lang, event, &report);
            let data = serde_json::to_string(&moved).unwrap_or_default();
            Sent::default().id(event.number.to_string()).data(data)
        };
        // Taken from the end.
        self.waiting = events.iter().rev().map(sent).collect();
        Some(())
    }

    /// Waits for something to happen to this report; `false` where the server stops.
    async fn wait(&mut self) -> bool {
        let id = self.id;
        let notices = &mut self.notices;
        let about_us = async {
            loop {
                match notices.recv().await {
                    Ok(notice) if notice.report == id => return,
                    Ok(_) => {}
                    // Whatever was missed is in the store.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return,
                }
            }
        };
        tokio::select! {
            _ = timeout(LOOK_EVERY, about_us) => true,
            () = self.state.stopping.cancelled() => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_so_many_streams_and_gets_them_back() {
        let streams = Streams::default();
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        let held: Vec<_> = (0..OF_CLIENT).map(|_| streams.enter(client).unwrap()).collect();
        assert!(streams.enter(client).is_none());
        assert!(streams.enter("192.0.2.2".parse().unwrap()).is_some());
        drop(held);
        assert!(streams.enter(client).is_some());
        assert!(streams.0.lock().unwrap().len() <= 1, "nothing is kept of who is gone");
    }
}
