//! Reading a ladder: a file of hops in TOML or JSON, or configuration as it was pasted.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::knowledge::Base;

use super::{
    defaults,
    model::{Hop, Ladder, Limit, Origin, Role, Timer},
    paste::hops_in,
    readers::{Dialect, Reading},
    settings::{Setting, named},
    sketch::Sketch,
    units::{self, Unit},
};

/// The longest ladder.
pub const MAX_HOPS: usize = 64;

/// A ladder that cannot be read: one sentence that names the line, where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{message}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct LadderError {
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub message: String,
}

impl LadderError {
    fn at(line: Option<usize>, message: impl Into<String>) -> Self {
        // What a parser says may quote the file.
        let message = message.into().chars().filter(|c| !c.is_control()).collect();
        Self { line, message }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    slowest_answer: Option<Written>,
    cut_off: Option<Written>,
    #[serde(alias = "hops")]
    hop: Vec<FileHop>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHop {
    component: String,
    name: Option<String>,
    dialect: Option<String>,
    config: Option<String>,
    packets: Option<bool>,
    #[serde(default)]
    timers: BTreeMap<String, Written>,
}

/// A time: `60`, `"60s"`, `"never"`, `"off"`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Number(f64),
    Words(String),
}

/// Reads a ladder out of `text`. What nothing is said about takes the defaults of `base`.
pub fn read(text: &str, base: &Base) -> Result<Ladder, LadderError> {
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with('{')
        && ["\"component\"", "\"hop"].iter().any(|word| text.contains(word));
    let is_toml = text.lines().any(|line| line.trim_start().starts_with("[[hop"));
    let file: File = if is_json {
        serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or("").to_owned();
            LadderError::at(Some(error.line()), message)
        })?
    } else if is_toml {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| before.matches('\n').count() + 1);
            LadderError::at(line, error.message().replace('\n', " "))
        })?
    } else {
        return pasted(text, base);
    };
    let lines = hop_lines(text, is_json);
    let line = |at: usize| lines.get(at).copied();
    if file.hop.is_empty() || file.hop.len() > MAX_HOPS {
        let message = format!("a ladder has 1 to {MAX_HOPS} hops, this one has {}", file.hop.len());
        return Err(LadderError::at(line(0).or(Some(1)), message));
    }
    let mut ladder = Ladder::default();
    for (at, written) in file.hop.iter().enumerate() {
        let hop = read_hop(written, base).map_err(|(word, message)| {
            let from = line(at).unwrap_or(1);
            let line = line_with(text, &word, from).unwrap_or(from);
            LadderError::at(Some(line), format!("hop {}: {message}", at + 1))
        })?;
        ladder.hops.push(hop);
    }
    let seconds = |written: &Written, name: &str| match limit_of(written, Unit::Seconds) {
        Some(Limit::Seconds(seconds)) => Ok(seconds),
        _ => Err(LadderError::at(line_with(text, name, 1), format!("{name} is no time above 0"))),
    };
    if let Some(slowest) = &file.slowest_answer {
        let slowest = Limit::Seconds(seconds(slowest, "slowest_answer")?);
        if let Some(last) = ladder.hops.iter_mut().rev().find(|hop| !hop.passes_packets) {
            let timer = plain_timer("slowest_answer", Role::Work, slowest);
            last.timers.retain(|timer| !timer.roles.contains(&Role::Work));
            last.timers.push(timer);
        }
    }
    ladder.cut_off = file.cut_off.as_ref().map(|cut| seconds(cut, "cut_off")).transpose()?;
    Ok(ladder)
}

/// Configuration alone: a hop of each component whose dialect stands in it, in the order that a
/// request passes them.
fn pasted(text: &str, base: &Base) -> Result<Ladder, LadderError> {
    let hops = hops_in(text);
    if hops.len() > 1 {
        let mut sketch = Sketch::default();
        sketch.take_in(hops, base);
        return Ok(sketch.ladder(base).0);
    }
    let Some(dialect) = Dialect::guess(text) else {
        let message = "this is neither a ladder (TOML with [[hop]] or JSON with \"hop\") nor configuration of a known component";
        return Err(LadderError::at(Some(1), message));
    };
    let mut hop = defaults::hop(base, dialect.component(), None);
    read_config(&mut hop, dialect, text);
    defaults::fill(base, &mut hop);
    Ok(Ladder { hops: vec![hop], cut_off: None })
}

/// A hop, or the word that is wrong and why.
fn read_hop(written: &FileHop, base: &Base) -> Result<Hop, (String, String)> {
    if written.component.trim().is_empty() {
        return Err(("component".to_owned(), "component is empty".to_owned()));
    }
    let mut hop = defaults::hop(base, &written.component, written.name.as_deref());
    if let Some(packets) = written.packets {
        hop.passes_packets = packets;
    }
    for (name, value) in &written.timers {
        let timer =
            given(&hop.component, name, value).map_err(|message| (name.clone(), message))?;
        hop.timers.push(timer);
    }
    if let Some(config) = &written.config {
        let dialect = match &written.dialect {
            Some(word) => Dialect::parse(word)
                .ok_or_else(|| (word.clone(), format!("no dialect is called `{}`", shown(word))))?,
            None => {
                Dialect::of(&hop.component).or_else(|| Dialect::guess(config)).ok_or_else(|| {
                    let message =
                        "nothing tells what dialect its config is in; say so with `dialect`";
                    ("config".to_owned(), message.to_owned())
                })?
            }
        };
        read_config(&mut hop, dialect, config);
    }
    defaults::fill(base, &mut hop);
    Ok(hop)
}

/// A timer written in the ladder's own file: a setting of the component, or a role. A number alone is
/// in seconds whatever the component's own unit.
pub(super) fn given(component: &str, name: &str, value: &Written) -> Result<Timer, String> {
    let bad = || format!("`{}` is no time", shown(name));
    let limit = limit_of(value, Unit::Seconds).ok_or_else(bad)?;
    if let Some(setting) = named(component, name) {
        let limit = match value {
            Written::Number(number) => setting.limit(*number),
            Written::Words(_) if setting.counts => Limit::Count(limit.seconds().unwrap_or(0.0)),
            Written::Words(_) if limit == Limit::Seconds(0.0) => setting.limit(0.0),
            Written::Words(_) => limit,
        };
        return Ok(defaults::timer(setting, limit, Origin::Given));
    }
    let role = Role::parse(name).unwrap_or(Role::Other);
    let limit = if limit == Limit::Seconds(0.0) { Limit::Off } else { limit };
    Ok(plain_timer(name, role, limit))
}

pub(super) fn plain_timer(name: &str, role: Role, limit: Limit) -> Timer {
    let (roles, origin) = (vec![role], Origin::Given);
    Timer { setting: shown(name), roles, limit, origin, max: None, snippet: String::new() }
}

pub(super) fn limit_of(written: &Written, unit: Unit) -> Option<Limit> {
    match written {
        Written::Number(number) => {
            (number.is_finite() && (0.0..=1e10).contains(number)).then_some(Limit::Seconds(*number))
        }
        Written::Words(words) => match words.trim().to_lowercase().as_str() {
            "never" | "none" | "infinity" | "infinite" | "unlimited" | "-1" => Some(Limit::Never),
            "off" | "disabled" | "no" => Some(Limit::Off),
            text => units::seconds(text, unit).map(Limit::Seconds),
        },
    }
}

/// Adds what `config` sets to `hop`. Where a setting stands several times, that which breaks first
/// counts: the shortest, or for the reuse of connections the longest.
pub(super) fn read_config(hop: &mut Hop, dialect: Dialect, config: &str) {
    for Reading { name, value, line } in dialect.read(config) {
        let own = named(&hop.component, &name).or_else(|| named(dialect.component(), &name));
        let Some(setting) = own else { continue };
        let Some(limit) = read_value(setting, &value) else {
            if hop.notes.len() < 20 {
                hop.notes.push(format!(
                    "line {line}: `{}` of {} is no time",
                    shown(&value),
                    setting.name
                ));
            }
            continue;
        };
        let timer = defaults::timer(setting, limit, Origin::Config { line });
        let Some(old) = hop.timers.iter_mut().find(|old| old.setting == timer.setting) else {
            hop.timers.push(timer);
            continue;
        };
        let length = |limit: Limit| match limit {
            Limit::Seconds(seconds) | Limit::Count(seconds) => seconds,
            Limit::Never => f64::INFINITY,
            Limit::Off => 0.0,
        };
        let longer = length(timer.limit) > length(old.limit);
        if old.origin != Origin::Given && longer == setting.roles.contains(&Role::PoolIdle) {
            *old = timer;
        }
    }
}

fn read_value(setting: &Setting, value: &str) -> Option<Limit> {
    let value = value.trim().trim_matches(['"', '\'']);
    if setting.counts {
        return count(value).map(Limit::Count);
    }
    match value.to_lowercase().as_str() {
        "off" | "none" | "no" if setting.limit(0.0) == Limit::Off => Some(Limit::Off),
        "never" | "infinity" | "infinite" | "none" | "off" | "-1" => Some(Limit::Never),
        _ => units::seconds(value, setting.unit).map(|seconds| setting.limit(seconds)),
    }
}

/// `1000`, `64M`, `10:30:100` (its first number).
fn count(value: &str) -> Option<f64> {
    let first = value.split(':').next()?.trim();
    let digits = first.find(|c: char| !c.is_ascii_digit()).unwrap_or(first.len());
    let number: f64 = first.get(..digits)?.parse().ok()?;
    let factor = match first.get(digits..)?.trim().to_lowercase().trim_end_matches('b') {
        "" => 1.0,
        "k" => 1024.0,
        "m" => 1024.0 * 1024.0,
        "g" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    (number.is_finite()).then_some(number * factor)
}

/// A word of the input as it may be printed.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// The line on which each hop begins, from 1.
fn hop_lines(text: &str, is_json: bool) -> Vec<usize> {
    let begins = |line: &str| {
        if is_json {
            line.contains("\"component\"")
        } else {
            line.trim_start().starts_with("[[hop")
        }
    };
    (1..).zip(text.lines()).filter(|(_, line)| begins(line)).map(|(number, _)| number).collect()
}

/// The first line from `from` on that holds `word`.
fn line_with(text: &str, word: &str, from: usize) -> Option<usize> {
    let mut lines = (1..).zip(text.lines()).skip(from.saturating_sub(1));
    lines.find(|(_, line)| line.contains(word)).map(|(number, _)| number)
}
