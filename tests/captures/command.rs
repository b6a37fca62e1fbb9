//! `hangup capture` as a person runs it: output, warnings, exit codes.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::writer::{ACK, Client, PSH, SYN, Server, Wire, ethernet, gzip, pcap};

/// Exit code, standard output, standard error.
fn run(file: &[u8], arguments: &[&str]) -> (i32, String, String) {
    run_command(file, &[&["capture", "-"], arguments].concat())
}

fn run_command(file: &[u8], arguments: &[&str]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hangup"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may stop reading early.
    let _ = child.stdin.take().unwrap().write_all(file);
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

fn file() -> Vec<u8> {
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, PSH | ACK, b"GET / HTTP/1.1\r\n\r\n");
    wire.wait(60.0).close(Server);
    wire.seq = [5, 9];
    wire.wait(1.0).send(Client, SYN, b"");
    pcap(1, &ethernet(&wire.packets))
}

#[test]
fn each_conversation_is_one_line_of_json_with_the_fields_of_the_contract() {
    let (code, out, err) = run(&file(), &["--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    let fields = [
        "src",
        "sport",
        "dst",
        "dport",
        "first_ts",
        "duration",
        "handshake",
        "closer",
        "close",
        "idle_before_close",
        "bytes_src",
        "bytes_dst",
        "packets_src",
        "packets_dst",
        "retransmits",
        "zero_windows",
        "keepalives",
        "tls_alert",
        "zeek_state",
        "findings",
    ];
    for field in fields {
        assert!(lines.iter().all(|line| line.get(field).is_some()), "{field} is missing");
    }
    assert_eq!(lines[0]["src"], "192.0.2.10");
    assert_eq!((&lines[0]["closer"], &lines[0]["close"]), (&"dst".into(), &"fin".into()));
    assert_eq!(
        (&lines[1]["handshake"], &lines[1]["zeek_state"]),
        (&"syn_no_answer".into(), &"S0".into())
    );
    assert_eq!(lines[1]["idle_before_close"], Value::Null);
    assert_eq!(lines[1]["findings"], serde_json::json!(["syn_unanswered"]));
}

#[test]
fn the_table_shows_the_worst_first_in_the_language_asked_for() {
    let (code, out, _) = run(&gzip(&file()), &[]);
    assert_eq!(code, 0);
    let (bad, odd) = (out.find("Nobody answers").unwrap(), out.find("without an answer").unwrap());
    assert!(bad < odd, "{out}");
    let (_, out, _) = run(&file(), &["--lang", "zh-CN", "--top", "1"]);
    assert!(out.contains("没有回应") && out.contains("还有 1 个"), "{out}");
}

#[test]
fn damage_is_a_warning_and_no_capture_an_error() {
    let whole = file();
    let (code, out, err) = run(&whole[..whole.len() - 3], &["--json"]);
    assert_eq!((code, out.lines().count()), (0, 1));
    assert!(err.contains("cut short: the record at byte"), "{err}");
    let (code, out, err) = run(b"this is a log file\n", &["--json"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(err.lines().count(), 1);
    assert!(err.contains("standard input is no packet capture: byte 0"), "{err}");
    let (code, _, err) = run(b"", &[]);
    assert_eq!(
        (code, err.trim()),
        (2, "hangup: standard input is no packet capture: the file is empty")
    );
}

#[test]
fn the_worst_conversation_is_evidence_for_a_diagnosis() {
    let mut wire = Wire::to(443);
    let first = wire.seq[0];
    for _ in 0..5 {
        wire.wait(1.0).raw(Client, SYN, first, b"");
    }
    let file = pcap(1, &ethernet(&wire.packets));
    let (code, out, err) = run_command(&file, &["diagnose", "--capture", "-", "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert!(code < 2 && err.contains("Nobody answers"), "{err}");
    let observations = report["observations"].as_array().unwrap();
    let seen = |one: &Value| {
        one["variable"] == "tcp.result" && one["value"] == "timeout" && one["source"] == "capture"
    };
    assert!(observations.iter().any(seen), "{out}");
    let refused = report["causes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|cause| cause["id"] == "service_not_listening");
    assert!(refused.is_none_or(|cause| cause["probability"].as_f64().unwrap() < 0.1), "{out}");
}
