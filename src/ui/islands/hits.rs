//! What a text says, as a list: the line, whose words they are, which side, which moment, and what it
//! means. Used by the islands while a text is pasted and by the pages for a text that was.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::report::{FactKind, ReadFact, ReadHit, Reading};

/// Longest piece of a line that is shown, characters.
const LINE_SHOWN: usize = 240;
/// Most hits and facts that are listed at all.
const MOST: usize = 100;

/// The words of a hit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HitTexts {
    /// `Line {n}`.
    pub line: String,
    /// `on {n} lines`.
    pub times: String,
    /// `Written by: {dialect}`.
    pub dialect: String,
    /// `Side: {side}`.
    pub side: String,
    /// Where either side may be meant.
    pub either: String,
    /// `Moment: {phase}`.
    pub phase: String,
    /// Where the line does not tell.
    pub any: String,
    /// Heading of what command output comes to.
    pub output: String,
    /// Heading of the rhythm.
    pub rhythm: String,
    /// `not so: {value}`.
    pub ruled_out: String,
    /// `{n} more`.
    pub more: String,
    /// Between a fact and its value.
    pub colon: String,
}

/// The hits, the most telling first where only `most` are shown, and the facts. 0 shows all.
pub fn hit_list(reading: Reading, most: usize, texts: &HitTexts) -> impl IntoView + use<> {
    let Reading { mut hits, mut facts } = reading;
    hits.truncate(MOST);
    facts.truncate(MOST);
    if most > 0 && hits.len() > most {
        hits.sort_by_key(|hit| (std::cmp::Reverse(hit.specific), hit.line));
    }
    let rest = if most > 0 && hits.len() > most { hits.split_off(most) } else { Vec::new() };
    let more = texts.more.replace("{n}", &rest.len().to_string());
    let list = |hits: Vec<ReadHit>| hits.into_iter().map(|hit| view_hit(hit, texts)).collect_view();
    let group = |kind: FactKind, title: &str| {
        let own: Vec<ReadFact> = facts.iter().filter(|fact| fact.kind == kind).cloned().collect();
        (!own.is_empty()).then(|| {
            view! {
                <h3>{title.to_owned()}</h3>
                <ul class="read-facts">
                    {own.into_iter().map(|fact| view_fact(fact, texts)).collect_view()}
                </ul>
            }
        })
    };
    view! {
        {(!hits.is_empty()).then(|| view! { <ol class="hits">{list(hits)}</ol> })}
        {(!rest.is_empty())
            .then(|| {
                view! {
                    <details>
                        <summary>{more}</summary>
                        <ol class="hits">{list(rest)}</ol>
                    </details>
                }
            })}
        {group(FactKind::Rhythm, &texts.rhythm)}
        {group(FactKind::Output, &texts.output)}
    }
}

fn view_hit(hit: ReadHit, texts: &HitTexts) -> impl IntoView + use<> {
    let line = texts.line.replace("{n}", &hit.line.to_string());
    let times = (hit.count > 1).then(|| texts.times.replace("{n}", &hit.count.to_string()));
    let dialect = texts.dialect.replace("{dialect}", &hit.dialect);
    let side =
        hit.side.map_or_else(|| texts.either.clone(), |side| texts.side.replace("{side}", &side));
    let phase =
        hit.phase.map_or_else(|| texts.any.clone(), |phase| texts.phase.replace("{phase}", &phase));
    view! {
        <li>
            <p class="hit-where">
                <strong>{line}</strong>
                {times.map(|times| view! { <span class="tag">{times}</span> })}
                <span class="tag">{dialect}</span>
                <span class="tag">{side}</span>
                <span class="tag">{phase}</span>
            </p>
            <code>{shortened(&hit.text)}</code>
            <p>{hit.meaning}</p>
        </li>
    }
}

fn view_fact(fact: ReadFact, texts: &HitTexts) -> impl IntoView + use<> {
    let value =
        if fact.ruled_out { texts.ruled_out.replace("{value}", &fact.value) } else { fact.value };
    view! {
        <li>
            <p>{fact.what} {texts.colon.clone()} <strong>{value}</strong></p>
            {fact.raw.map(|raw| view! { <code>{shortened(&raw)}</code> })}
        </li>
    }
}

/// `text` up to [`LINE_SHOWN`] characters.
pub(super) fn shortened(text: &str) -> String {
    let line = text.trim();
    match line.char_indices().nth(LINE_SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or("")),
        None => line.to_owned(),
    }
}
