use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use super::{super::words::exists, *};
use crate::{
    knowledge::{Lang, built_in, load},
    report::{Case, Diagnostician, Report, ReportFix},
};

static DOCTOR: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

/// What belongs to the language of a command and is not for the reader to fill in.
const SYNTAX: &str = "SELECT SET FROM BY SHOW ALTER WHERE ORDER GLOBAL GROUP SYSTEM GET DESC LIKE INPUT \
    LIMIT DELETE STATUS ROLE FORWARD END CONFIG PUT VARIABLES IN AS ACCEPT SYN INTERNAL CLIENT CREATE HEAD \
    EXTERNAL DROP REQUESTS_CA_BUNDLE HKLM SOFTWARE REG_DWORD NO_PROXY LIST SESSION TRUNCATE TABLE COUNT NS \
    SIGTERM YYYY HH MM DD AAAA IDENTIFIED GRANT INSERT UPDATE ON TO OUTPUT REJECT LONG LONG_C TMOUT OPTIONS \
    RST TCPMSS PLAINTEXT CF HTTPS NOTRACK INVALID NODE_EXTRA_CA_CERTS X25519 BLOCKED ENGINE INNODB HKCU \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY FLUSH HOSTS DATABASES CONN_MAX_AGE CONN_HEALTH_CHECKS SUBSTRING_INDEX \
    DATABASE_URL REPLICAS INFO NULLS LAST POOLS SLOWLOG SENTINEL CMD EXIT_ON_ZERO_ACTIVE_CONNECTIONS \
    UV_THREADPOOL_SIZE DOCKER TCP DENIED REGIONAL ASA SSE POST UNAVAILABLE METH_POST NODE_OPTIONS MTU \
    SCHEME_CURRENT HTTP YES DEFAULT ANSIBLE_SSH_ARGS ANSIBLE_PIPELINING ANSIBLE_FORKS PREROUTING MB AWS \
    SHUT_WR TCPOPTSTRIP SSL_CERT_FILE GODEBUG X25519MLKEM768 COPY RUN METH_GET MAX PHP LOCAL NAME USER \
    PROBE_PASSWORD SECONDS A3 A5 HTTP_1_1 HUP IP IPAM IPPROTO_TCP OPENSSL_VERSION SOL_SOCKET SO_KEEPALIVE \
    TCP_KEEPCNT TCP_KEEPIDLE TCP_KEEPINTVL TCP_USER_TIMEOUT XX";

fn fixes(case: &Case) -> Vec<ReportFix> {
    DOCTOR.diagnose(case, Lang::En).fixes
}

fn idle(seconds: f64, stack: &[&str]) -> Case {
    let mut case = Case {
        text: Some("websocket closes when nobody types".to_owned()),
        target: Some("chat.example.com:8443".to_owned()),
        ..Case::default()
    };
    case.facts.phase = Some("idle".to_owned());
    case.facts.after_seconds = Some(seconds);
    case.facts.between = stack.iter().map(|id| (*id).to_owned()).collect();
    case
}

#[test]
fn pasted_configuration_beats_the_default_of_what_was_named() {
    let text = "SQLSTATE[HY000]: General error: 2006 MySQL server has gone away\n[mysqld]\nwait_timeout = 300\n";
    let mut case = Case { text: Some(text.to_owned()), ..Case::default() };
    case.facts.phase = Some("idle".to_owned());
    case.facts.stack = vec!["mysql".to_owned(), "hikaricp".to_owned()];
    let fixes = fixes(&case);
    let told: Vec<&str> = fixes
        .iter()
        .filter(|fix| fix.cause == "db_idle_wait_timeout")
        .flat_map(|fix| fix.fitted.iter().map(|fitted| fitted.reason.as_str()))
        .collect();
    assert!(told.iter().any(|why| why.contains("300 s")), "{told:?}");
    assert!(!told.iter().any(|why| why.contains("28800")), "{told:?}");
}

#[test]
fn a_gap_names_a_rule_and_every_rule_has_its_reasons_in_both_languages() {
    let gap = GAP.as_ref().unwrap();
    let mut used = BTreeSet::new();
    for fix in DOCTOR.base().fixes.values() {
        let steps = fix.steps.iter().flat_map(|step| Lang::ALL.map(|lang| step.get(lang)));
        let titles = Lang::ALL.map(|lang| fix.title.get(lang));
        let commands = fix.commands.iter().map(String::as_str);
        for text in commands.chain(steps).chain(titles) {
            for found in gap.captures_iter(text) {
                let rule = found.get(1).unwrap().as_str();
                assert!(RULES.contains(&rule), "{}: {rule}", fix.id);
                used.insert(rule.to_owned());
            }
        }
    }
    assert_eq!(used.len(), RULES.len(), "{used:?}");
    for rule in RULES.into_iter().filter(|rule| *rule != "port") {
        for id in [format!("fit-{rule}"), format!("fit-{rule}-unknown")] {
            for lang in Lang::ALL {
                assert!(exists(lang, &id), "{id}");
            }
        }
    }
}

#[test]
fn every_word_in_capitals_is_explained_or_belongs_to_the_command() {
    let syntax: BTreeSet<&str> = SYNTAX.split_whitespace().collect();
    let word = WORD.as_ref().unwrap();
    let mut open = BTreeSet::new();
    for fix in DOCTOR.base().fixes.values() {
        for command in &fix.commands {
            for found in word.find_iter(command) {
                let name = found.as_str();
                let id = blank_id(name);
                let explained = Lang::ALL.iter().all(|lang| say(*lang, &id, &[]) != id);
                if !explained && !syntax.contains(name) {
                    open.insert(format!("{name} ({})", fix.id));
                }
            }
        }
    }
    assert_eq!(open, BTreeSet::new());
}

#[test]
fn another_cut_off_gives_other_values_and_says_why() {
    let commands = |seconds| {
        let fixes = fixes(&idle(seconds, &["aws-alb"]));
        let all: Vec<String> = fixes.iter().flat_map(|fix| fix.commands.clone()).collect();
        let why = fixes.iter().flat_map(|fix| &fix.fitted).any(|fitted| {
            fitted.from_case
                && fitted.reason.contains(&format!("{seconds} s"))
                && !fitted.value.is_empty()
        });
        assert!(why, "{fixes:#?}");
        assert!(
            !all.iter().any(|command| command.contains("{{beat") || command.contains("{{open"))
        );
        all
    };
    assert_ne!(commands(60.0), commands(900.0));
}

#[test]
fn a_keep_alive_outlives_what_stands_in_front_and_not_itself() {
    let mut case = Case {
        text: Some("recv() failed (104: Connection reset by peer) while reading response header from upstream".to_owned()),
        ..Case::default()
    };
    case.facts.phase = Some("reuse_keepalive".to_owned());
    case.facts.between = vec!["nginx".to_owned()];
    case.facts.stack = vec!["node".to_owned()];
    let all = fixes(&case);
    let value = |id: &str| {
        let fix = all.iter().find(|fix| fix.id == id).unwrap_or_else(|| panic!("no {id}"));
        fix.fitted.first().cloned().unwrap()
    };
    let node = value("keepalive_race.node");
    assert!(node.from_case && node.value == "65 s" && node.reason.contains("nginx"), "{node:?}");
    assert!(!value("nginx.keepalive_timeout").from_case);
}

#[test]
fn what_the_case_does_not_know_is_named_with_what_to_put_in() {
    for lang in Lang::ALL {
        let case = Case { lang: Some(lang), ..idle(60.0, &["kubernetes", "nginx"]) };
        let report: Report = DOCTOR.diagnose(&case, lang);
        let blanks: Vec<&Blank> = report.fixes.iter().flat_map(|fix| &fix.blanks).collect();
        assert!(!blanks.is_empty());
        for blank in blanks {
            assert!(!matches!(blank.name.as_str(), "HOST" | "PORT"), "{blank:?}");
            assert!(!blank.put.starts_with("blank-"), "{blank:?}");
        }
    }
}

#[test]
fn nothing_that_a_stranger_typed_gets_into_a_command() {
    for hostile in
        ["a.example;id", "$(id)", "`id`", "--json", "x' OR '1'='1", "a.example\nrm -rf /"]
    {
        let mut case = idle(60.0, &[]);
        case.target = Some(hostile.to_owned());
        case.text = Some(format!("connection to {hostile}:80 failed, connection refused"));
        for fix in fixes(&case) {
            for text in fix.commands.iter().chain(fix.fitted.iter().map(|fitted| &fitted.value)) {
                assert!(!text.contains(hostile), "{text}");
            }
        }
    }
}

#[test]
fn numbers_are_written_as_the_command_takes_them() {
    assert_eq!(written(25.0, "_ms"), "25_000");
    assert_eq!(written(1.5, "_ms"), "1_500");
    assert_eq!(written(1740.0, "_ms"), "1_740_000");
    assert_eq!(written(60.0, "ms"), "60000");
    assert_eq!(written(48.0, ""), "48");
}
