//! The configuration: one TOML file, an environment variable for every key, a few flags.
//!
//! In go the flags, the environment and the file, strongest first; out comes a checked [`Config`],
//! or one sentence that names the key and where it was set. Invariant: nothing else reads them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use serde::Deserialize;

use super::{
    config_values::{AllowRule, BaseUrl, LogFormat, duration},
    webhooks::{Secret, Webhook},
};
use crate::probe::{MAX_IDLE, nat64::Prefix, opt_out::OptOut, proxy::Proxy};

pub use super::config_load::{ConfigError, ServeArgs};

/// Everything that can be set. The field names are the keys of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// Where the database lies.
    pub data_dir: PathBuf,
    /// The address people use, such as `https://hangup.example.com`; links are made from it.
    pub base_url: Option<BaseUrl>,
    /// More host names under which this server may be called, without port.
    pub hosts: Vec<String>,
    /// A folder of knowledge that is laid over the built-in one.
    pub knowledge: Option<PathBuf>,
    /// What live probes may do.
    pub probe: ProbeConfig,
    /// How much one client may ask for.
    pub limits: Limits,
    /// How long links live.
    pub share: ShareConfig,
    /// The database.
    pub store: StoreConfig,
    /// Whom to believe about a client's address.
    pub proxy: ProxyConfig,
    /// How to log.
    pub log: LogConfig,
    /// Who hears of saved, answered and verified reports.
    pub webhooks: Vec<Webhook>,
    /// Who may see the operator's pages.
    pub admin: AdminConfig,
    /// What confirmed causes change.
    pub learning: LearningConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data_dir: PathBuf::from("./data"),
            base_url: None,
            hosts: Vec::new(),
            knowledge: None,
            probe: ProbeConfig::default(),
            limits: Limits::default(),
            share: ShareConfig::default(),
            store: StoreConfig::default(),
            proxy: ProxyConfig::default(),
            log: LogConfig::default(),
            webhooks: Vec::new(),
            admin: AdminConfig::default(),
            learning: LearningConfig::default(),
        }
    }
}

/// What live probes may do.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeConfig {
    /// Whether visitors may start probes at all.
    pub enabled: bool,
    /// Private networks that are opened, each with its ports.
    pub allow: Vec<AllowRule>,
    /// Ports that may be looked at on public addresses.
    pub ports: Vec<u16>,
    /// Whether loopback may be looked at: for tests and for a program on one's own desk only.
    pub allow_loopback: bool,
    /// Whether a burst may be aimed at strangers' hosts without a record that its owner has set: where only
    /// people you know reach this server.
    pub burst_unproved: bool,
    /// The longest silence an idle-hold probe may keep, at most [`MAX_IDLE`].
    #[serde(deserialize_with = "duration")]
    pub max_idle: Duration,
    /// Resolvers to ask; those of the system where empty.
    pub resolvers: Vec<SocketAddr>,
    /// Whether to learn from the resolvers behind which prefixes a NAT64 stands, and to judge addresses there
    /// by the IPv4 address that they carry: for networks without IPv4. Off, all such addresses are refused.
    pub dns64: bool,
    /// Prefixes of a NAT64 beside those that are learnt. Only behind these, typed addresses and inner
    /// networks can be reached through it.
    pub nat64_prefixes: Vec<Prefix>,
    /// The HTTP proxy that every probe goes through, for networks that let nothing out otherwise. Nobody but the
    /// operator can set one, and no variable of the environment such as `HTTP_PROXY` does.
    pub proxy: Option<Proxy>,
    /// Names and networks whose owners asked not to be looked at.
    pub opt_out: Vec<OptOut>,
    /// Whom to ask about the probes, for the page that their `User-Agent` leads to.
    pub contact: Option<String>,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            allow: Vec::new(),
            // The ports of the web: what a stranger may look at without turning us into a scanner.
            ports: vec![80, 443, 8080, 8443],
            allow_loopback: false,
            burst_unproved: false,
            max_idle: MAX_IDLE,
            resolvers: Vec::new(),
            dns64: false,
            nat64_prefixes: Vec::new(),
            proxy: None,
            opt_out: Vec::new(),
            contact: None,
        }
    }
}

/// How much one client, and all of them together, may ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Open connections; fewer where the system allows fewer open files.
    pub connections: usize,
    /// Requests worked on at once.
    pub requests: usize,
    /// Bytes of one pasted text; beyond 1 MiB it is 1 MiB.
    pub paste_bytes: usize,
    /// Bytes of a request that are read before it is refused.
    pub body_bytes: usize,
}

impl Limits {
    /// Bytes of one pasted text that are read, by pages and programs alike.
    pub fn paste(&self) -> usize {
        self.paste_bytes.min(crate::intake::MAX_TEXT)
    }
}

impl Default for Limits {
    fn default() -> Self {
        // judgement: a page of log is 4 KiB, so a paste of 1 MiB holds an incident; the body may be
        // larger so that an oversized paste can be answered with the text kept instead of cut off.
        Self {
            connections: 20_000,
            requests: 512,
            paste_bytes: 1024 * 1024,
            body_bytes: 16 * 1024 * 1024,
        }
    }
}

/// How long links live.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShareConfig {
    /// Unless the visitor says otherwise.
    #[serde(deserialize_with = "duration")]
    pub default_expiry: Duration,
    /// Whatever the visitor says.
    #[serde(deserialize_with = "duration")]
    pub max_expiry: Duration,
}

impl Default for ShareConfig {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        // judgement: a fault is fixed or escalated within a week; a month covers a vendor ticket.
        Self {
            default_expiry: Duration::from_secs(7 * DAY),
            max_expiry: Duration::from_secs(30 * DAY),
        }
    }
}

/// The database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Largest size of the database, bytes; at 0 the disk is the limit.
    pub max_bytes: u64,
}

impl Default for StoreConfig {
    fn default() -> Self {
        // judgement: some 80,000 reports of the usual 100 KiB, and no more than a small disk has.
        Self { max_bytes: 8 * 1024 * 1024 * 1024 }
    }
}

impl StoreConfig {
    /// Largest size of the database, where it has one.
    pub fn most(&self) -> Option<u64> {
        (self.max_bytes > 0).then_some(self.max_bytes)
    }
}

/// Whom to believe about a client's address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// Networks of our own reverse proxies; only their `X-Forwarded-For` is read.
    pub trusted: Vec<IpNet>,
}

/// How to log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Lines for people, or JSON for machines.
    pub format: LogFormat,
    /// What to log, as `tracing` directives such as `info` or `hangup=debug`; `info` where absent.
    pub level: Option<String>,
}

/// Who may see the operator's pages.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdminConfig {
    /// What opens `/admin`, at least 20 characters; without it there are no such pages.
    pub token: Option<Secret>,
    /// Whether everybody who reaches this server may see `/reports`; else only the operator.
    pub open_reports: bool,
}

/// What confirmed causes change.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearningConfig {
    /// How many confirmed cases weigh as much as the built-in base rates; 0 switches learning off.
    pub strength: f64,
}

/// What sort of value a key takes; says how an environment variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Switch,
    /// Separated by blanks or semicolons in the environment.
    List,
    /// A list of numbers, separated likewise.
    Numbers,
    /// A number that need not be whole.
    Decimal,
    /// Tables; in the environment a TOML array of them, `[{ name = "ops", … }]`.
    Tables,
}

/// Every key. The environment variable is `HANGUP_` and the key in capitals, `_` for the dot.
pub(super) const KEYS: &[(&str, Kind)] = &[
    ("listen", Kind::Text),
    ("data_dir", Kind::Text),
    ("base_url", Kind::Text),
    ("hosts", Kind::List),
    ("knowledge", Kind::Text),
    ("probe.enabled", Kind::Switch),
    ("probe.allow", Kind::List),
    ("probe.ports", Kind::Numbers),
    ("probe.allow_loopback", Kind::Switch),
    ("probe.burst_unproved", Kind::Switch),
    ("probe.max_idle", Kind::Text),
    ("probe.resolvers", Kind::List),
    ("probe.dns64", Kind::Switch),
    ("probe.nat64_prefixes", Kind::List),
    ("probe.proxy", Kind::Text),
    ("probe.opt_out", Kind::List),
    ("probe.contact", Kind::Text),
    ("limits.connections", Kind::Number),
    ("limits.requests", Kind::Number),
    ("limits.paste_bytes", Kind::Number),
    ("limits.body_bytes", Kind::Number),
    ("share.default_expiry", Kind::Text),
    ("share.max_expiry", Kind::Text),
    ("store.max_bytes", Kind::Number),
    ("proxy.trusted", Kind::List),
    ("log.format", Kind::Text),
    ("log.level", Kind::Text),
    ("webhooks", Kind::Tables),
    ("admin.token", Kind::Text),
    ("admin.open_reports", Kind::Switch),
    ("learning.strength", Kind::Decimal),
];

/// `probe.max_idle` → `HANGUP_PROBE_MAX_IDLE`.
pub(super) fn variable_of(key: &str) -> String {
    format!("HANGUP_{}", key.replace('.', "_").to_uppercase())
}
