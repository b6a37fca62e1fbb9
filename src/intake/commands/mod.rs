//! The output of commands: counted, compared and put into observations.
//!
//! A pattern sees that a line speaks of `CLOSE-WAIT`; only counting tells whether it piles up. A line
//! whose number says that all is well is taken out of the text, so that no pattern mistakes it for
//! trouble: `nstat -az` prints every counter, those at 0 too.

mod containers;
mod counters;
mod curl;
mod dns;
mod har;
mod limits;
mod path;
mod sockets;
mod stores;
mod tcpdump;
#[cfg(test)]
mod tests;
mod tls;
mod trace;

use std::{borrow::Cow, collections::BTreeSet};

use crate::evidence::{Observation, Source, State};

/// Longer lines are no command's output, bytes.
const MAX_LINE: usize = 2000;

/// More than this is no evidence but a flood.
const MAX_OBSERVATIONS: usize = 200;

/// What the output of commands says.
#[derive(Clone, Debug, PartialEq)]
pub struct Output<'a> {
    /// What was observed.
    pub observations: Vec<Observation>,
    /// The text without the lines that say that all is well; as many lines as before.
    pub rest: Cow<'a, str>,
}

/// Reads every command output in `text`; never fails. Text without any comes back as it is.
pub fn read_output(text: &str) -> Output<'_> {
    let mut notes = Notes::default();
    if let Some(rest) = har::read(text, &mut notes) {
        return Output { observations: notes.observations, rest: Cow::Owned(rest) };
    }
    let lines: Vec<&str> =
        text.lines().map(|line| if line.len() > MAX_LINE { "" } else { line.trim_end() }).collect();
    sockets::read(&lines, &mut notes);
    counters::read(&lines, &mut notes);
    limits::read(&lines, &mut notes);
    path::read(&lines, &mut notes);
    trace::read(&lines, &mut notes);
    tcpdump::read(&lines, &mut notes);
    curl::read(&lines, &mut notes);
    tls::read(&lines, &mut notes);
    dns::read(&lines, &mut notes);
    stores::read(&lines, &mut notes);
    containers::read(&lines, &mut notes);
    let rest = if notes.harmless.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(without(text, &notes.harmless))
    };
    Output { observations: notes.observations, rest }
}

/// `text` with the lines of these numbers, from 0, empty.
fn without(text: &str, harmless: &BTreeSet<usize>) -> String {
    let kept =
        text.lines().enumerate().map(|(at, line)| if harmless.contains(&at) { "" } else { line });
    let mut out = String::with_capacity(text.len());
    for line in kept {
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// What the readers found.
#[derive(Default)]
struct Notes {
    observations: Vec<Observation>,
    harmless: BTreeSet<usize>,
}

impl Notes {
    /// The variable has this value, as `raw` shows.
    fn seen(&mut self, variable: &str, option: &str, raw: &str) {
        self.push(Observation::seen(variable, option, Source::Text), raw);
    }

    /// The variable was looked at and does not have this value.
    fn ruled_out(&mut self, variable: &str, option: &str, raw: &str) {
        self.push(Observation::seen(variable, option, Source::Text).in_state(State::RuledOut), raw);
    }

    /// It broke after so many seconds.
    fn seconds(&mut self, seconds: f64, raw: &str) {
        self.push(Observation::seen("seconds", seconds, Source::Text), raw);
    }

    /// Keeps an observation; what was said once is not said again.
    fn push(&mut self, observation: Observation, raw: &str) {
        let same = |known: &Observation| {
            known.variable == observation.variable
                && known.value == observation.value
                && known.state == observation.state
        };
        if self.observations.len() < MAX_OBSERVATIONS && !self.observations.iter().any(same) {
            let raw: String = raw.trim().chars().take(400).collect();
            self.observations.push(observation.with_raw(raw));
        }
    }

    /// The line says that all is well; no pattern is asked about it.
    fn harmless(&mut self, line: usize) {
        self.harmless.insert(line);
    }
}

/// The first whole number in `text`.
fn number_in(text: &str) -> Option<u64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = text.get(start..)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// `count` as a share of `limit`; 0 where there is no limit.
fn share(count: u64, limit: u64) -> f64 {
    if limit == 0 { 0.0 } else { count as f64 / limit as f64 }
}
