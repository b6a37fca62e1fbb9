//! `/ladder`: hops with their timers, what is in the wrong order, and the settings that mend it. The
//! address is the state; without script every change is a form post that leads to an address.

use std::sync::Arc;

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::Desk,
    ladder::{Sketch, SketchError, SketchHop, judge},
    ui::{
        i18n::{Texts, texts},
        islands::{ConfigBox, ConfigTexts, CopyButtons},
        pages::{
            ladder_hops::{AddHop, Hops},
            ladder_result::LadderResult,
        },
        state::{LadderForm, ladder_href},
    },
};

/// Configuration in which no timer was found.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// The text as it was sent.
    pub config: String,
    /// One clear sentence; empty where nothing was refused.
    pub sentence: String,
}

/// Chains to start from: the text that names each, and its hops.
const EXAMPLES: [(&str, &[&str]); 3] = [
    ("ladder-example-1", &["aws-alb", "nginx", "node"]),
    ("ladder-example-2", &["browser", "cloudflare", "nginx", "gunicorn"]),
    ("ladder-example-3", &["hikari", "firewall", "mysql"]),
];

/// The timeout ladder.
#[component]
pub fn LadderPage() -> impl IntoView {
    let texts = texts();
    let desk = expect_context::<Desk>();
    let base = Arc::clone(desk.diagnostician.base());
    let (form, refused) = use_context::<(LadderForm, Refused)>().unwrap_or_else(|| {
        let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned));
        (LadderForm::parse(&query.unwrap_or_default()), Refused::default())
    });
    let sketch = form.sketch;
    let (ladder, errors) = sketch.ladder(&base);
    let judgement = judge(&ladder, &base);
    let is_empty = sketch.hops.is_empty();
    view! {
        <Title text=texts.t("ladder-page") />
        <div class="wrap ladder">
            <h1>{texts.t("ladder-title")}</h1>
            <p class="lead">{texts.t("ladder-lead")}</p>
            {is_empty.then(|| view! { <Examples texts /> })}
            {(!is_empty)
                .then(|| {
                    let judgement = judgement.clone();
                    view! { <LadderResult texts judgement sketch=sketch.clone() /> }
                })}
            <form class="card ladder-form" method="post" action="/ladder" aria-labelledby="hops">
                <h2 id="hops">{texts.t("ladder-hops")}</h2>
                <Wrong texts errors=errors.clone() />
                <Hops texts sketch=sketch.clone() judgement errors />
                <AddHop texts base first=is_empty />
                <Whole texts sketch />
                <ConfigBox text=refused.config error=refused.sentence texts=config_texts(texts) />
            </form>
        </div>
        <CopyButtons />
    }
}

fn config_texts(texts: Texts) -> ConfigTexts {
    ConfigTexts {
        label: texts.t("ladder-config"),
        hint: texts.t("ladder-config-hint"),
        found: texts
            .with("ladder-found", &[("component", "{component}".into()), ("n", "{n}".into())]),
        nothing: texts.t("ladder-nothing"),
        stays: texts.t("ladder-stays"),
        goes: texts.t("ladder-goes"),
        unread: texts.t("ladder-unread"),
        button: texts.t("ladder-read"),
    }
}

#[component]
fn Examples(texts: Texts) -> impl IntoView {
    view! {
        <nav class="examples" aria-labelledby="examples">
            <h2 id="examples">{texts.t("examples-title")}</h2>
            <ul>
                {EXAMPLES
                    .into_iter()
                    .map(|(name, hops)| {
                        let hop = |component: &&str| SketchHop {
                            component: (*component).to_owned(),
                            ..SketchHop::default()
                        };
                        let hops = hops.iter().map(hop).collect();
                        let href = ladder_href(&Sketch { hops, ..Sketch::default() });
                        view! {
                            <li>
                                <a class="chip" href=href>{texts.t(name)}</a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </nav>
    }
}

/// Every value that is no time, as a sentence that names its hop and setting.
#[component]
fn Wrong(texts: Texts, errors: Vec<SketchError>) -> impl IntoView {
    let sentence = |error: SketchError| {
        let setting = match error.setting.as_str() {
            "slowest" => texts.t("ladder-slowest"),
            "cut_off" => texts.t("ladder-cut"),
            other => other.to_owned(),
        };
        let hop = error.hop.map_or(0, |at| at + 1);
        let args =
            [("hop", hop.into()), ("setting", setting.into()), ("value", error.value.into())];
        texts.with(if hop > 0 { "ladder-no-time" } else { "ladder-no-time-whole" }, &args)
    };
    errors
        .into_iter()
        .map(|error| view! { <p class="error" role="alert">{sentence(error)}</p> })
        .collect_view()
}

/// What holds for the whole ladder: the slowest answer, and a cut-off that somebody measured.
#[component]
fn Whole(texts: Texts, sketch: Sketch) -> impl IntoView {
    let fields = [
        ("slowest", "ladder-slowest", "ladder-slowest-hint", sketch.slowest),
        ("cut", "ladder-cut", "ladder-cut-hint", sketch.cut_off),
    ];
    view! {
        <div class="ladder-whole">
            {fields
                .into_iter()
                .map(|(name, label, hint, value)| {
                    view! {
                        <label class="stacked">
                            {texts.t(label)}
                            <input
                                type="text"
                                name=name
                                value=value
                                placeholder=texts.t(hint)
                                maxlength="40"
                                autocomplete="off"
                            />
                        </label>
                    }
                })
                .collect_view()}
            <button type="submit" class="button" name="do" value="judge">
                {texts.t("ladder-judge")}
            </button>
        </div>
    }
}
