//! What the settings of each component bound, how they are written, and which constant of the
//! knowledge base is their default. Values are never here: they come from the base, with their date.

use super::{
    model::{Limit, Role},
    units::Unit,
};

/// What a 0 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zero {
    /// It never runs out.
    Never,
    /// What it bounds is switched off.
    Off,
}

/// A setting that is understood.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) component: &'static str,
    /// The name in the configuration and in the ladder's file; case does not matter.
    pub(super) name: &'static str,
    pub(super) roles: &'static [Role],
    /// The unit of a number without one.
    pub(super) unit: Unit,
    pub(super) zero: Zero,
    /// Id of the timeout entry with its default; empty where there is none.
    pub(super) default: &'static str,
    /// How it is written, `{}` for the seconds, `{ms}` for milliseconds.
    pub(super) snippet: &'static str,
    /// The highest value that is taken, seconds; 0 for any.
    pub(super) max: f64,
    /// Whether it is a count or a size, not a time.
    pub(super) counts: bool,
}

const fn row(
    component: &'static str,
    name: &'static str,
    roles: &'static [Role],
    zero: Zero,
    default: &'static str,
    snippet: &'static str,
) -> Setting {
    Setting {
        component,
        name,
        roles,
        unit: Unit::Seconds,
        zero,
        default,
        snippet,
        max: 0.0,
        counts: false,
    }
}

impl Setting {
    const fn ms(mut self) -> Self {
        self.unit = Unit::Millis;
        self
    }

    const fn minutes(mut self) -> Self {
        self.unit = Unit::Minutes;
        self
    }

    const fn at_most(mut self, seconds: f64) -> Self {
        self.max = seconds;
        self
    }

    const fn count(mut self) -> Self {
        self.counts = true;
        self
    }

    /// What a number of seconds means here; below 0 is never, as `-1` is written.
    pub(super) fn limit(&self, seconds: f64) -> Limit {
        match self.zero {
            _ if self.counts => Limit::Count(seconds),
            Never if seconds <= 0.0 => Limit::Never,
            Off if seconds == 0.0 => Limit::Off,
            Off if seconds < 0.0 => Limit::Never,
            _ => Limit::Seconds(seconds),
        }
    }
}

use Role::{
    Answer, Connect, Head, KeepAlive, Other, Ping, PoolIdle, StreamIdle, TcpKeepalive, Work,
};
use Zero::{Never, Off};

/// Every setting that is understood, those of one component together.
#[rustfmt::skip]
pub(super) const SETTINGS: &[Setting] = &[
    row("nginx", "keepalive_timeout", &[KeepAlive], Off, "nginx.keepalive_timeout", "keepalive_timeout {}s;"),
    row("nginx", "upstream.keepalive_timeout", &[PoolIdle], Off, "nginx.upstream_keepalive_timeout", "upstream BACKEND { keepalive 32; keepalive_timeout {}s; }"),
    row("nginx", "proxy_read_timeout", &[Answer], Never, "nginx.proxy_read_timeout", "proxy_read_timeout {}s;"),
    row("nginx", "fastcgi_read_timeout", &[Answer], Never, "", "fastcgi_read_timeout {}s;"),
    row("nginx", "uwsgi_read_timeout", &[Answer], Never, "", "uwsgi_read_timeout {}s;"),
    row("nginx", "grpc_read_timeout", &[Answer], Never, "", "grpc_read_timeout {}s;"),
    row("nginx", "proxy_connect_timeout", &[Connect], Never, "nginx.proxy_connect_timeout", "proxy_connect_timeout {}s;"),
    row("nginx", "proxy_send_timeout", &[Other], Never, "nginx.proxy_send_timeout", "proxy_send_timeout {}s;"),
    row("nginx", "send_timeout", &[Other], Never, "nginx.send_timeout", "send_timeout {}s;"),
    row("nginx", "client_header_timeout", &[Head], Never, "nginx.client_header_timeout", "client_header_timeout {}s;"),
    row("nginx", "client_body_timeout", &[Other], Never, "nginx.client_body_timeout", "client_body_timeout {}s;"),
    row("nginx", "proxy_timeout", &[StreamIdle], Never, "", "proxy_timeout {}s;"),
    row("nginx", "keepalive_time", &[Other], Never, "nginx.keepalive_time", "keepalive_time {}s;"),
    row("nginx", "keepalive_requests", &[Other], Never, "nginx.keepalive_requests", "keepalive_requests {};").count(),
    row("nginx", "upstream.keepalive", &[Other], Never, "", "keepalive {};").count(),
    row("nginx", "upstream.keepalive_requests", &[Other], Never, "", "keepalive_requests {};").count(),
    row("apache", "KeepAliveTimeout", &[KeepAlive], Off, "apache.keepalive_timeout", "KeepAliveTimeout {}"),
    row("apache", "ProxyTimeout", &[Answer], Never, "apache.proxy_timeout", "ProxyTimeout {}"),
    row("apache", "Timeout", &[Other], Never, "apache.timeout", "Timeout {}"),
    row("apache", "ProxyPass.timeout", &[Answer], Never, "", "ProxyPass / http://BACKEND/ timeout={}"),
    row("apache", "ProxyPass.connectiontimeout", &[Connect], Never, "", "ProxyPass / http://BACKEND/ connectiontimeout={}"),
    row("apache", "ProxyPass.ttl", &[PoolIdle], Off, "", "ProxyPass / http://BACKEND/ ttl={}"),
    row("apache", "RequestReadTimeout.header", &[Head], Never, "apache.request_read_timeout_header", "RequestReadTimeout header={}"),
    row("apache", "RequestReadTimeout.body", &[Other], Never, "apache.request_read_timeout_body", "RequestReadTimeout body={}"),
    row("apache", "MaxKeepAliveRequests", &[Other], Never, "apache.max_keepalive_requests", "MaxKeepAliveRequests {}").count(),
    row("haproxy", "timeout http-keep-alive", &[KeepAlive], Never, "haproxy.timeout_http_keep_alive", "timeout http-keep-alive {}s").ms(),
    row("haproxy", "timeout server", &[Answer], Never, "haproxy.timeout_server", "timeout server {}s").ms(),
    row("haproxy", "timeout connect", &[Connect], Never, "haproxy.timeout_connect", "timeout connect {}s").ms(),
    row("haproxy", "timeout client", &[Other], Never, "haproxy.timeout_client", "timeout client {}s").ms(),
    row("haproxy", "timeout http-request", &[Head], Never, "", "timeout http-request {}s").ms(),
    row("haproxy", "timeout tunnel", &[StreamIdle], Never, "haproxy.timeout_tunnel", "timeout tunnel {}s").ms(),
    row("haproxy", "timeout queue", &[Other], Never, "haproxy.timeout_queue", "timeout queue {}s").ms(),
    row("haproxy", "timeout check", &[Other], Never, "", "timeout check {}s").ms(),
    row("mysql", "wait_timeout", &[KeepAlive], Never, "mysql.wait_timeout", "SET GLOBAL wait_timeout = {};"),
    row("mysql", "interactive_timeout", &[Other], Never, "mysql.interactive_timeout", "SET GLOBAL interactive_timeout = {};"),
    row("mysql", "net_read_timeout", &[Other], Never, "mysql.net_read_timeout", "SET GLOBAL net_read_timeout = {};"),
    row("mysql", "net_write_timeout", &[Other], Never, "mysql.net_write_timeout", "SET GLOBAL net_write_timeout = {};"),
    row("mysql", "connect_timeout", &[Head], Never, "mysql.connect_timeout", "SET GLOBAL connect_timeout = {};"),
    row("mysql", "max_execution_time", &[Work], Never, "", "SET GLOBAL max_execution_time = {ms};").ms(),
    row("mysql", "max_allowed_packet", &[Other], Never, "mysql.max_allowed_packet", "max_allowed_packet = {}").count(),
    row("mariadb", "wait_timeout", &[KeepAlive], Never, "mariadb.wait_timeout", "SET GLOBAL wait_timeout = {};"),
    row("mariadb", "connect_timeout", &[Head], Never, "mariadb.connect_timeout", "SET GLOBAL connect_timeout = {};"),
    row("mariadb", "net_read_timeout", &[Other], Never, "mariadb.net_read_timeout", "SET GLOBAL net_read_timeout = {};"),
    row("mariadb", "max_statement_time", &[Work], Never, "mariadb.max_statement_time", "SET GLOBAL max_statement_time = {};"),
    row("postgresql", "idle_session_timeout", &[KeepAlive], Never, "postgresql.idle_session_timeout", "ALTER SYSTEM SET idle_session_timeout = '{}s';").ms(),
    row("postgresql", "statement_timeout", &[Work], Never, "postgresql.statement_timeout", "ALTER SYSTEM SET statement_timeout = '{}s';").ms(),
    row("postgresql", "idle_in_transaction_session_timeout", &[Other], Never, "postgresql.idle_in_transaction", "ALTER SYSTEM SET idle_in_transaction_session_timeout = '{}s';").ms(),
    row("postgresql", "tcp_keepalives_idle", &[TcpKeepalive], Off, "", "ALTER SYSTEM SET tcp_keepalives_idle = {};"),
    row("postgresql", "tcp_keepalives_interval", &[Other], Off, "", "ALTER SYSTEM SET tcp_keepalives_interval = {};"),
    row("postgresql", "tcp_keepalives_count", &[Other], Off, "", "ALTER SYSTEM SET tcp_keepalives_count = {};").count(),
    row("postgresql", "authentication_timeout", &[Head], Never, "postgresql.authentication_timeout", "ALTER SYSTEM SET authentication_timeout = '{}s';"),
    row("redis", "timeout", &[KeepAlive], Never, "redis.timeout", "timeout {}"),
    row("redis", "tcp-keepalive", &[TcpKeepalive], Off, "redis.tcp_keepalive", "tcp-keepalive {}"),
    row("ssh", "ClientAliveInterval", &[TcpKeepalive], Off, "ssh.client_alive_interval", "ClientAliveInterval {}"),
    row("ssh", "ServerAliveInterval", &[TcpKeepalive], Off, "", "ServerAliveInterval {}"),
    row("ssh", "ClientAliveCountMax", &[Other], Off, "ssh.client_alive_count_max", "ClientAliveCountMax {}").count(),
    row("ssh", "LoginGraceTime", &[Head], Never, "ssh.login_grace_time", "LoginGraceTime {}"),
    row("ssh", "MaxStartups", &[Other], Never, "ssh.max_startups", "MaxStartups {}").count(),
    row("node", "keepAliveTimeout", &[KeepAlive], Never, "node.keep_alive_timeout", "server.keepAliveTimeout = {ms};").ms(),
    row("node", "headersTimeout", &[Head], Never, "node.headers_timeout", "server.headersTimeout = {ms};").ms(),
    row("node", "requestTimeout", &[Other], Never, "node.request_timeout", "server.requestTimeout = {ms};").ms(),
    row("envoy", "cluster.idle_timeout", &[PoolIdle], Never, "envoy.http_idle_timeout", "common_http_protocol_options: { idle_timeout: {}s }  # in the cluster"),
    row("envoy", "listener.idle_timeout", &[KeepAlive], Never, "envoy.http_idle_timeout", "common_http_protocol_options: { idle_timeout: {}s }  # in the connection manager"),
    row("envoy", "stream_idle_timeout", &[StreamIdle], Never, "envoy.stream_idle_timeout", "stream_idle_timeout: {}s"),
    row("envoy", "timeout", &[Answer], Never, "envoy.route_timeout", "timeout: {}s"),
    row("envoy", "connect_timeout", &[Connect], Never, "envoy.connect_timeout", "connect_timeout: {}s"),
    row("envoy", "tcp_keepalive.keepalive_time", &[TcpKeepalive], Off, "", "upstream_connection_options: { tcp_keepalive: { keepalive_time: {} } }"),
    row("istio", "idleTimeout", &[PoolIdle], Never, "envoy.http_idle_timeout", "connectionPool: { http: { idleTimeout: {}s } }"),
    row("istio", "timeout", &[Answer], Never, "istio.virtualservice_timeout", "timeout: {}s"),
    row("istio", "connectTimeout", &[Connect], Never, "istio.connect_timeout", "connectionPool: { tcp: { connectTimeout: {}s } }"),
    row("istio", "tcpKeepalive.time", &[TcpKeepalive], Off, "", "connectionPool: { tcp: { tcpKeepalive: { time: {}s } } }"),
    row("k8s-ingress", "proxy-read-timeout", &[Answer], Never, "k8s-ingress.proxy_read_timeout", "nginx.ingress.kubernetes.io/proxy-read-timeout: \"{}\""),
    row("k8s-ingress", "proxy-send-timeout", &[Other], Never, "", "nginx.ingress.kubernetes.io/proxy-send-timeout: \"{}\""),
    row("k8s-ingress", "proxy-connect-timeout", &[Connect], Never, "k8s-ingress.proxy_connect_timeout", "nginx.ingress.kubernetes.io/proxy-connect-timeout: \"{}\""),
    row("k8s-ingress", "keep-alive", &[KeepAlive], Off, "k8s-ingress.keep_alive", "keep-alive: \"{}\"  # in the ConfigMap"),
    row("k8s-ingress", "upstream-keepalive-timeout", &[PoolIdle], Off, "k8s-ingress.upstream_keepalive_timeout", "upstream-keepalive-timeout: \"{}\"  # in the ConfigMap"),
    row("aws-alb", "idle_timeout.timeout_seconds", &[KeepAlive, PoolIdle, Answer, StreamIdle], Never, "aws-alb.idle_timeout", "aws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN --attributes Key=idle_timeout.timeout_seconds,Value={}").at_most(4000.0),
    row("aws-alb", "client_keep_alive.seconds", &[Other], Never, "aws-alb.client_keep_alive", "client_keep_alive.seconds = {}"),
    row("aws-elb", "idle_timeout", &[KeepAlive, PoolIdle, Answer, StreamIdle], Never, "aws-elb.idle_timeout", "IdleTimeout={}").at_most(4000.0),
    row("aws-nlb", "tcp.idle_timeout.seconds", &[Role::PathIdle], Never, "aws-nlb.tcp_idle_timeout", "tcp.idle_timeout.seconds = {}"),
    row("gunicorn", "timeout", &[Work], Never, "gunicorn.timeout", "timeout = {}"),
    row("gunicorn", "keepalive", &[KeepAlive], Off, "gunicorn.keepalive", "keepalive = {}"),
    row("gunicorn", "graceful_timeout", &[Other], Never, "gunicorn.graceful_timeout", "graceful_timeout = {}"),
    row("uvicorn", "timeout_keep_alive", &[KeepAlive], Off, "uvicorn.timeout_keep_alive", "--timeout-keep-alive {}"),
    row("uvicorn", "ws_ping_interval", &[Ping], Off, "", "--ws-ping-interval {}"),
    row("hikari", "maxLifetime", &[PoolIdle], Never, "hikari.max_lifetime", "maxLifetime={ms}").ms(),
    row("hikari", "keepaliveTime", &[TcpKeepalive], Off, "", "keepaliveTime={ms}").ms(),
    row("hikari", "idleTimeout", &[Other], Never, "hikari.idle_timeout", "idleTimeout={ms}").ms(),
    row("hikari", "connectionTimeout", &[Connect], Never, "hikari.connection_timeout", "connectionTimeout={ms}").ms(),
    row("sqlalchemy", "pool_recycle", &[PoolIdle], Never, "sqlalchemy.pool_recycle", "create_engine(url, pool_recycle={}, pool_pre_ping=True)"),
    row("iis", "connectionTimeout", &[KeepAlive], Never, "iis.connection_timeout", "connectionTimeout={}"),
    row("azure-lb", "idleTimeoutInMinutes", &[Role::PathIdle], Never, "azure-lb.idle_timeout", "idleTimeoutInMinutes").minutes(),
];

/// The setting of `component` that is called `name`, in any case and with `_` or `-`.
pub(super) fn named(component: &str, name: &str) -> Option<&'static Setting> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' '], "");
    let name = plain(name);
    let own = || SETTINGS.iter().filter(|setting| setting.component == component);
    own().find(|setting| plain(setting.name) == name).or_else(|| {
        // `server.keepAliveTimeout` and `keepAliveTimeout`
        let last = name.rsplit('.').next()?;
        own().find(|setting| plain(setting.name) == last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{built_in, load};

    #[test]
    fn every_default_is_a_constant_and_every_component_is_known() {
        let base = load(&[built_in()]).base;
        for setting in SETTINGS {
            assert!(base.components.contains_key(setting.component), "{setting:?}");
            assert!(
                setting.default.is_empty() || base.timeouts.contains_key(setting.default),
                "{setting:?}"
            );
            assert!(!setting.roles.is_empty(), "{setting:?}");
        }
    }

    #[test]
    fn names_are_found_as_people_write_them() {
        assert_eq!(
            named("node", "server.keepAliveTimeout").map(|s| s.name),
            Some("keepAliveTimeout")
        );
        assert_eq!(named("aws-alb", "idle_timeout.timeout_seconds").map(|s| s.max), Some(4000.0));
        assert!(named("nginx", "no_such_setting").is_none());
    }
}
