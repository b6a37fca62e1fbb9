use std::sync::{Arc, LazyLock};

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::{
    evidence::{Observation, Source},
    knowledge::{Lang, built_in, load},
    report::{
        Case, Diagnostician, Report,
        message::{hostile::HOSTILE, markdown::coded},
    },
};

static DOCTOR: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

fn report(text: &str, lang: Lang) -> Report {
    let mut case = Case {
        text: Some(text.to_owned()),
        target: Some("a.example".to_owned()),
        ..Case::default()
    };
    case.facts.phase = Some("reuse_keepalive".to_owned());
    case.facts.after_seconds = Some(60.0);
    case.facts.stack = vec!["nginx".to_owned()];
    DOCTOR.diagnose(&case, lang)
}

/// A real report with `evil` in everything that may hold a stranger's words.
fn poisoned(evil: &str, lang: Lang) -> Report {
    let mut report =
        report("upstream prematurely closed connection, Connection reset by peer", lang);
    let evil = || format!("{evil}x");
    report.case.target = Some(evil());
    report.verdict.sentence = evil();
    report.verdict.first_step = evil();
    report.verdict.owner = vec![evil()];
    for cause in &mut report.causes {
        (cause.name, cause.plain) = (evil(), evil());
        for item in &mut cause.evidence {
            (item.label, item.value, item.observation) = (evil(), evil(), evil());
        }
    }
    for hop in &mut report.chain {
        hop.label = evil();
    }
    for constant in &mut report.constants {
        (constant.component, constant.setting, constant.source) = (evil(), evil(), evil());
    }
    for fix in &mut report.fixes {
        (fix.title, fix.stack, fix.verify, fix.rollback) = (evil(), evil(), evil(), evil());
        fix.commands = vec![evil()];
        fix.steps = vec![evil()];
        fix.risk = evil();
        fix.sources = vec![evil()];
    }
    for ruled in &mut report.ruled_out {
        (ruled.name, ruled.why) = (evil(), evil());
    }
    for hidden in &mut report.not_visible {
        (hidden.label, hidden.needs) = (evil(), evil());
    }
    let seen = Observation::seen("cue", evil(), Source::Text).with_raw(evil());
    report.observations.push(seen);
    report
}

/// Names of what a Markdown text holds besides words and the insides of code.
fn shape(text: &str) -> Vec<String> {
    let mut in_code = false;
    Parser::new_ext(text, Options::all())
        .filter_map(|event| match event {
            Event::Start(Tag::CodeBlock(_)) => {
                in_code = true;
                Some("code".to_owned())
            }
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => {
                in_code = false;
                None
            }
            _ if in_code => None,
            Event::Start(Tag::Link { dest_url, .. }) => Some(format!("link {dest_url}")),
            Event::Start(tag) => Some(format!("{:?}", std::mem::discriminant(&tag.to_end()))),
            Event::Text(_) | Event::Code(_) | Event::End(_) | Event::SoftBreak => None,
            other => Some(format!("{other:?}")),
        })
        .collect()
}

#[test]
fn markdown_keeps_its_shape_whatever_stands_in_it() {
    for lang in Lang::ALL {
        let plain = shape(&poisoned("", lang).markdown(Some("https://h.example/d/x")));
        for evil in HOSTILE {
            let text = poisoned(evil, lang).markdown(Some("https://h.example/d/x"));
            // An address in a source is a link to what the knowledge says it is: encoded, not more.
            let mut found = shape(&text);
            found.retain(|name| !name.starts_with("link http://evil.example/a"));
            assert_eq!(found, plain, "{evil:?}:\n{text}");
        }
    }
}

#[test]
fn markdown_holds_what_the_report_says() {
    for (lang, words) in [(Lang::En, "Ruled out"), (Lang::Zh, "已排除")] {
        let report = report("upstream prematurely closed connection", lang);
        let text = report.markdown(None);
        assert!(text.contains(words), "{text}");
        for fix in &report.fixes {
            for command in &fix.commands {
                assert!(text.contains(command.trim_end()), "{command} is missing");
            }
        }
        assert!(!text.contains("{ $") && !text.contains("{$"), "{text}");
        assert!(!text.contains("\n\n\n"), "{text}");
    }
}

#[test]
fn code_in_our_sentences_stays_code_and_nothing_else_becomes_it() {
    let read = |text: &str| -> (Vec<String>, String) {
        let (mut code, mut rest) = (Vec::new(), String::new());
        for event in Parser::new_ext(&coded(text), Options::all()) {
            match event {
                Event::Code(part) => code.push(part.to_string()),
                Event::Text(part) => rest.push_str(&part),
                _ => {}
            }
        }
        (code, rest)
    };
    let (code, rest) = read("Set `keepalive_timeout` to 75 s, then `nginx -t`.");
    assert_eq!(code, ["keepalive_timeout", "nginx -t"]);
    assert_eq!(rest, "Set  to 75 s, then .");
    for whole in ["one ` alone", "`a``b`", "` a`", "`a|b`", "`<b>`", "``", "a ``b`` c"] {
        assert_eq!(read(whole), (Vec::new(), whole.to_owned()), "{whole}");
    }
    assert_eq!(read("\\`a` *b*").0, ["a"]);
}

/// Reads CSV as RFC 4180 says.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = csv.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(c),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty());
    rows
}

#[test]
fn no_cell_is_a_formula_and_every_row_is_whole() {
    let formulas = [
        "=1+1",
        "=HYPERLINK(\"http://evil.example\",\"x\")",
        "+1",
        "-1+1|cmd",
        "@SUM(A1)",
        "\t=1",
        "\r\n=1",
        "\u{feff}=1",
        "\u{200b}=1",
        "＝1",
        "\",=1,\"",
        ";=1",
        " =1",
    ];
    let lines = rows(&poisoned("", Lang::En).csv()).len();
    for evil in formulas.into_iter().chain(HOSTILE) {
        let csv = poisoned(evil, Lang::Zh).csv();
        let rows = rows(&csv);
        assert_eq!(rows.len(), lines, "{evil:?}");
        for row in &rows {
            assert_eq!(row.len(), 8, "{evil:?}: {row:?}");
            for (at, cell) in row.iter().enumerate() {
                let number = [2, 6].contains(&at) && cell.parse::<f64>().is_ok();
                let acts =
                    cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
                assert!(number || !acts, "{evil:?}: {cell:?}");
                assert!(!cell.contains(['\r', '\n', '\t']), "{evil:?}: {cell:?}");
            }
        }
    }
}

#[test]
fn pictures_hold_shapes_and_words_alone() {
    for lang in Lang::ALL {
        for evil in HOSTILE {
            let report = poisoned(evil, lang);
            for svg in [report.badge(), report.card()] {
                let tags: Vec<&str> =
                    svg.match_indices('<').map(|(at, _)| tag(&svg[at..])).collect();
                for tag in tags {
                    assert!(
                        ["svg", "title", "rect", "g", "text", "path", "circle"]
                            .contains(&tag.trim_start_matches('/')),
                        "{tag} from {evil:?}:\n{svg}"
                    );
                }
                for word in [" on", "href", "style", "javascript:", "url("] {
                    let inside = svg.split('<').any(|part| {
                        part.split('>').next().is_some_and(|inside| inside.contains(word))
                    });
                    assert!(!inside, "{word} from {evil:?}:\n{svg}");
                }
                assert!(!svg.chars().any(char::is_control), "{svg}");
            }
        }
    }
}

fn tag(text: &str) -> &str {
    let end = text.find([' ', '>', '/'].as_slice()).filter(|end| *end > 1);
    let closing = text[1..].strip_prefix('/').and_then(|rest| rest.find('>')).map(|end| end + 2);
    &text[1..closing.or(end).unwrap_or(text.len())]
}

#[test]
fn a_picture_says_nothing_that_was_typed() {
    let secret = "db-7.internal.example";
    let mut report = report(&format!("{secret} upstream prematurely closed connection"), Lang::En);
    report.case.target = Some(secret.to_owned());
    for hop in &mut report.chain {
        hop.label = secret.to_owned();
    }
    for svg in [report.badge(), report.card()] {
        assert!(!svg.contains(secret), "{svg}");
    }
}
