//! The table of conversations: fifty rows at a time, whatever their number, so that nothing freezes.

use leptos::prelude::*;

use crate::{
    capture::{Close, Closer, Handshake},
    worker::protocol::{Query, Row, Sort},
};

use super::{Scene, TABLE};

/// The columns: their order and whether they are left out where it is narrow.
const COLUMNS: [(Sort, bool); 5] = [
    (Sort::Ends, false),
    (Sort::Handshake, true),
    (Sort::Closing, false),
    (Sort::Duration, true),
    (Sort::Bytes, true),
];

/// Filters, table and the pages of it.
pub(super) fn table(scene: Scene) -> impl IntoView {
    let rows = move || {
        let page = scene.page.get();
        page.rows.into_iter().map(|one| row(scene, one)).collect_view()
    };
    let none = move || scene.page.with(|page| page.matching == 0);
    view! {
        <section class="capture-table" aria-labelledby=TABLE>
            <h2 id=TABLE tabindex="-1">{scene.t("cap-table-title")}</h2>
            {filters(scene)}
            <table>
                <caption class="visually-hidden">{scene.t("cap-table-title")}</caption>
                <thead>
                    <tr>
                        {COLUMNS.into_iter().map(|(sort, wide)| column(scene, sort, wide)).collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="notice" hidden=move || !none()>{scene.t("cap-none-match")}</p>
            {pages(
                scene,
                move || scene.page.with(|page| (page.page, page.from, page.rows.len(), page.matching)),
                move |page| scene.ask(|query| query.page = page),
            )}
        </section>
    }
}

/// A heading that sorts.
fn column(scene: Scene, sort: Sort, wide: bool) -> impl IntoView {
    let state = move || {
        let query = scene.query.get();
        (query.sort == sort).then_some(query.descending)
    };
    let said = move || match state() {
        Some(true) => "descending",
        Some(false) => "ascending",
        None => "none",
    };
    let press = move |_| {
        scene.ask(|query| {
            query.descending =
                if query.sort == sort { !query.descending } else { sort.starts_descending() };
            query.sort = sort;
        });
    };
    view! {
        <th scope="col" class:wide-only=wide aria-sort=said>
            <button type="button" class="sort" on:click=press>
                {scene.t(&format!("cap-sort-{}", sort.id()))}
                <span class="sort-sign" aria-hidden="true">
                    {move || match state() {
                        Some(true) => "▼",
                        Some(false) => "▲",
                        None => "",
                    }}
                </span>
            </button>
        </th>
    }
}

fn row(scene: Scene, row: Row) -> impl IntoView {
    let id = row.id;
    let chosen =
        move || scene.detail.with(|detail| detail.as_ref().is_some_and(|d| d.row.id == id));
    let [up, down] = row.sent;
    view! {
        <tr class:is-chosen=chosen class:is-failed=row.failed>
            <th scope="row">
                <button
                    type="button"
                    class="look"
                    aria-current=move || chosen().then_some("true")
                    on:click=move |_| scene.look_at(id)
                >
                    <bdi>{row.src}</bdi>
                    " → "
                    <bdi>{row.dst}</bdi>
                </button>
                <span class="row-sentence">{row.sentence}</span>
                <span class="row-tags">
                    {row
                        .findings
                        .into_iter()
                        .map(|finding| view! { <span class="tag">{finding}</span> })
                        .collect_view()}
                </span>
            </th>
            <td class="wide-only">{row.handshake}</td>
            <td>{row.closing}</td>
            <td class="wide-only number">{row.duration}</td>
            <td class="wide-only number">{format!("↑ {up}")}<br />{format!("↓ {down}")}</td>
        </tr>
    }
}

/// Text, three choices, order, and the box for what stands out.
fn filters(scene: Scene) -> impl IntoView {
    let closers = [("src", "cap-by-src"), ("dst", "cap-by-dst"), ("none", "cap-by-none")];
    let closes = [("fin", "cap-close-fin"), ("rst", "cap-close-rst"), ("none", "cap-close-none")];
    let begins = [
        ("complete", "cap-begin-complete"),
        ("syn_no_answer", "cap-begin-syn-no-answer"),
        ("syn_rst", "cap-begin-syn-rst"),
        ("syn_icmp", "cap-begin-syn-icmp"),
        ("midstream", "cap-begin-midstream"),
        ("other", "cap-begin-other"),
    ];
    let sorts = Sort::ALL.map(|sort| (sort.id(), format!("cap-sort-{}", sort.id())));
    view! {
        <div class="filters" role="search">
            <label class="filter-text">
                {scene.t("cap-search")}
                <input
                    type="text"
                    placeholder=scene.t("cap-search-hint")
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    prop:value=move || scene.query.get().text
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        scene.ask(|query| query.text = text);
                    }
                />
            </label>
            {choice(scene, "cap-closer", closers, |query| word(query.closer), |query, id| {
                query.closer = read::<Closer>(id);
            })}
            {choice(scene, "cap-close", closes, |query| word(query.close), |query, id| {
                query.close = read::<Close>(id);
            })}
            {choice(scene, "cap-handshake", begins, |query| word(query.handshake), |query, id| {
                query.handshake = read::<Handshake>(id);
            })}
            <label>
                {scene.t("cap-sort")}
                <select
                    prop:value=move || scene.query.get().sort.id()
                    on:change=move |event| {
                        let sort = read::<Sort>(&event_target_value(&event)).unwrap_or_default();
                        scene.ask(|query| {
                            query.sort = sort;
                            query.descending = sort.starts_descending();
                        });
                    }
                >
                    {sorts
                        .into_iter()
                        .map(|(id, text)| view! { <option value=id>{scene.t(&text)}</option> })
                        .collect_view()}
                </select>
            </label>
            <label class="filter-box">
                <input
                    type="checkbox"
                    prop:checked=move || scene.query.get().findings_only
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        scene.ask(|query| query.findings_only = on);
                    }
                />
                {scene.t("cap-findings-only")}
            </label>
        </div>
    }
}

/// A list to choose one of, or all.
fn choice<const N: usize>(
    scene: Scene,
    label: &'static str,
    options: [(&'static str, &'static str); N],
    get: fn(&Query) -> String,
    set: fn(&mut Query, &str),
) -> impl IntoView {
    view! {
        <label>
            {scene.t(label)}
            <select
                prop:value=move || scene.query.with(get)
                on:change=move |event| {
                    let id = event_target_value(&event);
                    scene.ask(|query| set(query, &id));
                }
            >
                <option value="">{scene.t("cap-any")}</option>
                {options
                    .into_iter()
                    .map(|(id, text)| view! { <option value=id>{scene.t(text)}</option> })
                    .collect_view()}
            </select>
        </label>
    }
}

/// What JSON calls it; empty where there is nothing.
fn word(value: Option<impl serde::Serialize>) -> String {
    let word = value.and_then(|value| serde_json::to_value(value).ok());
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A word of JSON as what it means; `None` where it means nothing.
fn read<T: serde::de::DeserializeOwned>(id: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(id.to_owned())).ok()
}

/// Which rows are shown, and the way to the others. `now` gives the page, its first row, its rows and
/// how many there are; nothing is shown where all fit on one page.
pub(super) fn pages(
    scene: Scene,
    now: impl Fn() -> (u32, u32, usize, u32) + Copy + Send + Sync + 'static,
    go: impl Fn(u32) + Copy + 'static,
) -> impl IntoView {
    let last = move || {
        let (_, from, rows, all) = now();
        from as usize + rows >= all as usize
    };
    let range = move || {
        let (_, from, rows, all) = now();
        let to = from as usize + rows;
        let places =
            [("from", (from + 1).to_string()), ("to", to.to_string()), ("n", all.to_string())];
        if rows == 0 { String::new() } else { scene.with("cap-range", &places) }
    };
    view! {
        <div class="pages">
            <button
                type="button"
                class="button"
                disabled=move || now().0 == 0
                on:click=move |_| go(now().0.saturating_sub(1))
            >
                {scene.t("cap-previous")}
            </button>
            <p role="status">{range}</p>
            <button
                type="button"
                class="button"
                disabled=last
                on:click=move |_| go(now().0 + 1)
            >
                {scene.t("cap-next")}
            </button>
        </div>
    }
}
