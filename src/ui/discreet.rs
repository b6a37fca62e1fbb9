//! Free text of a form, before anything is kept of it: what a browser has masked is checked, what none
//! has is masked here.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use crate::{
    api::{Desk, Trouble},
    redact::{high_confidence, numbers_in, redact, redact_with},
    ui::{
        arrive::address,
        forms::in_both,
        state::{Wizard, decode},
    },
};

/// The fields that hold free text, beside `more`.
const FIELDS: [&str; 2] = ["text", "notes"];

/// Masks the free text of `wizard` and `more`, what is added to its text.
///
/// A field that `body` says was masked in the browser (`checked`) is taken as it is, unless it still
/// holds something whose very shape gives it away: that is refused with the line and what it is. What
/// the text said before it was masked here goes on beside it.
pub(super) fn discreet(
    desk: &Desk,
    wizard: &mut Wizard,
    more: Option<&str>,
    body: &str,
) -> Result<Option<String>, Trouble> {
    let checked: BTreeSet<String> = decode(body)
        .into_iter()
        .filter(|(key, _)| key == "checked")
        .flat_map(|(_, names)| names.split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut beside = BTreeSet::new();
    let mut settle = |name: &str, text: &str, before: &str| -> Result<String, Trouble> {
        if checked.contains(name) {
            no_secret(text)?;
            return Ok(text.to_owned());
        }
        let masked = redact_with(text, &crate::redact::Choices::default(), before).text;
        beside.extend(desk.diagnostician.beside(text, &masked));
        Ok(masked)
    };
    for name in FIELDS {
        let before = match name {
            "notes" => numbers_in(wizard.case.text.as_deref().unwrap_or("")),
            _ => String::new(),
        };
        let field = match name {
            "notes" => &mut wizard.case.facts.notes,
            _ => &mut wizard.case.text,
        };
        let Some(text) = field else { continue };
        if wizard.masked.contains(name) {
            no_secret(text)?;
        } else {
            *text = settle(name, text, &before)?;
            wizard.masked.insert(name.to_owned());
        }
    }
    if let Some(target) = &wizard.case.target {
        no_secret(target)?;
    }
    let facts = &mut wizard.case.facts;
    for part in facts.stack.iter_mut().chain(&mut facts.between) {
        *part = redact(part).text;
    }
    let before = numbers_in(wizard.case.text.as_deref().unwrap_or(""));
    let more = more.map(|more| settle("more", more, &before)).transpose()?;
    wizard.beside.extend(beside);
    Ok(more)
}

/// Where somebody goes on who followed a prepared link (`/diagnose?text=…`, `?stack=…`) with secrets in it:
/// the same state without them, so that no later request, bookmark or forwarded address has them. None
/// where nothing is to be masked.
pub(super) async fn masked_address(
    desk: &Desk,
    wizard: &Wizard,
    lang: Option<&str>,
) -> Result<Option<String>, Trouble> {
    let facts = &wizard.case.facts;
    let texts = [("text", &wizard.case.text), ("notes", &facts.notes)];
    let mut open = texts
        .into_iter()
        .filter(|(name, _)| !wizard.masked.contains(*name))
        .filter_map(|(_, text)| text.as_deref())
        .chain(facts.stack.iter().chain(&facts.between).map(String::as_str));
    if !open.any(|text| redact(text).text != text) {
        return Ok(None);
    }
    let mut masked = wizard.clone();
    discreet(desk, &mut masked, None, "")?;
    let mut to = address(desk, masked).await?;
    if let Some(lang) = lang {
        to.push(if to.contains('?') { '&' } else { '?' });
        to.push_str("lang=");
        to.push_str(lang);
    }
    // Where masking changes nothing any more, going there again would never end.
    Ok((to != wizard.href()).then_some(to))
}

/// Refuses a text that holds a secret whose shape gives it away.
fn no_secret(text: &str) -> Result<(), Trouble> {
    let Some(mask) = high_confidence(text).into_iter().next() else { return Ok(()) };
    let line = text.get(..mask.start).unwrap_or("").matches('\n').count() + 1;
    let sentence = in_both(|texts| {
        let kind = mask.kind.label(texts.0);
        texts.with("refused-secret", &[("line", line.into()), ("kind", kind.into())])
    });
    Err(Trouble { status: StatusCode::UNPROCESSABLE_ENTITY, sentence })
}

/// What somebody who saw the masks of `wizard` left open on purpose.
pub(super) fn left_open(wizard: &Wizard) -> BTreeSet<String> {
    let texts = [("text", &wizard.case.text), ("notes", &wizard.case.facts.notes)];
    texts
        .into_iter()
        .filter(|(name, _)| wizard.masked.contains(*name))
        .flat_map(|(_, text)| crate::redact::left_open(text.as_deref().unwrap_or("")))
        .collect()
}
