//! The evidence ledger: how far each observation moved each leading cause, in bits.

use leptos::prelude::*;

use crate::{
    report::{EvidenceItem, RankedCause},
    ui::i18n::Texts,
};

/// Causes shown with a ledger of their own. judgement: the fourth is noise.
const CAUSES: usize = 4;
/// Width of half a bar, in units of the drawing.
const HALF: f64 = 100.0;
/// Bits that fill half a bar; 6 bits are odds of 64 to 1. judgement: beyond that nobody compares.
const FULL_BITS: f64 = 6.0;

/// The leading causes, each with what spoke for and against it.
#[component]
pub fn Ledger(
    /// The texts in the reader's language.
    texts: Texts,
    /// The causes, most probable first.
    causes: Vec<RankedCause>,
    /// Whether the leading cause is folded too.
    folded: bool,
) -> impl IntoView {
    view! {
        <section class="ledger" aria-labelledby="ledger">
            <h2 id="ledger">{texts.t("ledger-title")}</h2>
            <p class="muted">{texts.t("ledger-how")}</p>
            {causes
                .into_iter()
                .take(CAUSES)
                .enumerate()
                .map(|(index, cause)| view! { <CauseEntry texts cause open={index == 0 && !folded} /> })
                .collect_view()}
        </section>
    }
}

#[component]
fn CauseEntry(texts: Texts, cause: RankedCause, open: bool) -> impl IntoView {
    view! {
        <details class="card cause" open=open>
            <summary>
                <span class="cause-name">{cause.name}</span>
                <span class="family">{texts.word("family", &cause.family)}</span>
                <strong class="share">{texts.percent(cause.probability)}</strong>
            </summary>
            <p>{cause.plain}</p>
            {if cause.evidence.is_empty() {
                view! { <p class="muted">{texts.t("ledger-empty")}</p> }.into_any()
            } else {
                view! {
                    <ul class="evidence">
                        {cause
                            .evidence
                            .into_iter()
                            .map(|item| view! { <Row texts item /> })
                            .collect_view()}
                    </ul>
                }
                    .into_any()
            }}
        </details>
    }
}

#[component]
fn Row(texts: Texts, item: EvidenceItem) -> impl IntoView {
    let width = (item.bits.abs() / FULL_BITS).min(1.0) * HALF;
    let (side, x) = if item.bits < 0.0 { ("against", HALF - width) } else { ("for", HALF) };
    let bits = format!("{:+.1}", item.bits).replace('-', "−");
    view! {
        <li>
            <span class="evidence-label">
                {item.label} " "
                <span class="tag">{texts.word("source", item.source.as_str())}</span>
            </span>
            <svg class="bar" viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar-track" x="0" y="4" width="200" height="2" />
                <rect
                    class=format!("bar-{side}")
                    x=format!("{x:.1}")
                    y="0"
                    width=format!("{width:.1}")
                    height="10"
                />
                <rect class="bar-zero" x="99.5" y="0" width="1" height="10" />
            </svg>
            <span class="bits">{texts.with("bits", &[("n", bits.into())])}</span>
        </li>
    }
}
