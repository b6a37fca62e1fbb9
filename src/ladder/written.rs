//! A ladder's own file as somebody pastes it on the page: what `hangup ladder` reads, without the parser
//! of TOML, which the browser would have to load for it.
//!
//! Of TOML it knows what such a file has: tables, strings of one line and of many, inline tables, numbers.
//! What it does not understand it passes over; `hangup ladder` names each mistake with its line.

use serde_json::Value;

use super::{
    input::MAX_HOPS,
    paste::timers_set,
    readers::Dialect,
    sketch::{Sketch, SketchHop, SketchTimer},
};

/// The ladder that `text` writes out; none where it is no such file.
pub(super) fn ladder_file(text: &str) -> Option<Sketch> {
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with('{') && text.contains("\"component\"");
    let is_toml = text.lines().any(|line| line.trim_start().starts_with("[[hop"));
    let mut sketch = match (is_json, is_toml) {
        (true, _) => json(text)?,
        (_, true) => toml(text),
        _ => return None,
    };
    sketch.hops.retain(|hop| !hop.component.is_empty());
    sketch.hops.truncate(MAX_HOPS);
    (!sketch.hops.is_empty()).then_some(sketch)
}

/// A hop as it is being read.
#[derive(Default)]
struct Draft {
    hop: SketchHop,
    dialect: Option<Dialect>,
    /// Its configuration, and the line before it.
    config: Option<(String, usize)>,
}

impl Draft {
    fn set(&mut self, key: &str, value: &str, line: Option<usize>) {
        match key {
            "component" => value.trim().clone_into(&mut self.hop.component),
            "name" => self.hop.name = value.chars().filter(|c| !c.is_control()).take(60).collect(),
            "dialect" => self.dialect = Dialect::parse(value),
            _ => {
                if let Some(setting) = key.strip_prefix("timers.") {
                    let setting = setting.trim_matches(['"', '\'']).to_owned();
                    self.hop.timers.push(SketchTimer { setting, value: duration(value), line });
                }
            }
        }
    }

    /// The hop, with what its configuration sets; what was written beside it counts.
    fn finished(mut self) -> SketchHop {
        if let Some((config, above)) = &self.config {
            let own = self.dialect.or_else(|| Dialect::of(&self.hop.component));
            if let Some(dialect) = own.or_else(|| Dialect::guess(config)) {
                for mut timer in timers_set(&self.hop.component, dialect, config) {
                    let is_known = self.hop.timers.iter().any(|own| own.setting == timer.setting);
                    timer.line = timer.line.map(|line| line + above);
                    if !is_known {
                        self.hop.timers.push(timer);
                    }
                }
            }
        }
        self.hop
    }
}

/// A number alone is in seconds, whatever the component's own unit.
fn duration(value: &str) -> String {
    let value = value.trim();
    if value.parse::<f64>().is_ok() { format!("{value}s") } else { value.to_owned() }
}

fn toml(text: &str) -> Sketch {
    let (mut sketch, mut draft) = (Sketch::default(), None::<Draft>);
    let mut prefix = "";
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.starts_with("[[hop") {
            sketch.hops.extend(draft.replace(Draft::default()).map(Draft::finished));
            prefix = "";
        } else if line.starts_with("[hop") && line.contains(".timers]") {
            prefix = "timers.";
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let (key, value) = (format!("{prefix}{}", key.trim()), value.trim());
            let value = match ["\"\"\"", "'''"].into_iter().find(|mark| value.starts_with(mark)) {
                Some(mark) => long(value, mark, &mut lines),
                None => short(value).to_owned(),
            };
            match (&mut draft, key.as_str()) {
                (None, "slowest_answer") => sketch.slowest = duration(&value),
                (None, "cut_off") => sketch.cut_off = duration(&value),
                (None, _) => {}
                (Some(draft), "config") => draft.config = Some((value, number - 1)),
                (Some(draft), "timers") => {
                    for (setting, value) in inline(&value) {
                        draft.set(&format!("timers.{setting}"), value, Some(number));
                    }
                }
                (Some(draft), key) => draft.set(key, &value, Some(number)),
            }
        }
    }
    sketch.hops.extend(draft.map(Draft::finished));
    sketch
}

/// A string of many lines, up to its closing marks.
fn long<'a>(first: &str, mark: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> String {
    let first = first.strip_prefix(mark).unwrap_or(first);
    if let Some((own, _)) = first.split_once(mark) {
        return own.to_owned();
    }
    let mut text = format!("{first}\n");
    for (_, line) in lines {
        let (own, ends) = line.split_once(mark).map_or((line, false), |(own, _)| (own, true));
        text.push_str(own);
        text.push('\n');
        if ends {
            break;
        }
    }
    text
}

/// The value of one line without quotes and without the comment behind it.
fn short(value: &str) -> &str {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote {
        Some(quote) => value.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or(""),
        None if value.starts_with('{') => value,
        None => value.split('#').next().unwrap_or("").trim(),
    }
}

/// `{ answer = 30, ping = "25s" }`
fn inline(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let inside = value.trim_start_matches('{').split('}').next().unwrap_or("");
    inside.split(',').filter_map(|pair| {
        let (setting, value) = pair.split_once('=')?;
        Some((setting.trim(), short(value.trim())))
    })
}

fn json(text: &str) -> Option<Sketch> {
    let file: Value = serde_json::from_str(text).ok()?;
    let written = |value: &Value| match value {
        Value::String(words) => words.clone(),
        other => other.to_string(),
    };
    let time = |name: &str| file.get(name).map_or_else(String::new, |v| duration(&written(v)));
    let hops = file.get("hop").or_else(|| file.get("hops"))?.as_array()?;
    let hops = hops.iter().map(|hop| {
        let mut draft = Draft::default();
        for (key, value) in hop.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("timers", Value::Object(timers)) => {
                    for (setting, value) in timers {
                        draft.set(&format!("timers.{setting}"), &written(value), None);
                    }
                }
                ("config", Value::String(config)) => draft.config = Some((config.clone(), 0)),
                _ => draft.set(key, &written(value), None),
            }
        }
        draft.finished()
    });
    let hops = hops.collect();
    Some(Sketch { hops, slowest: time("slowest_answer"), cut_off: time("cut_off") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
slowest_answer = "90s"        # the slowest
cut_off = 350

[[hop]]
component = "okhttp"          # an alias
name = "mobile app"
timers = { answer = 30, ping = "25s" }

[[hop]]
component = "nginx"
config = """
upstream app { server 10.0.0.1:3000; keepalive 32; }
server { location / { proxy_pass http://app; proxy_read_timeout 60s; } }
"""
[hop.timers]
keep_alive = "1h 30m"

[[hop]]
component = "node"
"#;

    #[test]
    fn a_file_of_hops_is_laid_out() {
        let sketch = ladder_file(FILE).unwrap();
        assert_eq!((sketch.slowest.as_str(), sketch.cut_off.as_str()), ("90s", "350s"));
        let names: Vec<&str> = sketch.hops.iter().map(|hop| hop.component.as_str()).collect();
        assert_eq!(names, ["okhttp", "nginx", "node"]);
        let timers = |at: usize| -> Vec<(String, String, Option<usize>)> {
            let timer = |own: &SketchTimer| (own.setting.clone(), own.value.clone(), own.line);
            sketch.hops.get(at).unwrap().timers.iter().map(timer).collect()
        };
        assert_eq!(sketch.hops.first().unwrap().name, "mobile app");
        assert_eq!(
            timers(0),
            [("answer".into(), "30s".into(), Some(8)), ("ping".into(), "25s".into(), Some(8))]
        );
        assert!(timers(1).contains(&("proxy_read_timeout".into(), "60s".into(), Some(14))));
        assert!(timers(1).contains(&("keep_alive".into(), "1h 30m".into(), Some(17))));
        assert!(timers(2).is_empty());
    }

    #[test]
    fn json_says_the_same() {
        let sketch = ladder_file(
            r#"{"cut_off": 60, "hop": [{"component": "alb", "timers": {"idle_timeout": 60}}, {"component": "node"}]}"#,
        )
        .unwrap();
        assert_eq!(sketch.hops.len(), 2);
        assert_eq!(sketch.cut_off, "60s");
        assert_eq!(sketch.hops.first().unwrap().timers.first().unwrap().value, "60s");
    }

    #[test]
    fn what_is_broken_does_no_harm() {
        for text in [
            "[[hop",
            "[[hop]]",
            "[[hop]]\nconfig = '''",
            "[[hop]]\ncomponent=\"",
            "{\"component\"",
            "[[hop]]\ntimers={",
        ] {
            assert!(ladder_file(text).is_none(), "{text}");
        }
    }
}
