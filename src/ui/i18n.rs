//! The texts of the pages, in both languages (Fluent files under `locales/`), and the choice between
//! them: `?lang=`, then the cookie `lang`, then `Accept-Language`.

use std::sync::LazyLock;

use axum::http::{HeaderMap, Uri, header};
pub use fluent_bundle::FluentValue;
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};

use crate::knowledge::Lang;

/// Name of the cookie that keeps the choice.
pub const LANGUAGE_COOKIE: &str = "lang";

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> =
    LazyLock::new(|| bundle(Lang::En, include_str!("../../locales/en/ui.ftl")));
static CHINESE: LazyLock<Bundle> =
    LazyLock::new(|| bundle(Lang::Zh, include_str!("../../locales/zh-CN/ui.ftl")));

/// Compiles one file. A broken entry is left out here; a test finds it before anybody else does.
fn bundle(lang: Lang, source: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(lang.tag().parse().into_iter().collect());
    // The marks around arguments would show up in copied text.
    bundle.set_use_isolating(false);
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    bundle.add_resource_overriding(resource);
    bundle
}

/// The texts in one language. Cheap to copy, so components take it by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts(pub Lang);

impl Texts {
    /// The text `id`, or the id itself where there is none.
    pub fn t(self, id: &str) -> String {
        self.format(id, None)
    }

    /// The text `id` with its arguments filled in.
    pub fn with(self, id: &str, args: &[(&'static str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().cloned().collect();
        self.format(id, Some(&args))
    }

    /// The text `prefix-word`, for words of the vocabulary; the word itself where there is none.
    pub fn word(self, prefix: &str, word: &str) -> String {
        let id = format!("{prefix}-{}", word.replace(['_', '.'], "-"));
        let text = self.t(&id);
        if text == id { word.to_owned() } else { text }
    }

    fn format(self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = match self.0 {
            Lang::En => &*ENGLISH,
            Lang::Zh => &*CHINESE,
        };
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}

/// The language somebody asks for.
pub fn language_of(uri: &Uri, headers: &HeaderMap) -> Lang {
    asked_in_address(uri)
        .or_else(|| kept_in_cookie(headers))
        .or_else(|| accepted(headers))
        .unwrap_or_default()
}

/// The language chosen by `?lang=`, if one is.
pub fn asked_in_address(uri: &Uri) -> Option<Lang> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Lang::parse)
}

fn kept_in_cookie(headers: &HeaderMap) -> Option<Lang> {
    let prefix = format!("{LANGUAGE_COOKIE}=");
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(prefix.as_str()))
        .and_then(Lang::parse)
}

fn accepted(headers: &HeaderMap) -> Option<Lang> {
    let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut wanted: Vec<(f32, &str)> = header
        .split(',')
        .map(|part| {
            let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
            (weight.trim().parse().unwrap_or(0.0), tag)
        })
        .collect();
    // Stable, so that of two equal weights the first named wins.
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    wanted.iter().find_map(|(_, tag)| Lang::parse(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(source: &str) -> Vec<String> {
        source
            .lines()
            .filter(|line| !line.starts_with([' ', '#', '}']))
            .filter_map(|line| line.split_once(" =").map(|(id, _)| id.to_owned()))
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        let english = ids(include_str!("../../locales/en/ui.ftl"));
        let chinese = ids(include_str!("../../locales/zh-CN/ui.ftl"));
        assert_eq!(english, chinese);
        for id in &english {
            assert_ne!(Texts(Lang::En).t(id), *id);
            assert_ne!(Texts(Lang::Zh).t(id), *id);
        }
    }

    #[test]
    fn every_text_can_be_read() {
        for source in
            [include_str!("../../locales/en/ui.ftl"), include_str!("../../locales/zh-CN/ui.ftl")]
        {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
    }

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "fr, zh-CN;q=0.9, en;q=0.5".parse().unwrap());
        assert_eq!(language_of(&"/".parse().unwrap(), &headers), Lang::Zh);
        headers.insert(header::COOKIE, "a=b; lang=en".parse().unwrap());
        assert_eq!(language_of(&"/".parse().unwrap(), &headers), Lang::En);
        assert_eq!(language_of(&"/?x=1&lang=zh-CN".parse().unwrap(), &headers), Lang::Zh);
        assert_eq!(language_of(&"/?lang=xx".parse().unwrap(), &headers), Lang::En);
    }
}
