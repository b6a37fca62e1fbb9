//! What stands in the environment for other programs leads no probe elsewhere.

use std::{
    net::TcpListener,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A listener that counts who comes, and answers nothing.
fn counted() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    thread::spawn(move || {
        for peer in listener.incoming() {
            seen.fetch_add(1, Ordering::SeqCst);
            drop(peer);
        }
    });
    (address, count)
}

#[test]
fn a_proxy_of_the_environment_is_not_heeded() {
    let (proxy, proxied) = counted();
    let (target, reached) = counted();
    let mut probe = Command::new(env!("CARGO_BIN_EXE_hangup"));
    probe.args(["probe", &format!("http://{target}/"), "--only", "dns,tcp,http,canary"]);
    probe.args(["--allow-loopback", "--json"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        probe.env(name, format!("http://{proxy}"));
        probe.env(name.to_lowercase(), format!("http://{proxy}"));
    }
    let output = probe.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(r#""event":"done""#), "{said}");
    assert!(reached.load(Ordering::SeqCst) > 0, "{said}");
    assert_eq!(proxied.load(Ordering::SeqCst), 0, "{said}");
}
