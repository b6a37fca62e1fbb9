//! Which known constants a measured or told time fits, and which of them the verdict names.

use crate::{evidence::Source, knowledge::Cause};

use super::{
    ConstantMatch, RankedCause, ReportFix,
    compose::Maker,
    words::{say, seconds},
};

impl Maker<'_> {
    /// Those of named components first, then those that speak for the leading cause, then the closest.
    pub(super) fn constants(&self, causes: &[RankedCause]) -> Vec<ConstantMatch> {
        let measured = self
            .belief
            .weighed
            .iter()
            .filter_map(|item| self.evidence.get(item.observation))
            .find(|o| o.variable == "seconds")
            .and_then(|o| o.value.number());
        let Some(measured) = measured else { return Vec::new() };
        let leading = causes.first().map_or("", |cause| cause.id.as_str());
        let mut fits: Vec<_> = self.belief.fits.iter().collect();
        fits.sort_by_key(|fit| (!fit.named, !self.speaks_for(&fit.timeout, leading)));
        fits.into_iter()
            .filter_map(|fit| self.constant(&fit.timeout, measured, fit.named))
            .take(8)
            .collect()
    }

    /// The constant of the timeout entry `id`, beside the `measured` seconds.
    pub(super) fn constant(&self, id: &str, measured: f64, named: bool) -> Option<ConstantMatch> {
        let timeout = self.base.timeouts.get(id)?;
        Some(ConstantMatch {
            id: timeout.id.clone(),
            component: self.component_name(&timeout.component),
            setting: timeout.setting.clone(),
            seconds: timeout.value,
            measured,
            named,
            source: timeout.sources.first().map(|s| s.url.clone()).unwrap_or_default(),
        })
    }

    /// Names the timer behind a measured or told time, where the leading cause is one.
    pub(super) fn timer_sentence(
        &self,
        cause: Option<&Cause>,
        constants: &[ConstantMatch],
        fixes: &[ReportFix],
    ) -> Option<String> {
        let cause = cause?;
        let mut fitting: Vec<&ConstantMatch> = constants
            .iter()
            .filter(|constant| self.speaks_for(&constant.id, &cause.id))
            .filter(|constant| constant.named || !self.is_taken(&constant.id))
            .collect();
        // Many timers of one program are 60 s: the one that the fixes turn is meant.
        let is_turned = |constant: &ConstantMatch| {
            let own = fixes.iter().filter(|fix| fix.cause == cause.id);
            own.flat_map(|fix| fix.commands.iter().chain(&fix.steps))
                .any(|text| text.contains(&constant.setting))
        };
        fitting.sort_by_key(|constant| (!constant.named, !is_turned(constant)));
        let best = fitting.first().copied().filter(|constant| constant.named);
        let proven =
            self.evidence.iter().find(|o| o.variable == "component" && o.source == Source::Probe);
        match (best, proven) {
            (None, Some(proven)) => {
                let measured = self
                    .evidence
                    .iter()
                    .find(|o| o.variable == "seconds" && o.source == Source::Probe)
                    .and_then(|o| o.value.number())?;
                let component = self.component_name(&proven.value.to_string());
                Some(say(
                    self.lang,
                    "verdict-own-timer",
                    &[("seconds", &seconds(measured)), ("component", &component)],
                ))
            }
            (best, _) => {
                let constant = best.or_else(|| fitting.first().copied())?;
                let message =
                    if constant.named { "verdict-constant" } else { "verdict-constant-elsewhere" };
                Some(say(
                    self.lang,
                    message,
                    &[
                        ("seconds", &seconds(constant.measured)),
                        ("setting", &constant.setting),
                        ("component", &constant.component),
                        ("constant", &seconds(constant.seconds)),
                    ],
                ))
            }
        }
    }

    fn speaks_for(&self, timeout: &str, cause: &str) -> bool {
        self.base
            .timeouts
            .get(timeout)
            .is_some_and(|timeout| timeout.causes.iter().any(|id| id == cause))
    }

    /// Whether what was named leaves no room for the timeout's product, which was not. Boxes on the way may be
    /// there unseen; who speaks gRPC to a server of their own has no message broker there, and a program
    /// written in Go does not run in Node.js.
    fn is_taken(&self, timeout: &str) -> bool {
        let classes = |id: &str| self.base.components.get(id).map(|one| one.classes.as_slice());
        let own = self.base.timeouts.get(timeout).and_then(|timeout| classes(&timeout.component));
        let own = own.unwrap_or_default();
        let speaks_its_own = ["database", "broker", "mail", "vpn", "protocol"]
            .iter()
            .any(|class| own.iter().any(|own| own == class));
        let is_of_its_kind = |id: &String| {
            let shared = classes(id).unwrap_or_default().iter().filter(|class| own.contains(class));
            shared.into_iter().any(|class| {
                ["runtime", "appserver", "client-lib", "browser", "os"].contains(&class.as_str())
            })
        };
        speaks_its_own && !self.named.is_empty() || self.named.iter().any(is_of_its_kind)
    }
}
