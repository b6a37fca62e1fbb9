//! Entries of a timeline in words, for the page and for those who have it open.

use crate::{
    api::{Event, minute},
    evidence::Observation,
    knowledge::{Base, Lang},
    report::{FixState, Happening, Lead, Report, Unclear, with_usual},
    ui::{
        components::{leading, ranked_rows, state_id, sureness},
        i18n::Texts,
        islands::{Head, Moment, Moved, Side},
    },
};

/// Facts of one entry that are listed. judgement: the rest is in the report itself.
const LISTED: usize = 6;

/// What an open page is told of `event`; `report` is the newest version, in the listener's language.
pub fn moved(base: &Base, lang: Lang, event: &Event, report: &Report) -> Moved {
    let texts = Texts(lang);
    let (state, state_tone) = match event.entry.happening.state() {
        Some(state) => state_words(texts, state),
        None => (String::new(), ""),
    };
    Moved {
        moment: moment(base, texts, event),
        rows: ranked_rows(report, texts),
        head: head(texts, report),
        state,
        state_tone: state_tone.to_owned(),
    }
}

fn head(texts: Texts, report: &Report) -> Head {
    let (verdict, sure) = (&report.verdict, leading(report));
    let state = state_id(verdict.state);
    Head {
        state: state.to_owned(),
        standing: texts.t(&format!("state-{state}")),
        sentence: verdict.sentence.clone(),
        sure,
        sureness: texts.t(sureness(sure.unwrap_or_default())),
        step: verdict.first_step.clone(),
    }
}

/// Where the repair stands, in words and as a tone; empty where nothing was tried.
pub fn state_words(texts: Texts, state: FixState) -> (String, &'static str) {
    match state {
        FixState::Open => (String::new(), ""),
        FixState::FixTried => (texts.t("ticket-state-tried"), "busy"),
        FixState::Verified => (texts.t("ticket-state-verified"), "good"),
        FixState::NotIt => (texts.t("ticket-state-not-it"), "bad"),
    }
}

/// An entry in words.
pub fn moment(base: &Base, texts: Texts, event: &Event) -> Moment {
    let entry = &event.entry;
    let (what, lines, tone) = told(base, texts, &entry.happening);
    let sides = match &entry.happening {
        Happening::Checked { before, after, .. } => sides(base, texts, before, after),
        _ => Vec::new(),
    };
    let shifts = !sides.is_empty() || event.has_version;
    Moment {
        number: event.number,
        at: minute(event.at),
        who: match event.who.as_str() {
            "" => texts.t("ticket-somebody"),
            who => who.to_owned(),
        },
        what,
        lines,
        moved: if shifts {
            shift(base, texts, &entry.led, &entry.leads, entry.moved)
        } else {
            String::new()
        },
        sides,
        tone: tone.to_owned(),
        has_version: event.has_version,
    }
}

/// Heading, lines and tone of what happened.
fn told(base: &Base, texts: Texts, happening: &Happening) -> (String, Vec<String>, &'static str) {
    let fix_title = |id: &str| {
        base.fixes.get(id).map_or_else(|| id.to_owned(), |fix| with_usual(fix.title.get(texts.0)))
    };
    match happening {
        Happening::Answer { answers } => {
            let line = |(id, option): (&String, &String)| answer_line(base, texts, id, option);
            (texts.t("ticket-answered"), answers.iter().map(line).collect(), "")
        }
        Happening::Comment { text } => {
            (texts.t("ticket-commented"), text.lines().map(str::to_owned).collect(), "")
        }
        Happening::Observations { vantage, observations, .. } => {
            let what = texts.with(
                "ticket-observed",
                &[("n", observations.len().into()), ("where", vantage.as_str().into())],
            );
            let line = |seen: &Observation| {
                let (label, value) = (label(base, texts, seen), value(base, texts, seen));
                texts.with("ticket-fact", &[("label", label.into()), ("value", value.into())])
            };
            (what, observations.iter().take(LISTED).map(line).collect(), "")
        }
        Happening::FixTried { fix, .. } => {
            (texts.t("ticket-tried"), vec![fix_title(fix), texts.t("ticket-checking")], "busy")
        }
        Happening::Checked { fix, worked: true, .. } => {
            (texts.t("ticket-verified"), vec![fix_title(fix)], "good")
        }
        Happening::Checked { fix, unclear: Some(why), .. } => {
            let why = match why {
                Unclear::NoneBefore => "ticket-unclear-none-before",
                Unclear::NoLookBefore => "ticket-unclear-no-look-before",
                Unclear::Later => "ticket-unclear-later",
                Unclear::Another => "ticket-unclear-another",
                Unclear::NotReached => "ticket-unclear-not-reached",
            };
            (texts.t("ticket-unclear"), vec![fix_title(fix), texts.t(why)], "")
        }
        Happening::Checked { fix, worked: false, .. } => {
            (texts.t("ticket-not-it"), vec![fix_title(fix)], "bad")
        }
        Happening::CheckFailed { fix, why, why_zh } => {
            let told = if texts.0 == Lang::Zh && !why_zh.is_empty() { why_zh } else { why };
            let lines = [fix_title(fix), told.clone()];
            (
                texts.t("ticket-check-failed"),
                lines.into_iter().filter(|l| !l.is_empty()).collect(),
                "",
            )
        }
    }
}

fn answer_line(base: &Base, texts: Texts, id: &str, option: &str) -> String {
    let question = base.questions.get(id);
    let asked = question.map_or(id, |question| question.ask.get(texts.0));
    let variable = question.and_then(|question| base.variables.get(&question.variable));
    let chosen = variable
        .and_then(|variable| variable.options.iter().find(|known| known.id == option))
        .map_or(option, |known| known.label.get(texts.0));
    texts.with("ticket-answer", &[("asked", asked.into()), ("answer", chosen.into())])
}

fn label(base: &Base, texts: Texts, seen: &Observation) -> String {
    base.variables
        .get(&seen.variable)
        .map_or_else(|| seen.variable.clone(), |known| known.label.get(texts.0).to_owned())
}

fn value(base: &Base, texts: Texts, seen: &Observation) -> String {
    if let Some(number) = seen.value.number() {
        return texts.seconds(number);
    }
    let word = seen.value.word().unwrap_or_default();
    if seen.variable == "message" {
        let known = base.signatures.get(word);
        return known
            .map_or_else(|| word.to_owned(), |known| known.meaning.get(texts.0).to_owned());
    }
    let options = base.variables.get(&seen.variable).map(|variable| variable.options.as_slice());
    let found = options.unwrap_or_default().iter().find(|option| option.id == word);
    found.map_or_else(|| word.to_owned(), |option| option.label.get(texts.0).to_owned())
}

/// Before and after, a row for each thing that either saw.
fn sides(base: &Base, texts: Texts, before: &[Observation], after: &[Observation]) -> Vec<Side> {
    let mut variables: Vec<&Observation> = Vec::new();
    for seen in before.iter().chain(after) {
        if !variables.iter().any(|known| known.variable == seen.variable) {
            variables.push(seen);
        }
    }
    let of = |all: &[Observation], variable: &str| {
        let found: Vec<String> = all
            .iter()
            .filter(|seen| seen.variable == variable)
            .map(|seen| value(base, texts, seen))
            .collect();
        if found.is_empty() { "–".to_owned() } else { found.join(&texts.t("list-comma")) }
    };
    let side = |seen: &Observation| Side {
        label: label(base, texts, seen),
        before: of(before, &seen.variable),
        after: of(after, &seen.variable),
    };
    variables.into_iter().map(side).collect()
}

/// "X: 81 % → 46 %", and what leads now where it is something else.
fn shift(base: &Base, texts: Texts, before: &Lead, after: &Lead, moved: (f64, f64)) -> String {
    let name = |id: &str| {
        let known = base.causes.get(id).map(|cause| cause.name.get(texts.0).to_owned());
        known.unwrap_or_else(|| texts.t("family-something-else"))
    };
    let (was, is) = (texts.percent(moved.0), texts.percent(moved.1));
    let same = [("cause", name(&before.cause).into()), ("was", was.into()), ("is", is.into())];
    if before.cause == after.cause && texts.percent(moved.0) == texts.percent(moved.1) {
        return texts.with("ticket-moved-not", &same);
    }
    if before.cause == after.cause {
        return texts.with("ticket-moved", &same);
    }
    let other =
        [("other", name(&after.cause).into()), ("sure", texts.percent(after.probability).into())];
    let all: Vec<_> = same.into_iter().chain(other).collect();
    texts.with("ticket-moved-to", &all)
}
