//! The texts of the pages, in both languages: Fluent files under `locales/`. Which of them a request
//! wants is the server's business; a page finds it in its context.

use std::sync::LazyLock;

pub use fluent_bundle::FluentValue;
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use leptos::prelude::use_context;

use crate::{knowledge::Lang, ui::figures};

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

    /// A probability, 0 to 1, in per cent: "81 %", "81%".
    pub fn percent(self, probability: f64) -> String {
        figures::percent(probability, self.0)
    }

    /// `note` in brackets behind `name`: "Slack (English)", "飞书（简体中文）".
    pub fn bracketed(self, name: String, note: String) -> String {
        self.with("in-brackets", &[("name", name.into()), ("note", note.into())])
    }

    /// A time in seconds, with its unit: "60 s", "60 秒".
    pub fn seconds(self, seconds: f64) -> String {
        self.with("n-seconds", &[("n", figures::seconds(seconds).into())])
    }

    /// A time as it was said, and where seconds say little, also in whole minutes or hours:
    /// "28800 s (8 h)".
    pub fn duration(self, seconds: f64) -> String {
        let (unit, id) =
            if seconds >= 3600.0 { (3600.0, "ladder-hours") } else { (60.0, "n-minutes") };
        let said = self.seconds(seconds);
        // judgement: up to two minutes everybody reads seconds.
        if seconds <= 120.0 || seconds % unit != 0.0 {
            return said;
        }
        let other = self.with(id, &[("n", figures::seconds(seconds / unit).into())]);
        self.with("said-as", &[("said", said.into()), ("other", other.into())])
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
        let mut missing = Vec::new();
        let said = bundle.format_pattern(pattern, args, &mut missing).into_owned();
        debug_assert!(missing.is_empty(), "{id}: {missing:?}");
        said
    }
}

/// The texts in the language of the request that is being answered.
pub fn texts() -> Texts {
    Texts(use_context().unwrap_or_default())
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
        let once: std::collections::BTreeSet<&String> = english.iter().collect();
        assert_eq!(once.len(), english.len(), "an id stands twice: the later text would win");
        for id in &english {
            for bundle in [&*ENGLISH, &*CHINESE] {
                assert!(bundle.get_message(id).is_some_and(|it| it.value().is_some()), "{id}");
            }
        }
    }

    #[test]
    fn long_times_are_told_in_hours_too() {
        let en = Texts(Lang::En);
        assert_eq!(en.duration(60.0), "60 s");
        assert_eq!(en.duration(4.99), "4.99 s");
        assert_eq!(en.duration(350.0), "350 s");
        assert_eq!(en.duration(600.0), "600 s (10 min)");
        assert_eq!(en.duration(28800.0), "28800 s (8 h)");
        assert_eq!(Texts(Lang::Zh).duration(28800.0), "28800 秒（8 小时）");
    }

    #[test]
    fn every_text_can_be_read() {
        for source in
            [include_str!("../../locales/en/ui.ftl"), include_str!("../../locales/zh-CN/ui.ftl")]
        {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
    }
}
