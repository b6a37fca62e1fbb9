//! The two-way link in every store: who may add, versions, two at once, burning, confirmed causes.

use std::collections::BTreeMap;

use hangup::{
    report::{Entry, FixState, Happening, Lead, Report},
    store::{
        Kept, MOST_EVENTS, MemoryStore, NewEvent, ReportStore, Share, SqliteStore, StoreError,
        Terms, Token,
    },
};

use crate::store::{Simply, report_saying};

const NOW: i64 = 1_800_000_000;
const WEEK: i64 = 7 * 24 * 60 * 60;

fn entry(happening: Happening) -> Entry {
    Entry { happening, led: Lead::default(), leads: Lead::default(), moved: (0.0, 0.0) }
}

fn answer(question: &str) -> Happening {
    Happening::Answer { answers: BTreeMap::from([(question.to_owned(), "yes".to_owned())]) }
}

fn checked(worked: bool) -> Happening {
    Happening::Checked {
        fix: "fix".to_owned(),
        cause: "a_cause".to_owned(),
        worked,
        unclear: None,
        probe: None,
        before: Vec::new(),
        after: Vec::new(),
    }
}

fn event(token: &Token, after: u64, happening: Happening, report: Option<Report>) -> NewEvent {
    NewEvent {
        token: token.clone(),
        now: NOW,
        after,
        who: "<b>王工</b>".to_owned(),
        entry: entry(happening),
        report: report.map(Box::new),
        teaches: true,
    }
}

async fn saved(store: &dyn ReportStore, sentence: &str) -> (Share, Token) {
    let mut report = report_saying(sentence);
    report.case.text = Some(format!("text of {sentence}"));
    let share = store.save_report(&report, NOW, NOW + WEEK).await.unwrap();
    let answer = share.answer.clone().unwrap();
    (share, answer)
}

async fn suite(store: &dyn ReportStore) {
    only_the_answer_token_adds(store).await;
    versions_stay_readable(store).await;
    of_two_at_once_one_reads_again(store).await;
    a_report_has_so_many_entries(store).await;
    events_have_so_many_bytes(store).await;
    what_burns_is_read_once(store).await;
    what_is_closed_needs_more_than_its_token(store).await;
    verified_fixes_confirm_causes(store).await;
}

async fn only_the_answer_token_adds(store: &dyn ReportStore) {
    let (share, answers) = saved(store, "adds").await;
    for token in [&share.view, &share.manage, &Token::generate().unwrap()] {
        let refused = store.add(&event(token, 0, answer("q"), None)).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    assert_eq!(store.add(&event(&answers, 0, answer("q"), None)).await.unwrap(), 1);
    let (seen, own) =
        (store.open(&share.view, NOW).await.unwrap(), store.open(&answers, NOW).await.unwrap());
    assert!(!seen.may_answer && own.may_answer);
    assert_eq!((seen.id, seen.version), (own.id, 1));
    let events = store.events(seen.id, 0).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].who.as_str(), events[0].at), ("<b>王工</b>", NOW));
    assert_eq!(events[0].entry, entry(answer("q")));
    let late = NewEvent { now: NOW + WEEK, ..event(&answers, 1, answer("q"), None) };
    assert!(
        matches!(store.add(&late).await, Err(StoreError::NotFound)),
        "an ended link was added to"
    );
    store.revoke(&share.manage, NOW).await.unwrap();
    let gone = store.add(&event(&answers, 1, answer("q"), None)).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    assert!(store.events(seen.id, 0).await.unwrap().is_empty(), "the timeline outlived its report");
}

async fn versions_stay_readable(store: &dyn ReportStore) {
    let (share, answers) = saved(store, "first").await;
    let mut second = report_saying("second");
    second.case.text = Some("text of first".to_owned());
    store.add(&event(&answers, 0, answer("a"), Some(second.clone()))).await.unwrap();
    let comment = Happening::Comment { text: "between".to_owned() };
    store.add(&event(&answers, 1, comment, None)).await.unwrap();
    let opened = store.open(&share.view, NOW).await.unwrap();
    let is_newest = matches!(&opened.kept, Kept::Report(newest) if **newest == second);
    assert!(is_newest, "the newest version, with its text");
    assert_eq!(store.load_report(&share.view, NOW).await.unwrap(), second);
    for (version, sentence) in [(0, "first"), (1, "second"), (2, "second")] {
        let report = store.version(opened.id, version).await.unwrap();
        assert_eq!(report.verdict.sentence, sentence, "version {version}");
        assert_eq!(report.case.text.as_deref(), Some("text of first"));
    }
    assert!(matches!(store.version(opened.id, 3).await, Err(StoreError::NotFound)));
    let flags: Vec<bool> =
        store.events(opened.id, 0).await.unwrap().iter().map(|event| event.has_version).collect();
    assert_eq!(flags, [true, false]);
    assert_eq!(store.events(opened.id, 1).await.unwrap().len(), 1);
}

async fn of_two_at_once_one_reads_again(store: &dyn ReportStore) {
    let (_, answers) = saved(store, "two").await;
    let (a, b) = (event(&answers, 0, answer("a"), None), event(&answers, 0, answer("b"), None));
    let (a, b) = tokio::join!(store.add(&a), store.add(&b));
    let refused = [&a, &b].into_iter().filter(|r| matches!(r, Err(StoreError::Changed))).count();
    assert_eq!(refused, 1, "{a:?} {b:?}");
    assert_eq!(store.add(&event(&answers, 1, answer("b"), None)).await.unwrap(), 2);
}

async fn a_report_has_so_many_entries(store: &dyn ReportStore) {
    let (_, answers) = saved(store, "many").await;
    for number in 0..MOST_EVENTS {
        store.add(&event(&answers, number, answer("q"), None)).await.unwrap();
    }
    let over = store.add(&event(&answers, MOST_EVENTS, answer("q"), None)).await;
    assert!(matches!(over, Err(StoreError::TooMuch)), "{over:?}");
}

async fn events_have_so_many_bytes(store: &dyn ReportStore) {
    let (_, answers) = saved(store, "large").await;
    let large = || Some(report_saying(&"x".repeat(10 * 1024 * 1024)));
    assert!(store.add(&event(&answers, 0, answer("q"), large())).await.is_ok());
    assert!(store.add(&event(&answers, 1, answer("q"), large())).await.is_ok());
    let over = store.add(&event(&answers, 2, answer("q"), large())).await;
    assert!(matches!(over, Err(StoreError::TooMuch)), "{over:?}");
    store.add(&event(&answers, 2, answer("q"), None)).await.unwrap();
}

async fn what_burns_is_read_once(store: &dyn ReportStore) {
    let report = report_saying("burns");
    let terms = Terms { now: NOW, expires_at: NOW + WEEK, lock: None, burns: true };
    let share = store.save(&Kept::Report(Box::new(report.clone())), &terms).await.unwrap();
    assert!(share.answer.is_none(), "what is gone when it is read cannot be answered");
    let (kept, _) = saved(store, "kept").await;
    assert!(matches!(store.burn(&kept.view, NOW).await, Err(StoreError::NotFound)));
    for _ in 0..15 {
        assert!(matches!(store.load_report(&share.view, NOW).await, Err(StoreError::Closed)));
        assert!(store.open(&share.view, NOW).await.unwrap().burns);
    }
    let (one, two) = tokio::join!(store.burn(&share.view, NOW), store.burn(&share.view, NOW));
    let read: Vec<Report> = [one, two].into_iter().flatten().collect();
    assert_eq!(read, [report], "exactly one of two reads it");
    assert!(matches!(store.open(&share.view, NOW).await, Err(StoreError::NotFound)));
}

async fn what_is_closed_needs_more_than_its_token(store: &dyn ReportStore) {
    let terms = |lock: Option<&str>| Terms {
        now: NOW,
        expires_at: NOW + WEEK,
        lock: lock.map(str::to_owned),
        burns: false,
    };
    let report = Kept::Report(Box::new(report_saying("locked")));
    let locked = store.save(&report, &terms(Some("$argon2id$"))).await.unwrap();
    let sealed = store.save(&Kept::Sealed("AAAA".to_owned()), &terms(None)).await.unwrap();
    assert!(sealed.answer.is_none());
    for token in [&locked.view, locked.answer.as_ref().unwrap(), &sealed.view] {
        let closed = store.load_report(token, NOW).await;
        assert!(matches!(closed, Err(StoreError::Closed)), "{closed:?}");
    }
    let opened = store.open(&locked.view, NOW).await.unwrap();
    assert_eq!(opened.lock.as_deref(), Some("$argon2id$"));
    assert!(
        matches!(store.open(&sealed.view, NOW).await.unwrap().kept, Kept::Sealed(text) if text == "AAAA")
    );
    assert!(store.load_managed(&sealed.manage, NOW).await.unwrap().report.is_none());
}

async fn verified_fixes_confirm_causes(store: &dyn ReportStore) {
    let known = store.confirmed_causes().await.unwrap().len();
    let (share, answers) = saved(store, "fixed").await;
    let state = async || store.open(&share.view, NOW).await.unwrap().state;
    assert_eq!(state().await, FixState::Open);
    let tried =
        Happening::FixTried { fix: "fix".to_owned(), cause: "a_cause".to_owned(), probe: None };
    store.add(&event(&answers, 0, tried, None)).await.unwrap();
    assert_eq!(state().await, FixState::FixTried);
    store.add(&event(&answers, 1, checked(true), None)).await.unwrap();
    store.add(&event(&answers, 2, checked(true), None)).await.unwrap();
    assert_eq!(state().await, FixState::Verified);
    let confirmed = store.confirmed_causes().await.unwrap();
    assert_eq!(confirmed.len(), known + 1, "once a report, however often it is verified");
    assert_eq!((confirmed[known].cause.as_str(), confirmed[known].at), ("a_cause", NOW));
    store.add(&event(&answers, 3, checked(false), None)).await.unwrap();
    assert_eq!(state().await, FixState::NotIt);
    assert_eq!(store.confirmed_causes().await.unwrap().len(), known, "it was not it after all");
    store.add(&event(&answers, 4, checked(true), None)).await.unwrap();
    let id = store.open(&share.view, NOW).await.unwrap().id;
    assert_eq!(store.events(id, 0).await.unwrap().len(), 5, "each entry reads back");
    store.revoke(&share.manage, NOW).await.unwrap();
    assert_eq!(store.confirmed_causes().await.unwrap().len(), known + 1, "it outlives its report");

    let (share, answers) = saved(store, "fixed as well").await;
    let untaught = NewEvent { teaches: false, ..event(&answers, 0, checked(true), None) };
    store.add(&untaught).await.unwrap();
    assert_eq!(store.open(&share.view, NOW).await.unwrap().state, FixState::Verified);
    assert_eq!(store.confirmed_causes().await.unwrap().len(), known + 1, "it is not to be learned");
}

#[tokio::test]
async fn the_memory_store_passes_the_suite() {
    suite(&MemoryStore::default()).await;
}

#[tokio::test]
async fn the_sqlite_store_passes_the_suite_and_holds_no_token() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), None).await.unwrap();
    suite(&store).await;
    let (_, answers) = saved(&store, "token").await;
    store.add(&event(&answers, 0, answer("q"), None)).await.unwrap();
    store.close().await;
    let bytes = std::fs::read(dir.path().join("hangup.sqlite")).unwrap();
    let token = answers.as_str().as_bytes();
    assert!(!bytes.windows(token.len()).any(|window| window == token), "a token lies in the file");
}
