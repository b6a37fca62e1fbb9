//! The lint says what is wrong, and where; the built-in knowledge is sound; an overlay works.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use hangup::{
    knowledge::{Files, Lang, built_in, check, load},
    report::{Case, Diagnostician},
};

/// Each file of `tests/broken-knowledge` is one mistake. Its first lines say where in a knowledge
/// folder it stands, and what the lint must say: `# path: …`, `# expect: LINE: MESSAGE`.
#[test]
fn every_mistake_is_named_with_file_and_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken-knowledge");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let header = |name: &str| {
            let start = format!("# {name}: ");
            text.lines()
                .filter_map(|line| line.strip_prefix(&start))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let [file] = header("path").try_into().unwrap();
        let overlay = Files::from([(file.clone(), text.clone())]);
        let said: Vec<String> = check(&load(&[built_in(), overlay]))
            .into_iter()
            .filter(|problem| problem.file == file)
            .map(|problem| format!("{}: {}", problem.line, problem.message))
            .collect();
        assert_eq!(said, header("expect"), "{}", path.display());
        tried += 1;
    }
    assert!(tried >= 12, "only {tried} broken examples");
}

#[test]
fn the_built_in_knowledge_is_sound() {
    let problems = check(&load(&[built_in()]));
    let shown: Vec<String> = problems.iter().take(20).map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), shown.join("\n"));
}

#[test]
fn the_base_is_as_wide_as_promised() {
    let base = load(&[built_in()]).base;
    let families: BTreeMap<&str, usize> =
        base.causes.values().fold(BTreeMap::new(), |mut families, cause| {
            *families.entry(cause.family.as_str()).or_default() += 1;
            families
        });
    assert_eq!(families.len(), 15, "{families:?}");
    assert!(base.causes.len() >= 92 && base.questions.len() >= 45);
    assert!(base.signatures.len() >= 400 && base.timeouts.len() >= 500);
    for stack in [
        "nginx",
        "apache",
        "haproxy",
        "node",
        "mysql",
        "postgresql",
        "ssh",
        "aws-alb",
        "docker",
        "kubernetes",
        "python",
    ] {
        let fixes: Vec<_> = base.fixes.values().filter(|fix| fix.stack == stack).collect();
        assert!(!fixes.is_empty(), "no fix for {stack}");
        assert!(
            fixes
                .iter()
                .all(|fix| !fix.rollback.is_incomplete() && !fix.verify.text.is_incomplete())
        );
    }
    let firewall = base.fixes.values().any(|fix| fix.stack == "linux" || fix.stack == "firewall");
    assert!(firewall, "no fix for the Linux firewall");
}

#[test]
fn an_overlay_changes_adds_and_switches_off() {
    let built_in = built_in();
    let (path, text) =
        built_in.iter().find(|(path, _)| path.ends_with("/keepalive_race.toml")).unwrap();
    let changed = text.replacen(
        "name = {",
        "name = { en = \"Our own race\", zh = \"我们自己的竞态\" } # {",
        1,
    );
    let overlay = Files::from([
        (path.clone(), changed),
        ("off.toml".to_owned(), "off = [\"causes/packet_loss\"]".to_owned()),
    ]);
    let loaded = load(&[built_in.clone(), overlay]);
    assert_eq!(loaded.base.causes["keepalive_race"].name.en, "Our own race");
    assert!(!loaded.base.causes.contains_key("packet_loss"));
    let problems = check(&loaded);
    assert!(problems.is_empty(), "{problems:?}");
}

/// CONTRIBUTING.md says that adding a cause touches one file. This is that walk.
#[test]
fn adding_a_cause_touches_one_file() {
    let built_in = built_in();
    let (_, sibling) =
        built_in.iter().find(|(path, _)| path.ends_with("/lb_idle_timeout.toml")).unwrap();
    let mut own: String = sibling
        .replacen("id = \"lb_idle_timeout\"", "id = \"cat_on_the_router\"", 1)
        .replace("id = \"lb_idle_timeout.", "id = \"cat_on_the_router.");
    let before = own.find("[[cue]]").unwrap();
    own.truncate(before);
    own.push_str(
        "[[cue]]\nid = \"cat\"\npattern = '\\bthe cat sits on the router\\b|猫坐在路由器上'\nlikelihood = \"often\"\n",
    );
    let fix = sibling.find("[[fix]]").unwrap();
    own.push_str(&sibling[fix..].replace("id = \"lb_idle_timeout.", "id = \"cat_on_the_router."));
    let overlay = Files::from([("causes/idle_timeout/cat_on_the_router.toml".to_owned(), own)]);
    let loaded = load(&[built_in.clone(), overlay]);
    let problems = check(&loaded);
    assert!(problems.is_empty(), "{problems:?}");
    let diagnostician = Diagnostician::new(Arc::new(loaded.base)).unwrap();
    let case = Case {
        text: Some("it drops when idle, whenever the cat sits on the router".to_owned()),
        ..Case::default()
    };
    let report = diagnostician.diagnose(&case, Lang::En);
    assert_eq!(report.causes[0].id, "cat_on_the_router", "{:#?}", report.verdict);
    assert!(report.fixes.iter().any(|fix| fix.cause == "cat_on_the_router"));
}

/// A reader who reckons a diagnosis after takes the numbers from the page.
#[test]
fn the_page_has_the_numbers_of_the_scale() {
    use hangup::engine::scale::{Scale, likelihood, prior};
    let page = include_str!("../docs/knowledge-format.md");
    let number = |word: &str| -> f64 {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{word}` |"))).unwrap();
        row.split('|').nth(2).unwrap().trim().parse().unwrap()
    };
    for word in ["never", "rarely", "sometimes", "often", "usually", "always"] {
        let known = serde_json::from_value(word.into()).unwrap();
        assert!((likelihood(known) - number(word)).abs() < 1e-12, "{word}");
    }
    for word in ["rare", "uncommon", "occasional", "common"] {
        let known = serde_json::from_value(word.into()).unwrap();
        assert!((prior(known) - number(word)).abs() < 1e-12, "{word}");
    }
    let Scale { temper, doubt, text, answer, measured, .. } = Scale::default();
    let believed =
        format!("Of text {text} is believed, of an answer {answer}, of a measurement {measured}");
    assert!(page.contains(&believed), "{believed}");
    assert!(page.contains(&format!("multiplied by {temper}.")));
    assert!((doubt - 0.1).abs() < 1e-12, "the page says a tenth");
}
