//! Outputs as the programs print them.

mod hars;
mod real;

use proptest::prelude::*;

use super::*;

fn said(text: &str) -> Vec<String> {
    read_output(text)
        .observations
        .into_iter()
        .map(|o| {
            format!(
                "{}{}{}",
                o.variable,
                if o.state == State::RuledOut { "≠" } else { "=" },
                o.value
            )
        })
        .collect()
}

#[track_caller]
fn says(text: &str, expected: &[&str]) {
    assert_eq!(said(text), expected, "{text}");
}

fn rest(text: &str) -> String {
    read_output(text).rest.into_owned()
}

#[test]
fn piles_of_sockets_are_counted() {
    let ss = |state: &str, count: usize| -> String {
        format!("{state} 0 0 10.0.0.5:8080 10.0.0.9:50112\n").repeat(count)
    };
    says(&ss("CLOSE-WAIT", 40), &["socket_state=close_wait"]);
    says(&(ss("ESTAB", 60) + &ss("CLOSE-WAIT", 2)), &["socket_state=normal"]);
    says(&ss("CLOSE-WAIT", 3), &["socket_state=close_wait"]);
    says(&ss("CLOSE-WAIT", 1), &[]);
    says(&ss("SYN-SENT", 25), &["socket_state=syn_sent"]);
    says("   1204 CLOSE_WAIT\n     33 ESTABLISHED\n", &["socket_state=close_wait"]);
    says("Name Count\nCloseWait 77\nEstablished 12", &["socket_state=close_wait"]);
    says("  12 TIME-WAIT\n  40 ESTAB\n", &["socket_state=normal"]);
    says(
        "TCP:   21204 (estab 15, closed 21100, orphaned 0, timewait 21090)",
        &["socket_state=time_wait"],
    );
    let netstat =
        "tcp        0      0 10.0.0.5:443     203.0.113.9:50112     SYN_RECV\n".repeat(150);
    says(&netstat, &["socket_state=syn_recv"]);
    says(
        &"  TCP    10.0.0.5:443     203.0.113.9:50112     CLOSE_WAIT\n".repeat(30),
        &["socket_state=close_wait"],
    );
}

#[test]
fn a_listen_queue_is_compared_with_its_limit() {
    says(
        "LISTEN 6 5 0.0.0.0:8080 0.0.0.0:* users:((\"java\",pid=77,fd=9))",
        &["limit=listen_queue"],
    );
    says("tcp LISTEN 129 128 *:80 *:*", &["limit=listen_queue"]);
    let roomy = "LISTEN 200 4096 0.0.0.0:80 0.0.0.0:*";
    says(roomy, &[]);
    assert_eq!(rest(roomy).trim(), "");
    assert!(rest("LISTEN 0 511 127.0.0.1:3000 0.0.0.0:*").contains("127.0.0.1"));
}

#[test]
fn counters_at_zero_are_no_trouble() {
    let zero = "TcpOutSegs 900000 0.0\nTcpRetransSegs 210 0.0\nTcpExtListenOverflows 0 0.0\nTcpExtListenDrops 0 0.0\nTcpExtTCPReqQFullDrop 0 0.0\n";
    says(zero, &["limit≠listen_queue", "limit≠syn_queue", "loss=none"]);
    assert_eq!(rest(zero).trim(), "TcpOutSegs 900000 0.0");
    says(
        "TcpExtListenOverflows 5512 0.0\nTcpExtSyncookiesSent 3",
        &["limit=listen_queue", "limit=syn_queue"],
    );
    says("    1000000 segments sent out\n    82110 segments retransmitted\n", &["loss=much"]);
    says("    5512 times the listen queue of a socket overflowed", &["limit=listen_queue"]);
}

#[test]
fn counts_are_held_against_limits() {
    says(
        "net.netfilter.nf_conntrack_count = 262100\nnet.netfilter.nf_conntrack_max = 262144",
        &["limit=conntrack"],
    );
    says(
        "net.netfilter.nf_conntrack_count = 900\nnet.netfilter.nf_conntrack_max = 262144",
        &["limit≠conntrack"],
    );
    says(
        "Max open files            1024                 524288               files\n1021",
        &["limit=files"],
    );
    says(
        "Max open files            65536                524288               files\n312\n",
        &["limit≠files"],
    );
    says(
        "27900 TIME-WAIT\nnet.ipv4.ip_local_port_range = 32768\t60999",
        &["socket_state=time_wait", "limit=ports"],
    );
    says("| max_connections | 151 |\n| Max_used_connections | 152 |", &["limit=db_connections"]);
    says(
        "connected_clients:10\nmaxclients:10000\nrejected_connections:0\n",
        &["limit≠db_connections"],
    );
    says("rejected_connections:17", &["limit=db_connections"]);
    assert_eq!(rest("net.ipv4.tcp_tw_recycle = 0").trim(), "");
}

#[test]
fn loss_counts_where_it_reaches_the_end() {
    says("64 packets transmitted, 55 received, 14% packet loss, time 63012ms", &["loss=much"]);
    says("100 packets transmitted, 98 received, 2% packet loss", &["loss=little"]);
    says("4 packets transmitted, 4 received, 0% packet loss, time 3ms", &["loss=none"]);
    says("4 packets transmitted, 0 received, 100% packet loss", &["loss=blocked"]);
    let head = "HOST: a    Loss%   Snt   Last   Avg\n";
    let silent = format!(
        "{head}  1.|-- 10.0.0.1  0.0%  100  1.0\n  2.|-- 10.1.0.1  80.0%  100  1.0\n  3.|-- 203.0.113.9  0.0%  100  9.0\n"
    );
    says(&silent, &["loss=none"]);
    assert!(!rest(&silent).contains("80.0%"));
    says(&silent.replace("203.0.113.9  0.0%", "203.0.113.9  12.0%"), &["loss=much"]);
    says("1472 lost\n1452 lost\n1392 ok\n1300 ok", &["loss=big_only", "size=above_packet"]);
    says("1472 ok\n1452 ok", &["loss≠big_only"]);
}

#[test]
fn a_request_is_followed_as_far_as_it_came() {
    let start = "* Trying 203.0.113.9:443...\n* Connected to example.com (203.0.113.9) port 443\n";
    let tls = "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384\n> GET / HTTP/1.1\n";
    says(
        &format!("{start}{tls}< HTTP/1.1 502 Bad Gateway\n< Server: nginx/1.24.0\n"),
        &[
            "tcp.result=connected",
            "tls.result=ok",
            "error_page_by=nginx",
            "http.result=bad_gateway",
        ],
    );
    says(
        &format!("{start}{tls}* Empty reply from server\ncurl: (52) Empty reply from server"),
        &["tcp.result=connected", "tls.result=ok", "http.result=closed_empty"],
    );
    says(
        &format!(
            "{start}* TLSv1.3 (OUT), TLS handshake, Client hello (1):\ncurl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL"
        ),
        &["tcp.result=connected", "tls.result=cut"],
    );
    says(
        "* Trying 203.0.113.9:443...\n* connect to 203.0.113.9 port 443 failed: Connection refused\ncurl: (7) Failed to connect: Connection refused",
        &["tcp.result=refused"],
    );
    says("curl: (52) Empty reply from server", &[]);
    says(
        "dns 0.004 tcp 0.010 tls 0.052 first 60.011 total 60.012 code 504 ip 203.0.113.9",
        &["tcp.result=connected", "http.result=gateway_timeout", "seconds=60.012"],
    );
}

#[test]
fn handshakes_and_names() {
    says(
        "CONNECTED(00000003)\nVerify return code: 10 (certificate has expired)",
        &["tcp.result=connected", "tls.result=cert_expired"],
    );
    says(
        "CONNECTED(00000003)\n    Verify return code: 0 (ok)",
        &["tcp.result=connected", "tls.result=ok"],
    );
    says(
        "CONNECTED(00000003)\nwrite:errno=104\nno peer certificate available\nVerify return code: 0 (ok)",
        &["tcp.result=connected", "tls.result=cut"],
    );
    let dig = |status: &str, answers: u8| {
        format!(
            ";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 7\n;; flags: qr rd ra; QUERY: 1, ANSWER: {answers}, AUTHORITY: 0\n"
        )
    };
    says(&dig("NOERROR", 2), &["dns.result=ok"]);
    says(&dig("NOERROR", 0), &["dns.result=no_address"]);
    says(&(dig("NOERROR", 1) + &dig("SERVFAIL", 0)), &["dns.result=servfail"]);
    says(&(dig("NOERROR", 0) + ";example.com. IN AAAA\n"), &[]);
    says(&(dig("NXDOMAIN", 0)), &["dns.result=nxdomain"]);
    says(";; connection timed out; no servers could be reached", &["dns.result=timeout"]);
}

#[test]
fn containers_say_how_they_ended() {
    let pod = "    State:          Running\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n    Ready:          True\n    Restart Count:  4\n";
    says(pod, &["process=restarted", "limit=memory"]);
    says(&pod.replace("OOMKilled", "Error"), &["process=restarted"]);
    says("    State: Running\n    Restart Count:  0\n", &["process=running"]);
    says("/app oom=true exit=137 restarts=3 started=x", &["process=restarted", "limit=memory"]);
}

#[test]
fn ordinary_text_says_nothing_and_stays() {
    // The first part of the corpus is that of the package manager and the kernel.
    let corpus: Vec<&str> =
        include_str!("../../../../tests/data/clean-lines.txt").lines().take(190).collect();
    for text in [
        "upstream prematurely closed connection while reading response header from upstream",
        "we have about 20 ESTABLISHED connections and a LISTEN socket",
        "the max_connections setting is 100",
        &corpus.join("\n"),
    ] {
        let output = read_output(text);
        assert!(output.observations.is_empty(), "{:?}", output.observations);
        assert_eq!(output.rest, text);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_and_keeps_its_lines(text in "(\\PC{0,30}\n|(LISTEN|ESTAB|tcp|TcpRetransSegs|  3.|--|\\* |< HTTP/1.1|Max open files|Loss% Snt|traceroute to a|MTR.0.9|Mtr_Version,|cpu=|ulimit -n|1\\) \"maxclients\"|10:00:00 IP a.1 > b.2: Flags) [0-9% .:]{0,20}\n){0,40}") {
        let output = read_output(&text);
        prop_assert_eq!(output.rest.lines().count(), text.lines().count());
    }
}
