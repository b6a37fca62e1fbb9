use std::collections::BTreeMap;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::{hostile::HOSTILE, *};

fn message(evil: &str, lang: Lang, link: bool) -> Message {
    let evil = || evil.to_owned();
    Message {
        lang,
        verdict: evil(),
        target: Some(evil()),
        since: Some(evil()),
        often: vec![evil(), evil()],
        evidence: vec![evil(); QUOTED],
        proposal: vec![evil(), evil()],
        link: link.then(|| inert::address("https://hangup.example/d/abc_DEF-1")),
    }
}

/// Everything of a Markdown text but its words: what a reader would be shown as more than text.
fn shape(text: &str) -> BTreeMap<String, usize> {
    let mut shape = BTreeMap::new();
    for event in Parser::new_ext(text, Options::all()) {
        let name = match event {
            Event::Start(Tag::Link { dest_url, .. }) => format!("link {dest_url}"),
            Event::Start(tag) => format!("{:?}", std::mem::discriminant(&tag.to_end())),
            Event::Text(_) | Event::End(_) | Event::SoftBreak => continue,
            other => format!("{other:?}"),
        };
        *shape.entry(name).or_insert(0) += 1;
    }
    shape
}

fn count(text: &str, c: char) -> usize {
    text.chars().filter(|found| *found == c).count()
}

/// The characters that act in a chat, as often as in the same message about nothing.
fn chat_is_inert(evil: &str, format: Format, active: &str) {
    for lang in Lang::ALL {
        for link in [false, true] {
            let text = message(evil, lang, link).write(format);
            let plain = message("x", lang, link).write(format);
            for c in active.chars() {
                assert_eq!(
                    count(&text, c),
                    count(&plain, c),
                    "{c:?} of {evil:?} in {format:?}:\n{text}"
                );
            }
            assert_eq!(
                text.lines().count(),
                plain.lines().count(),
                "{evil:?} in {format:?}:\n{text}"
            );
            let schemes = text.matches("://").count();
            assert_eq!(schemes, usize::from(link), "{evil:?} in {format:?}:\n{text}");
        }
    }
}

fn is_inert_everywhere(evil: &str) {
    chat_is_inert(evil, Format::Slack, "*~`@<>");
    chat_is_inert(evil, Format::Feishu, "*~`@<>[]|&#");
    chat_is_inert(evil, Format::DingTalk, "*~`@<>[]|&#");
    for format in Format::ALL {
        for lang in Lang::ALL {
            let text = message(evil, lang, true).write(format);
            assert!(!text.contains('@'), "{text}");
            let stray = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(stray, None, "{evil:?} in {format:?}");
            assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{2028}']), "{text:?}");
            let plain = message("x", lang, true).write(format);
            assert_eq!(
                text.lines().count(),
                plain.lines().count(),
                "{evil:?} in {format:?}:\n{text}"
            );
        }
    }
    for lang in Lang::ALL {
        let text = message(evil, lang, true).write(Format::Markdown);
        let plain = message("x", lang, true).write(Format::Markdown);
        assert_eq!(shape(&text), shape(&plain), "{evil:?}:\n{text}");
        // Bare addresses are links on GitHub, and no event here.
        let bare = text.to_lowercase();
        let escaped = bare.matches("\\://").count();
        assert_eq!(bare.matches("://").count() - escaped, 1, "{text}");
        assert!(!bare.contains("www."), "{text}");
    }
}

#[test]
fn known_tricks_stay_text_in_every_format() {
    for evil in HOSTILE {
        is_inert_everywhere(evil);
    }
}

proptest! {
    // Each case is written a hundred times over; more of them come from PROPTEST_CASES.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..ProptestConfig::default() })]

    #[test]
    fn tricks_glued_together_stay_text(
        parts in prop::collection::vec(prop_oneof![
            prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
            "[\\x00-\\x7f]{0,12}",
            "\\PC{0,8}",
        ], 1..6),
    ) {
        // A word keeps the line from being empty, which would be another shape altogether.
        is_inert_everywhere(&format!("{}x", parts.concat()));
    }

    #[test]
    fn a_message_fits_and_keeps_its_questions(evil in "[&<>*_`a断]{0,4000}") {
        for lang in Lang::ALL {
            let message = message(&evil, lang, true);
            for format in Format::ALL {
                let text = message.write(format);
                prop_assert!(format.dialect().limit.holds(&text), "{} in {format:?}", text.len());
                prop_assert!(text.contains(&say(lang, "message-deploy", &[])));
                prop_assert!(text.contains("https://hangup.example/d/abc_DEF-1"));
            }
        }
    }
}

/// The longest values that escaping lets through: four characters out of nearly each one.
#[test]
fn a_message_of_nothing_but_markup_fits() {
    for plain in 0..16 {
        for markup in ["<", "&", "*", "断<", "_"] {
            let evil = format!("{}{}", "a".repeat(plain), markup.repeat(300));
            for lang in Lang::ALL {
                let mut message = message(&evil, lang, true);
                message.often = vec![evil.clone(); OFTEN.len()];
                message.proposal = vec![evil.clone(); 1 + PROPOSED];
                for format in Format::ALL {
                    let text = message.write(format);
                    let long = text.chars().count();
                    assert!(format.dialect().limit.holds(&text), "{long} in {format:?}");
                    assert!(text.contains(&say(lang, "message-deploy", &[])));
                    assert!(text.contains("https://hangup.example/d/abc_DEF-1"));
                }
            }
        }
    }
}

#[test]
fn names_and_numbers_stay_readable() {
    let plain = message("keepalive_timeout 65; 10.0.4.17:8080 (5.2 s)", Lang::En, false);
    for format in Format::ALL {
        let text = plain.write(format);
        assert!(text.contains("keepalive_timeout 65; 10.0.4.17:8080 (5.2 s)"), "{text}");
    }
}

#[test]
fn a_real_report_says_what_since_when_and_how_often() {
    use crate::{
        knowledge::{built_in, load},
        report::{Case, Diagnostician},
    };
    let base = std::sync::Arc::new(load(&[built_in()]).base);
    let doctor = Diagnostician::new(base).unwrap();
    let mut case = Case { target: Some("app.example.com:443".to_owned()), ..Case::default() };
    case.text = Some("upstream prematurely closed connection".to_owned());
    case.facts.after_seconds = Some(60.0);
    case.facts.scope = Some("all".to_owned());
    case.answers.insert("changed".to_owned(), "firewall".to_owned());
    for (lang, parts) in [
        (Lang::En, ["firewall or security group", "60 s", "everyone", "pool", "deployed"]),
        (Lang::Zh, ["防火墙或安全组", "60 秒", "所有人", "连接池", "发布"]),
    ] {
        let report = doctor.diagnose(&case, lang);
        let message = Message::about(&report, doctor.base(), Some("https://h.example/d/x"));
        for format in Format::ALL {
            let text = message.write(format);
            for part in parts.iter().chain(&["app.example.com:443", "https://h.example/d/x"]) {
                assert!(text.contains(part), "{part} is missing in {format:?}:\n{text}");
            }
        }
    }
}
