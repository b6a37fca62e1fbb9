//! Readers of configuration: settings and the lines they stand on. They understand as much of each
//! dialect as timers need, and never fail: what they do not know they leave out.

mod blocks;
mod cloud;
mod lines;
#[cfg(test)]
mod tests;
mod yaml;

use super::settings::named;

/// A setting in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The name that the table of settings knows, or another, which is left out.
    pub(super) name: String,
    /// The value as written.
    pub(super) value: String,
    /// The line, from 1.
    pub(super) line: usize,
}

impl Reading {
    fn new(name: impl Into<String>, value: impl Into<String>, line: usize) -> Self {
        Self { name: name.into(), value: value.into(), line }
    }
}

/// A language that configuration is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Nginx,
    Apache,
    Haproxy,
    Mysql,
    Postgresql,
    Redis,
    Ssh,
    Node,
    Envoy,
    Istio,
    Ingress,
    Alb,
    Gunicorn,
    Uvicorn,
    Hikari,
}

/// Words of nginx that no other dialect has.
const NGINX_WORDS: &[&str] = &[
    "proxy_pass",
    "keepalive_timeout",
    "proxy_read_timeout",
    "proxy_connect_timeout",
    "server_name",
    "client_header_timeout",
    "client_body_timeout",
    "fastcgi_pass",
    "fastcgi_read_timeout",
    "uwsgi_pass",
    "uwsgi_read_timeout",
    "grpc_pass",
    "grpc_read_timeout",
];

impl Dialect {
    const ALL: [Self; 15] = [
        Self::Nginx,
        Self::Apache,
        Self::Haproxy,
        Self::Mysql,
        Self::Postgresql,
        Self::Redis,
        Self::Ssh,
        Self::Node,
        Self::Envoy,
        Self::Istio,
        Self::Ingress,
        Self::Alb,
        Self::Gunicorn,
        Self::Uvicorn,
        Self::Hikari,
    ];

    /// The component whose settings it holds.
    pub(super) fn component(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::Haproxy => "haproxy",
            Self::Mysql => "mysql",
            Self::Postgresql => "postgresql",
            Self::Redis => "redis",
            Self::Ssh => "ssh",
            Self::Node => "node",
            Self::Envoy => "envoy",
            Self::Istio => "istio",
            Self::Ingress => "k8s-ingress",
            Self::Alb => "aws-alb",
            Self::Gunicorn => "gunicorn",
            Self::Uvicorn => "uvicorn",
            Self::Hikari => "hikari",
        }
    }

    /// The dialect of a component's configuration.
    pub(super) fn of(component: &str) -> Option<Self> {
        match component {
            "mariadb" | "aws-rds" => Some(Self::Mysql),
            "express" => Some(Self::Node),
            _ => Self::ALL.into_iter().find(|dialect| dialect.component() == component),
        }
    }

    /// The dialect that `word` names.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::of(word.trim().to_lowercase().as_str())
    }

    /// The dialect that a text is most likely in, by words that no other has.
    pub(super) fn guess(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let is = |dialect: Self, words: &[&str]| has(words).then_some(dialect);
        is(Self::Alb, &["idle_timeout.timeout_seconds", "client_keep_alive.seconds", "\"aws_lb\""])
            .or_else(|| is(Self::Ingress, &["nginx.ingress.kubernetes.io/", "upstream-keepalive-"]))
            .or_else(|| is(Self::Istio, &["kind: virtualservice", "kind: destinationrule"]))
            .or_else(|| {
                is(
                    Self::Envoy,
                    &[
                        "static_resources",
                        "http_connection_manager",
                        "filter_chains",
                        "stream_idle_timeout",
                    ],
                )
            })
            .or_else(|| {
                is(
                    Self::Haproxy,
                    &["timeout client", "timeout server", "timeout connect", "timeout http-"],
                )
            })
            .or_else(|| {
                is(
                    Self::Apache,
                    &[
                        "keepalivetimeout",
                        "proxytimeout",
                        "requestreadtimeout",
                        "<virtualhost",
                        "maxkeepaliverequests",
                    ],
                )
                // Node.js writes the same word with a small letter first.
                .filter(|_| !text.contains("keepAliveTimeout"))
            })
            .or_else(|| is(Self::Node, &["keepalivetimeout", "headerstimeout", "requesttimeout"]))
            .or_else(|| is(Self::Nginx, NGINX_WORDS))
            .or_else(|| is(Self::Hikari, &["hikari", "maxlifetime"]))
            .or_else(|| {
                is(
                    Self::Ssh,
                    &[
                        "clientaliveinterval",
                        "logingracetime",
                        "maxstartups",
                        "serveraliveinterval",
                    ],
                )
            })
            .or_else(|| {
                is(
                    Self::Mysql,
                    &[
                        "wait_timeout",
                        "wait-timeout",
                        "max_allowed_packet",
                        "net_read_timeout",
                        "[mysqld]",
                    ],
                )
            })
            .or_else(|| {
                is(
                    Self::Postgresql,
                    &[
                        "idle_in_transaction_session_timeout",
                        "tcp_keepalives_",
                        "statement_timeout",
                        "idle_session_timeout",
                    ],
                )
            })
            .or_else(|| {
                is(
                    Self::Redis,
                    &["tcp-keepalive", "tcp-backlog", "maxmemory", "config get timeout"],
                )
            })
            .or_else(|| is(Self::Uvicorn, &["timeout-keep-alive", "timeout_keep_alive"]))
            .or_else(|| {
                is(
                    Self::Gunicorn,
                    &["gunicorn", "graceful_timeout", "worker_class", "graceful-timeout"],
                )
            })
    }

    /// Every setting in `text` that the table knows, in order.
    pub(super) fn read(self, text: &str) -> Vec<Reading> {
        let mut found = match self {
            Self::Nginx => blocks::nginx(text),
            Self::Apache => lines::apache(text),
            Self::Haproxy => lines::haproxy(text),
            Self::Mysql => lines::pairs(text, &["mysqld", "server", "mariadb", "mysql"]),
            Self::Postgresql | Self::Redis | Self::Ssh => lines::pairs(text, &[]),
            Self::Node => lines::node(text),
            Self::Envoy | Self::Istio | Self::Ingress => yaml::read(text, self),
            Self::Alb => cloud::alb(text),
            Self::Gunicorn | Self::Uvicorn | Self::Hikari => lines::options(text),
        };
        found.retain(|reading| {
            named(self.component(), &reading.name).is_some()
                || (self == Self::Mysql && named("mariadb", &reading.name).is_some())
        });
        found.truncate(2000);
        found
    }
}
