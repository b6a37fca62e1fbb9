//! Runs of live probes: each a list of events that grows, that listeners follow and can replay.
//!
//! Bounded: so many runs, so many events in each; a run ends when its probes end, when somebody
//! cancels it, when the server stops, or when nobody has listened for a while.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use futures::{Stream, stream};
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{limits, metrics::Metrics, problem::Problem};
use crate::store::Token;

/// Runs that are kept, under way and ended. judgement: four times the 64 that probe at once.
const RUNS: usize = 256;

/// Events of one run; a run of every probe makes some fifty.
const EVENTS: usize = 2_000;

/// How long things last; the tests use shorter times of their own.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// How long a run goes on with no listener.
    alone: Duration,
    /// How long an ended run can be replayed.
    kept: Duration,
}

/// judgement: a reload or a short loss of the network passes within 15 s; whoever comes back to an
/// open page after ten minutes starts anew.
const TIMES: Times = Times { alone: Duration::from_secs(15), kept: Duration::from_mins(10) };

/// The registry of runs; cheap to clone.
#[derive(Clone)]
pub struct Runs(Arc<Registry>);

struct Registry {
    runs: Mutex<BTreeMap<String, Arc<Run>>>,
    room: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
    times: Times,
}

/// Why a run is over; the data of the stream's last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Finished,
    Cancelled,
    Interrupted,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

struct Run {
    events: Mutex<Vec<String>>,
    /// Changes with every event, and holds the end once there is one.
    progress: watch::Sender<Option<(End, Instant)>>,
    listeners: watch::Sender<usize>,
    cancel: CancellationToken,
    _room: OwnedSemaphorePermit,
}

/// One event of a run, as a listener gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEvent {
    /// Its number within the run, from 1; the `id` of the server-sent event.
    pub number: usize,
    /// JSON, or the reason of the end.
    pub data: String,
    /// Whether this is the last.
    pub is_end: bool,
}

/// A place for a run that is about to start.
pub struct Reserved {
    room: OwnedSemaphorePermit,
    /// Tells the probes to stop.
    pub cancel: CancellationToken,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is a single step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runs {
    /// An empty registry whose runs end when `stopping` is set.
    pub fn new(metrics: Arc<Metrics>, stopping: CancellationToken) -> Self {
        Self::with_times(metrics, stopping, TIMES)
    }

    fn with_times(metrics: Arc<Metrics>, stopping: CancellationToken, times: Times) -> Self {
        let room = Arc::new(Semaphore::new(RUNS));
        Self(Arc::new(Registry { runs: Mutex::default(), room, metrics, stopping, times }))
    }

    /// Takes a place for a run, that of the longest ended where none is free.
    pub fn reserve(&self) -> Result<Reserved, Problem> {
        let room = Arc::clone(&self.0.room);
        let room = room.try_acquire_owned().or_else(|_| {
            self.forget_oldest();
            Arc::clone(&self.0.room).try_acquire_owned()
        });
        let room = room.map_err(|_| limits::busy())?;
        Ok(Reserved { room, cancel: self.0.stopping.child_token() })
    }

    fn forget_oldest(&self) {
        let mut runs = locked(&self.0.runs);
        let ended = runs
            .iter()
            .filter_map(|(id, run)| Some((run.progress.borrow().as_ref()?.1, id.clone())));
        if let Some((_, id)) = ended.min() {
            runs.remove(&id);
        }
    }

    /// Follows `events` until they end; gives the id under which others can follow.
    pub fn follow(
        &self,
        reserved: Reserved,
        events: mpsc::Receiver<Value>,
    ) -> Result<String, Problem> {
        let id = Token::generate()?.as_str().to_owned();
        let run = Arc::new(Run {
            events: Mutex::default(),
            progress: watch::Sender::new(None),
            listeners: watch::Sender::new(0),
            cancel: reserved.cancel,
            _room: reserved.room,
        });
        locked(&self.0.runs).insert(id.clone(), Arc::clone(&run));
        self.0.metrics.probes_started.up();
        tokio::spawn(Arc::clone(&self.0).drive(id.clone(), run, events));
        Ok(id)
    }

    /// Ends a run; whether there was one.
    pub fn cancel(&self, id: &str) -> bool {
        let found = locked(&self.0.runs).get(id).cloned();
        found.inspect(|run| run.cancel.cancel()).is_some()
    }

    /// The events of a run after number `after`, those to come included; `None` without such a run.
    pub fn listen(
        &self,
        id: &str,
        after: usize,
    ) -> Option<impl Stream<Item = RunEvent> + Send + 'static> {
        let run = locked(&self.0.runs).get(id).cloned()?;
        let listener = Listener::new(run, after);
        Some(stream::unfold(listener, |mut listener| async move {
            let event = listener.next().await?;
            Some((event, listener))
        }))
    }
}

impl Registry {
    async fn drive(self: Arc<Self>, id: String, run: Arc<Run>, events: mpsc::Receiver<Value>) {
        self.metrics.probes_running.up();
        let end = run.collect(events, &self.stopping, self.times.alone).await;
        self.metrics.probes_running.down();
        run.cancel.cancel();
        run.progress.send_replace(Some((end, Instant::now())));
        // From here on the registry alone keeps the run, so that it can make room.
        let run: Weak<Run> = {
            let strong = run;
            Arc::downgrade(&strong)
        };
        tokio::select! {
            () = sleep(self.times.kept) => {}
            () = self.stopping.cancelled() => {}
        }
        if run.strong_count() > 0 {
            locked(&self.runs).remove(&id);
        }
    }
}

impl Run {
    /// Takes in events until the run is over, and says why it is.
    async fn collect(
        &self,
        mut events: mpsc::Receiver<Value>,
        stopping: &CancellationToken,
        alone: Duration,
    ) -> End {
        let mut listeners = self.listeners.subscribe();
        // Somebody may listen before this task first runs.
        let mut alone_until = (*listeners.borrow_and_update() == 0).then(|| Instant::now() + alone);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) if self.push(event.to_string()) => {}
                    Some(_) => return End::Interrupted,
                    None => return End::Finished,
                },
                Ok(()) = listeners.changed() => {
                    let now_alone = *listeners.borrow_and_update() == 0;
                    alone_until = now_alone.then(|| Instant::now() + alone);
                }
                () = sleep_until(alone_until.unwrap_or_else(Instant::now)), if alone_until.is_some() => {
                    return End::Interrupted;
                }
                () = self.cancel.cancelled() => {
                    return if stopping.is_cancelled() { End::Interrupted } else { End::Cancelled };
                }
            }
        }
    }

    /// Whether there was room for it.
    fn push(&self, event: String) -> bool {
        let mut events = locked(&self.events);
        if events.len() >= EVENTS {
            return false;
        }
        events.push(event);
        drop(events);
        self.progress.send_modify(|_| {});
        true
    }
}

/// Follows one run; counted among its listeners as long as it lives.
struct Listener {
    run: Arc<Run>,
    seen: usize,
    progress: watch::Receiver<Option<(End, Instant)>>,
    has_ended: bool,
}

impl Listener {
    fn new(run: Arc<Run>, after: usize) -> Self {
        run.listeners.send_modify(|count| *count += 1);
        let progress = run.progress.subscribe();
        Self { run, seen: after, progress, has_ended: false }
    }

    async fn next(&mut self) -> Option<RunEvent> {
        if self.has_ended {
            return None;
        }
        loop {
            // Looked at before the events: what is pushed after an end would be lost otherwise.
            let end = self.progress.borrow_and_update().map(|(end, _)| end);
            let event = locked(&self.run.events).get(self.seen).cloned();
            if let Some(data) = event {
                self.seen += 1;
                return Some(RunEvent { number: self.seen, data, is_end: false });
            }
            if let Some(end) = end {
                self.has_ended = true;
                return Some(RunEvent {
                    number: self.seen.saturating_add(1),
                    data: end.word().to_owned(),
                    is_end: true,
                });
            }
            self.progress.changed().await.ok()?;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.run.listeners.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
