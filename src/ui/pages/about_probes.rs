//! `/about-probes`: what our probes send, for the people whose logs they show up in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{api::Desk, ui::i18n::texts};

/// The names of the points, in order; each has a text `probes-NAME` and a heading.
const POINTS: [&str; 4] = ["who", "what", "never", "opt-out"];

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
                    }
                })
                .collect_view()}
            {contact}
        </div>
    }
}
