//! What people paste from a terminal, from the text to the cause, over the built-in knowledge.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::sync::{Arc, LazyLock};

use hangup::{
    knowledge::{Lang, built_in, load},
    report::{Case, Diagnostician, Report, VerdictState},
};

static DIAGNOSTICIAN: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

fn report(text: &str) -> Report {
    let case = Case { text: Some(text.to_owned()), ..Case::default() };
    DIAGNOSTICIAN.diagnose(&case, Lang::En)
}

/// Whether the report knows that `variable` has `value`.
fn saw(report: &Report, variable: &str, value: &str) -> bool {
    report.observations.iter().any(|o| o.variable == variable && o.value.word() == Some(value))
}

/// The line of shell that `hangup collect --script` prints, run here while a program holds sockets that
/// their other ends have closed.
#[test]
#[cfg(target_os = "linux")]
fn the_script_for_other_machines_tells_what_happens_on_this_one() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let held: Vec<_> = (0..60)
        .map(|_| {
            drop(std::net::TcpStream::connect(address).unwrap());
            listener.accept().unwrap()
        })
        .collect();
    let script = hangup::intake::COLLECT_SCRIPT;
    assert!(!script.contains('\n'), "it is one line");
    let output = std::process::Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    drop(held);
    for part in ["CLOSE-WAIT\n", "TcpExtListenOverflows", "net.core.somaxconn = ", "Max open files"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let decoded = DIAGNOSTICIAN.decode(&text);
    let saw = |variable: &str, value: &str| {
        decoded.observations.iter().any(|o| o.variable == variable && o.value.word() == Some(value))
    };
    assert!(saw("socket_state", "close_wait"), "{:?} in {text}", decoded.observations);
    assert!(saw("limit", "listen_queue"), "{:?}", decoded.observations);
}

#[test]
fn the_output_of_one_command_leads_to_its_cause() {
    let leak = "CLOSE-WAIT 1 0 10.0.0.5:8080 10.0.0.9:50112\n".repeat(80)
        + &"ESTAB 0 0 10.0.0.5:8080 10.0.0.9:40112\n".repeat(15);
    let flood = "tcp 0 0 10.0.0.5:443 203.0.113.9:50112 SYN_RECV\n".repeat(150);
    for (cause, text) in [
        ("close_wait_leak", leak.as_str()),
        ("syn_backlog_flood", flood.as_str()),
        (
            "accept_queue_overflow",
            "LISTEN 129 128 0.0.0.0:8080 0.0.0.0:*\nTcpExtListenOverflows 5512 0.0",
        ),
        (
            "conntrack_table_full",
            "net.netfilter.nf_conntrack_count = 262140\nnet.netfilter.nf_conntrack_max = 262144",
        ),
        (
            "fd_limit",
            "Max open files            1024                 4096                 files\n1022",
        ),
        (
            "ephemeral_port_exhaustion",
            " 27910 TIME-WAIT\n 15 ESTAB\nnet.ipv4.ip_local_port_range = 32768\t60999",
        ),
        ("db_max_connections", "| max_connections | 151 |\n| Max_used_connections | 152 |"),
        (
            "oom_kill",
            "    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n    Restart Count:  4",
        ),
        ("mtu_blackhole", "1472 lost\n1452 lost\n1392 ok\n1300 ok"),
        (
            "tls_cert_invalid",
            "CONNECTED(00000003)\nVerify return code: 10 (certificate has expired)",
        ),
        (
            "dns_failure",
            ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 7\n;; flags: qr rd ra; QUERY: 1, ANSWER: 0",
        ),
        (
            "service_not_listening",
            "* Trying 203.0.113.9:443...\n* connect to 203.0.113.9 port 443 failed: Connection refused\ncurl: (7) Failed to connect to a port 443: Connection refused",
        ),
    ] {
        let report = report(text);
        assert_eq!(
            report.causes.first().map(|c| c.id.as_str()),
            Some(cause),
            "{text}\n{:#?}",
            report.causes.first()
        );
    }
}

#[test]
fn numbers_that_are_well_accuse_nobody() {
    let sockets = "ESTAB 0 0 10.0.0.5:8080 10.0.0.9:40112\n".repeat(60)
        + "CLOSE-WAIT 1 0 10.0.0.5:8080 10.0.0.9:50112\nSYN-RECV 0 0 10.0.0.5:443 203.0.113.9:50113\n";
    for text in [
        sockets.as_str(),
        "TcpOutSegs 900000 0.0\nTcpRetransSegs 210 0.0\nTcpExtListenOverflows 0 0.0\nTcpExtListenDrops 0 0.0\nTcpExtTCPAbortOnClose 0 0.0",
        "net.netfilter.nf_conntrack_count = 900\nnet.netfilter.nf_conntrack_max = 262144",
        "connected_clients:10\nmaxclients:10000\nrejected_connections:0",
        "4 packets transmitted, 4 received, 0% packet loss, time 3ms",
        "HOST: a  Loss%   Snt   Last   Avg\n  1.|-- 10.0.0.1  80.0%  100  1.0 1\n  2.|-- 203.0.113.9  0.0%  100  9.0 1",
    ] {
        let report = report(text);
        assert_eq!(
            report.verdict.state,
            VerdictState::NotEnoughEvidence,
            "{text}\n{:#?}",
            report.observations
        );
        assert!(
            report.causes.iter().all(|cause| cause.probability < 0.1),
            "{text}\n{:#?}",
            report.observations
        );
    }
}

#[test]
fn a_log_with_a_rhythm_gives_its_seconds() {
    let line = |n: u32| {
        let t = 7 + 61 * n;
        format!(
            "2026-11-28 10:{:02}:{:02} ERROR conn {} reset by peer 10.0.0.{n}:51514",
            t / 60,
            t % 60,
            4000 + n
        )
    };
    let text: Vec<String> = (0..6).map(line).collect();
    let report = report(&text.join("\n"));
    let seconds = report.observations.iter().find(|o| o.variable == "seconds");
    assert_eq!(seconds.and_then(|o| o.value.number()), Some(61.0));
    let clock = |n: u32| format!("2026-11-28 10:{:02}:00 connection lost", 5 * n);
    let text: Vec<String> = (0..6).map(clock).collect();
    assert!(saw(&self::report(&text.join("\n")), "schedule", "every_n"));
}
