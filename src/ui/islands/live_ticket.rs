//! The open report: what others add appears on it, and the ranking moves, without a reload.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::knowledge::Lang;

use super::{RankRow, browser, ranking::bar};

/// One finding of a probe, before a fix and after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// What was looked at.
    pub label: String,
    /// What was seen before.
    pub before: String,
    /// What is seen now.
    pub after: String,
}

/// An entry of the timeline in words. Names and quoted texts in it are hostile; they are shown as
/// text only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Its number, from 1.
    pub number: u64,
    /// When.
    pub at: String,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// In detail, a line each.
    pub lines: Vec<String>,
    /// How far it moved the report.
    pub moved: String,
    /// Before and after, where a fix was checked.
    pub sides: Vec<Side>,
    /// `good`, `bad`, or nothing.
    pub tone: String,
    /// Whether the report was another one afterwards.
    pub has_version: bool,
}

/// What stands above the fold, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The id of its state: `likely`, `possible`, `not-enough`, `no-fault`.
    pub state: String,
    /// The same in words.
    pub standing: String,
    /// The sentence.
    pub sentence: String,
    /// Probability of the verdict's cause; nothing where none stands out.
    pub sure: Option<f64>,
    /// The same in words: "very likely".
    pub sureness: String,
    /// What to do first.
    pub step: String,
}

/// What an open page is told of an entry: the entry, and the report after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The entry.
    pub moment: Moment,
    /// The leading causes.
    pub rows: Vec<RankRow>,
    /// The verdict.
    pub head: Head,
    /// Where the repair stands, in words; empty where nothing was tried.
    pub state: String,
    /// `good`, `bad`, `busy`, or nothing.
    pub state_tone: String,
}

/// The words of the live ticket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TicketTexts {
    /// Heading of the ranking.
    pub ranking: String,
    /// Heading of the timeline.
    pub history: String,
    /// Said where nothing happened yet.
    pub nothing: String,
    /// Said when something arrived while the page was open.
    pub arrived: String,
    /// The link that loads the page anew.
    pub reload: String,
    /// The link to the report as it was then; holds `{n}`.
    pub version: String,
    /// Said when the report is gone.
    pub gone: String,
    /// Headings of before and after.
    pub before: String,
    /// See `before`.
    pub after: String,
}

/// Ranking and timeline of a saved report. With script they follow what happens; without, they show
/// how it stood when the page was loaded.
#[island]
pub fn LiveTicket(
    /// The token in the page's address.
    token: String,
    /// Whether the page shows the newest version, and follows.
    follow: bool,
    /// What happened so far.
    moments: Vec<Moment>,
    /// The ranking as it stands.
    rows: Vec<RankRow>,
    /// Language of what is told.
    lang: Lang,
    /// The words.
    texts: TicketTexts,
) -> impl IntoView {
    let last = moments.last().map_or(0, |moment| moment.number);
    let moments = RwSignal::new(moments);
    let rows = RwSignal::new(rows);
    let said = RwSignal::new(String::new());
    let TicketTexts { ranking, history, nothing, arrived, reload, version, gone, before, after } =
        texts;
    let address = format!("/d/{token}");
    let (arrived_word, here) = (arrived, address.clone());
    Effect::new(move |_| {
        if !follow {
            return;
        }
        let (arrived, gone) = (arrived_word.clone(), gone.clone());
        browser::follow_report(&token, last, lang, move |heard| match heard {
            browser::Heard::Moved(moved) => {
                let known =
                    moments.read_untracked().iter().any(|m| m.number == moved.moment.number);
                if known {
                    return;
                }
                browser::retell(&moved, lang);
                rows.set(moved.rows);
                moments.write().push(moved.moment);
                said.set(arrived.clone());
            }
            browser::Heard::Gone => said.set(gone.clone()),
        });
    });
    let heads = (before, after);
    let version_of = move |number: u64| {
        (format!("{address}?version={number}"), version.replace("{n}", &number.to_string()))
    };
    view! {
        <div class="ticket-live">
            <p class="live-notice" role="status" hidden=move || said.read().is_empty()>
                {move || said.get()} " " <a href=here>{reload}</a>
            </p>
            <section class="ranking" aria-labelledby="live-ranking">
                <h3 id="live-ranking">{ranking}</h3>
                <ol>{move || rows.get().into_iter().map(|row| bar(row, lang, false)).collect_view()}</ol>
            </section>
            <section aria-labelledby="history">
                <h3 id="history">{history}</h3>
                <p class="muted" hidden=move || !moments.read().is_empty()>{nothing}</p>
                <ol class="history">
                    {move || {
                        let entries = moments.get().into_iter();
                        entries
                            .map(|moment| {
                                let older = moment.has_version.then(|| version_of(moment.number));
                                entry(moment, &heads, older)
                            })
                            .collect_view()
                    }}
                </ol>
            </section>
        </div>
    }
}

fn entry(
    moment: Moment,
    heads: &(String, String),
    older: Option<(String, String)>,
) -> impl IntoView + use<> {
    let older = older.map(|(href, words)| view! { <a class="version" href=href>{words}</a> });
    let sides = (!moment.sides.is_empty()).then(|| {
        let rows = moment.sides.into_iter().map(|side| {
            view! {
                <tr>
                    <th scope="row">{side.label}</th>
                    <td>{side.before}</td>
                    <td>{side.after}</td>
                </tr>
            }
        });
        view! {
            <table class="sides">
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">{heads.0.clone()}</th>
                        <th scope="col">{heads.1.clone()}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        }
    });
    let moved = (!moment.moved.is_empty()).then(|| view! { <p class="moved">{moment.moved}</p> });
    view! {
        <li class=format!("tone-{}", moment.tone) id=format!("event-{}", moment.number)>
            <p class="history-head">
                <strong><bdi>{moment.who}</bdi></strong>
                <span>{moment.what}</span>
                <time>{moment.at}</time>
            </p>
            {moment.lines.into_iter().map(|line| view! { <p class="said-line"><bdi>{line}</bdi></p> }).collect_view()}
            {sides}
            {moved}
            {older}
        </li>
    }
}
