//! Runs whose events the test sends by hand, with times short enough to wait for.

use futures::StreamExt;
use serde_json::json;

use super::*;

const ALONE: Duration = Duration::from_millis(400);
const KEPT: Duration = Duration::from_millis(1_500);
const SOON: Duration = Duration::from_millis(100);

fn runs() -> (Runs, Arc<Metrics>, CancellationToken) {
    let (metrics, stopping) = (Arc::new(Metrics::default()), CancellationToken::new());
    (
        Runs::with_times(
            Arc::clone(&metrics),
            stopping.clone(),
            Times { alone: ALONE, kept: KEPT },
        ),
        metrics,
        stopping,
    )
}

fn start(runs: &Runs) -> (String, mpsc::Sender<Value>, CancellationToken) {
    let reserved = runs.reserve().unwrap();
    let cancel = reserved.cancel.clone();
    let (send, events) = mpsc::channel(8);
    (runs.follow(reserved, events).unwrap(), send, cancel)
}

async fn all(runs: &Runs, id: &str, after: usize) -> Vec<String> {
    runs.listen(id, after).unwrap().map(|event| event.data).collect().await
}

#[tokio::test]
async fn a_listener_gets_every_event_and_the_end_and_may_come_back() {
    let (runs, metrics, _) = runs();
    let (id, send, _) = start(&runs);
    let early = tokio::spawn({
        let (runs, id) = (runs.clone(), id.clone());
        async move { all(&runs, &id, 0).await }
    });
    for n in 0..3 {
        send.send(json!({ "n": n })).await.unwrap();
    }
    drop(send);
    let expected = ["{\"n\":0}", "{\"n\":1}", "{\"n\":2}", "finished"];
    assert_eq!(early.await.unwrap(), expected);
    assert_eq!(all(&runs, &id, 0).await, expected);
    assert_eq!(all(&runs, &id, 2).await, ["{\"n\":2}", "finished"]);
    assert_eq!(all(&runs, &id, usize::MAX).await, ["finished"]);
    assert_eq!(metrics.probes_running.value(), 0);
    assert!(runs.listen("unknown", 0).is_none());
    sleep(KEPT + SOON).await;
    assert!(runs.listen(&id, 0).is_none(), "an ended run is kept for ever");
}

#[tokio::test]
async fn a_run_that_nobody_follows_ends_and_its_probes_are_told() {
    let (runs, _, _) = runs();
    let (id, send, cancel) = start(&runs);
    let listener = runs.listen(&id, 0).unwrap();
    sleep(ALONE * 2).await;
    assert!(!cancel.is_cancelled(), "a run with a listener was ended");
    drop(listener);
    sleep(ALONE / 2).await;
    let listener = runs.listen(&id, 0).unwrap();
    sleep(ALONE * 2).await;
    assert!(!cancel.is_cancelled(), "coming back within the grace did not help");
    drop(listener);
    sleep(ALONE + SOON).await;
    assert!(cancel.is_cancelled());
    assert!(send.is_closed());
    assert_eq!(all(&runs, &id, 0).await, ["interrupted"]);
}

#[tokio::test]
async fn cancelling_and_stopping_end_a_run_at_once() {
    let (runs, metrics, stopping) = runs();
    let (id, _send, cancel) = start(&runs);
    assert!(runs.cancel(&id) && !runs.cancel("unknown"));
    assert_eq!(all(&runs, &id, 0).await, ["cancelled"]);
    assert!(cancel.is_cancelled());
    let (id, _send, cancel) = start(&runs);
    let listener = runs.listen(&id, 0).unwrap();
    stopping.cancel();
    let events: Vec<String> = listener.map(|event| event.data).collect().await;
    assert_eq!(events, ["interrupted"]);
    assert!(cancel.is_cancelled());
    assert_eq!(metrics.probes_running.value(), 0);
}

#[tokio::test]
async fn there_are_never_more_runs_than_the_limit_and_ended_ones_make_room() {
    let (runs, _, _) = runs();
    let open: Vec<_> = (0..RUNS).map(|_| start(&runs)).collect();
    assert!(runs.reserve().is_err(), "more runs than the limit");
    let (first, ..) = &open[0];
    runs.cancel(first);
    sleep(SOON).await;
    assert!(runs.reserve().is_ok(), "an ended run did not make room");
    assert!(runs.listen(first, 0).is_none());
}

#[tokio::test]
async fn a_run_that_talks_too_much_is_ended() {
    let (runs, _, _) = runs();
    let (id, send, cancel) = start(&runs);
    for n in 0..=EVENTS {
        send.send(json!(n)).await.unwrap();
    }
    cancel.cancelled().await;
    assert_eq!(all(&runs, &id, EVENTS).await, ["interrupted"]);
}
