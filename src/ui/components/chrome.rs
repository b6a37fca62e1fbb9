//! What frames every page: header with the language switch, footer.

use axum::http::{Uri, request::Parts};
use leptos::prelude::*;

use crate::{
    knowledge::Lang,
    ui::{
        components::Logo,
        i18n::Texts,
        state::{decode, encode},
    },
};

/// Wordmark, navigation and language switch.
#[component]
pub fn Header(
    /// The texts in the reader's language.
    texts: Texts,
) -> impl IntoView {
    let uri = use_context::<Parts>().map(|parts| parts.uri).unwrap_or_default();
    let other = match texts.0 {
        Lang::En => Lang::Zh,
        Lang::Zh => Lang::En,
    };
    let here = |path: &str| (uri.path() == path).then_some("page");
    view! {
        <header class="top">
            <div class="wrap top-row">
                <a class="brand" href="/" aria-label=texts.t("home-label")>
                    <Logo />
                    <span>"Hangup"</span>
                </a>
                <nav aria-label=texts.t("nav-label")>
                    <a href="/" aria-current=here("/")>{texts.t("nav-diagnose")}</a>
                    <a href="/read" aria-current=here("/read")>{texts.t("nav-read")}</a>
                    <a href="/capture" aria-current=here("/capture")>{texts.t("nav-captures")}</a>
                    <a href="/ladder" aria-current=here("/ladder")>{texts.t("nav-ladder")}</a>
                    <a href="/about-probes" aria-current=here("/about-probes")>
                        {texts.t("nav-probes")}
                    </a>
                    <a
                        class="language"
                        href=in_language(&uri, other)
                        lang=other.tag()
                        hreflang=other.tag()
                    >
                        {Texts(other).t("language-name")}
                    </a>
                </nav>
            </div>
        </header>
    }
}

/// The same address in another language; the choice is kept by a cookie from then on.
fn in_language(uri: &Uri, lang: Lang) -> String {
    let mut pairs = decode(uri.query().unwrap_or_default());
    pairs.retain(|(key, _)| key != "lang");
    pairs.push(("lang".to_owned(), lang.tag().to_owned()));
    let query = encode(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    format!("{}?{query}", uri.path())
}

/// The last line of every page.
#[component]
pub fn Footer(
    /// The texts in the reader's language.
    texts: Texts,
) -> impl IntoView {
    view! {
        <footer class="bottom">
            <div class="wrap bottom-row">
                <p>{texts.t("footer-promise")}</p>
                <p>
                    <a href="/read">{texts.t("nav-read")}</a>
                    " · "
                    <a href="/capture">{texts.t("nav-captures")}</a>
                    " · "
                    <a href="/ladder">{texts.t("nav-ladder")}</a>
                    " · "
                    <a href="/about-probes">{texts.t("nav-probes")}</a>
                    " · "
                    <a href="/api/openapi.json">{texts.t("footer-api")}</a>
                    " · "
                    {concat!("Hangup ", env!("CARGO_PKG_VERSION"))}
                </p>
            </div>
        </footer>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_keeps_the_address() {
        let uri = "/diagnose?text=a%26b&lang=en&phase=idle".parse().unwrap();
        assert_eq!(in_language(&uri, Lang::Zh), "/diagnose?text=a%26b&phase=idle&lang=zh-CN");
    }
}
