//! A time that fits none of the named hops: is one missing?

use std::collections::BTreeSet;

use crate::{
    evidence::Observation,
    knowledge::{Base, Timeout},
};

use super::{
    belief::{Belief, named_components},
    model::Model,
};

/// How close a constant must come to count as fitting here, 0 to 1.
const FITS: f64 = 0.6;

/// The causes that the fitting constants speak for must together be at least this probable: a
/// time that is no cut-off raises nothing.
const PLAUSIBLE: f64 = 0.25;

/// How many hops are suggested.
const SUGGESTED: usize = 4;

/// The class of what travels in datagrams, for which the timers of UDP count.
const DATAGRAM: &str = "datagram";

/// A cut-off that fits no hop the person named.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingHop {
    /// The time, seconds.
    pub seconds: f64,
    /// Ids of the timeout entries it fits, of components that were not named; the component of the
    /// most probable causes first, each component once.
    pub timeouts: Vec<String>,
}

impl Model {
    /// Whether the time of `evidence` is a cut-off that fits no named hop and fits another one.
    ///
    /// None where no hop with a known timer was named: then nothing is missing, it was not asked yet.
    pub fn missing_hop(
        &self,
        base: &Base,
        belief: &Belief,
        evidence: &[Observation],
    ) -> Option<MissingHop> {
        let (_, seconds) = self.seconds_of(evidence).first().copied()?;
        let named = named_components(evidence);
        let has_timer = base.timeouts.values().any(|timeout| named.contains(&timeout.component));
        if !has_timer || belief.fits.iter().any(|fit| fit.named) {
            return None;
        }
        let mass = |id: &str| -> f64 {
            let causes = base.timeouts.get(id).map(|timeout| timeout.causes.as_slice());
            let index = |cause: &String| self.causes.iter().position(|known| known == cause);
            let of = |at: usize| belief.posterior.get(at).copied();
            causes.unwrap_or_default().iter().filter_map(index).filter_map(of).sum()
        };
        let mut fitting: Vec<(f64, &str)> = belief
            .fits
            .iter()
            .filter(|fit| fit.closeness >= FITS)
            .map(|fit| (mass(&fit.timeout), fit.timeout.as_str()))
            .collect();
        fitting.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.cmp(y)));
        if fitting.first().is_none_or(|(most, _)| *most < PLAUSIBLE) {
            return None;
        }
        let is_datagram = |name: &String| {
            let component = base.components.get(name);
            component.is_some_and(|component| component.classes.iter().any(|c| c == DATAGRAM))
        };
        let of_udp = named.iter().any(is_datagram);
        let mut told = BTreeSet::new();
        let timeouts = fitting
            .into_iter()
            .filter_map(|(_, id)| base.timeouts.get(id))
            // Only what stands between, or serves: a client's own default is no hop.
            .filter(|timeout| is_between(base, &timeout.component))
            .filter(|timeout| of_udp || !is_of_udp(timeout))
            .filter(|timeout| told.insert(timeout.component.as_str()))
            .take(SUGGESTED)
            .map(|timeout| timeout.id.clone())
            .collect::<Vec<_>>();
        (!timeouts.is_empty()).then_some(MissingHop { seconds, timeouts })
    }
}

/// Whether a timer counts datagrams, which no connection is cut by.
fn is_of_udp(timeout: &Timeout) -> bool {
    [&timeout.id, &timeout.setting].iter().any(|name| {
        let name = name.to_lowercase();
        name.contains("udp") || name.contains("quic")
    })
}

fn is_between(base: &Base, component: &str) -> bool {
    base.components
        .get(component)
        .is_some_and(|component| matches!(component.hop.as_str(), "network" | "proxy"))
}
