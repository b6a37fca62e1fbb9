//! The report's sentences, from `locales/*/report.ftl`; behind them the pages' own vocabulary, so
//! that an export calls things what the page calls them.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::knowledge::Lang;

type Bundle = FluentBundle<FluentResource>;

static EN: LazyLock<Option<Bundle>> =
    LazyLock::new(|| bundle("en", [include_str!("../../locales/en/report.ftl"), EN_PAGES]));
static ZH: LazyLock<Option<Bundle>> =
    LazyLock::new(|| bundle("zh-CN", [include_str!("../../locales/zh-CN/report.ftl"), ZH_PAGES]));

const EN_PAGES: &str = include_str!("../../locales/en/ui.ftl");
const ZH_PAGES: &str = include_str!("../../locales/zh-CN/ui.ftl");

/// A text that cannot be read gives no bundle; a test holds that both can.
fn bundle(tag: &str, sources: [&str; 2]) -> Option<Bundle> {
    let mut bundle = Bundle::new_concurrent(vec![tag.parse().ok()?]);
    // The sentences go into JSON and plain text, where isolation marks would be stray characters.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new(source.to_owned()).ok()?;
        // Where both files have an id, the report's own stays, and that is no error.
        let _ = bundle.add_resource(resource);
    }
    Some(bundle)
}

fn texts(lang: Lang) -> Option<&'static Bundle> {
    match lang {
        Lang::En => EN.as_ref(),
        Lang::Zh => ZH.as_ref(),
    }
}

/// Whether there is a message `id` in `lang`.
#[cfg(test)]
pub(super) fn exists(lang: Lang, id: &str) -> bool {
    texts(lang).is_some_and(|bundle| bundle.has_message(id))
}

/// The message `id` in `lang` with its arguments; the id itself where there is none.
pub(super) fn say(lang: Lang, id: &str, args: &[(&str, &str)]) -> String {
    let Some(bundle) = texts(lang) else { return id.to_owned() };
    let mut fluent = FluentArgs::new();
    for (name, value) in args {
        fluent.set(*name, FluentValue::from(*value));
    }
    bundle.get_message(id).and_then(|message| message.value()).map_or_else(
        || id.to_owned(),
        |pattern| {
            let mut missing = Vec::new();
            let said = bundle.format_pattern(pattern, Some(&fluent), &mut missing).into_owned();
            debug_assert!(missing.is_empty(), "{id}: {missing:?}");
            said
        },
    )
}

/// The text `prefix-word`, for words of the vocabulary; the word itself where there is none.
pub(super) fn word(lang: Lang, prefix: &str, word: &str) -> String {
    let id = format!("{prefix}-{}", word.replace(['_', '.'], "-"));
    let text = say(lang, &id, &[]);
    if text == id { word.to_owned() } else { text }
}

/// A probability in whole per cent; the ends stay open, since nothing is ever certain. Chinese sets no
/// space around its signs.
pub fn percent(probability: f64, lang: Lang) -> String {
    let value = probability * 100.0;
    let (sign, whole) = match value {
        value if value < 1.0 => ("<", 1.0),
        value if value > 99.0 => (">", 99.0),
        value => ("", value),
    };
    match lang {
        Lang::En if sign.is_empty() => format!("{whole:.0} %"),
        Lang::En => format!("{sign} {whole:.0} %"),
        Lang::Zh => format!("{sign}{whole:.0}%"),
    }
}

/// The language's colon, with what follows it.
pub(super) fn colon(lang: Lang) -> &'static str {
    match lang {
        Lang::En => ": ",
        Lang::Zh => "：",
    }
}

/// `note` in brackets behind something, with the space that belongs before it.
pub(super) fn bracketed(note: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!(" ({note})"),
        Lang::Zh => format!("（{note}）"),
    }
}

/// Seconds as people write them: whole above ten, else with at most two digits after the point.
pub(super) fn seconds(value: f64) -> String {
    if value >= 10.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_messages() {
        let ids = |source: &str| {
            source
                .lines()
                .filter_map(|line| line.split_once(" = ").map(|(id, _)| id.to_owned()))
                .collect::<Vec<_>>()
        };
        let en = ids(include_str!("../../locales/en/report.ftl"));
        assert_eq!(en, ids(include_str!("../../locales/zh-CN/report.ftl")));
        for id in &en {
            assert!(exists(Lang::En, id) && exists(Lang::Zh, id), "{id}");
        }
    }

    #[test]
    fn seconds_are_short() {
        assert_eq!(seconds(60.0), "60");
        assert_eq!(seconds(4.996), "5");
        assert_eq!(seconds(0.5), "0.5");
        assert_eq!(seconds(28800.4), "28800");
    }
}
