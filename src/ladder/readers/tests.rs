//! Each dialect as its program writes it.

use super::Dialect;

/// Name, value and line of everything read.
fn read(dialect: Dialect, text: &str) -> Vec<(String, String, usize)> {
    dialect.read(text).into_iter().map(|own| (own.name, own.value, own.line)).collect()
}

fn has(found: &[(String, String, usize)], name: &str, value: &str, line: usize) {
    let wanted = (name.to_owned(), value.to_owned(), line);
    assert!(found.contains(&wanted), "{wanted:?} in {found:#?}");
}

#[test]
fn nginx_blocks_comments_and_quotes() {
    let text = "# configuration file /etc/nginx/nginx.conf:\nhttp {\n  # keepalive_timeout 1;\n  log_format a '{;}';\n  keepalive_timeout 65 60;\n\
                upstream app {\n  server a;\n  keepalive 32;\n  keepalive_timeout 30s;\n}\n  server { location / { proxy_pass http://app;\n proxy_read_timeout 1m30s; } }\n}";
    let found = read(Dialect::Nginx, text);
    has(&found, "keepalive_timeout", "65", 5);
    has(&found, "upstream.keepalive", "32", 8);
    has(&found, "upstream.keepalive_timeout", "30s", 9);
    has(&found, "proxy_read_timeout", "1m30s", 12);
    assert!(found.iter().filter(|own| own.0 == "keepalive_timeout").count() == 1);
    let without = read(Dialect::Nginx, "location / {\n proxy_pass http://app;\n}");
    has(&without, "upstream.keepalive_timeout", "0", 2);
}

#[test]
fn apache_falls_back_to_timeout() {
    let found = read(
        Dialect::Apache,
        "Timeout 300\nKeepAlive Off\nRequestReadTimeout header=20-40,MinRate=500 body=10\nProxyPass /a http://b/ ttl=60 timeout=5",
    );
    has(&found, "proxytimeout", "300", 1);
    has(&found, "keepalivetimeout", "0", 2);
    has(&found, "requestreadtimeout.header", "20", 3);
    has(&found, "proxypass.ttl", "60", 4);
    has(&found, "proxypass.timeout", "5", 4);
}

#[test]
fn haproxy_between_two_requests() {
    let found = read(
        Dialect::Haproxy,
        "defaults\n  timeout client 50000\n  timeout server 1m # slow\n  timeout http-request 10s\n",
    );
    has(&found, "timeout server", "1m", 3);
    has(&found, "timeout http-keep-alive", "10s", 4);
}

#[test]
fn pairs_of_databases_and_ssh() {
    let mysql = read(
        Dialect::Mysql,
        "[client]\nconnect_timeout=1\n[mysqld]\nwait-timeout = 60\nmax_allowed_packet=64M # big\n| interactive_timeout | 28800 |",
    );
    has(&mysql, "wait-timeout", "60", 4);
    has(&mysql, "max_allowed_packet", "64M", 5);
    has(&mysql, "interactive_timeout", "28800", 6);
    assert!(!mysql.iter().any(|own| own.0 == "connect_timeout"));
    let postgres = read(
        Dialect::Postgresql,
        "statement_timeout = '30s'\t# slow\nidle_in_transaction_session_timeout 60000\n#tcp_keepalives_idle = 1\n idle_session_timeout = 10min",
    );
    has(&postgres, "statement_timeout", "30s", 1);
    has(&postgres, "idle_in_transaction_session_timeout", "60000", 2);
    has(&postgres, "idle_session_timeout", "10min", 4);
    assert_eq!(postgres.len(), 3);
    let redis = read(Dialect::Redis, "timeout 0\ntcp-keepalive 300");
    has(&redis, "tcp-keepalive", "300", 2);
    let ssh = read(
        Dialect::Ssh,
        "ClientAliveInterval 60\nMaxStartups 10:30:100\nMatch User backup\nClientAliveInterval 5",
    );
    has(&ssh, "clientaliveinterval", "60", 1);
    has(&ssh, "maxstartups", "10:30:100", 2);
    assert_eq!(ssh.len(), 2);
}

#[test]
fn node_multiplies() {
    let found = read(
        Dialect::Node,
        "server.keepAliveTimeout = 65 * 1000; // ms\nserver.headersTimeout = 66_000\nconst o = { requestTimeout: 5 * 60 * 1000, x: 1 };",
    );
    has(&found, "keepalivetimeout", "65000", 1);
    has(&found, "headerstimeout", "66000", 2);
    has(&found, "requesttimeout", "300000", 3);
}

#[test]
fn keys_above_tell_what_a_time_bounds() {
    let envoy = "static_resources:\n  listeners:\n  - filters:\n    - common_http_protocol_options:\n        idle_timeout: 75s\n      stream_idle_timeout: 300s\n      route_config:\n        routes:\n        - route: { cluster: a, timeout: 15s }\n  clusters:\n  - name: a\n    connect_timeout: 0.25s\n    common_http_protocol_options: { idle_timeout: 30s }\n    health_checks:\n    - timeout: 1s\n";
    let found = read(Dialect::Envoy, envoy);
    has(&found, "listener.idle_timeout", "75s", 5);
    has(&found, "stream_idle_timeout", "300s", 6);
    has(&found, "timeout", "15s", 9);
    has(&found, "connect_timeout", "0.25s", 12);
    has(&found, "cluster.idle_timeout", "30s", 13);
    assert!(!found.iter().any(|own| own.2 == 15));
    let istio = "kind: DestinationRule\nspec:\n  trafficPolicy:\n    connectionPool:\n      tcp:\n        connectTimeout: 30ms\n        tcpKeepalive:\n          time: 7200s\n      http:\n        idleTimeout: 1h\n";
    let found = read(Dialect::Istio, istio);
    has(&found, "tcpkeepalive.time", "7200s", 8);
    has(&found, "idleTimeout", "1h", 10);
    let ingress = read(
        Dialect::Ingress,
        "metadata:\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: \"3600\"\ndata:\n  upstream-keepalive-timeout: \"60\"",
    );
    has(&ingress, "proxy-read-timeout", "3600", 3);
    has(&ingress, "upstream-keepalive-timeout", "60", 5);
}

#[test]
fn attributes_of_a_balancer_in_each_form() {
    for (text, line) in [
        ("|  idle_timeout.timeout_seconds   |  120  |", 1),
        ("{\n \"Key\": \"idle_timeout.timeout_seconds\",\n \"Value\": \"120\" }", 3),
        ("alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=120", 1),
        ("resource \"aws_lb\" \"a\" {\n  idle_timeout = 120\n}", 2),
    ] {
        has(&read(Dialect::Alb, text), "idle_timeout.timeout_seconds", "120", line);
    }
}

#[test]
fn options_on_a_command_line_or_in_a_file() {
    let found =
        read(Dialect::Gunicorn, "gunicorn app:app -t 120 --keep-alive 5\ngraceful_timeout = 30");
    has(&found, "timeout", "120", 1);
    has(&found, "keepalive", "5", 1);
    has(&found, "graceful_timeout", "30", 2);
    has(
        &read(Dialect::Uvicorn, "uvicorn app:app --timeout-keep-alive=75"),
        "timeout-keep-alive",
        "75",
        1,
    );
    let hikari = read(
        Dialect::Hikari,
        "spring.datasource.hikari.max-lifetime=1800000\nconfig.setKeepaliveTime(30000);",
    );
    has(&hikari, "max-lifetime", "1800000", 1);
    has(&hikari, "keepalivetime", "30000", 2);
}

#[test]
fn a_dialect_is_known_by_its_words() {
    for (text, dialect) in [
        ("server { proxy_pass http://a; }", Some(Dialect::Nginx)),
        ("KeepAliveTimeout 5\n<VirtualHost *:80>", Some(Dialect::Apache)),
        ("server.keepAliveTimeout = 5000", Some(Dialect::Node)),
        ("  timeout client 50s", Some(Dialect::Haproxy)),
        ("[mysqld]\nwait_timeout=60", Some(Dialect::Mysql)),
        ("ClientAliveInterval 60", Some(Dialect::Ssh)),
        ("nothing of the kind", None),
    ] {
        assert_eq!(Dialect::guess(text), dialect, "{text}");
    }
}
