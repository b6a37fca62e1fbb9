//! Who may use whom among the folders of `src/`, and what the pure ones must not know.
//!
//! The compiler holds half of it: the bare lane cannot name what it does not have. This holds the
//! other half, and fails when an arrow turns round or a new folder is not in the table.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The bare lane: the same code in browser, server and command line.
const BARE: [&str; 10] = [
    "capture",
    "engine",
    "evidence",
    "intake",
    "knowledge",
    "ladder",
    "reader",
    "redact",
    "report",
    "worker",
];

/// Who may use whom. `*` is everything. A module of `src/` that is missing here fails the tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("evidence", &[]),
    ("capture", &["evidence", "knowledge"]),
    ("intake", &["evidence"]),
    ("knowledge", &["evidence"]),
    ("engine", &["evidence", "knowledge"]),
    ("ladder", &["knowledge"]),
    ("redact", &["knowledge"]),
    ("reader", &["knowledge", "ladder", "redact", "report"]),
    ("worker", &["capture", "evidence", "knowledge"]),
    ("report", &["engine", "evidence", "intake", "knowledge", "ladder", "redact"]),
    ("api", &["engine", "evidence", "intake", "knowledge", "report", "probe", "server", "store"]),
    (
        "ui",
        &[
            "api",
            "capture",
            "engine",
            "evidence",
            "intake",
            "knowledge",
            "ladder",
            "reader",
            "redact",
            "report",
            "worker",
        ],
    ),
    ("probe", &["evidence", "knowledge"]),
    ("store", &["knowledge", "report"]),
    ("app", &["*"]),
    ("cli", &["*"]),
    ("server", &["*"]),
    // The map of the house and the program's entry hold no code of their own.
    ("lib", &["*"]),
    ("main", &["*"]),
];

/// What the same case, same report promise forbids: clocks, randomness, the outside world.
const IMPURE: [&str; 8] = [
    "Instant::now",
    "SystemTime",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "getrandom",
    "HashMap",
];

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    line: usize,
    target: String,
}

#[test]
fn modules_use_only_what_the_architecture_allows() {
    let mut violations = Vec::new();
    for (module, path) in source_files() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == module) else { continue };
        for found in uses_of(&fs::read_to_string(&path).unwrap()) {
            let target = found.target.as_str();
            if target != module && !allowed.contains(&"*") && !allowed.contains(&target) {
                violations.push(format!(
                    "{}:{}: `{module}` uses `{target}`",
                    path.display(),
                    found.line
                ));
            }
        }
    }
    assert!(
        violations.is_empty(),
        "the arrows of ALLOWED in {}\n{}",
        file!(),
        violations.join("\n")
    );
}

#[test]
fn every_module_is_in_the_table_and_every_entry_is_a_module() {
    let found: BTreeSet<String> = source_files().into_iter().map(|(module, _)| module).collect();
    let table: BTreeSet<String> = ALLOWED.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(found, table, "modules of src/ on the left, the table in {} on the right", file!());
}

#[test]
fn the_bare_lane_reads_no_clock_draws_no_lots_and_opens_nothing() {
    let mut violations = Vec::new();
    for (module, path) in
        source_files().into_iter().filter(|(module, _)| BARE.contains(&module.as_str()))
    {
        let text = without_comments(&fs::read_to_string(&path).unwrap());
        let shipped = text.split("#[cfg(test)]").next().unwrap_or("");
        for (line, content) in (1..).zip(shipped.lines()) {
            for word in IMPURE.into_iter().filter(|word| content.contains(word)) {
                violations.push(format!("{}:{line}: `{module}` names `{word}`", path.display()));
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Every file of `src/` with the module it belongs to.
fn source_files() -> Vec<(String, PathBuf)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    let mut named: Vec<_> =
        files.into_iter().map(|path| (module_of(path.strip_prefix(&src).unwrap()), path)).collect();
    named.sort();
    named
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// `engine/belief.rs` and `engine.rs` are both of `engine`.
fn module_of(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The top-level modules that `source` names through `crate::`, in imports and inline.
fn uses_of(source: &str) -> Vec<Use> {
    let text = without_comments(source);
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let is_word = text[..at]
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '$');
        if is_word {
            let line = text[..at].matches('\n').count() + 1;
            for target in heads(&text[at + "crate::".len()..]) {
                // A type or function at the crate's root is no module.
                if target.chars().next().is_some_and(char::is_lowercase) {
                    found.insert(Use { line, target });
                }
            }
        }
    }
    found.into_iter().collect()
}

/// The first parts of a path or of a group: `{a::{b, c}, d}` gives `a` and `d`.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
        .into_iter()
        .map(|part| word(part.trim()))
        .filter(|head| !head.is_empty() && head != "self")
        .collect()
}

/// The source with comments blanked and line breaks kept; text in quotes stays, and with it `//`.
fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    let (mut in_text, mut block) = (false, 0_usize);
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('/', Some('*')) if !in_text => {
                chars.next();
                block += 1;
            }
            ('*', Some('/')) if block > 0 => {
                chars.next();
                block -= 1;
            }
            _ if block > 0 => {
                if c == '\n' {
                    out.push(c);
                }
            }
            ('/', Some('/')) if !in_text => {
                while chars.peek().is_some_and(|next| *next != '\n') {
                    chars.next();
                }
            }
            ('\'', Some('"')) if !in_text => {
                // The character `"` opens no text.
                chars.next();
                out.push_str("' ");
            }
            ('\\', Some(_)) if in_text => {
                chars.next();
            }
            ('"', _) => {
                in_text = !in_text;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

fn targets(source: &str) -> Vec<(usize, String)> {
    uses_of(source).into_iter().map(|found| (found.line, found.target)).collect()
}

#[test]
fn grouped_imports_and_inline_paths_are_seen() {
    let source = "use crate::{\n    evidence::{Source, State},\n    knowledge,\n    engine::{belief::{a, b}},\n};\n\
                  fn f() -> crate::report::Report { crate::store::open() }\npub(crate) use crate::probe::x as y;\n";
    let expected = [
        (1, "engine"),
        (1, "evidence"),
        (1, "knowledge"),
        (6, "report"),
        (6, "store"),
        (7, "probe"),
    ];
    let expected: Vec<_> =
        expected.into_iter().map(|(line, target)| (line, target.to_owned())).collect();
    assert_eq!(targets(source), expected);
}

#[test]
fn comments_and_words_that_only_look_like_paths_are_not() {
    let source = "// use crate::store;\n/* crate::server\n */ let x = \"http://crate\"; // crate::cli\n\
                  use my_crate::store;\nuse crate::Case;\nlet q = '\"'; // crate::ui\ncrate::evidence::f();\n";
    assert_eq!(targets(source), [(7, "evidence".to_owned())]);
}

#[test]
fn a_file_belongs_to_its_folder() {
    assert_eq!(module_of(Path::new("intake/capture/tcp.rs")), "intake");
    assert_eq!(module_of(Path::new("app.rs")), "app");
}
