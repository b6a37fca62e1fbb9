//! The code of every client, filled for every class of retry, is code: the language's own parser says
//! so, wherever this machine has one.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it could not look at"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use hangup::{
    evidence::{Observation, Source},
    knowledge::{Client, Lang, built_in, load},
    report::{Case, Diagnostician, Report, RetryPolicy},
};

/// A report whose leading cause is `cause`, broken after `seconds`.
fn report(doctor: &Diagnostician, cause: &str, seconds: Option<f64>, lang: Lang) -> Report {
    let mut report = doctor.diagnose(&Case::default(), lang);
    report.verdict.cause = Some(cause.to_owned());
    report
        .observations
        .extend(seconds.map(|seconds| Observation::seen("seconds", seconds, Source::Answer)));
    report
}

/// One policy of each class, measured and not, in both languages.
fn policies(doctor: &Diagnostician) -> Vec<RetryPolicy> {
    let mut classes = BTreeSet::new();
    let mut policies = Vec::new();
    for cause in doctor.base().causes.values() {
        if classes.insert(&cause.retry) {
            for lang in Lang::ALL {
                for seconds in [None, Some(1.5), Some(60.0)] {
                    let report = report(doctor, &cause.id, seconds, lang);
                    policies.push(RetryPolicy::of(&report, doctor.base()).unwrap());
                }
            }
        }
    }
    // `never` has no cause today; the others have.
    assert!(classes.len() >= 4, "{classes:?}");
    policies
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--help").output().is_ok()
}

fn doctor() -> Diagnostician {
    Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap()
}

#[test]
fn every_gap_is_filled_with_the_numbers_of_the_case() {
    let doctor = doctor();
    for policy in policies(&doctor) {
        assert!(policy.measured.is_none_or(|measured| f64::from(policy.idle) < measured));
        for client in doctor.base().clients.values() {
            let code = policy.code(client);
            assert!(!code.contains("{{") && !code.contains("}}"), "{}:\n{code}", client.id);
            assert!(code.contains(&policy.idle.to_string()), "{}:\n{code}", client.id);
            assert!(code.contains(&policy.retries.to_string()), "{}:\n{code}", client.id);
            for fact in &client.facts {
                assert!(!policy.fact(&fact.text.zh).contains("{{"), "{}", client.id);
            }
        }
    }
}

#[test]
fn the_clients_that_were_asked_for_are_there() {
    let doctor = doctor();
    let syntaxes: BTreeSet<&str> =
        doctor.base().clients.values().map(|client| client.syntax.as_str()).collect();
    let wanted = ["csharp", "go", "java", "javascript", "python", "rust", "shell"];
    assert_eq!(syntaxes, BTreeSet::from(wanted));
}

#[test]
fn the_own_client_comes_first() {
    let doctor = doctor();
    let case: Case = serde_json::from_str(r#"{"facts": {"stack": ["go"]}}"#).unwrap();
    let report = doctor.diagnose(&case, Lang::En);
    let (clients, named) = report.clients(doctor.base());
    assert_eq!((clients[0].id.as_str(), named), ("go-net-http", 1));
    assert_eq!(clients.len(), doctor.base().clients.len());
}

#[test]
fn the_code_parses() {
    let doctor = doctor();
    let policies = policies(&doctor);
    let folder = tempfile::tempdir().unwrap();
    for client in doctor.base().clients.values() {
        let mut kinds = BTreeSet::new();
        let codes: BTreeSet<String> = policies
            .iter()
            // A Java compiler takes seconds to start: one policy that repeats, and one that does not.
            .filter(|policy| client.syntax != "java" || kinds.insert(policy.retries == 0))
            .map(|policy| policy.code(client))
            .collect();
        let files: Vec<_> = codes
            .iter()
            .enumerate()
            .map(|(at, code)| {
                // Java wants a class in a file of its name; each goes to a folder of its own.
                let place = folder.path().join(format!("{}-{at}", client.id));
                fs::create_dir(&place).unwrap();
                let file = place.join(file_name(client));
                fs::write(&file, code).unwrap();
                file
            })
            .collect();
        for file in &files {
            if let Some(said) = complaint(client, file) {
                panic!("{}: {said}\n{}", client.id, fs::read_to_string(file).unwrap());
            }
        }
    }
}

fn file_name(client: &Client) -> &'static str {
    match client.syntax.as_str() {
        "python" => "code.py",
        "java" => "Retrying.java",
        "go" => "code.go",
        "javascript" => "code.mjs",
        "rust" => "code.rs",
        "shell" => "code.sh",
        _ => "code.txt",
    }
}

/// What the parser says against `file`; nothing where it is content, or not on this machine.
fn complaint(client: &Client, file: &Path) -> Option<String> {
    let (program, arguments): (&str, &[&str]) = match client.syntax.as_str() {
        "python" => ("python3", &["-m", "py_compile"]),
        "java" => ("javac", &["-proc:none"]),
        "go" => ("gofmt", &["-e", "-l"]),
        "javascript" => ("node", &["--check"]),
        "rust" => ("rustfmt", &["--check", "--edition", "2024"]),
        "shell" => ("bash", &["-n"]),
        _ => return balanced(&fs::read_to_string(file).unwrap()),
    };
    if !has(program) {
        eprintln!("{} was not parsed: there is no {program}", client.id);
        return None;
    }
    let output = Command::new(program).args(arguments).arg(file).output().unwrap();
    let said = text(&output);
    let content = match client.syntax.as_str() {
        // Classes of libraries are not here; everything else must be known.
        "java" => said.lines().filter(|line| line.contains("error:")).all(|line| {
            ["does not exist", "cannot find symbol", "does not override"]
                .iter()
                .any(|follows| line.contains(follows))
        }),
        // `gofmt -l` names a file that it would write another way.
        "go" => said.trim().is_empty(),
        // A longer comment may be laid out another way; a mistake is an error.
        "rust" => !said.contains("error"),
        _ => output.status.success(),
    };
    (!content).then_some(said)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat())
        .into_owned()
}

/// C# has no parser here: brackets must at least close in the order they opened.
fn balanced(code: &str) -> Option<String> {
    let mut open = Vec::new();
    for c in code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(str::chars) {
        match c {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(c) => return Some(format!("a stray {c}")),
            _ => {}
        }
    }
    (!open.is_empty()).then(|| format!("{open:?} is missing"))
}

#[test]
fn curl_knows_its_options() {
    if !has("curl") {
        return;
    }
    let known = text(&Command::new("curl").args(["--help", "all"]).output().unwrap());
    let doctor = doctor();
    let code = policies(&doctor)[0].code(&doctor.base().clients["curl"]);
    for option in code.split_whitespace().filter(|word| word.starts_with("--")) {
        assert!(known.contains(&format!("{option} ")), "curl knows no {option}");
    }
}
