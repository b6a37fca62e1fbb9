//! The probed connections as lines of time: length as time, and beside it the same in words.

use leptos::prelude::*;

use crate::{
    evidence::Observation,
    report::{Line, lines},
    ui::{figures, i18n::Texts},
};

/// Width of a drawing, in its own units; it stretches to the width of the page.
const WIDTH: f64 = 1000.0;
/// Gap between two stretches, in the same units.
const GAP: f64 = 4.0;

/// One drawing a connection; nothing where no probe measured a time.
#[component]
pub fn ToScale(
    /// The texts in the reader's language.
    texts: Texts,
    /// The evidence of the report.
    observations: Vec<Observation>,
) -> impl IntoView {
    let lines = lines(&observations);
    if lines.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="card" aria-labelledby="scale">
            <h2 id="scale">{texts.t("scale-title")}</h2>
            {lines.into_iter().map(|line| view! { <Drawing texts line /> }).collect_view()}
        </section>
    }
    .into_any()
}

#[component]
fn Drawing(texts: Texts, line: Line) -> impl IntoView {
    let drawn = line.drawn();
    let note = texts.t(if drawn.to_scale { "scale-true" } else { "scale-log" });
    let proxied = line.is_proxied.then(|| format!(" · {}", texts.t("through-proxy")));
    let end = texts.t(&format!("scale-end-{}", line.end.id()));
    let mut x = 0.0;
    let bars = line
        .stretches
        .iter()
        .zip(&drawn.shares)
        .map(|((stretch, _), share)| {
            let width = share * WIDTH;
            let bar = view! {
                <rect
                    class=format!("span-{}", stretch.id())
                    x=format!("{x:.1}")
                    y="4"
                    width=format!("{:.1}", (width - GAP).max(1.0))
                    height="20"
                />
            };
            x += width;
            bar
        })
        .collect_view();
    view! {
        <figure class="scale">
            <figcaption>
                <strong>{texts.t(&format!("scale-{}", line.kind))}</strong>
                <span class="muted">{time(texts, line.total())} " · " {note} {proxied}</span>
            </figcaption>
            <svg viewBox="0 0 1000 28" preserveAspectRatio="none" aria-hidden="true">
                {bars}
                <rect class=format!("end-{}", line.end.id()) x="994" y="0" width="6" height="28" />
            </svg>
            <ol class="spans">
                {line
                    .stretches
                    .iter()
                    .map(|(stretch, seconds)| {
                        view! {
                            <li>
                                <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
                                    <rect class=format!("span-{}", stretch.id()) width="10" height="10" />
                                </svg>
                                {texts.t(&format!("scale-{}", stretch.id()))} " "
                                <span class="seconds">{time(texts, *seconds)}</span>
                            </li>
                        }
                    })
                    .collect_view()}
                <li class="end">
                    <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
                        <rect class=format!("end-{}", line.end.id()) x="3" width="4" height="10" />
                    </svg>
                    {end}
                </li>
            </ol>
        </figure>
    }
}

/// Milliseconds below a second, seconds above.
fn time(texts: Texts, seconds: f64) -> String {
    if seconds < 1.0 {
        texts.with("n-millis", &[("n", figures::seconds(seconds * 1000.0).into())])
    } else {
        texts.seconds(seconds)
    }
}
