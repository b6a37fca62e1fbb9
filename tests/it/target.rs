//! `hangup target` as a program: exit codes, the policy of an instance, what `--explain` adds.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Exit code and standard output.
fn target(arguments: &[&str], input: &str) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hangup"))
        .arg("target")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn what_is_named_counts_and_a_batch_does_not() {
    assert_eq!(target(&["example.com"], "").0, 0);
    assert_eq!(target(&["example.com", "10.0.0.1", "--json"], "").0, 1);
    assert_eq!(target(&["0x7f.1"], "").0, 1);
    let (code, said) = target(&["-", "--json"], "10.0.0.1\nexample.com\n");
    assert_eq!((code, said.lines().count()), (0, 2));
    assert_eq!(target(&["-", "10.0.0.1"], "example.com\n").0, 1);
    assert_eq!(target(&["example.com", "--client", "10.0.0.1"], "").0, 2);
}

#[test]
fn an_instance_s_own_policy_is_explained_as_a_visitor_meets_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hangup.toml");
    let text = "[probe]\nallow = ['10.20.0.0/16:5432@192.168.7.0/24']\nopt_out = ['example.org']\n";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let stranger = target(&["10.20.1.1:5432", "--explain", "--config", file], "");
    assert_eq!(stranger.0, 1);
    assert!(stranger.1.contains("10.0.0.0/8  [RFC 1918]"), "{}", stranger.1);
    let client = ["--client", "192.168.7.9"];
    let arguments =
        [&["10.20.1.1:5432", "--json", "--explain", "--config", file][..], &client].concat();
    let (code, said) = target(&arguments, "");
    assert_eq!(code, 0);
    for part in [r#""rule":"opened""#, r#""matched":"10.20.0.0/16""#, r#""source":"probe.allow""#] {
        assert!(said.contains(part), "{said}");
    }
    let (code, said) = target(&["www.example.org", "--explain", "--config", file], "");
    assert_eq!(code, 1);
    assert!(said.contains("opted_out") && said.contains("example.org  [probe.opt_out]"), "{said}");
    assert_eq!(target(&["a.example", "--config", "/nowhere/hangup.toml"], "").0, 2);
}
