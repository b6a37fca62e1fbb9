//! The hops from the person to the data, and where the break lies.

use crate::evidence::State;

use super::{
    Hop, HopState,
    compose::{Maker, round},
    words::say,
};

impl Maker<'_> {
    /// The chain strip: where the probability of the break lies.
    pub(super) fn chain(&self) -> Vec<Hop> {
        const HOPS: [&str; 5] = ["you", "network", "proxy", "server", "database"];
        let mass = |hop: &str| {
            self.model
                .causes()
                .iter()
                .zip(&self.belief.posterior)
                .filter(|(id, _)| self.base.causes.get(*id).is_some_and(|cause| cause.hop == hop))
                .map(|(_, p)| p)
                .sum::<f64>()
        };
        HOPS.iter()
            .map(|hop| {
                let probability = mass(hop);
                let own: Vec<String> = self
                    .named
                    .iter()
                    .filter_map(|id| self.base.components.get(id))
                    .filter(|component| component.hop == *hop)
                    .map(|component| component.name.get(self.lang).to_owned())
                    .take(2)
                    .collect();
                let label = if own.is_empty() {
                    say(self.lang, &format!("hop-{hop}"), &[])
                } else {
                    own.join(", ")
                };
                let state = if probability >= 0.5 {
                    HopState::Broken
                } else if probability >= 0.15 {
                    HopState::Suspect
                } else if self.is_shown_working(hop) {
                    HopState::Ok
                } else {
                    HopState::NotVisible
                };
                Hop { id: (*hop).to_owned(), label, state, probability: round(probability, 1e4) }
            })
            .collect()
    }

    /// Whether evidence shows that a hop works.
    fn is_shown_working(&self, hop: &str) -> bool {
        let seen = |variable: &str, value: &str| {
            self.evidence.iter().any(|o| {
                o.variable == variable && o.state == State::Seen && o.value.word() == Some(value)
            })
        };
        match hop {
            "you" => seen("scope", "all") || seen("other_network", "fails_everywhere"),
            "network" => seen("tcp.result", "connected"),
            "proxy" => seen("direct_works", "no"),
            "server" => seen("http.result", "ok") || seen("local_works", "yes"),
            _ => false,
        }
    }
}
