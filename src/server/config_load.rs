//! Loading the configuration: file under environment under flags, with an error for every slip.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use toml::{Spanned, Table, Value, de::DeTable, de::DeValue};

use super::config::{Config, KEYS, Kind, variable_of};
use crate::probe::MAX_IDLE;

/// The flags of `hangup serve`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:3000] [env: HANGUP_LISTEN]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where the database lies [default: ./data] [env: HANGUP_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file in TOML [env: HANGUP_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The address people use, such as https://hangup.example.com [env: HANGUP_BASE_URL]
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// A host name under which this server may be called; can be repeated [env: HANGUP_HOSTS]
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// A folder of knowledge laid over the built-in one; `--knowledge` is a flag of every command.
    #[arg(skip)]
    pub knowledge: Option<PathBuf>,
}

/// The shortest token that opens the operator's pages: 20 random letters and digits are beyond
/// guessing at the few tries a minute that we grant.
const SHORTEST_TOKEN: usize = 20;

/// What is wrong with the configuration, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The file is no TOML.
    #[error("{place}: this is no TOML: {reason}")]
    Syntax {
        /// File and line.
        place: String,
        /// What the parser said.
        reason: String,
    },
    /// A key that does not exist.
    #[error("{place}: there is no key `{key}`; did you mean `{nearest}`?")]
    UnknownKey {
        /// File and line.
        place: String,
        /// The key as written.
        key: String,
        /// The key that looks most like it.
        nearest: String,
    },
    /// A value that does not fit its key.
    #[error("{place}: `{key}`: {reason}")]
    BadValue {
        /// File and line, variable, or flag.
        place: String,
        /// The key.
        key: String,
        /// What would fit.
        reason: String,
    },
}

/// Where each key was set, for the sentence about it.
type Places = BTreeMap<String, String>;

impl Config {
    /// Loads the configuration from `args`, over `environment`, over the file that either names.
    ///
    /// Gives it with warnings: variables that begin with `HANGUP_` and mean nothing. They are no
    /// error, since an orchestrator sets such variables itself (Kubernetes: `HANGUP_SERVICE_HOST`).
    pub fn load(
        args: &ServeArgs,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let ours: BTreeMap<String, String> =
            environment.filter(|(name, _)| name.starts_with("HANGUP_")).collect();
        let file = args.config.clone().or_else(|| ours.get("HANGUP_CONFIG").map(PathBuf::from));
        let mut places = Places::new();
        let mut table =
            file.map_or_else(|| Ok(Table::new()), |file| read_file(&file, &mut places))?;
        overlay_environment(&mut table, &ours, &mut places)?;
        overlay_flags(&mut table, args, &mut places);
        let config: Self = serde_path_to_error::deserialize(table).map_err(|error| {
            let key = error.path().to_string();
            let reason = error.inner().message().to_owned();
            bad_value(&places, &key, &reason)
        })?;
        check(&config, &places)?;
        Ok((config, unknown_variables(&ours)))
    }
}

fn read_file(path: &Path, places: &mut Places) -> Result<Table, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let line_at = |offset: usize| {
        let before = text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        format!("{} line {}", path.display(), before + 1)
    };
    let syntax = |error: &toml::de::Error| ConfigError::Syntax {
        place: line_at(error.span().map_or(0, |span| span.start)),
        reason: error.message().to_owned(),
    };
    let spanned = DeTable::parse(&text).map_err(|error| syntax(&error))?;
    note_keys(spanned.get_ref(), "", &line_at, places)?;
    toml::from_str(&text).map_err(|error| syntax(&error))
}

/// Writes down the line of each key, and refuses those that do not exist.
fn note_keys(
    table: &DeTable<'_>,
    prefix: &str,
    line_at: &dyn Fn(usize) -> String,
    places: &mut Places,
) -> Result<(), ConfigError> {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        let place = line_at(Spanned::span(name).start);
        let section = format!("{key}.");
        if KEYS.iter().any(|(known, _)| *known == key) {
            places.insert(key, place);
        } else if let DeValue::Table(inner) = value.get_ref()
            && KEYS.iter().any(|(known, _)| known.starts_with(&section))
        {
            note_keys(inner, &section, line_at, places)?;
        } else {
            let nearest = nearest_key(&key).to_owned();
            return Err(ConfigError::UnknownKey { place, key, nearest });
        }
    }
    Ok(())
}

/// The known key or section with the fewest edits between it and `key`.
fn nearest_key(key: &str) -> &'static str {
    let keys = KEYS.iter().map(|(known, _)| *known);
    let sections =
        keys.clone().filter_map(|known| known.split_once('.')).map(|(section, _)| section);
    // A forgotten section is the commonest slip, so the last part alone may match, too.
    let distance = |known: &str| {
        let last = known.rsplit('.').next().unwrap_or(known);
        edits(known, key).min(edits(last, key) + 1)
    };
    keys.chain(sections).min_by_key(|known| distance(known)).unwrap_or("listen")
}

/// Levenshtein's distance, bytes.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let here = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

fn overlay_environment(
    table: &mut Table,
    ours: &BTreeMap<String, String>,
    places: &mut Places,
) -> Result<(), ConfigError> {
    for (key, kind) in KEYS {
        let variable = variable_of(key);
        let Some(text) = ours.get(&variable) else { continue };
        places.insert((*key).to_owned(), format!("environment variable {variable}"));
        let value = read_value(text, *kind).map_err(|reason| bad_value(places, key, &reason))?;
        set(table, key, value);
    }
    Ok(())
}

fn read_value(text: &str, kind: Kind) -> Result<Value, String> {
    let number = |text: &str| {
        let parsed = text.trim().parse::<i64>();
        parsed.map(Value::Integer).map_err(|_| format!("`{text}` is no whole number"))
    };
    let items = || text.split([' ', ';', '\n', '\t']).filter(|item| !item.is_empty());
    match kind {
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Number => number(text),
        Kind::Switch => match text.trim() {
            "true" | "1" | "yes" | "on" => Ok(Value::Boolean(true)),
            "false" | "0" | "no" | "off" => Ok(Value::Boolean(false)),
            _ => Err(format!("`{text}` is neither `true` nor `false`")),
        },
        Kind::List => {
            Ok(Value::Array(items().map(|item| Value::String(item.to_owned())).collect()))
        }
        Kind::Decimal => {
            let parsed = text.trim().parse::<f64>();
            parsed.map(Value::Float).map_err(|_| format!("`{text}` is no number"))
        }
        // The text may hold secrets, so that no sentence repeats it.
        Kind::Tables => match toml::from_str::<Table>(&format!("it = {text}")) {
            Ok(mut table) => Ok(table.remove("it").unwrap_or(Value::Array(Vec::new()))),
            Err(_) => {
                Err("this is no TOML array of tables such as `[{ name = \"ops\" }]`".to_owned())
            }
        },
        Kind::Numbers => Ok(Value::Array(items().map(number).collect::<Result<_, _>>()?)),
    }
}

fn overlay_flags(table: &mut Table, args: &ServeArgs, places: &mut Places) {
    let path = |path: &PathBuf| Value::String(path.display().to_string());
    let hosts = args.hosts.iter().cloned().map(Value::String).collect::<Vec<_>>();
    let flags = [
        ("listen", "--listen", args.listen.map(|listen| Value::String(listen.to_string()))),
        ("data_dir", "--data-dir", args.data_dir.as_ref().map(path)),
        ("base_url", "--base-url", args.base_url.clone().map(Value::String)),
        ("hosts", "--host", (!hosts.is_empty()).then_some(Value::Array(hosts))),
        ("knowledge", "--knowledge", args.knowledge.as_ref().map(path)),
    ];
    for (key, flag, value) in flags {
        if let Some(value) = value {
            places.insert(key.to_owned(), flag.to_owned());
            set(table, key, value);
        }
    }
}

/// Puts `value` at the dotted `key`, making the section where it is missing.
fn set(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

fn bad_value(places: &Places, key: &str, reason: &str) -> ConfigError {
    // The path of an item is `hosts[1]`; the place was written down for `hosts`.
    let known = key.split('[').next().unwrap_or(key);
    let place = places.get(known).map_or("configuration", String::as_str).to_owned();
    ConfigError::BadValue { place, key: key.to_owned(), reason: reason.to_owned() }
}

/// What fits its type and still makes no sense.
fn check(config: &Config, places: &Places) -> Result<(), ConfigError> {
    let share = &config.share;
    if share.default_expiry > share.max_expiry {
        let longest = share.max_expiry.as_secs();
        let reason = format!("is longer than `share.max_expiry`, which is {longest} s");
        return Err(bad_value(places, "share.default_expiry", &reason));
    }
    let limits = &config.limits;
    let positive = [
        ("limits.connections", limits.connections),
        ("limits.requests", limits.requests),
        ("limits.paste_bytes", limits.paste_bytes),
    ];
    if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
        return Err(bad_value(places, key, "must be at least 1"));
    }
    if limits.body_bytes <= limits.paste_bytes {
        return Err(bad_value(
            places,
            "limits.body_bytes",
            "must be larger than `limits.paste_bytes`",
        ));
    }
    if config.probe.max_idle > MAX_IDLE {
        let reason = format!("must be at most {} s", MAX_IDLE.as_secs());
        return Err(bad_value(places, "probe.max_idle", &reason));
    }
    if !config.probe.dns64 && !config.probe.nat64_prefixes.is_empty() {
        let reason = "does nothing while `probe.dns64` is off";
        return Err(bad_value(places, "probe.nat64_prefixes", reason));
    }
    check_openings(config, places)?;
    if let Some(reason) = config.webhooks.iter().find_map(super::webhooks::Webhook::fault) {
        return Err(bad_value(places, "webhooks", &reason));
    }
    if config.admin.token.as_ref().is_some_and(|token| token.reveal().len() < SHORTEST_TOKEN) {
        let reason = format!("must have at least {SHORTEST_TOKEN} characters");
        return Err(bad_value(places, "admin.token", &reason));
    }
    if !(0.0..=1e6).contains(&config.learning.strength) {
        return Err(bad_value(places, "learning.strength", "must be between 0 and 1000000"));
    }
    let mut wrong = String::new();
    for host in
        config.hosts.iter().filter(|host| host.is_empty() || host.contains(['/', ':', ' ', '*']))
    {
        let _ = write!(wrong, "`{host}` ");
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(bad_value(
            places,
            "hosts",
            &format!("{wrong}is no host name; give it without scheme, port or `*`"),
        ))
    }
}

/// Nobody signs in here, so a server that others can reach must say who may use what it opens:
/// otherwise whoever reaches it would stand in its network.
fn check_openings(config: &Config, places: &Places) -> Result<(), ConfigError> {
    let probe = &config.probe;
    let Some(why) = reached_by_others(config).filter(|_| probe.enabled) else { return Ok(()) };
    if let Some(rule) = probe.allow.iter().find(|rule| rule.from.is_empty()) {
        let network = rule.network;
        let reason = format!(
            "opens {network} to every visitor, and {why}; say who may ask, as in `{network}@192.168.7.0/24` (`@0.0.0.0/0,::/0` for everybody)"
        );
        return Err(bad_value(places, "probe.allow", &reason));
    }
    if probe.allow_loopback {
        let reason = format!("opens this machine to every visitor, and {why}");
        return Err(bad_value(places, "probe.allow_loopback", &reason));
    }
    Ok(())
}

/// What shows that others than the machine's own users reach this server, if anything does. Behind a proxy
/// on the same machine `listen` alone does not tell.
fn reached_by_others(config: &Config) -> Option<&'static str> {
    let is_own = |host: &str| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    };
    if !config.listen.ip().is_loopback() {
        Some("`listen` is not loopback")
    } else if config.base_url.as_ref().is_some_and(|url| !is_own(url.host())) {
        Some("`base_url` is not this machine alone")
    } else if !config.hosts.iter().all(|host| is_own(host)) {
        Some("`hosts` names more than this machine")
    } else if !config.proxy.trusted.is_empty() {
        Some("`proxy.trusted` says that a proxy stands in front")
    } else {
        None
    }
}

fn unknown_variables(ours: &BTreeMap<String, String>) -> Vec<String> {
    let known = |name: &str| {
        name == "HANGUP_CONFIG" || KEYS.iter().any(|(key, _)| variable_of(key) == name)
    };
    let unknown = ours.keys().filter(|name| !known(name));
    unknown.map(|name| format!("the environment variable {name} sets nothing")).collect()
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
