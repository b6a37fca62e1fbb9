//! How long whatever stands in front keeps a silent connection for the next request.

use std::collections::BTreeSet;

use crate::knowledge::Base;

use super::{defaults, model::Role};

/// Of the components `named`, the one in front of a server that reuses silent connections longest, and
/// for how many seconds, by its defaults. None where none of them is known to reuse any; a browser does
/// not count, since it repeats a request by itself when a reused connection turns out to be closed.
pub fn longest_reuse(base: &Base, named: &BTreeSet<&str>) -> Option<(f64, String)> {
    named
        .iter()
        .filter(|id| **id != "browser")
        .filter_map(|id| base.components.get(*id))
        .filter(|component| matches!(component.hop.as_str(), "you" | "proxy"))
        .filter_map(|component| {
            let mut hop = defaults::hop(base, &component.id, None);
            defaults::fill(base, &mut hop);
            Some((hop.seconds(Role::PoolIdle)?, component.id.clone()))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{built_in, load};

    #[test]
    fn the_longest_reuse_in_front_counts_and_what_stands_behind_does_not() {
        let base = load(&[built_in()]).base;
        let (seconds, whose) =
            longest_reuse(&base, &BTreeSet::from(["nginx", "aws-alb", "mysql"])).unwrap();
        assert!(seconds >= 60.0, "{seconds} {whose}");
        assert_eq!(longest_reuse(&base, &BTreeSet::from(["browser", "mysql"])), None);
    }
}
