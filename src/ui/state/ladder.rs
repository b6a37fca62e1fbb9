//! A ladder as an address: hops in their order, with the values that differ from the defaults.

use crate::{
    ladder::{MAX_HOPS, Sketch, SketchHop, SketchTimer},
    ui::state::form,
};

/// Longest name or value that is read, characters.
const MOST: usize = 80;
/// Most values of one hop that are read.
const MOST_TIMERS: usize = 40;

/// What is to be done with the ladder of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LadderAct {
    /// Nothing but to judge it.
    Judge,
    /// Move the hop at this place one up.
    Up(usize),
    /// Move it one down.
    Down(usize),
    /// Take it out.
    Remove(usize),
    /// Add what the list says.
    Add,
    /// Set what was calculated.
    Mend,
}

/// A form of the ladder page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LadderForm {
    /// The ladder itself.
    pub sketch: Sketch,
    /// Hops read out of configuration in the browser.
    pub found: Vec<SketchHop>,
    /// Configuration to be read by the server, where the browser could not.
    pub config: String,
    /// The component chosen in the list.
    pub add: String,
    /// What to do, as the form says it: `up.1`.
    pub act: String,
}

impl LadderForm {
    /// Reads a query or form body; order counts, since every value belongs to the hop before it.
    /// Never fails: what cannot be understood is left out.
    pub fn parse(query: &str) -> Self {
        let mut form = Self::default();
        let mut in_found = false;
        let mut lines: Vec<(String, String)> = Vec::new();
        for (key, value) in form::decode(query) {
            if key == "config" {
                form.config = value.replace("\r\n", "\n");
                continue;
            }
            let value: String =
                value.trim().chars().filter(|c| !c.is_control()).take(MOST).collect();
            let Self { sketch, found, .. } = &mut form;
            match key.as_str() {
                "hop" | "found" => {
                    in_found = key == "found";
                    lines.clear();
                    let hops = if in_found { found } else { &mut sketch.hops };
                    if !value.is_empty() && hops.len() < MAX_HOPS {
                        hops.push(SketchHop { component: value, ..SketchHop::default() });
                    }
                }
                "slowest" => sketch.slowest = value,
                "cut" => sketch.cut_off = value,
                "add" => form.add = value,
                "do" => form.act = value,
                _ => {
                    let hops = if in_found { found } else { &mut sketch.hops };
                    let Some(hop) = hops.last_mut() else { continue };
                    if key == "name" {
                        hop.name = value;
                    } else if let Some(setting) = key.strip_prefix("line.") {
                        lines.push((setting.to_owned(), value));
                    } else if let Some(setting) = key.strip_prefix("set.") {
                        set(hop, setting, &value, &lines);
                    }
                }
            }
        }
        form
    }

    /// What to do.
    pub fn act(&self) -> LadderAct {
        let (word, place) = self.act.split_once('.').unwrap_or((&self.act, ""));
        match (word, place.parse().ok()) {
            ("up", Some(at)) => LadderAct::Up(at),
            ("down", Some(at)) => LadderAct::Down(at),
            ("remove", Some(at)) => LadderAct::Remove(at),
            ("add", _) => LadderAct::Add,
            ("mend", _) => LadderAct::Mend,
            _ => LadderAct::Judge,
        }
    }
}

/// Sets a value; `60s@12` was read on line 12, and so was what a field of the form still holds
/// unchanged.
fn set(hop: &mut SketchHop, setting: &str, value: &str, lines: &[(String, String)]) {
    let setting: String = setting.chars().filter(|c| !c.is_control()).take(MOST).collect();
    let with_line = |text: &str| {
        let (value, line) = text.rsplit_once('@')?;
        Some((value.to_owned(), line.parse::<usize>().ok()?))
    };
    let read = lines.iter().find(|(own, _)| *own == setting).and_then(|(_, text)| with_line(text));
    let (value, line) = match (with_line(value), read) {
        (Some((value, line)), _) => (value, Some(line)),
        (None, Some((read, line))) if read == value => (read, Some(line)),
        _ => (value.to_owned(), None),
    };
    hop.timers.retain(|timer| timer.setting != setting);
    if !value.is_empty() && hop.timers.len() < MOST_TIMERS {
        hop.timers.push(SketchTimer { setting, value, line });
    }
}

/// The address of the ladder page that shows `sketch`.
pub fn ladder_href(sketch: &Sketch) -> String {
    let pairs = ladder_pairs(sketch);
    if pairs.is_empty() {
        return "/ladder".to_owned();
    }
    let query = form::encode(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    format!("/ladder?{query}")
}

/// The pairs of that address, in order.
pub fn ladder_pairs(sketch: &Sketch) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut put = |key: &str, value: &str| {
        if !value.is_empty() {
            pairs.push((key.to_owned(), value.to_owned()));
        }
    };
    put("slowest", &sketch.slowest);
    put("cut", &sketch.cut_off);
    for hop in &sketch.hops {
        put("hop", &hop.component);
        put("name", &hop.name);
        for timer in &hop.timers {
            put(&format!("set.{}", timer.setting), &written(timer));
        }
    }
    pairs
}

/// A value with the line it was read on.
pub fn written(timer: &SketchTimer) -> String {
    match timer.line {
        Some(line) => format!("{}@{line}", timer.value),
        None => timer.value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = String> {
        "[a-z][a-zA-Z0-9_. -]{0,10}[a-z0-9]"
    }

    prop_compose! {
        fn hops()(
            component in word(),
            name in prop_oneof![Just(String::new()), word()],
            timers in proptest::collection::btree_map(word(), ("[0-9]{1,4}(s|ms)?", proptest::option::of(1_usize..999)), 0..4),
        ) -> SketchHop {
            let timers = timers
                .into_iter()
                .map(|(setting, (value, line))| SketchTimer { setting, value, line })
                .collect();
            SketchHop { component, name, timers }
        }
    }

    proptest! {
        #[test]
        fn the_address_holds_the_whole_ladder(
            hops in proptest::collection::vec(hops(), 0..5),
            slowest in "([0-9]{1,3}s)?",
            cut_off in "([0-9]{1,3})?",
        ) {
            let sketch = Sketch { hops, slowest, cut_off };
            let href = ladder_href(&sketch);
            let query = href.split_once('?').map_or("", |(_, query)| query);
            prop_assert_eq!(LadderForm::parse(query).sketch, sketch);
        }

        #[test]
        fn any_query_can_be_read(query in any::<String>()) {
            let form = LadderForm::parse(&query);
            form.act();
            ladder_href(&form.sketch);
        }
    }

    #[test]
    fn a_value_that_is_changed_is_no_longer_read_on_a_line() {
        let body = "hop=nginx&line.proxy_read_timeout=60s@12&set.proxy_read_timeout=60s\
                    &line.keepalive_timeout=75s@3&set.keepalive_timeout=80s&do=up.1&found=node&set.keepAliveTimeout=5s@7";
        let form = LadderForm::parse(body);
        let lines: Vec<_> = form.sketch.hops[0]
            .timers
            .iter()
            .map(|timer| (timer.value.as_str(), timer.line))
            .collect();
        assert_eq!(lines, [("60s", Some(12)), ("80s", None)]);
        assert_eq!(form.act(), LadderAct::Up(1));
        assert_eq!(form.found[0].timers[0].line, Some(7));
    }
}
