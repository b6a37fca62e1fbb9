//! Webhooks against receivers that check what the real services check: `tests/data/receiver.mjs`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use hangup::{
    server::{Announcement, Delivery, DeliveryState, InstanceKey, Occasion, Webhook, Webhooks},
    store::{MemoryStore, ReportStore},
};
use tokio_util::sync::CancellationToken;

/// The receiver, ended with the test.
struct Receiver {
    child: Child,
    port: u16,
}

impl Receiver {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/receiver.mjs");
        let mut command = Command::new("node");
        let mut child = command.arg(script).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }

    fn webhook(&self, kind: &str, path: &str, secret: Option<&str>) -> Webhook {
        let secret = secret.map_or_else(String::new, |secret| format!("secret = '{secret}'"));
        let text = format!(
            "name = '{path}'\nkind = '{kind}'\nurl = 'http://127.0.0.1:{}/{path}'\n{secret}",
            self.port
        );
        toml::from_str(&text).unwrap()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn notice() -> Announcement {
    Announcement {
        occasion: Occasion::Saved,
        sentence: "The NAT forgot the quiet connection".to_owned(),
        cause: Some("nat_idle_drop".to_owned()),
        probability: 0.8,
        who: None,
        link: Some("https://hangup.example.com/d/abc".to_owned()),
    }
}

/// The receivers `webhooks` with an outbox of their own, in memory.
fn posting(webhooks: &[Webhook], stopping: CancellationToken) -> Webhooks {
    let key = Arc::new(InstanceKey::of_this_process().unwrap());
    Webhooks::new(webhooks, Arc::new(MemoryStore::default()), key, stopping)
}

/// The log once nothing is under way any more.
async fn settled(webhooks: &Webhooks) -> Vec<Delivery> {
    let is_over = |line: &Delivery| line.state != DeliveryState::Waiting;
    for _ in 0..600 {
        if webhooks.deliveries().await.unwrap().iter().all(is_over) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = webhooks.deliveries().await.unwrap();
    assert!(log.iter().all(is_over), "{log:?}");
    log
}

#[tokio::test]
async fn every_kind_of_receiver_takes_what_it_is_sent() {
    let receiver = Receiver::start();
    let webhooks = posting(
        &[
            receiver.webhook("generic", "generic", Some("s3cret")),
            receiver.webhook("slack", "slack", None),
            receiver.webhook("teams", "teams", None),
            receiver.webhook("dingtalk", "dingtalk?access_token=t", Some("s3cret")),
            receiver.webhook("feishu", "feishu", Some("s3cret")),
            receiver.webhook("wecom", "wecom", None),
        ],
        CancellationToken::new(),
    );
    webhooks.notify(&notice()).await.unwrap();
    let log = settled(&webhooks).await;
    assert_eq!(log.len(), 6);
    for line in log {
        assert_eq!((line.state, line.tries), (DeliveryState::Delivered, 1), "{line:?}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_not_tried_again() {
    let receiver = Receiver::start();
    let webhooks = posting(
        &[
            receiver.webhook("generic", "generic", Some("wrong")),
            receiver.webhook("dingtalk", "dingtalk?access_token=t", Some("wrong")),
            receiver.webhook("feishu", "feishu", Some("wrong")),
            receiver.webhook("slack", "gone", None),
        ],
        CancellationToken::new(),
    );
    webhooks.notify(&notice()).await.unwrap();
    for line in settled(&webhooks).await {
        assert_eq!((line.state, line.tries), (DeliveryState::Failed, 1), "{line:?}");
        assert!(!line.answer.is_empty(), "{line:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_and_then_full_is_tried_again() {
    let receiver = Receiver::start();
    let webhooks = posting(&[receiver.webhook("generic", "flaky", None)], CancellationToken::new());
    webhooks.notify(&notice()).await.unwrap();
    let log = settled(&webhooks).await;
    assert_eq!((log[0].state, log[0].tries), (DeliveryState::Delivered, 3), "{log:?}");
    assert!(webhooks.test("flaky").await.unwrap());
    assert!(!webhooks.test("another").await.unwrap());
    let log = settled(&webhooks).await;
    assert_eq!(
        (log[0].occasion, log[0].state),
        (Occasion::Test, DeliveryState::Delivered),
        "{log:?}"
    );
}

#[tokio::test]
async fn what_a_stopping_server_leaves_goes_on_with_the_next_one() {
    let receiver = Receiver::start();
    let store: Arc<dyn ReportStore> = Arc::new(MemoryStore::default());
    let key = Arc::new(InstanceKey::of_this_process().unwrap());
    let run = |webhooks: &[Webhook], key: &Arc<InstanceKey>| {
        let stopping = CancellationToken::new();
        let stop = stopping.clone().drop_guard();
        (Webhooks::new(webhooks, Arc::clone(&store), Arc::clone(key), stopping), stop)
    };
    let nobody: Webhook =
        toml::from_str("name = 'x'\nkind = 'slack'\nurl = 'http://127.0.0.1:9/x'").unwrap();
    let (first, stop) = run(&[nobody], &key);
    first.notify(&notice()).await.unwrap();
    drop(stop);
    let waiting = store.waiting().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(!waiting[0].letter.sealed.windows(3).any(|part| part == b"abc"), "a link in the clear");

    let somebody = Webhook { name: "x".to_owned(), ..receiver.webhook("slack", "slack", None) };
    let (second, _stop) = run(&[somebody], &key);
    second.resume().await.unwrap();
    let log = settled(&second).await;
    assert_eq!((log.len(), log[0].state), (1, DeliveryState::Delivered), "{log:?}");
    assert_eq!(store.waiting().await.unwrap(), []);
}

#[tokio::test]
async fn a_letter_of_another_key_or_to_nobody_is_given_up_and_says_why() {
    let receiver = Receiver::start();
    let store: Arc<dyn ReportStore> = Arc::new(MemoryStore::default());
    let run = |webhooks: &[Webhook]| {
        let key = Arc::new(InstanceKey::of_this_process().unwrap());
        Webhooks::new(webhooks, Arc::clone(&store), key, CancellationToken::new())
    };
    let away: Webhook =
        toml::from_str("name = 'gone'\nkind = 'slack'\nurl = 'http://127.0.0.1:9/x'").unwrap();
    let slack = receiver.webhook("slack", "slack", None);
    let stays = Webhook { url: away.url.clone(), ..slack.clone() };
    run(&[away, stays]).notify(&notice()).await.unwrap();
    let next = run(&[slack]);
    next.resume().await.unwrap();
    let log = settled(&next).await;
    let why: Vec<_> = log.iter().map(|line| (line.state, line.answer.as_str())).collect();
    assert!(why.contains(&(DeliveryState::Failed, "it was sealed with another key")), "{why:?}");
    assert!(why.iter().any(|(_, why)| why.contains("no receiver of that name")), "{why:?}");
}
