//! The report's sentences, from `locales/*/report.ftl`.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::knowledge::Lang;

type Bundle = FluentBundle<FluentResource>;

static EN: LazyLock<Option<Bundle>> =
    LazyLock::new(|| bundle("en", include_str!("../../locales/en/report.ftl")));
static ZH: LazyLock<Option<Bundle>> =
    LazyLock::new(|| bundle("zh-CN", include_str!("../../locales/zh-CN/report.ftl")));

/// A text that cannot be read gives no bundle; a test holds that both can.
fn bundle(tag: &str, source: &str) -> Option<Bundle> {
    let mut bundle = Bundle::new_concurrent(vec![tag.parse().ok()?]);
    // The sentences go into JSON and plain text, where isolation marks would be stray characters.
    bundle.set_use_isolating(false);
    bundle.add_resource(FluentResource::try_new(source.to_owned()).ok()?).ok()?;
    Some(bundle)
}

/// The message `id` in `lang` with its arguments; the id itself where there is none.
pub(super) fn say(lang: Lang, id: &str, args: &[(&str, &str)]) -> String {
    let bundle = match lang {
        Lang::En => &*EN,
        Lang::Zh => &*ZH,
    };
    let Some(bundle) = bundle else { return id.to_owned() };
    let mut fluent = FluentArgs::new();
    for (name, value) in args {
        fluent.set(*name, FluentValue::from(*value));
    }
    bundle.get_message(id).and_then(|message| message.value()).map_or_else(
        || id.to_owned(),
        |pattern| bundle.format_pattern(pattern, Some(&fluent), &mut Vec::new()).into_owned(),
    )
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
            assert_ne!(&say(Lang::En, id, &[]), id);
            assert_ne!(&say(Lang::Zh, id, &[]), id);
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
