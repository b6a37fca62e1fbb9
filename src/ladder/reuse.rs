//! How long whatever stands in front keeps a silent connection for the next request.

use std::collections::BTreeSet;

use crate::knowledge::Base;

use super::{
    Sketch, SketchHop,
    model::{Origin, Role},
};

/// Reuse of a silent connection by something in front of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Reuse {
    /// For how long.
    pub seconds: f64,
    /// By which component.
    pub component: String,
    /// Whether the configuration says so; otherwise it is the component's default.
    pub is_configured: bool,
}

/// Of the components `named` and those that `pasted` configures, the one in front of a server that reuses
/// silent connections longest. None where none of them is known to reuse any; a browser does not count,
/// since it repeats a request by itself when a reused connection turns out to be closed.
pub fn longest_reuse(base: &Base, named: &BTreeSet<&str>, pasted: Vec<SketchHop>) -> Option<Reuse> {
    let mut sketch = Sketch::default();
    for id in named {
        sketch.add(SketchHop { component: (*id).to_owned(), ..SketchHop::default() }, base);
    }
    sketch.take_in(pasted, base);
    let is_in_front = |id: &str| {
        id != "browser"
            && base
                .components
                .get(id)
                .is_some_and(|known| matches!(known.hop.as_str(), "you" | "proxy"))
    };
    let (ladder, _) = sketch.ladder(base);
    let reuses = ladder.hops.into_iter().filter(|hop| is_in_front(&hop.component));
    reuses
        .filter_map(|hop| {
            let is_configured = matches!(hop.timer(Role::PoolIdle)?.origin, Origin::Config { .. });
            let seconds = hop.seconds(Role::PoolIdle)?;
            Some(Reuse { seconds, component: hop.component, is_configured })
        })
        .max_by(|a, b| a.seconds.total_cmp(&b.seconds).then_with(|| b.component.cmp(&a.component)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge::{built_in, load},
        ladder::hops_in,
    };

    #[test]
    fn the_longest_reuse_in_front_counts_and_what_stands_behind_does_not() {
        let base = load(&[built_in()]).base;
        let names = BTreeSet::from(["nginx", "aws-alb", "mysql"]);
        let found = longest_reuse(&base, &names, Vec::new()).unwrap();
        assert!(found.seconds >= 60.0 && !found.is_configured, "{found:?}");
        let behind = BTreeSet::from(["browser", "mysql"]);
        assert_eq!(longest_reuse(&base, &behind, Vec::new()), None);
    }

    #[test]
    fn what_is_configured_takes_the_place_of_a_default() {
        let base = load(&[built_in()]).base;
        let text = "upstream app {\n  server 10.0.0.1:3000;\n  keepalive 32;\n  keepalive_timeout 20s;\n}\n";
        let names = BTreeSet::from(["nginx"]);
        let found = longest_reuse(&base, &names, hops_in(text)).unwrap();
        assert_eq!((found.seconds, found.is_configured), (20.0, true), "{found:?}");
    }
}
