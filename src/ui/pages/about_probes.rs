//! `/about-probes`: what our probes send, for the people whose logs they show up in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::Desk,
    knowledge::PROBES,
    ui::i18n::{Texts, texts},
};

/// The names of the points, in order; each has a text `probes-NAME` and a heading.
const POINTS: [&str; 4] = ["who", "what", "never", "opt-out"];

/// The longest silence that a page asks for, seconds.
const LONGEST: u64 = 65;

/// What the probes send, what they never do, and how to opt out.
#[component]
pub fn AboutProbesPage() -> impl IntoView {
    let texts = texts();
    let contact = expect_context::<Desk>().contact().map(
        |contact| view! { <p>{texts.with("probes-contact", &[("contact", contact.into())])}</p> },
    );
    view! {
        <Title text=texts.t("probes-title") />
        <div class="wrap prose">
            <h1>{texts.t("probes-title")}</h1>
            {POINTS
                .into_iter()
                .map(|point| {
                    view! {
                        <h2>{texts.t(&format!("probes-{point}-title"))}</h2>
                        <p>{texts.t(&format!("probes-{point}"))}</p>
                        {(point == "what").then(|| view! { <List texts /> })}
                    }
                })
                .collect_view()}
            {contact}
        </div>
    }
}

/// Every probe and what it sends.
#[component]
fn List(texts: Texts) -> impl IntoView {
    view! {
        <ul class="sends">
            {PROBES
                .iter()
                .map(|probe| {
                    let seconds = [("seconds", LONGEST.into())];
                    let sent = texts.with(&format!("probe-{}", probe.id), &seconds);
                    let name = texts.t(&format!("row-{}", probe.id));
                    view! {
                        <li>
                            <strong>{name}</strong>
                            {texts.t("probe-colon")}
                            {sent}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}
