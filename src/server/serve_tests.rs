//! A real socket, and probes that would go on for ever.

use std::{net::IpAddr, time::Instant};

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    knowledge::Base,
    report::Diagnostician,
    server::{Config, Diagnose, InstanceKey, ProbeRequest, ProbeStarter, Problem},
    store::MemoryStore,
};

/// Says something every 20 ms until it is told to stop.
struct Endless;

impl ProbeStarter for Endless {
    fn start(
        &self,
        _request: ProbeRequest,
        _client: IpAddr,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<mpsc::Receiver<Value>, Problem>> {
        async move {
            let (send, events) = mpsc::channel(4);
            tokio::spawn(async move {
                while !cancel.is_cancelled() && send.send(json!({ "still": "here" })).await.is_ok()
                {
                    sleep(Duration::from_millis(20)).await;
                }
            });
            Ok(events)
        }
        .boxed()
    }
}

fn state() -> AppState {
    let engine = Diagnostician::new(Arc::new(Base::default())).unwrap();
    let diagnose: Diagnose = Arc::new(move |case, lang| engine.diagnose(case, lang));
    let store = Arc::new(MemoryStore::default());
    let key = InstanceKey::of_this_process().unwrap();
    AppState::new(Config::default(), store, diagnose, Some(Arc::new(Endless)), key)
}

async fn ask(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn open_event_streams_do_not_hold_up_the_end() {
    let state = state();
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(serve(listener, state.clone()));

    let body = r#"{"target": "x"}"#;
    let head = "POST /api/v1/probes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json";
    let length = body.len();
    let mut started =
        ask(address, &format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}")).await;
    let mut answer = String::new();
    started.read_to_string(&mut answer).await.unwrap();
    let events = answer.split("\"events\":\"").nth(1).unwrap().split('"').next().unwrap();
    let mut follower =
        ask(address, &format!("GET {events} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
    let mut first = [0; 2048];
    assert!(follower.read(&mut first).await.unwrap() > 0);
    assert_eq!(state.metrics.probes_running.value(), 1);

    let stopped = Instant::now();
    state.stopping.cancel();
    let mut rest = String::new();
    follower.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("data: interrupted"), "{rest}");
    serving.await.unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(3), "{:?}", stopped.elapsed());
    assert_eq!((state.metrics.probes_running.value(), state.metrics.connections.value()), (0, 0));
}
