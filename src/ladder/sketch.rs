//! A ladder as a person lays it out on a page: hops from a list, values as typed. Kept apart from
//! [`Ladder`], which holds what was understood.

use serde::{Deserialize, Serialize};

use crate::knowledge::Base;

use super::{
    defaults,
    input::{MAX_HOPS, Written, given, limit_of, plain_timer},
    model::{Hop, Ladder, Limit, Origin, Role},
    settings::SETTINGS,
    units::Unit,
};

/// Most values that are kept of one hop. judgement: no component has half as many timers.
const MAX_TIMERS: usize = 40;

/// One value that was set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SketchTimer {
    /// A setting of the component, or a role.
    pub setting: String,
    /// The value as typed: `60s`, `1m 30s`, `never`, `off`; a bare number is in seconds.
    pub value: String,
    /// The line of the configuration it was read from, from 1.
    pub line: Option<usize>,
}

impl SketchTimer {
    /// Its value in seconds; `None` for `never`, `off` and what is no time.
    pub fn seconds(&self) -> Option<f64> {
        super::units::seconds(&self.value, Unit::Seconds)
    }
}

/// One hop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SketchHop {
    /// Id or alias of a component.
    pub component: String,
    /// What the person calls it; empty for the component's own name.
    pub name: String,
    /// The values that differ from the defaults.
    pub timers: Vec<SketchTimer>,
}

/// A ladder as it was laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    /// The hops, the client first.
    pub hops: Vec<SketchHop>,
    /// How long the slowest answer takes, as typed.
    pub slowest: String,
    /// A measured silence after which it breaks, as typed.
    pub cut_off: String,
}

/// A value that is no time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchError {
    /// Position of the hop, from 0; none for the values of the whole ladder.
    pub hop: Option<usize>,
    /// Name of the setting, `slowest` or `cut_off`.
    pub setting: String,
    /// What was typed.
    pub value: String,
}

impl Sketch {
    /// The ladder with the defaults of `base` where nothing is set, and every value that is no time.
    ///
    /// Wrong values are left out, so that the rest can still be judged.
    pub fn ladder(&self, base: &Base) -> (Ladder, Vec<SketchError>) {
        let mut ladder = Ladder::default();
        let mut errors = Vec::new();
        for (at, sketched) in self.hops.iter().take(MAX_HOPS).enumerate() {
            let mut hop = defaults::hop(base, &sketched.component, None);
            hop.name = shown_name(base, &hop, &sketched.name);
            for own in sketched.timers.iter().take(MAX_TIMERS) {
                match given(&hop.component, &own.setting, &Written::Words(own.value.clone())) {
                    Ok(mut timer) => {
                        if let Some(line) = own.line {
                            timer.origin = Origin::Config { line };
                        }
                        hop.timers.push(timer);
                    }
                    Err(_) => errors.push(SketchError {
                        hop: Some(at),
                        setting: own.setting.clone(),
                        value: own.value.clone(),
                    }),
                }
            }
            defaults::fill(base, &mut hop);
            ladder.hops.push(hop);
        }
        let mut seconds = |value: &str, setting: &str| {
            if value.trim().is_empty() {
                return None;
            }
            match limit_of(&Written::Words(value.to_owned()), Unit::Seconds) {
                Some(Limit::Seconds(seconds)) if seconds > 0.0 => Some(seconds),
                _ => {
                    let (hop, setting, value) = (None, setting.to_owned(), value.to_owned());
                    errors.push(SketchError { hop, setting, value });
                    None
                }
            }
        };
        let slowest = seconds(&self.slowest, "slowest");
        ladder.cut_off = seconds(&self.cut_off, "cut_off");
        if let Some(slowest) = slowest
            && let Some(last) = ladder.hops.iter_mut().rev().find(|hop| !hop.passes_packets)
        {
            last.timers.retain(|timer| !timer.roles.contains(&Role::Work));
            last.timers.push(plain_timer("slowest_answer", Role::Work, Limit::Seconds(slowest)));
        }
        (ladder, errors)
    }

    /// Takes in what was read from configuration: a component that is there once gets its values,
    /// another is put where its kind stands on the way from client to database.
    pub fn take_in(&mut self, found: Vec<SketchHop>, base: &Base) {
        for hop in found {
            let is_same = |own: &&mut SketchHop| id_of(base, &own.component) == hop.component;
            let count = self.hops.iter_mut().filter(is_same).count();
            if count == 1
                && let Some(own) = self.hops.iter_mut().find(is_same)
            {
                for timer in hop.timers {
                    own.timers.retain(|old| old.setting != timer.setting);
                    own.timers.push(timer);
                }
            } else {
                self.add(hop, base);
            }
        }
    }

    /// Adds a hop where its kind stands on the way from client to database.
    pub fn add(&mut self, hop: SketchHop, base: &Base) {
        let own = rank(base, &hop.component);
        let at = self.hops.iter().rposition(|other| rank(base, &other.component) <= own);
        self.hops.insert(at.map_or(0, |at| at + 1), hop);
    }

    /// The same ladder with the values that [`super::judge`] calculated.
    #[must_use]
    pub fn with(&self, settings: &[super::Calculated]) -> Self {
        let mut sketch = self.clone();
        for own in settings {
            let Some(hop) = sketch.hops.get_mut(own.hop) else { continue };
            let value = match own.to {
                Limit::Seconds(seconds) => format!("{}s", super::units::shown(seconds)),
                Limit::Never => "never".to_owned(),
                Limit::Off | Limit::Count(_) => "off".to_owned(),
            };
            if own.setting == "slowest_answer" {
                sketch.slowest = value;
                continue;
            }
            // What no table of settings names is kept by what it bounds.
            let known = super::settings::named(&hop.component, &own.setting).is_some();
            let role = own.roles.first().map_or("other", |role| role.as_str());
            let setting = if known { own.setting.clone() } else { role.to_owned() };
            hop.timers.retain(|old| old.setting != setting && old.setting != own.setting);
            hop.timers.push(SketchTimer { setting, value, line: None });
        }
        sketch
    }
}

/// The settings that `component` has, each with what it bounds; for one without a table of its own,
/// the roles themselves.
pub fn settings_of(component: &str) -> Vec<(&'static str, &'static [Role])> {
    let own: Vec<_> = SETTINGS
        .iter()
        .filter(|setting| setting.component == component && !setting.counts)
        .map(|setting| (setting.name, setting.roles))
        .collect();
    if own.is_empty() {
        ROLES.iter().map(|role| (role.as_str(), std::slice::from_ref(role))).collect()
    } else {
        own
    }
}

/// What may be set for a component without a table of settings.
const ROLES: [Role; 8] = [
    Role::PoolIdle,
    Role::KeepAlive,
    Role::Answer,
    Role::Work,
    Role::PathIdle,
    Role::StreamIdle,
    Role::TcpKeepalive,
    Role::Ping,
];

fn id_of(base: &Base, component: &str) -> String {
    base.component_named(component)
        .map_or_else(|| component.trim().to_lowercase(), |known| known.id.clone())
}

fn shown_name(base: &Base, hop: &Hop, name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    if !name.trim().is_empty() {
        return name.trim().to_owned();
    }
    // Product names are the same in both languages; where they are not, English is the shorter.
    base.components
        .get(&hop.component)
        .map_or_else(|| hop.name.clone(), |known| known.name.en.clone())
}

/// How far from the client a component usually stands.
fn rank(base: &Base, component: &str) -> usize {
    let known = base.component_named(component);
    let is_edge = known.is_some_and(|known| known.classes.iter().any(|class| class == "cdn"));
    let is_cloud = known.is_some_and(|known| known.classes.iter().any(|class| class == "cloud"));
    match known.map(|known| known.hop.as_str()) {
        Some("you") => 0,
        Some("network") => 1,
        Some("proxy") if is_edge => 2,
        Some("proxy") if is_cloud => 3,
        Some("proxy") => 4,
        Some("database") => 6,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge::{built_in, load},
        ladder::{Rule, judge},
    };

    fn hop(component: &str, timers: &[(&str, &str)]) -> SketchHop {
        let timer = |(setting, value): &(&str, &str)| SketchTimer {
            setting: (*setting).to_owned(),
            value: (*value).to_owned(),
            line: None,
        };
        SketchHop {
            component: component.to_owned(),
            name: String::new(),
            timers: timers.iter().map(timer).collect(),
        }
    }

    #[test]
    fn hops_stand_from_the_client_to_the_database() {
        let base = load(&[built_in()]).base;
        let mut sketch = Sketch::default();
        for component in ["mysql", "node", "nginx", "aws-alb", "cloudflare", "okhttp"] {
            sketch.add(hop(component, &[]), &base);
        }
        let order: Vec<&str> = sketch.hops.iter().map(|hop| hop.component.as_str()).collect();
        assert_eq!(order, ["okhttp", "cloudflare", "aws-alb", "nginx", "node", "mysql"]);
    }

    #[test]
    fn pasted_configuration_fills_the_hop_that_is_there() {
        let base = load(&[built_in()]).base;
        let mut sketch = Sketch {
            hops: vec![hop("nginx", &[("proxy_read_timeout", "10s")])],
            ..Sketch::default()
        };
        sketch.take_in(
            vec![
                hop("node", &[("keepAliveTimeout", "5s")]),
                hop("nginx", &[("proxy_read_timeout", "90s")]),
            ],
            &base,
        );
        assert_eq!(
            sketch.hops,
            [
                hop("nginx", &[("proxy_read_timeout", "90s")]),
                hop("node", &[("keepAliveTimeout", "5s")])
            ]
        );
    }

    #[test]
    fn a_race_is_found_and_gone_with_the_calculated_values() {
        let base = load(&[built_in()]).base;
        let nginx = hop("nginx", &[("upstream.keepalive_timeout", "60s")]);
        let sketch = Sketch { hops: vec![nginx, hop("node", &[])], ..Sketch::default() };
        let (ladder, errors) = sketch.ladder(&base);
        assert!(errors.is_empty(), "{errors:?}");
        let judged = judge(&ladder, &base);
        assert!(judged.inversions.iter().any(|found| found.rule == Rule::KeepaliveRace));
        let mended = judge(&sketch.with(&judged.settings).ladder(&base).0, &base);
        assert!(mended.inversions.is_empty(), "{:?}", mended.inversions);
    }

    #[test]
    fn what_is_no_time_is_named_and_the_rest_is_judged() {
        let base = load(&[built_in()]).base;
        let mut sketch = Sketch {
            hops: vec![hop("nginx", &[("proxy_read_timeout", "soon"), ("keepalive_timeout", "7")])],
            ..Sketch::default()
        };
        sketch.slowest = "-3".to_owned();
        let (ladder, errors) = sketch.ladder(&base);
        let wrong: Vec<_> =
            errors.iter().map(|e| (e.hop, e.setting.as_str(), e.value.as_str())).collect();
        assert_eq!(wrong, [(Some(0), "proxy_read_timeout", "soon"), (None, "slowest", "-3")]);
        assert_eq!(ladder.hops.first().and_then(|hop| hop.seconds(Role::KeepAlive)), Some(7.0));
    }

    #[test]
    fn every_component_of_the_list_has_something_to_set() {
        for setting in SETTINGS {
            assert!(!settings_of(setting.component).is_empty());
        }
        assert_eq!(settings_of("nobody").len(), ROLES.len());
    }
}
