//! What the forms of the pages do. Each ends in an address to go on at.

use std::time::Duration;

use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::{Desk, Export, Problem, Trouble, Visitor, Wish, redirect_keeping},
    intake::{PasteError, check_paste, read_browser_look},
    knowledge::{Lang, LiveProbe, Text},
    ladder::{MAX_HOPS, Sketch, SketchHop, judge, sketch_in},
    ui::{
        arrive::{Arrived, address, arrive, take_in},
        discreet::{discreet, left_open},
        i18n::Texts,
        islands::PasteReading,
        pages::{ReadPaste, Refused, Rejected},
        state::{LadderAct, LadderForm, Wizard, decode, ladder_href},
    },
};

/// How the first page's form ends.
pub enum Start {
    /// The address to go on at.
    Go(String),
    /// The page again: why, and everything that had been typed.
    Again(StatusCode, Rejected),
}

/// Reads the form of the first page.
pub async fn read_start(desk: &Desk, lang: Lang, body: &[u8]) -> Start {
    let body = String::from_utf8_lossy(body);
    let fields = decode(&body);
    let raw = |name: &str| {
        let value = fields.iter().find(|(key, _)| key == name);
        value.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let again = |trouble: Trouble| {
        let sentence = trouble.sentence.get(lang).to_owned();
        let was_masked = fields.iter().any(|(key, _)| key == "checked");
        let (text, target) = (raw("text"), raw("target"));
        Start::Again(trouble.status, Rejected { sentence, text, target, was_masked })
    };
    // Measured before anything else: a paste of 10 MB is not worth a second look.
    if let Err(trouble) = readable(desk, &raw("text")) {
        return again(trouble);
    }
    let mut wizard = Wizard::parse(&body);
    if wizard.is_empty() {
        let sentence = in_both(|texts| texts.t("empty-start"));
        return again(Trouble { status: StatusCode::BAD_REQUEST, sentence });
    }
    let target = wizard.case.target.as_deref().map(|typed| desk.read_target(typed));
    if let Some(Err(trouble)) = target {
        return again(trouble);
    }
    if let Err(trouble) = discreet(desk, &mut wizard, None, &body) {
        return again(trouble);
    }
    match address(desk, wizard).await {
        Ok(address) => Start::Go(address),
        Err(trouble) => again(trouble),
    }
}

/// `POST /add`: the state of the wizard with more or other text, notes or target.
pub async fn add(desk: Desk, body: Bytes) -> Result<Response, Problem> {
    let body = String::from_utf8_lossy(&body);
    let mut wizard = Wizard::parse(&body);
    let fields = decode(&body);
    let more = fields.iter().find(|(key, _)| key == "more").map(|(_, value)| value.trim());
    if wizard.case.text.is_none() {
        wizard.case.text = desk.kept(wizard.draft.as_deref()).await;
    }
    wizard.draft = None;
    for text in [wizard.case.text.as_deref(), wizard.case.facts.notes.as_deref(), more] {
        readable(&desk, text.unwrap_or(""))?;
    }
    let more = more.filter(|more| !more.is_empty()).map(|more| more.replace("\r\n", "\n"));
    if let Some(more) = discreet(&desk, &mut wizard, more.as_deref(), &body)? {
        wizard.masked.insert("text".to_owned());
        let text = wizard.case.text.get_or_insert_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&more);
    }
    for text in [&wizard.case.text, &wizard.case.facts.notes].into_iter().flatten() {
        readable(&desk, text)?;
    }
    if let Some(typed) = &wizard.case.target {
        desk.read_target(typed)?;
    }
    Ok(Redirect::to(&address(&desk, wizard).await?).into_response())
}

/// `POST /probe`: runs the probes against the target and goes on to what they saw.
pub async fn probe(desk: Desk, visitor: Visitor, body: Bytes) -> Result<Response, Problem> {
    let body = String::from_utf8_lossy(&body);
    let mut wizard = Wizard::parse(&body);
    let typed = wizard.case.target.clone().unwrap_or_default();
    desk.read_target(&typed)?;
    consented(&wizard, &decode(&body))?;
    let only = wizard.only.iter().cloned().collect();
    wizard.probe = Some(desk.probe(typed, only, &visitor).await?);
    Ok(Redirect::to(&wizard.href()).into_response())
}

/// `POST /probe/browser`: takes in what the reader's own browser saw of the target.
pub async fn from_browser(desk: Desk, body: Bytes) -> Result<Response, Problem> {
    let body = String::from_utf8_lossy(&body);
    let Arrived::Here(wizard, _) = arrive(&desk, Wizard::parse(&body)).await? else {
        return Err(Problem::not_found());
    };
    desk.browser_target(wizard.case.target.as_deref().unwrap_or_default())?;
    let fields = decode(&body);
    let look = fields.iter().find(|(key, _)| key == "look").map(|(_, value)| value.as_str());
    let look = read_browser_look(look.unwrap_or_default()).map_err(|error| Trouble {
        status: StatusCode::BAD_REQUEST,
        sentence: in_both(|texts| {
            texts.with("browser-unreadable", &[("error", error.to_string().into())])
        }),
    })?;
    let seen = look.observations(&wizard.case.observations);
    Ok(Redirect::to(&take_in(&desk, *wizard, &seen).await?).into_response())
}

/// Whether the form chooses probes at all, and agrees to those that send more.
fn consented(wizard: &Wizard, fields: &[(String, String)]) -> Result<(), Trouble> {
    let has = |name: &str| fields.iter().any(|(key, value)| key == name && value == "1");
    let is_heavy = |id: &String| LiveProbe::of(id).is_some_and(|probe| probe.is_heavy);
    let refuse = |sentence: &str| Trouble {
        status: StatusCode::BAD_REQUEST,
        sentence: in_both(|texts| texts.t(sentence)),
    };
    if wizard.only.is_empty() && has("choose") {
        return Err(refuse("probe-none"));
    }
    if wizard.only.iter().any(is_heavy) && !has("agree") {
        return Err(refuse("probe-agree-first"));
    }
    Ok(())
}

/// `POST /save`: diagnoses the state of the wizard, saves the report, and goes to its page.
pub async fn save(desk: Desk, visitor: Visitor, body: Bytes) -> Result<Response, Problem> {
    let body = String::from_utf8_lossy(&body);
    let Arrived::Here(wizard, _) = arrive(&desk, Wizard::parse(&body)).await? else {
        return Err(Problem::not_found());
    };
    let report = desk.diagnose_after(&wizard.case, &wizard.skipped, visitor.lang).await?;
    let fields = decode(&body);
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let wish = Wish {
        lives: field("expiry").parse().ok().map(Duration::from_secs),
        password: field("password"),
        burns: field("burn") == "1",
        open: left_open(&wizard),
    };
    let saved = desk.save(&report, &wish, &visitor).await?;
    Ok(redirect_keeping(&saved.path, &saved.cookies))
}

/// `POST /export`: the report of the wizard's state as the file that the pressed button names. It is
/// made to be handed on, so its secrets are masked as they are where a report is saved.
pub async fn export(desk: Desk, visitor: Visitor, body: Bytes) -> Result<Response, Problem> {
    let body = String::from_utf8_lossy(&body);
    let fields = decode(&body);
    let file = fields.iter().find(|(key, _)| key == "file").map(|(_, file)| file.as_str());
    let export = file.and_then(Export::named).ok_or_else(Problem::not_found)?;
    let Arrived::Here(wizard, _) = arrive(&desk, Wizard::parse(&body)).await? else {
        return Err(Problem::not_found());
    };
    let report = desk.diagnose_after(&wizard.case, &wizard.skipped, visitor.lang).await?;
    let masked = report.masked_but(&left_open(&wizard)).map_err(Trouble::from)?;
    Ok(export.answer(&masked.0, None))
}

/// Reads the form of the reader's page, where there is no script to do it: what the text says, or why
/// it cannot be read. Nothing is kept.
pub async fn read_text(desk: &Desk, lang: Lang, body: &[u8]) -> (StatusCode, ReadPaste) {
    let fields = decode(&String::from_utf8_lossy(body));
    let value = fields.into_iter().find(|(key, _)| key == "text").map(|(_, value)| value);
    let text = value.unwrap_or_default().replace("\r\n", "\n");
    if let Err(trouble) = readable(desk, &text) {
        let sentence = trouble.sentence.get(lang).to_owned();
        return (trouble.status, ReadPaste { text, sentence, read: None });
    }
    match desk.reading(&text, lang).await {
        Ok(reading) => {
            let read = Some(PasteReading::new(reading, &text));
            (StatusCode::OK, ReadPaste { text, sentence: String::new(), read })
        }
        Err(problem) => {
            let sentence = problem.sentence().get(lang).to_owned();
            (problem.status(), ReadPaste { text, sentence, read: None })
        }
    }
}

/// Longest address of a ladder, bytes; a longer one is shown without one.
const LADDER_IN_ADDRESS: usize = 6000;

/// What the form of the ladder page asks for.
pub enum Laid {
    /// The address that shows the ladder.
    Go(String),
    /// The page itself: the ladder is too long for an address, or its configuration was not read.
    Here(StatusCode, Box<LadderForm>, Refused),
}

/// Reads the form of the ladder page. Configuration in it is read and forgotten.
pub fn lay_ladder(desk: &Desk, lang: Lang, body: &[u8]) -> Laid {
    let mut form = LadderForm::parse(&String::from_utf8_lossy(body));
    let base = desk.diagnostician.base();
    let config = std::mem::take(&mut form.config);
    if !config.trim().is_empty() {
        let found =
            if readable(desk, &config).is_ok() { sketch_in(&config) } else { Sketch::default() };
        if found.hops.is_empty() {
            let sentence = in_both(|texts| texts.t("ladder-nothing")).get(lang).to_owned();
            let refused = Refused { config, sentence };
            return Laid::Here(StatusCode::UNPROCESSABLE_ENTITY, Box::new(form), refused);
        }
        form.found.extend(found.hops);
        for (typed, said) in
            [(&mut form.sketch.slowest, found.slowest), (&mut form.sketch.cut_off, found.cut_off)]
        {
            if !said.is_empty() {
                *typed = said;
            }
        }
    }
    let act = form.act();
    let sketch = &mut form.sketch;
    match act {
        LadderAct::Up(at) if at > 0 && at < sketch.hops.len() => sketch.hops.swap(at - 1, at),
        LadderAct::Down(at) if at + 1 < sketch.hops.len() => sketch.hops.swap(at, at + 1),
        LadderAct::Remove(at) if at < sketch.hops.len() => {
            sketch.hops.remove(at);
        }
        LadderAct::Mend => {
            let judged = judge(&sketch.ladder(base).0, base);
            *sketch = sketch.with(&judged.settings);
        }
        LadderAct::Add if !form.add.is_empty() && sketch.hops.len() < MAX_HOPS => {
            let component = std::mem::take(&mut form.add);
            sketch.add(SketchHop { component, ..SketchHop::default() }, base);
        }
        _ => {}
    }
    sketch.take_in(std::mem::take(&mut form.found), base);
    let href = ladder_href(sketch);
    if href.len() > LADDER_IN_ADDRESS {
        return Laid::Here(StatusCode::OK, Box::new(form), Refused::default());
    }
    Laid::Go(href)
}

/// Whether `text` can be read at all.
fn readable(desk: &Desk, text: &str) -> Result<(), Trouble> {
    let most = desk.paste_bytes();
    let checked = match check_paste(text) {
        Ok(()) if text.len() > most => Err(PasteError::TooLong { bytes: text.len() }),
        checked => checked,
    };
    checked.map_err(|error| match error {
        PasteError::TooLong { bytes } => Trouble {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            sentence: in_both(|texts| {
                let args = [("size", bytes.div_ceil(1024).into()), ("limit", (most / 1024).into())];
                texts.with("too-long", &args)
            }),
        },
        PasteError::Binary { .. } => Trouble {
            status: StatusCode::BAD_REQUEST,
            sentence: in_both(|texts| texts.t("binary-text")),
        },
    })
}

pub(super) fn in_both(text: impl Fn(Texts) -> String) -> Text {
    Text { en: text(Texts(Lang::En)), zh: text(Texts(Lang::Zh)) }
}
