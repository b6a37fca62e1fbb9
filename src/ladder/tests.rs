//! Ladders as they are in life, and what holds for every ladder.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::knowledge::{Base, Lang, built_in, load};

use super::{
    Judgement, Ladder, Rule, apply, draw, judge,
    model::{Hop, Limit, Origin, Role, Timer},
    read,
    readers::Dialect,
    rules::findings,
};

static BASE: LazyLock<Base> = LazyLock::new(|| load(&[built_in()]).base);

fn judged(text: &str) -> (Ladder, Judgement) {
    let ladder = read(text, &BASE).unwrap();
    let judgement = judge(&ladder, &BASE);
    (ladder, judgement)
}

fn rules(judgement: &Judgement) -> Vec<Rule> {
    judgement.inversions.iter().map(|inversion| inversion.rule).collect()
}

fn setting<'a>(judgement: &'a Judgement, name: &str) -> &'a super::Calculated {
    let found = judgement.settings.iter().find(|setting| setting.setting == name);
    found.unwrap_or_else(|| panic!("{name} in {:#?}", judgement.settings))
}

fn holds(text: &str) -> (Ladder, Judgement) {
    let (ladder, judgement) = judged(text);
    let left = findings(&apply(&ladder, &judgement.settings));
    assert!(left.is_empty(), "{left:#?}");
    assert!(
        judgement.inversions.iter().all(|inversion| !inversion.settings.is_empty()),
        "{judgement:#?}"
    );
    (ladder, judgement)
}

#[test]
fn a_node_behind_a_balancer_closes_first() {
    let (_, judgement) = holds(
        r#"
        [[hop]]
        component = "aws-alb"
        [[hop]]
        component = "node"
        "#,
    );
    assert_eq!(rules(&judgement), [Rule::KeepaliveRace]);
    let keep = setting(&judgement, "keepAliveTimeout");
    assert_eq!((keep.hop, keep.now, keep.to), (1, Some(Limit::Seconds(5.0)), Limit::Seconds(65.0)));
    assert_eq!(keep.snippet, "server.keepAliveTimeout = 65000;");
    // Raising it takes headersTimeout along, which is 60 s by default.
    assert_eq!(setting(&judgement, "headersTimeout").to, Limit::Seconds(70.0));
}

#[test]
fn a_slow_answer_needs_every_wait_in_order() {
    let (_, judgement) = holds(
        r#"
        slowest_answer = "90s"
        [[hop]]
        component = "curl"
        timers = { answer = 30 }
        [[hop]]
        component = "nginx"
        config = "location / { proxy_pass http://app; proxy_read_timeout 60s; }"
        [[hop]]
        component = "gunicorn"
        timers = { timeout = 120 }
        "#,
    );
    assert!(rules(&judgement).contains(&Rule::AnswerCutShort), "{:?}", rules(&judgement));
    assert!(rules(&judgement).contains(&Rule::OuterGivesUpFirst));
    assert_eq!(setting(&judgement, "proxy_read_timeout").to, Limit::Seconds(95.0));
    assert_eq!(setting(&judgement, "answer").to, Limit::Seconds(100.0));
}

#[test]
fn what_cannot_wait_longer_shortens_the_work_behind_it() {
    let (_, judgement) = holds(
        r#"
        slowest_answer = 300
        [[hop]]
        component = "aws-api-gateway"
        timers = {}
        [[hop]]
        component = "nginx"
        timers = { proxy_read_timeout = "5min" }
        [[hop]]
        component = "mysql"
        "#,
    );
    let work = setting(&judgement, "slowest_answer");
    assert!(work.to.seconds().unwrap() < 30.0, "{work:?}");
    assert!(work.why.en.contains("background"), "{}", work.why.en);
}

#[test]
fn a_nat_forgets_what_nobody_refreshes() {
    let (_, judgement) = holds(
        r#"{ "hop": [ { "component": "hikari" }, { "component": "aws-nat-gateway" }, { "component": "mysql" } ] }"#,
    );
    assert_eq!(rules(&judgement), [Rule::SilentDrop]);
    assert!(judgement.inversions.iter().all(|found| (found.after_seconds - 350.0).abs() < 1e-9));
    let (_, late) = holds(
        r#"{ "hop": [ { "component": "hikari", "timers": { "keepaliveTime": 600 } },
                      { "component": "aws-nat-gateway" }, { "component": "mysql" } ] }"#,
    );
    assert_eq!(rules(&late), [Rule::ProbesTooLate]);
    assert_eq!(setting(&late, "keepaliveTime").to, Limit::Seconds(116.0));
}

#[test]
fn a_ping_must_beat_the_shortest_stream_timer() {
    let (_, judgement) = holds(
        r#"
        [[hop]]
        component = "browser"
        timers = { ping = 90 }
        [[hop]]
        component = "aws-alb"
        [[hop]]
        component = "uvicorn"
        timers = { timeout_keep_alive = 75 }
        "#,
    );
    assert_eq!(rules(&judgement), [Rule::PingTooSlow]);
    assert_eq!(setting(&judgement, "ping").to, Limit::Seconds(30.0));
}

#[test]
fn a_cut_off_finds_its_timer_or_says_that_a_hop_is_missing() {
    let with = |cut: u32| {
        let text = format!(
            "cut_off = {cut}\n[[hop]]\ncomponent = \"aws-alb\"\n[[hop]]\ncomponent = \"tomcat\"\n"
        );
        judged(&text).1.cut_off.unwrap()
    };
    assert_eq!(with(60).fits.first().unwrap().1, "idle_timeout.timeout_seconds");
    let missing = with(350);
    assert!(
        missing.fits.is_empty()
            && missing.missing.iter().any(|id| id == "aws-nat-gateway.idle_timeout")
    );
    assert!(missing.says.en.contains("a hop is missing"));
    // Products in words, each once, not ids of the knowledge base; beyond a few they are counted.
    let said = &missing.says.en;
    assert_eq!(said.matches("AWS NAT gateway").count(), 1, "{said}");
    assert!(with(120).says.en.ends_with(" more."), "{}", with(120).says.en);
    // One of several timers with one value is not told as if it were the only one.
    let text = "cut_off = 60\n[[hop]]\ncomponent = \"nginx\"\n";
    let several = judged(text).1.cut_off.unwrap();
    assert!(several.says.en.contains(&format!("{} timers here", several.fits.len())));
    assert!(!missing.says.en.contains("aws-nat-gateway."), "{}", missing.says.en);
}

#[test]
fn every_default_says_when_it_was_read() {
    let (ladder, _) = judged("[[hop]]\ncomponent = \"nginx\"\n[[hop]]\ncomponent = \"tomcat\"\n");
    for timer in ladder.hops.iter().flat_map(|hop| &hop.timers) {
        let Origin::Default { timeout, date, .. } = &timer.origin else { panic!("{timer:?}") };
        assert!(date.starts_with("20") && BASE.timeouts.contains_key(timeout), "{timer:?}");
    }
}

#[test]
fn bad_input_is_one_sentence_with_its_line() {
    for (text, line, word) in [
        ("hello", 1, "neither a ladder"),
        ("[[hop]]\ncomponent = 7\n", 2, "string"),
        ("[[hop]]\ncomponent = \"nginx\"\ncolour = 1\n", 3, "colour"),
        (
            "[[hop]]\ncomponent = \"nginx\"\n[[hop]]\ncomponent = \"node\"\ntimers = { answer = \"soon\" }\n",
            5,
            "`answer` is no time",
        ),
        ("cut_off = \"soon\"\n[[hop]]\ncomponent = \"nginx\"\n", 1, "cut_off"),
        ("{\n \"component\": 1 }", 2, "unknown field"),
        ("[[hop]]\ncomponent = \"nginx\"\nconfig = \"\"\ndialect = \"klingon\"\n", 4, "klingon"),
    ] {
        let error = read(text, &BASE).unwrap_err();
        assert_eq!(error.line, Some(line), "{error}");
        let sentence = error.to_string();
        assert!(sentence.contains(word) && !sentence.contains('\n'), "{sentence}");
    }
}

#[test]
fn the_drawing_holds_every_timer_and_no_control_character() {
    let (_, judgement) = judged(
        "[[hop]]\ncomponent = \"nginx\"\nname = \"\\u001b[31mred\"\n[[hop]]\ncomponent = \"node\"\n",
    );
    for lang in Lang::ALL {
        let drawn = draw(&judgement, lang);
        assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(drawn.contains("keepAliveTimeout") && drawn.contains("65000"), "{drawn}");
    }
}

/// Timers of any roles and lengths, on hops of any kind.
fn hop() -> impl Strategy<Value = Hop> {
    let roles = prop::sample::select(vec![
        vec![Role::PoolIdle],
        vec![Role::KeepAlive],
        vec![Role::Answer],
        vec![Role::Work],
        vec![Role::Connect],
        vec![Role::Head],
        vec![Role::StreamIdle],
        vec![Role::TcpKeepalive],
        vec![Role::Ping],
        vec![Role::PathIdle],
        vec![Role::KeepAlive, Role::PoolIdle, Role::Answer, Role::StreamIdle],
    ]);
    let limit = prop_oneof![
        8 => (0.05_f64..100_000.0).prop_map(Limit::Seconds),
        4 => prop::sample::select(vec![1.0, 2.0, 5.0, 29.0, 30.0, 60.0, 75.0, 350.0, 3600.0]).prop_map(Limit::Seconds),
        1 => Just(Limit::Never),
        1 => Just(Limit::Off),
    ];
    let timer =
        (roles, limit, prop::bool::weighted(0.2)).prop_map(|(roles, limit, capped)| Timer {
            setting: roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join("+"),
            max: limit.seconds().filter(|_| capped),
            roles,
            limit,
            origin: Origin::Given,
            snippet: String::new(),
        });
    let component = prop::sample::select(vec![
        "node",
        "nginx",
        "aws-alb",
        "nat",
        "mysql",
        "hikari",
        "unheard-of",
    ]);
    (component, prop::collection::vec(timer, 0..6), any::<bool>(), any::<bool>()).prop_map(
        |(component, mut timers, managed, packets)| {
            timers.dedup_by(|a, b| a.setting == b.setting);
            Hop {
                component: component.to_owned(),
                name: component.to_owned(),
                passes_packets: component == "nat" || (packets && component == "unheard-of"),
                managed,
                timers,
                notes: Vec::new(),
            }
        },
    )
}

/// Real components with their defaults, and any slowest answer.
fn real() -> impl Strategy<Value = String> {
    let components: Vec<String> = BASE.components.keys().cloned().collect();
    let hops = prop::collection::vec(prop::sample::select(components), 1..8);
    (hops, prop::option::of(1_u32..4000), prop::option::of(1_u32..4000)).prop_map(
        |(hops, slowest, ping)| {
            let slowest = slowest.map_or_else(String::new, |s| format!("slowest_answer = {s}\n"));
            let hops = hops.iter().enumerate().map(|(at, hop)| {
                let ping = ping.filter(|_| at == 0);
                let timers =
                    ping.map_or_else(String::new, |ping| format!("timers = {{ ping = {ping} }}\n"));
                format!("[[hop]]\ncomponent = \"{hop}\"\n{timers}")
            });
            slowest + &hops.collect::<String>()
        },
    )
}

const CONFIGS: [&str; 14] = [
    "http { upstream a { server b; keepalive 16; keepalive_timeout 30s; } server { keepalive_timeout 65 60; proxy_read_timeout 2m; } }",
    "KeepAlive On\nKeepAliveTimeout 5\nProxyPass / http://b/ timeout=30 ttl=60\nRequestReadTimeout header=20-40,MinRate=500 body=20\n",
    "defaults\n timeout client 50000\n timeout server 1m\n timeout connect 5s\n",
    "[mysqld]\nwait_timeout = 60\nmax_allowed_packet=64M\n",
    "idle_in_transaction_session_timeout = 5min\nstatement_timeout = 30000\n",
    "timeout 0\ntcp-keepalive 300\n",
    "ClientAliveInterval 60\nClientAliveCountMax 3\nMaxStartups 10:30:100\n",
    "server.keepAliveTimeout = 65 * 1000;\nserver.headersTimeout = 66_000;\n",
    "static_resources:\n  clusters:\n  - name: a\n    connect_timeout: 0.25s\n    common_http_protocol_options: { idle_timeout: 30s }\n",
    "kind: VirtualService\nspec:\n  http:\n  - timeout: 10s\n",
    "metadata:\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: \"3600\"\n",
    "idle_timeout.timeout_seconds | 60",
    "gunicorn app --timeout 120 --keep-alive 5",
    "maxLifetime=1800000\nkeepaliveTime=0\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_inversion_is_left_when_the_settings_are_applied(hops in prop::collection::vec(hop(), 0..8)) {
        let ladder = Ladder { hops, cut_off: None };
        let judgement = judge(&ladder, &BASE);
        let left = findings(&apply(&ladder, &judgement.settings));
        prop_assert!(left.is_empty(), "{left:#?}\n{:#?}", judgement.settings);
        prop_assert_eq!(judgement.inversions.is_empty(), judgement.settings.is_empty());
        for setting in &judgement.settings {
            prop_assert!(setting.to.seconds().is_none_or(|to| to > 0.0 && to.is_finite()), "{setting:?}");
            prop_assert!(!setting.why.en.is_empty() && !setting.snippet.is_empty());
        }
    }

    #[test]
    fn nor_for_any_chain_of_real_components(text in real()) {
        let ladder = read(&text, &BASE).unwrap();
        let judgement = judge(&ladder, &BASE);
        let left = findings(&apply(&ladder, &judgement.settings));
        prop_assert!(left.is_empty(), "{left:#?}\n{:#?}", judgement.settings);
        for inversion in &judgement.inversions {
            prop_assert!(!inversion.settings.is_empty(), "{inversion:?}\n{:#?}", judgement.settings);
        }
    }

    #[test]
    fn readers_take_any_text(text in "\\PC{0,300}", config in prop::sample::select(CONFIGS.to_vec()), cut in 0..200_usize, glue in "[{};=:\"'#\\n\\\\ -9]{0,6}") {
        let cut = (0..=cut.min(config.len())).rev().find(|cut| config.is_char_boundary(*cut)).unwrap();
        let mixed = format!("{}{glue}{text}{}", &config[..cut], &config[cut..]);
        for component in BASE.components.keys() {
            if let Some(dialect) = Dialect::of(component) {
                dialect.read(&mixed);
            }
        }
        // Whatever it is, it is a ladder or one sentence.
        if let Err(error) = read(&mixed, &BASE) {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }
}
