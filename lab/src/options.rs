//! `key=value` arguments of the lab's small programs.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use anyhow::{Context, Result, anyhow};

/// Arguments by key; a key may come several times.
pub(crate) struct Options(BTreeMap<String, Vec<String>>);

impl Options {
    /// Reads `key=value` arguments; an error names what is none.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for argument in arguments {
            let (key, value) = argument
                .split_once('=')
                .with_context(|| format!("`{argument}` is not of the form key=value"))?;
            options.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        Ok(Self(options))
    }

    /// The last value of `key`.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|values| values.last()).map(String::as_str)
    }

    /// Every value of `key`.
    pub(crate) fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// The value of `key` as a number or the like; `default` where it is absent.
    pub(crate) fn get<T: FromStr>(&self, key: &str, default: T) -> Result<T> {
        match self.text(key) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| anyhow!("`{key}={text}` cannot be read")),
        }
    }

    /// Seconds, with a fraction; `None` where absent.
    pub(crate) fn seconds(&self, key: &str) -> Result<Option<Duration>> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let seconds: f64 = text.parse().with_context(|| format!("`{key}={text}` is no number"))?;
        let duration = Duration::try_from_secs_f64(seconds);
        duration.map(Some).with_context(|| format!("`{key}={text}` is out of range"))
    }

    /// A value that must be there.
    pub(crate) fn need(&self, key: &str) -> Result<&str> {
        self.text(key).with_context(|| format!("`{key}=…` is missing"))
    }
}
