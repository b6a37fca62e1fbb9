//! What is known of a capture, because it was made so: the truth of each is in its construction.

use hangup::{
    capture::{Close, Closer, Conversation, Finding, Handshake, ZeekState, observations, sentence},
    evidence::Source,
    knowledge::{Lang, built_in, load},
};

use crate::writer::{ACK, Client, FIN, PSH, RST, SYN, Server, Wire, ethernet, pcap, read};

const DATA: u8 = PSH | ACK;

fn has(conversation: &Conversation, finding: Finding) -> bool {
    conversation.findings.contains(&finding)
}

/// Who ended it, and how.
fn end(conversation: &Conversation) -> (Closer, Close) {
    (conversation.closer, conversation.close)
}

fn ordinary() -> Wire {
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, DATA, b"GET / HTTP/1.1\r\n\r\n");
    wire.wait(0.02).send(Server, DATA, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    wire.wait(0.01).send(Client, ACK, b"").close(Client);
    wire
}

fn injected_reset() -> Wire {
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, DATA, b"GET / HTTP/1.1\r\n\r\n");
    (wire.ttl[1], wire.id[1]) = (61, 40_000);
    let next = wire.seq[1];
    wire.wait(0.001).raw(Server, RST | ACK, next, b"");
    (wire.ttl[1], wire.id[1]) = (52, 7001);
    // The server knows nothing of it.
    wire.wait(0.019).send(Server, DATA, b"HTTP/1.1 200 OK\r\n\r\n");
    wire
}

fn black_hole() -> Wire {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &[7; 300]);
    wire.wait(0.02).send(Server, ACK, b"");
    let lost = wire.seq[1];
    for wait in [0.001, 0.2, 0.4, 0.8, 1.6] {
        wire.wait(wait).raw(Server, DATA, lost, &[8; 1460]);
    }
    wire
}

fn half_open() -> Wire {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &[7; 300]).wait(0.02).send(Server, DATA, &[1; 100]);
    wire.wait(0.001).send(Client, ACK, b"");
    let lost = wire.seq[0];
    for wait in [1000.0, 0.2, 0.4, 0.8, 1.6] {
        wire.wait(wait).raw(Client, DATA, lost, &[8; 64]);
    }
    wire
}

fn refused() -> Wire {
    let mut wire = Wire::to(8080);
    wire.send(Client, SYN, b"").wait(0.01).raw(Server, RST | ACK, 0, b"");
    wire
}

fn unanswered() -> Wire {
    let mut wire = Wire::to(443);
    let first = wire.seq[0];
    for wait in [0.0, 1.0, 2.0, 4.0] {
        wire.wait(wait).raw(Client, SYN, first, b"");
    }
    wire
}

fn forbidden() -> Wire {
    let mut wire = Wire::to(443);
    wire.send(Client, SYN, b"").wait(0.01).icmp(3, 13, 0);
    wire
}

fn too_big() -> Wire {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &[7; 1460]).wait(0.01).icmp(3, 4, 1400);
    wire
}

fn full_buffer() -> Wire {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &[7; 1000]);
    wire.window[1] = 0;
    wire.wait(0.02).send(Server, ACK, b"");
    let probe = wire.seq[0] - 1;
    for _ in 0..3 {
        wire.wait(1.0).raw(Client, ACK, probe, b"").wait(0.02).send(Server, ACK, b"");
    }
    wire
}

/// A TLS record of a handshake message, or an alert.
fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 3, 3];
    bytes.extend((body.len() as u16).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn client_hello() -> Vec<u8> {
    let mut body = vec![1, 0, 0, 200];
    body.extend([3; 200]);
    record(22, &body)
}

fn alert() -> Wire {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &client_hello());
    wire.wait(0.02).send(Server, DATA, &record(21, &[2, 40])).close(Server);
    wire
}

fn hello_cut() -> Wire {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &client_hello());
    wire.wait(0.02).send(Server, RST | ACK, b"");
    wire
}

fn keepalives() -> Wire {
    let mut wire = ordinary_open();
    for _ in 0..4 {
        let probe = wire.seq[0] - 1;
        wire.wait(75.0).raw(Client, ACK, probe, b"").wait(0.02).send(Server, ACK, b"");
    }
    wire
}

fn ordinary_open() -> Wire {
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, DATA, b"GET / HTTP/1.1\r\n\r\n");
    wire.wait(0.02)
        .send(Server, DATA, b"HTTP/1.1 200 OK\r\n\r\n")
        .wait(0.01)
        .send(Client, ACK, b"");
    wire
}

fn idle_close() -> Wire {
    let mut wire = ordinary_open();
    wire.wait(60.0).close(Server);
    wire
}

fn dead_on_reuse() -> Wire {
    let mut wire = ordinary_open();
    wire.wait(350.0).send(Client, DATA, b"GET /again HTTP/1.1\r\n\r\n");
    wire.wait(0.02).send(Server, RST, b"");
    wire
}

fn unread() -> Wire {
    let mut wire = Wire::open(80);
    wire.wait(0.01)
        .send(Client, DATA, b"POST / HTTP/1.1\r\n\r\n")
        .wait(0.02)
        .send(Server, ACK, b"");
    wire.send(Client, DATA, &[5; 1000]);
    let seen = wire.seq[0] - 1000;
    let next = wire.seq[1];
    wire.wait(0.02).acking(Server, RST | ACK, next, seen, b"");
    wire
}

fn close_wait() -> Wire {
    let mut wire = ordinary_open();
    wire.wait(5.0).send(Server, FIN | ACK, b"").wait(0.01).send(Client, ACK, b"");
    wire.wait(90.0).send(Client, ACK, b"");
    wire
}

fn bad_gateway() -> Wire {
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, DATA, b"GET / HTTP/1.1\r\n\r\n");
    wire.wait(0.02).send(Server, DATA, b"HTTP/1.1 502 Bad Gateway\r\n\r\n").close(Server);
    wire
}

fn no_answer() -> Wire {
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, DATA, b"GET / HTTP/1.1\r\n\r\n").wait(0.02).close(Server);
    wire
}

fn too_many_connections() -> Wire {
    let mut wire = Wire::open(3306);
    let mut body = vec![0xff];
    body.extend(1040_u16.to_le_bytes());
    body.extend(b"Too many connections");
    let mut packet = vec![body.len() as u8, 0, 0, 0];
    packet.extend(body);
    wire.wait(0.01).send(Server, DATA, &packet).close(Server);
    wire
}

#[test]
fn an_ordinary_connection_has_nothing_to_say() {
    let seen = ordinary().read();
    assert_eq!(seen.findings, []);
    assert_eq!((seen.handshake, seen.zeek_state), (Handshake::Complete, ZeekState::SF));
    assert_eq!(end(&seen), (Closer::Src, Close::Fin));
    assert_eq!((seen.bytes_src, seen.bytes_dst), (18, 38));
    assert_eq!((seen.packets_src, seen.packets_dst), (6, 3));
    assert!((seen.details.round_trip.unwrap() - 0.0201).abs() < 1e-6);
    assert!(!seen.failed());
}

#[test]
fn a_forged_reset_is_told_from_a_real_one() {
    let forged = injected_reset().read();
    assert!(has(&forged, Finding::RstFromMiddlebox), "{forged:?}");
    assert!(forged.details.rst_injected.unwrap() > 0.95);
    assert_eq!(end(&forged), (Closer::Dst, Close::Rst));
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, DATA, b"GET / HTTP/1.1\r\n\r\n");
    wire.wait(0.02).send(Server, RST | ACK, b"");
    let real = wire.read();
    assert!(has(&real, Finding::Reset) && !has(&real, Finding::RstFromMiddlebox), "{real:?}");
    assert!(real.details.rst_injected.unwrap() < 0.05);
    assert_eq!((end(&real), real.zeek_state), ((Closer::Dst, Close::Rst), ZeekState::RSTR));
}

#[test]
fn a_black_hole_is_told_from_a_dead_peer() {
    let hole = black_hole().read();
    assert!(has(&hole, Finding::MtuBlackHole) && !has(&hole, Finding::HalfOpen), "{hole:?}");
    assert_eq!((hole.details.retransmits_dst, hole.bytes_dst), (4, 1460));
    // At the client's end of it the large segments are not there at all.
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &[7; 300]).wait(0.02).send(Server, ACK, b"");
    let awaited = wire.seq[1];
    wire.seq[1] += 2 * 1460;
    wire.wait(0.001).send(Server, DATA, &[8; 200]);
    let next = wire.seq[0];
    wire.acking(Client, ACK, next, awaited, b"").wait(15.0);
    wire.acking(Client, FIN | ACK, next, awaited, b"");
    let hidden = wire.read();
    assert!(has(&hidden, Finding::MtuBlackHole), "{hidden:?}");
    assert!(!has(&hidden, Finding::CaptureGaps));
    let dead = half_open().read();
    assert!(has(&dead, Finding::HalfOpen) && !has(&dead, Finding::MtuBlackHole), "{dead:?}");
    assert!((dead.details.idle_before_stuck.unwrap() - 1000.0).abs() < 0.001);
    let said = too_big().read();
    assert_eq!(said.details.mtu, Some(1400));
    assert!(has(&said, Finding::IcmpError));
}

#[test]
fn data_sent_again_and_again_is_no_silence() {
    let mut wire = Wire::open(443);
    wire.wait(0.01).send(Client, DATA, &[7; 300]).wait(0.02).send(Server, DATA, &[1; 100]);
    wire.wait(0.001).send(Client, ACK, b"");
    let lost = wire.seq[0];
    for wait in [0.1, 0.3, 0.6, 1.2, 2.4, 4.8] {
        wire.wait(wait).raw(Client, DATA, lost, &[8; 64]);
    }
    wire.seq[0] += 64;
    wire.wait(9.6).send(Client, FIN | ACK, b"");
    let stuck = wire.read();
    assert!(has(&stuck, Finding::HalfOpen), "{stuck:?}");
    assert!(!has(&stuck, Finding::IdleBeforeClose), "{stuck:?}");
    let seen = observations(&stuck);
    let value =
        |variable: &str| seen.iter().find(|o| o.variable == variable).map(|o| o.value.to_string());
    assert_eq!(value("phase").as_deref(), Some("mid_transfer"));
    assert_eq!(value("seconds"), None);
}

#[test]
fn attempts_fail_in_four_ways() {
    let refused = refused().read();
    assert_eq!((refused.handshake, refused.zeek_state), (Handshake::SynRst, ZeekState::REJ));
    assert_eq!(refused.findings, [Finding::Refused]);
    let silent = unanswered().read();
    assert_eq!((silent.handshake, silent.zeek_state), (Handshake::SynNoAnswer, ZeekState::S0));
    assert_eq!(
        (silent.findings.as_slice(), silent.retransmits),
        (&[Finding::SynUnanswered][..], 3)
    );
    let forbidden = forbidden().read();
    assert_eq!((forbidden.handshake, forbidden.zeek_state), (Handshake::SynIcmp, ZeekState::S0));
    assert!(has(&forbidden, Finding::IcmpError));
    let mut wire = Wire::to(443);
    wire.send(Client, SYN, b"").wait(0.02).send(Server, SYN | ACK, b"");
    let unfinished = wire.read();
    assert_eq!(unfinished.handshake, Handshake::Other);
    assert!(has(&unfinished, Finding::HandshakeUnfinished));
}

#[test]
fn a_full_buffer_is_seen_and_its_probes_are_keepalives() {
    let seen = full_buffer().read();
    assert!(has(&seen, Finding::ZeroWindowStuck), "{seen:?}");
    assert_eq!((seen.zero_windows, seen.keepalives, seen.retransmits), (4, 3, 0));
    let mut relieved = full_buffer();
    relieved.window[1] = 64_000;
    relieved.send(Server, ACK, b"");
    let seen = relieved.read();
    assert!(has(&seen, Finding::ZeroWindow) && !has(&seen, Finding::ZeroWindowStuck));
}

#[test]
fn tls_that_fails_says_how() {
    let alert = alert().read();
    assert_eq!(alert.details.tls_alert_name, Some("handshake_failure"));
    assert!(alert.tls_alert && has(&alert, Finding::TlsAlert), "{alert:?}");
    let cut = hello_cut().read();
    assert!(has(&cut, Finding::TlsHandshakeStopped), "{cut:?}");
    assert_eq!(cut.details.tls_hello_answered, Some(false));
}

#[test]
fn keepalives_are_no_data() {
    let seen = keepalives().read();
    assert_eq!((seen.keepalives, seen.bytes_src, seen.retransmits), (4, 18, 0));
    assert!(has(&seen, Finding::Keepalive));
}

#[test]
fn silence_before_the_end_is_measured() {
    let closed = idle_close().read();
    assert!((closed.idle_before_close.unwrap() - 60.0).abs() < 0.001);
    assert_eq!((end(&closed), closed.failed()), ((Closer::Dst, Close::Fin), false));
    let kept = {
        let mut wire = ordinary_open();
        for _ in 0..3 {
            let probe = wire.seq[0] - 1;
            wire.wait(20.0).raw(Client, ACK, probe, b"");
        }
        wire.wait(15.0).close(Server);
        wire.read()
    };
    assert!((kept.idle_before_close.unwrap() - 15.0).abs() < 0.001);
    assert!((kept.details.quiet_before_close.unwrap() - 75.01).abs() < 0.001);
    let dead = dead_on_reuse().read();
    assert!((dead.details.idle_before_reset.unwrap() - 350.0).abs() < 0.001);
    assert!(has(&dead, Finding::RstAfterIdle), "{dead:?}");
}

#[test]
fn a_reset_after_the_end_is_harmless_and_one_before_reading_is_not() {
    let mut wire = ordinary();
    wire.wait(0.01).raw(Client, RST, 5000, b"");
    let seen = wire.read();
    assert_eq!(
        (seen.findings.as_slice(), seen.zeek_state),
        (&[Finding::RstAfterFinHarmless][..], ZeekState::SF)
    );
    let unread = unread().read();
    assert!(has(&unread, Finding::RstUnreadData), "{unread:?}");
}

#[test]
fn an_end_that_is_left_half_open_is_seen() {
    let seen = close_wait().read();
    assert!(has(&seen, Finding::CloseWait), "{seen:?}");
    assert_eq!(seen.zeek_state, ZeekState::S3);
}

#[test]
fn servers_that_answer_badly_or_not_at_all_are_seen() {
    let bad = bad_gateway().read();
    assert_eq!(
        (bad.details.http_status, bad.findings.first()),
        (Some(502), Some(&Finding::HttpStatus5xx))
    );
    let none = no_answer().read();
    assert!(has(&none, Finding::HttpNoAnswer) && has(&none, Finding::ClosedWithoutAnswer));
    let full = too_many_connections().read();
    assert_eq!(full.details.mysql_error, Some(1040));
    assert!(has(&full, Finding::MysqlError));
}

#[test]
fn ports_that_are_used_again_make_another_conversation() {
    let mut wire = ordinary();
    wire.seq = [77_000, 88_000];
    wire.wait(1.0).send(Client, SYN, b"").wait(0.02).send(Server, SYN | ACK, b"");
    wire.wait(0.01).send(Client, ACK, b"").close(Server);
    let (all, _) = read(&pcap(1, &ethernet(&wire.packets)));
    let ends: Vec<_> = all.iter().map(|one| (one.handshake, one.closer)).collect();
    assert_eq!(ends, [(Handshake::Complete, Closer::Src), (Handshake::Complete, Closer::Dst)]);
    assert!(has(&all[0], Finding::PortsReused) && !has(&all[1], Finding::PortsReused));
}

#[test]
fn a_windows_client_that_tries_again_after_a_refusal_is_one_attempt() {
    let mut wire = Wire::to(445);
    let first = wire.seq[0];
    for _ in 0..3 {
        wire.wait(0.5).raw(Client, SYN, first, b"").wait(0.01).raw(Server, RST | ACK, 0, b"");
    }
    assert_eq!(wire.read().handshake, Handshake::SynRst);
}

/// Every capture of this file by what it shows, and what the engine must hear of it.
#[test]
fn findings_become_observations_that_the_base_knows() {
    let base = load(&[built_in()]).base;
    let cases: [(Wire, &[(&str, &str)]); 19] = [
        (ordinary(), &[("tcp.result", "connected")]),
        (injected_reset(), &[("closer", "odd_rst"), ("ending", "rst")]),
        (black_hole(), &[("loss", "big_only"), ("size", "above_packet"), ("ending", "silence")]),
        (half_open(), &[("ending", "silence"), ("phase", "reuse_keepalive"), ("seconds", "1000")]),
        (refused(), &[("tcp.result", "refused"), ("ending", "refused"), ("phase", "connect")]),
        (unanswered(), &[("tcp.result", "timeout"), ("closer", "nobody")]),
        (forbidden(), &[("tcp.result", "prohibited"), ("phase", "connect")]),
        (too_big(), &[("tcp.result", "connected")]),
        (full_buffer(), &[("ending", "silence")]),
        (alert(), &[("tls.result", "alert"), ("phase", "tls")]),
        (hello_cut(), &[("tls.result", "cut"), ("closer", "server_rst"), ("phase", "tls")]),
        (keepalives(), &[("tcp.result", "connected")]),
        (idle_close(), &[("phase", "idle"), ("seconds", "60"), ("closer", "server_fin")]),
        (dead_on_reuse(), &[("phase", "reuse_keepalive"), ("seconds", "350"), ("ending", "rst")]),
        (unread(), &[("phase", "request"), ("closer", "server_rst")]),
        (close_wait(), &[("socket_state", "close_wait")]),
        (bad_gateway(), &[("http.result", "bad_gateway")]),
        (no_answer(), &[("http.result", "closed_empty"), ("phase", "request")]),
        (too_many_connections(), &[("message", "mysql_1040"), ("closer", "server_fin")]),
    ];
    for (wire, wanted) in cases {
        let conversation = wire.read();
        let seen = observations(&conversation);
        for one in &seen {
            assert_eq!(one.source, Source::Capture);
            let variable = base.variables.get(&one.variable);
            assert!(variable.is_some(), "no variable {}", one.variable);
            let variable = variable.unwrap();
            let known = variable.options.is_empty()
                || one
                    .value
                    .word()
                    .is_some_and(|word| variable.options.iter().any(|o| o.id == word));
            assert!(known, "{} has no option {}", one.variable, one.value);
            if one.variable == "message" {
                assert!(base.signatures.contains_key(one.value.word().unwrap()));
            }
        }
        for (variable, value) in wanted {
            let found = seen.iter().find(|one| one.variable == *variable);
            let said = found.map(|one| match one.value.number() {
                Some(number) => format!("{number:.0}"),
                None => one.value.to_string(),
            });
            assert_eq!(said.as_deref(), Some(*value), "{variable} of {:?}", conversation.findings);
        }
        for lang in Lang::ALL {
            assert!(sentence(&conversation, lang).chars().count() > 5);
        }
    }
}

#[test]
fn every_finding_is_explained() {
    let page = include_str!("../../docs/captures.md");
    for finding in Finding::ALL {
        let id = finding.id();
        assert!(page.contains(&format!("`{id}`")), "docs/captures.md does not explain {id}");
    }
    assert!(Finding::ALL.is_sorted(), "the gravest come first");
}
