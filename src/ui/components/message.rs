//! The message to whoever runs the other side, in either language, for the place it goes to.

use leptos::prelude::*;

use crate::{
    knowledge::{Base, Lang},
    report::{Format, Message, Report},
    ui::{components::CopyText, i18n::Texts},
};

/// All ten messages; two rows of choices show one of them, by style alone, so that it works without
/// script and the text chosen is the text that is there.
#[component]
pub fn MessageToOps(
    /// The texts in the reader's language; its language is the one chosen first.
    texts: Texts,
    /// The report in both languages. Its secrets are masked: a message is made to be handed on.
    reports: Vec<Report>,
    /// The knowledge base, for the words of what was seen.
    base: std::sync::Arc<Base>,
    /// Address of the saved report, where it is saved.
    link: Option<String>,
) -> impl IntoView {
    let written: Vec<(Lang, Format, String)> = reports
        .iter()
        .map(|report| (report.lang, Message::about(report, &base, link.as_deref())))
        .flat_map(|(lang, message)| Format::ALL.map(|format| (lang, format, message.write(format))))
        .collect();
    view! {
        <section class="card message" aria-labelledby="message">
            <h2 id="message">{texts.t("message-title")}</h2>
            <p class="muted">{texts.t("message-hint")}</p>
            <fieldset class="inline-choices">
                <legend>{texts.t("message-format")}</legend>
                {Format::ALL
                    .map(|format| {
                        let words = texts.t(&format!("message-format-{}", format.id()));
                        let first = format == Format::Plain;
                        view! { <Choice name="message-format" value=format.id() words first /> }
                    })
                    .collect_view()}
            </fieldset>
            <fieldset class="inline-choices">
                <legend>{texts.t("message-language")}</legend>
                {Lang::ALL
                    .map(|lang| {
                        let words = Texts(lang).t("language-name");
                        let first = lang == texts.0;
                        view! { <Choice name="message-language" value=lang.tag() words first /> }
                    })
                    .collect_view()}
            </fieldset>
            {written
                .into_iter()
                .map(|(lang, format, text)| {
                    let named = texts.t(&format!("message-format-{}", format.id()));
                    let what = [named, Texts(lang).t("language-name")].join(&texts.t("list-comma"));
                    let what = texts.bracketed(texts.t("message-title"), what);
                    view! {
                        <div class=format!("copyable message-text message-{}-{}", lang.tag(), format.id())>
                            <textarea rows="16" lang=lang.tag() aria-label=what.clone()>{text}</textarea>
                            <CopyText texts what />
                        </div>
                    }
                })
                .collect_view()}
        </section>
    }
}

#[component]
fn Choice(name: &'static str, value: &'static str, words: String, first: bool) -> impl IntoView {
    view! {
        <label class="pill">
            <input type="radio" name=name value=value checked=first />
            <span>{words}</span>
        </label>
    }
}
