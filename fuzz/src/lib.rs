//! What reads the bytes of strangers, each as a function from any bytes to nothing that must not panic.
//!
//! Beside not panicking each holds what it promises elsewhere: a redacted text stays as it is, a
//! normal form is stable, a report is the same twice. `cargo xtask fuzz` runs them under libFuzzer.

use std::sync::{Arc, LazyLock};

use hangup::{
    capture::{self, Limits, Reader},
    intake,
    knowledge::{Base, Lang, built_in, load},
    ladder, redact,
    report::{Case, Diagnostician},
};

// The grammar of targets belongs to the server, which takes minutes to compile; its three files need
// no more of it than the languages, so they are compiled into this crate on their own.
use hangup::knowledge;

/// The strict parser of probe targets.
#[path = "../../src/probe"]
#[allow(dead_code, unreachable_pub, reason = "the server uses what is left over")]
mod probe {
    pub mod hostname;
    pub mod rules;
    pub mod target;
}

/// The knowledge that travels with the program.
pub static BASE: LazyLock<Arc<Base>> = LazyLock::new(|| Arc::new(load(&[built_in()]).base));

static DOCTOR: LazyLock<Diagnostician> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "without patterns there is nothing to try")]
    Diagnostician::new(Arc::clone(&BASE)).expect("the patterns of the knowledge compile")
});

/// Pasted text into observations.
pub fn decoder(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = intake::check_paste(&text);
    let output = intake::read_output(&text);
    assert_eq!(output.rest.lines().count(), text.lines().count(), "a line was lost");
    for hit in DOCTOR.decode(&text).hits {
        assert!(hit.line >= 1 && hit.line <= text.lines().count(), "no such line");
    }
}

/// Pasted text without its secrets.
pub fn redactor(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let once = redact::redact(&text);
    let twice = redact::redact(&once.text);
    assert_eq!(once.text, twice.text, "redacting a redacted text changed it");
    assert!(redact::high_confidence(&once.text).is_empty(), "a secret is left");
}

/// Configuration, or a file of hops, into a judged ladder.
pub fn ladder(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // What the page makes of the same text.
    let hops = ladder::sketch_in(&text).hops;
    assert!(hops.len() <= ladder::MAX_HOPS, "more hops than a ladder has");
    let Ok(ladder) = ladder::read(&text, &BASE) else { return };
    let judgement = ladder::judge(&ladder, &BASE);
    for lang in Lang::ALL {
        ladder::draw(&judgement, lang);
    }
    if serde_json::to_string(&judgement).is_err() {
        unreachable!("a judgement is always JSON");
    }
}

/// A packet capture, in chunks whose length the first byte says.
pub fn capture(data: &[u8]) {
    let Some((first, file)) = data.split_first() else { return };
    let mut reader = Reader::new(Limits { conversations: 8 });
    let mut all = Vec::new();
    for chunk in file.chunks(usize::from(*first) + 1) {
        reader.push(chunk);
        all.append(&mut reader.take_finished());
    }
    let Ok((rest, warnings)) = reader.finish() else { return };
    all.extend(rest);
    // In one language each: the words differ in nothing else.
    for found in &warnings {
        capture::warning(found, Lang::En);
    }
    for conversation in &all {
        capture::observations(conversation);
        capture::sentence(conversation, Lang::Zh);
    }
    if let [one, others @ ..] = all.as_slice() {
        for difference in capture::compare(std::slice::from_ref(one), others) {
            capture::difference(&difference, Lang::En);
        }
    }
}

/// What a person names as a host.
pub fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // A redirect after a line break is read against the target before it.
    let (text, location) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(target) = probe::target::Target::parse(text) else { return };
    let normal = target.normalized();
    let again = probe::target::Target::parse(&normal).map(|again| again.normalized());
    assert_eq!(again.as_deref(), Ok(normal.as_str()), "the normal form is not stable");
    if let Ok(next) = target.join(location) {
        assert!(
            !next.path().contains(|c: char| c.is_control() || c == ' '),
            "a path splits a line"
        );
    }
}

/// A case in JSON into a report.
pub fn case(data: &[u8]) {
    let Ok(case) = serde_json::from_slice::<Case>(data) else { return };
    if case.check(&BASE, Lang::En).is_err() {
        return;
    }
    let report = DOCTOR.diagnose(&case, Lang::En);
    if serde_json::to_string(&report).is_err() {
        unreachable!("a report is always JSON");
    }
}
